//! The code of `netconf` names no Junos element and no Junos: it moves bytes for any NETCONF peer.
//!
//! Comments may: why a time-out is long, or a header odd, is often a device's doing. The element names are read from
//! where they are used, the string literals of `records`' parsers, so a new RPC is covered from its first day.

use std::collections::BTreeSet;

use super::checkout::Checkout;
use super::rule::Finding;
use super::tokens::{each_word, tokens};
use crate::workspace::Workspace;

const TRANSPORT: &str = "crates/netconf/";
const PARSERS: &str = "crates/records/src/parsers/junos/";

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
    let mut names = BTreeSet::new();
    for (_, _, word) in words(checkout, PARSERS)? {
        names.extend(word.strip_prefix('"').and_then(element_name));
    }
    if names.is_empty() {
        return Err(format!(
            "no element name was found in the literals under {PARSERS}"
        ));
    }
    let mut findings = Vec::new();
    for (path, line, word) in words(checkout, TRANSPORT)? {
        if word.to_ascii_lowercase().contains("junos") {
            let message = "the transport's code names Junos: say it in a comment, or move it to `records` or the app.";
            findings.push(Finding::new(path, line, message));
        }
        // Hyphens are part of a name, as in XML.
        let parts = word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        for name in parts.filter(|part| names.contains(*part)) {
            let message = format!(
                "`{name}` is a Junos element: the transport takes operations as text, move it to its caller."
            );
            findings.push(Finding::new(path, line, message));
        }
    }
    Ok(findings)
}

/// The identifiers and literals of the Rust files under a folder, each with its file and line.
fn words<'a>(
    checkout: &'a Checkout,
    folder: &'a str,
) -> Result<Vec<(&'a str, usize, String)>, String> {
    let mut words = Vec::new();
    for file in checkout
        .under(folder)
        .filter(|file| file.path.ends_with(".rs"))
    {
        let mut visit = |word: &str, line| words.push((file.path.as_str(), line, word.to_owned()));
        each_word(&tokens(&file.path, &file.text)?, &mut visit);
    }
    Ok(words)
}

/// The element that a literal of a parser names, if it is a hyphenated name and not one of NETCONF's own.
fn element_name(literal: &str) -> Option<String> {
    let name = literal.strip_suffix('"')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let is_name = name.contains('-')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain);
    let own = NETCONFS_OWN.contains(&name) || name.starts_with(NETCONFS_OWN_PREFIX);
    (is_name && !own).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    const PARSER: (&str, &str) = (
        "crates/records/src/parsers/junos/pic.rs",
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
