//! What a rule is, and running them all.

use std::fmt;
use std::process::ExitCode;

use super::RULES;
use super::checkout::Checkout;
use crate::workspace::Workspace;

/// A house rule.
pub(super) struct Rule {
    pub(super) name: &'static str,
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

/// `cargo xtask tidy`.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    match check(workspace) {
        Ok(remark) => {
            println!("{remark}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Checks all rules, so that one run shows everything that is to be mended.
pub(crate) fn check(workspace: &Workspace) -> Result<String, String> {
    let checkout = Checkout::read(&workspace.root)?;
    let mut broken = 0;
    for rule in RULES {
        match (rule.check)(&checkout, workspace) {
            Ok(findings) if findings.is_empty() => continue,
            Ok(findings) => {
                eprintln!("{}:", rule.name);
                findings.iter().for_each(|finding| eprintln!("  {finding}"));
            }
            Err(message) => eprintln!("{}:\n  not checked: {message}", rule.name),
        }
        broken += 1;
    }
    if broken > 0 {
        return Err(format!(
            "{broken} of {} house rules are broken, see above.",
            RULES.len()
        ));
    }
    Ok(format!(
        "{} house rules hold in {} files",
        RULES.len(),
        checkout.files.len()
    ))
}
