//! The one way to the terminal: answers on standard output, everything else on standard error.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::OnceLock;

use collector::panic_report::{self, Place};

use crate::view::{Screen, above_bars};

/// Why a part of the answer could not be written, the first time that one could not.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints lines. A reader that has gone away (`| head`) is no error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    is_quiet: bool,
    has_summary: bool,
    screen: Screen,
}

impl Printer {
    /// A printer that leaves out warnings and summaries where it is quiet (`--quiet`).
    pub(super) fn new(is_quiet: bool, screen: Screen) -> Self {
        Self {
            is_quiet,
            has_summary: !is_quiet,
            screen,
        }
    }

    /// The same without summaries: the answer is for a program, and warnings stay.
    pub(super) fn for_programs(self) -> Self {
        Self {
            has_summary: false,
            ..self
        }
    }

    /// A part of the answer.
    pub(super) fn answer(self, text: &str) {
        panic_report::rehearse(Place::Answer, &text);
        answered(write(io::stdout().lock(), text));
    }

    /// A report of work that is done, for a person. It is no answer to a question: `--quiet` leaves it out.
    pub(super) fn summary(self, text: &str) {
        if self.has_summary {
            self.page(text);
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

    /// An answer for a person, as the screen shows it.
    pub(super) fn page(self, text: &str) {
        panic_report::rehearse(Place::Answer, &text);
        let mut to = io::stdout().lock();
        let safe = harmless(text);
        let shown = self.screen.shown(&safe);
        answered(writeln!(to, "{shown}").and_then(|()| to.flush()));
    }

    /// The screen that pages are made for.
    pub(super) fn screen(self) -> Screen {
        self.screen
    }

    /// A question to the user, or what belongs to one. `--quiet` keeps it.
    pub(super) fn note(self, text: &str) {
        self.tell(text);
    }

    /// Something that works, but should be known.
    pub(super) fn warning(self, text: &str) {
        if !self.is_quiet {
            self.tell(&format!("warning: {text}"));
        }
    }

    /// Why there is no answer.
    pub(super) fn error(self, text: &str) {
        self.tell(&format!("error: {text}"));
    }

    /// Writes to standard error, above the progress bars. Where nobody reads there is nobody to tell.
    fn tell(self, text: &str) {
        let text = match self.screen.is_ascii {
            true => Screen {
                has_colour: false,
                ..self.screen
            }
            .shown(text),
            false => text.into(),
        };
        above_bars(|| write(io::stderr().lock(), &text)).ok();
    }
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
    let is_safe = |letter: char| letter == '\n' || !letter.is_control() && !turns(letter);
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

/// Whether a letter changes the direction of what follows, so that a line reads as what it is not.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_words_cannot_steer_the_terminal() {
        let mut shown = Vec::new();
        write(&mut shown, "größe\nleaf: \"\u{1b}[2J\0\u{9b}1m\u{202e}\"").unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(
            shown,
            "größe\nleaf: \"\\u{1b}[2J\\u{0}\\u{9b}1m\\u{202e}\"\n"
        );
    }
}
