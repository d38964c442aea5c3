//! The one way to the terminal for words; answers in rows go through `answer`.

use std::io::{self, Write};

/// What could steer a terminal is shown, not sent: device names and descriptions stand in the rows.
pub(crate) fn harmless(text: &str) -> String {
    let is_safe = |letter: char| letter == '\n' || !letter.is_control();
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_safe(letter) {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_default());
        }
    }
    shown
}

/// A part of the answer.
pub(crate) fn answer(text: &str) {
    write(io::stdout().lock(), text);
}

/// Something beside the answer.
pub(crate) fn note(text: &str) {
    write(io::stderr().lock(), text);
}

/// Why there is no answer.
pub(crate) fn error(text: &str) {
    write(io::stderr().lock(), &format!("error: {text}"));
}

/// Where nobody reads there is nobody to tell.
fn write(mut to: impl Write, text: &str) {
    writeln!(to, "{}", harmless(text))
        .and_then(|()| to.flush())
        .ok();
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_device_says_cannot_steer_the_terminal() {
        assert_eq!(
            super::harmless("größe\n\u{1b}[2J\0"),
            "größe\n\\u{1b}[2J\\u{0}"
        );
    }
}
