//! What `[patch.crates-io]` puts in a library's place is in its place.
//!
//! Where a library asks for another version than that of our crate, cargo takes the original, warns once and goes on; what the crate was
//! written for is lost without a failing test. Cargo notes such a patch in Cargo.lock.

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

const LOCK: &str = "Cargo.lock";
const UNUSED: &str = "[[patch.unused]]";

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let text = checkout.file(LOCK).map_or("", |file| &file.text);
    let mut findings = Vec::new();
    for (number, line) in numbered(text) {
        if line.trim() == UNUSED {
            let message = "this patch takes nobody's place: give our crate the version that is asked for now, \
                           and see whether it still has what the original has.";
            findings.push(Finding::new(LOCK, number, message));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn a_patch_that_nobody_takes_is_found() {
        let used = "[[package]]\nname = \"russh-util\"\n";
        for (text, found) in [
            (used.to_owned(), 0),
            (format!("{used}\n{UNUSED}\nname = \"russh-util\"\n"), 1),
        ] {
            let findings = check(&Checkout::of(&[(LOCK, &text)]), &nowhere()).unwrap();
            assert_eq!(findings.len(), found);
        }
    }
}
