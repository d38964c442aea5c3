//! Every parser has a catalogue entry and a fixture; every entry and every fixture folder has a parser. The same for the mappings
//! that are shipped, and their fixtures.
//!
//! Adding an RPC is three edits in three places: this closes the gaps between them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenTree;

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use super::tokens::{line, list, tokens, word};
use crate::workspace::Workspace;

const PARSERS: &str = "crates/records/src/parsers/";
const CATALOGUE: &str = "rpc_commands.yml";
const FIXTURES: &str = "fixtures/";
/// The vendor whose parsers are named without it.
const DEFAULT_VENDOR: &str = "junos";
const MAPPINGS: &str = "mappings/";
const MAPPING_FIXTURES: &str = "fixtures/mappings/";
/// The one fixture folder that belongs to no parser: replies of one device to be joined.
const WHOLE_DEVICES: &str = "join";

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let parsers = parsers(checkout)?;
    if parsers.is_empty() {
        return Err(format!(
            "no `Parser {{ name: \"…\"` was found under {PARSERS}"
        ));
    }
    let catalogue = checkout
        .file(CATALOGUE)
        .ok_or_else(|| format!("there is no {CATALOGUE}"))?;
    let entries = entries(&catalogue.text);
    let fixtures = parser_fixtures(checkout);

    let mut findings = Vec::new();
    for (name, (path, line)) in &parsers {
        let in_full = in_full(name);
        if !entries.contains_key(name) {
            let message = format!(
                "no entry of {CATALOGUE} names this parser: add one with `parser: {in_full}`."
            );
            findings.push(Finding::new(path, *line, message));
        }
        if !fixtures.contains(name) {
            let message = format!(
                "it has no fixture: add a folder with a reply, {FIXTURES}{in_full}/<case>/."
            );
            findings.push(Finding::new(path, *line, message));
        }
    }
    for (name, line) in entries
        .iter()
        .filter(|(name, _)| !parsers.contains_key(*name))
    {
        let message =
            format!("there is no parser `{name}` in {PARSERS}: write it, or take the entry out.");
        findings.push(Finding::new(CATALOGUE, *line, message));
    }
    for name in fixtures.iter().filter(|name| !parsers.contains_key(*name)) {
        let message =
            format!("there is no parser `{name}` in {PARSERS}: rename the folder, or take it out.");
        let folder = format!("{FIXTURES}{}", in_full(name));
        findings.push(Finding::new(&folder, 1, message));
    }
    findings.extend(mappings(checkout));
    Ok(findings)
}

/// Shipped mappings without a fixture, and fixtures without a mapping.
fn mappings(checkout: &Checkout) -> Vec<Finding> {
    let fixtures = fixtures(checkout, MAPPING_FIXTURES);
    let (mut findings, mut names) = (Vec::new(), BTreeSet::new());
    for file in checkout.under(MAPPINGS) {
        for (number, line) in numbered(&file.text) {
            let Some(name) = line.trim_start().strip_prefix("- name:") else {
                continue;
            };
            let name = name.trim().trim_matches(['"', '\'']);
            if !fixtures.contains(name) {
                let message = format!(
                    "it has no fixture: add a folder with a reply, {MAPPING_FIXTURES}{name}/<case>/."
                );
                findings.push(Finding::new(&file.path, number, message));
            }
            names.insert(name.to_owned());
        }
    }
    for name in fixtures.difference(&names) {
        let message =
            format!("no file of {MAPPINGS} maps `{name}`: rename the folder, or take it out.");
        findings.push(Finding::new(
            &format!("{MAPPING_FIXTURES}{name}"),
            1,
            message,
        ));
    }
    findings
}

/// Where each `Parser { name: "…"` stands.
fn parsers(checkout: &Checkout) -> Result<BTreeMap<String, (String, usize)>, String> {
    let mut found = BTreeMap::new();
    for file in checkout.under(PARSERS) {
        let mut stack = vec![tokens(&file.path, &file.text)?];
        while let Some(tokens) = stack.pop() {
            for (at, token) in tokens.iter().enumerate() {
                let TokenTree::Group(group) = token else {
                    continue;
                };
                let inside = list(group.stream());
                let of_a_parser = at > 0 && word(&tokens[at - 1]).as_deref() == Some("Parser");
                if let (true, [key, _, TokenTree::Literal(value), ..]) = (of_a_parser, &inside[..])
                    && word(key).as_deref() == Some("name")
                {
                    let name = value.to_string().trim_matches('"').to_owned();
                    found.insert(name, (file.path.clone(), line(key)));
                }
                stack.push(inside);
            }
        }
    }
    Ok(found)
}

