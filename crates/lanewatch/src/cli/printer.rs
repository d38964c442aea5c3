//! The one way to the terminal: answers on standard output, everything else on standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;

use collector::panic_report::{self, Place};

use crate::view::{BAD, GOOD, above_bars};

/// Why a part of the answer could not be written, the first time that one could not.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints lines. A reader that has gone away (`| head`) is no error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    is_quiet: bool,
}

impl Printer {
    /// A printer that leaves out warnings and summaries where it is quiet (`--quiet`).
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet }
    }

    /// A part of the answer.
    pub(super) fn answer(self, text: &str) {
        panic_report::rehearse(Place::Answer, &text);
        answered(write(io::stdout().lock(), text));
    }

    /// A report of work that is done, for a person. It is no answer to a question: `--quiet` leaves it out.
    pub(super) fn summary(self, text: &str) {
        if !self.is_quiet {
            self.answer(text);
        }
    }

    /// An answer for a program, byte for byte.
    pub(super) fn verbatim(self, bytes: &[u8]) {
        panic_report::rehearse(Place::Answer, &String::from_utf8_lossy(bytes));
        let mut to = io::stdout().lock();
        answered(to.write_all(bytes).and_then(|()| to.flush()));
    }

    /// Why some of the answer is not where it was to go: a disk that is full, most likely.
    pub(super) fn lost(self) -> Option<&'static str> {
        LOST.get().map(String::as_str)
    }

    /// An answer with verdicts in it: green and red on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub(super) fn verdicts(self, text: &str) {
        panic_report::rehearse(Place::Answer, &text);
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let mut to = io::stdout().lock();
        let shown = harmless(text);
        let painted = if to.is_terminal() && !set("NO_COLOR") && !is_dumb {
            paint(&shown).into()
        } else {
            shown
        };
        answered(writeln!(to, "{painted}").and_then(|()| to.flush()));
    }

    /// A question to the user, or what belongs to one. `--quiet` keeps it.
    pub(super) fn note(self, text: &str) {
        tell(text);
    }

    /// Something that works, but should be known.
    pub(super) fn warning(self, text: &str) {
        if !self.is_quiet {
            tell(&format!("warning: {text}"));
        }
    }

    /// Why there is no answer.
    pub(super) fn error(self, text: &str) {
        tell(&format!("error: {text}"));
    }
}

/// Writes to standard error, above the progress bars. Where nobody reads there is nobody to tell.
fn tell(text: &str) {
    above_bars(|| write(io::stderr().lock(), text)).ok();
}

/// Keeps why an answer is not all there. Where nobody reads any more there is nobody to tell.
fn answered(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

fn write(mut to: impl Write, text: &str) -> io::Result<()> {
    writeln!(to, "{}", harmless(text)).and_then(|()| to.flush())
}

/// Devices' words stand in the text: what could steer a terminal is shown, not sent.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_safe = |letter: char| letter == '\n' || !letter.is_control();
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text); // a listing may be many megabytes
    }
    let letters = text.chars();
    let shown = letters.map(|letter| match letter {
        letter if is_safe(letter) => letter.to_string(),
        letter => letter.escape_default().to_string(),
    });
    Cow::Owned(shown.collect())
}

/// The verdicts green and red, where they stand as words of the table.
fn paint(text: &str) -> String {
    let (green, red, plain) = ("\u{1b}[32m", "\u{1b}[31m", "\u{1b}[0m");
    let cell = |word: &str, colour: &str| (format!(" {word} "), format!(" {colour}{word}{plain} "));
    let ((good, is_green), (bad, is_red)) = (cell(GOOD, green), cell(BAD, red));
    // Columns are parted by more than one space, so no space is between two cells alone.
    format!("{text} ")
        .replace(&good, &is_green)
        .replace(&bad, &is_red)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_painted_and_other_words_are_not() {
        let painted = paint(" leaf   ok   FAILED 1/5\n took");
        assert_eq!(
            painted,
            " leaf   \u{1b}[32mok\u{1b}[0m   \u{1b}[31mFAILED\u{1b}[0m 1/5\n took"
        );
    }

    #[test]
    fn a_devices_words_cannot_steer_the_terminal() {
        let mut shown = Vec::new();
        write(&mut shown, "größe\nleaf: \"\u{1b}[2J\0\u{9b}1m\"").unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(shown, "größe\nleaf: \"\\u{1b}[2J\\u{0}\\u{9b}1m\"\n");
    }
}
