//! Nothing unfinished is handed in.

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

/// Macros that stand for code to be written.
const STUBS: &[&str] = &["todo!", "unimplemented!"];
/// Marks of work put off, comments included; split so that this file does not carry them.
const MARKS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("TO", "DO"),
];

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for file in checkout.rust() {
        let code = file.code_alone();
        for ((number, line), (_, code)) in numbered(&file.text).zip(numbered(&code)) {
            let stub = STUBS.iter().find(|stub| code.contains(**stub));
            if let Some(found) = stub.or_else(|| MARKS.iter().find(|mark| line.contains(**mark))) {
                let message =
                    format!("`{found}`: finish it, or take it out and file it as an issue.");
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
    fn stubs_in_code_and_marks_in_comments_are_found() {
        let text = format!(
            "//! a\nfn f() {{ todo!() }}\n// {}: later\nlet s = \"todo!\";\n",
            MARKS[0]
        );
        let findings = check(&Checkout::of(&[("a.rs", &text)]), &nowhere()).unwrap();
        let lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