/// The parsers that the catalogue names, with the line.
fn entries(catalogue: &str) -> BTreeMap<String, usize> {
    let parser_of = |line: &str| {
        let value = line
            .trim_start()
            .trim_start_matches("- ")
            .strip_prefix("parser:")?;
        let value = value.split('#').next()?.trim().trim_matches(['"', '\'']);
        let name = ["juniper/", "junos/"]
            .iter()
            .find_map(|vendor| value.strip_prefix(vendor));
        Some(name.unwrap_or(value).to_owned())
    };
    numbered(catalogue)
        .filter_map(|(number, line)| Some((parser_of(line)?, number)))
        .collect()
}

/// A parser's name with its vendor.
fn in_full(name: &str) -> String {
    if name.contains('/') {
        name.to_owned()
    } else {
        format!("{DEFAULT_VENDOR}/{name}")
    }
}

/// The parsers that have a fixture: `fixtures/{vendor}/{name}/{case}/{file}`, named as [`parsers`] names them.
fn parser_fixtures(checkout: &Checkout) -> BTreeSet<String> {
    let files = checkout.under(FIXTURES);
    let files = files.filter(|file| !file.path.starts_with(MAPPING_FIXTURES));
    let names = files.filter_map(|file| {
        let mut parts = file.path.strip_prefix(FIXTURES)?.split('/');
        let (vendor, name, _case, _file) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        match (vendor, name) {
            (_, WHOLE_DEVICES) => None,
            (DEFAULT_VENDOR, name) => Some(name.to_owned()),
            (vendor, name) => Some(format!("{vendor}/{name}")),
        }
    });
    names.collect()
}

/// The folders of fixtures that hold at least one case, a case being a folder.
fn fixtures(checkout: &Checkout, root: &str) -> BTreeSet<String> {
    let files = checkout.under(root);
    let parts = files.filter_map(|file| {
        let mut parts = file.path.strip_prefix(root)?.split('/');
        let (name, _case, _file) = (parts.next()?, parts.next()?, parts.next()?);
        Some(name.to_owned())
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    const PARSER: (&str, &str) = (
        "crates/records/src/parsers/junos/pic.rs",
        "pub(super) const PARSER: Parser = Parser {\n    name: \"pic\",\n};\n",
    );
    const ENTRY: (&str, &str) = (
        "rpc_commands.yml",
        "rpc_commands:\n  - name: pic\n    parser: juniper/pic # c\n",
    );
    const FIXTURE: (&str, &str) = ("fixtures/junos/pic/empty/reply.xml", "");

    #[test]
    fn a_parser_with_entry_and_fixture_is_complete() {
        assert_eq!(
            check(&Checkout::of(&[PARSER, ENTRY, FIXTURE]), &nowhere()),
            Ok(vec![])
        );
    }

    #[test]
    fn a_parser_of_another_vendor_is_named_with_it() {
        let parser = (
            "crates/records/src/parsers/acme/fan.rs",
            "pub(super) const PARSER: Parser = Parser {\n    name: \"acme/fan\",\n};\n",
        );
        let entry = ("rpc_commands.yml", "  - parser: acme/fan\n");
        let fixture = ("fixtures/acme/fan/one/reply.xml", "");
        let checked = check(&Checkout::of(&[parser, entry, fixture]), &nowhere());
        assert_eq!(checked, Ok(vec![]));
        let findings = check(&Checkout::of(&[parser]), &nowhere());
        assert!(findings.is_err(), "no catalogue");
        let entry = ("rpc_commands.yml", "  - parser: junos/fan\n");
        let findings = check(&Checkout::of(&[parser, entry, fixture]), &nowhere()).unwrap();
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(lines[0].contains("`parser: acme/fan`"), "{lines:?}");
    }

    #[test]
    fn each_missing_counterpart_is_named() {
        let other = ("rpc_commands.yml", "  - parser: 'juniper/fan'\n");
        let stray = ("fixtures/junos/psu/one/reply.xml", "");
        let joined = ("fixtures/junos/join/one/pic.xml", "");
        let mapping = ("mappings/led.yml", "rpc_commands:\n  - name: led\n");
        let other_mapping = ("fixtures/mappings/fan/one/reply.xml", "");
        let files = [PARSER, other, stray, joined, mapping, other_mapping];
        let findings = check(&Checkout::of(&files), &nowhere()).unwrap();
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(lines[4].starts_with("mappings/led.yml:2: it has no fixture"));
        assert!(lines[5].starts_with("fixtures/mappings/fan:1: no file of mappings/ maps `fan`"));
        assert!(lines[0].starts_with(
            "crates/records/src/parsers/junos/pic.rs:2: no entry of rpc_commands.yml"
        ));
        assert!(lines[1].contains("fixtures/junos/pic/<case>/"));
        assert!(lines[2].starts_with("rpc_commands.yml:1: there is no parser `fan`"));
        assert!(lines[3].starts_with("fixtures/junos/psu:1: there is no parser `psu`"));
    }
}
