//! A small XML writer: elements in the order of the calls, one a line, all text escaped.

use std::fmt::Write;

/// An XML text under construction.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.line(format_args!("<{name}>"));
    }

    /// `attributes` as written between the name and the bracket.
    pub(crate) fn open_with(&mut self, name: &str, attributes: &str) {
        self.line(format_args!("<{name} {attributes}>"));
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.line(format_args!("</{name}>"));
    }

    pub(crate) fn empty(&mut self, name: &str) {
        self.line(format_args!("<{name}/>"));
    }

    pub(crate) fn leaf(&mut self, name: &str, value: impl ToString) {
        self.line(format_args!(
            "<{name}>{}</{name}>",
            escaped(&value.to_string())
        ));
    }

    pub(crate) fn leaf_with(&mut self, name: &str, attributes: &str, value: &str) {
        self.line(format_args!(
            "<{name} {attributes}>{}</{name}>",
            escaped(value)
        ));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _written = writeln!(self.0, "{text}");
    }
}

/// Text with the characters of markup as entities.
pub(crate) fn escaped(text: &str) -> String {
    if !text.contains(['<', '>', '&', '"']) {
        return text.to_owned();
    }
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
