//! No source file is over 600 lines: a longer one holds two ideas.

use super::checkout::Checkout;
use super::rule::Finding;
use crate::workspace::Workspace;

const MOST_LINES: usize = 600;

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let lengths = checkout
        .rust()
        .map(|file| (file, file.text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > MOST_LINES);
    let finding = |(file, lines): (&super::checkout::TextFile, usize)| {
        let message = format!(
            "{lines} lines, {MOST_LINES} are allowed: split it where the second idea begins."
        );
        Finding::new(&file.path, MOST_LINES + 1, message)
    };
    Ok(long.map(finding).collect())
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed_and_a_line_more_is_not() {
        let (full, over) = ("x\n".repeat(MOST_LINES), "x\n".repeat(MOST_LINES + 1));
        let findings = check(
            &Checkout::of(&[("full.rs", &full), ("over.rs", &over)]),
            &nowhere(),
        )
        .unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "over.rs");
    }
}
