//! The one way to the terminal: answers on standard output, everything else on standard error.

use std::io::{self, Write};

/// Prints lines. A reader that has gone away (`| head`) is no error.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Printer;

impl Printer {
    /// A part of the answer.
    pub(super) fn answer(self, text: &str) {
        write(io::stdout().lock(), text);
    }

    /// An answer for a program, byte for byte.
    pub(super) fn verbatim(self, bytes: &[u8]) {
        let mut to = io::stdout().lock();
        to.write_all(bytes).and_then(|()| to.flush()).ok();
    }

    /// Something that works, but should be known.
    pub(super) fn warning(self, text: &str) {
        write(io::stderr().lock(), &format!("warning: {text}"));
    }

    /// Why there is no answer.
    pub(super) fn error(self, text: &str) {
        write(io::stderr().lock(), &format!("error: {text}"));
    }
}

/// Where nobody reads there is nobody to tell. Devices' words stand in the text: what could steer a terminal is shown, not sent.
fn write(mut to: impl Write, text: &str) {
    let is_safe = |letter: char| letter == '\n' || !letter.is_control();
    let shown: String = if text.chars().all(is_safe) {
        text.to_owned()
    } else {
        text.chars()
            .map(|letter| match letter {
                letter if is_safe(letter) => letter.to_string(),
                letter => letter.escape_default().to_string(),
            })
            .collect()
    };
    writeln!(to, "{shown}").and_then(|()| to.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_words_cannot_steer_the_terminal() {
        let mut shown = Vec::new();
        write(&mut shown, "größe\nleaf: \"\u{1b}[2J\0\u{9b}1m\"");
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(shown, "größe\nleaf: \"\\u{1b}[2J\\u{0}\\u{9b}1m\"\n");
    }
}
