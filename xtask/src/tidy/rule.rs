//! What a rule is, and what it finds.

use std::fmt;

use super::checkout::Checkout;
use crate::workspace::Workspace;

/// A house rule.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// What its findings are called where they are counted, for a rule whose count is shown.
    pub(super) figure: Option<&'static str>,
    /// All breaches of the rule. The error is for a rule that could not be checked at all.
    pub(super) check: fn(&Checkout, &Workspace) -> Result<Vec<Finding>, String>,
}

/// A breach: where, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// From the root.
    pub(super) path: String,
    /// Counted from one.
    pub(super) line: usize,
    pub(super) message: String,
}

impl Finding {
    pub(super) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}
