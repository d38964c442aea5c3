//! Every source file begins with `//!`: what it is for, why, and what it leaves out.

use super::checkout::Checkout;
use super::rule::Finding;
use crate::workspace::Workspace;

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let silent = checkout
        .rust()
        .filter(|file| !file.text.starts_with("//! "));
    let message = "the file does not begin with `//!`: say in a sentence what it is for.";
    Ok(silent
        .map(|file| Finding::new(&file.path, 1, message))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        let checkout = Checkout::of(&[
            ("a.rs", "//! Says it.\n"),
            ("b.rs", "use x;\n"),
            ("c.md", ""),
        ]);
        let findings = check(&checkout, &nowhere()).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "b.rs");
    }
}
