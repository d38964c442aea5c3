//! The code of `netconf` names no Junos element and no Junos: it moves bytes for any NETCONF peer.
//!
//! Comments may: why a time-out is long, or a header odd, is often a device's doing. The element names are read from
//! where they are used, the string literals of `records`' parsers, so a new RPC is covered from its first day.

use std::collections::BTreeSet;

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

const TRANSPORT: &str = "crates/netconf/";
const PARSERS: &str = "crates/records/src/junos/";

/// Names in the parsers' literals that belong to NETCONF itself (RFC 6241), or to XML.
const NETCONFS_OWN: &[&str] = &[
    "rpc-reply",
    "rpc-error",
    "message-id",
    "session-id",
    "close-session",
    "utf-8",
];
const NETCONFS_OWN_PREFIX: &str = "error-";

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let names = element_names(checkout);
    if names.is_empty() {
        return Err(format!(
            "no element name was found in the literals under {PARSERS}"
        ));
    }
    let mut findings = Vec::new();
    for file in checkout
        .under(TRANSPORT)
        .filter(|file| file.path.ends_with(".rs"))
    {
        for (number, line) in numbered(&file.without_comments()) {
            if line.to_ascii_lowercase().contains("junos") {
                let message = "the transport's code names Junos: say it in a comment, or move it to `records` or the app.";
                findings.push(Finding::new(&file.path, number, message));
            }
            for name in words(line).filter(|word| names.contains(*word)) {
                let message = format!(
                    "`{name}` is a Junos element: the transport takes operations as text, move it to its caller."
                );
                findings.push(Finding::new(&file.path, number, message));
            }
        }
    }
    Ok(findings)
}

/// The hyphenated names that the parsers match on.
fn element_names(checkout: &Checkout) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in checkout.under(PARSERS) {
        let code = file.without_comments();
        for literal in code
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|literal| is_name(literal))
        {
            if !NETCONFS_OWN.contains(&literal) && !literal.starts_with(NETCONFS_OWN_PREFIX) {
                names.insert(literal.to_owned());
            }
        }
    }
    names
}

fn is_name(literal: &str) -> bool {
    literal.contains('-')
        && literal.starts_with(|c: char| c.is_ascii_lowercase())
        && literal.ends_with(|c: char| c.is_ascii_alphanumeric())
        && literal
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// The words of a line, hyphens being part of them as in XML.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    const PARSER: (&str, &str) = (
        "crates/records/src/junos/pic.rs",
        "match name { \"pic-detail\" | \"rpc-error\" => {} \"port\" => {} }",
    );

    #[test]
    fn comments_may_name_junos_and_netconfs_own_elements_are_free() {
        let netconf = (
            "crates/netconf/src/lib.rs",
            "// Junos sends <pic-detail/>\nconst E: &str = \"rpc-error\";\n",
        );
        assert_eq!(
            check(&Checkout::of(&[PARSER, netconf]), &nowhere()),
            Ok(vec![])
        );
    }

    #[test]
    fn a_junos_element_in_the_code_is_found_where_it_stands() {
        let netconf = (
            "crates/netconf/src/lib.rs",
            "//! x\nconst E: &str = \"<pic-detail/>\";\nstruct JunosHello;\n",
        );
        let findings = check(&Checkout::of(&[PARSER, netconf]), &nowhere()).unwrap();
        let lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
