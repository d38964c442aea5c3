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

    /// Something that works, but should be known.
    pub(super) fn warning(self, text: &str) {
        write(io::stderr().lock(), &format!("warning: {text}"));
    }

    /// Why there is no answer.
    pub(super) fn error(self, text: &str) {
        write(io::stderr().lock(), &format!("error: {text}"));
    }
}

/// Where nobody reads there is nobody to tell.
fn write(mut to: impl Write, text: &str) {
    writeln!(to, "{text}").and_then(|()| to.flush()).ok();
}
