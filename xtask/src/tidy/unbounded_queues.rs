//! No queue without a bound: it hides the slow side until the memory is gone.

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

const UNBOUNDED: &[&str] = &[
    "unbounded_channel",
    "UnboundedSender",
    "UnboundedReceiver",
    "mpsc::unbounded",
    "std::sync::mpsc::channel",
];

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for file in checkout.rust() {
        for (number, line) in numbered(&file.code_alone()) {
            if let Some(found) = UNBOUNDED.iter().find(|name| line.contains(**name)) {
                let message = format!(
                    "`{found}` has no bound: use a channel with a capacity and say how it was chosen."
                );
                findings.push(Finding::new(&file.path, number, message));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn an_unbounded_queue_is_found_in_code_and_not_in_prose() {
        let text = "//! x\n// unbounded_channel is banned\nlet (a, b) = tokio::sync::mpsc::unbounded_channel();\n";
        let findings = check(&Checkout::of(&[("a.rs", text)]), &nowhere()).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 3);
    }
}
