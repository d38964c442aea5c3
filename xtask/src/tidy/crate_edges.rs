//! Crates depend on each other as the list in ARCHITECTURE.md says, no more and no less.
//!
//! The list is a fenced block that begins with ```` ```crates ````, one crate a line: `sim -> netconf`, or
//! `records ->` for a crate that stands on none of ours. Dependencies of every kind count, those of tests too.

use std::collections::{BTreeMap, BTreeSet};

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

const DOCUMENT: &str = "ARCHITECTURE.md";
const FENCE: &str = "```crates";

pub(super) fn check(checkout: &Checkout, workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let document = checkout
        .file(DOCUMENT)
        .ok_or_else(|| format!("there is no {DOCUMENT}"))?;
    let drawn = drawn(&document.text)?;
    let names: BTreeSet<&str> = workspace
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();

    let mut findings = Vec::new();
    for member in &workspace.members {
        let real = member
            .dependencies
            .iter()
            .map(String::as_str)
            .filter(|name| names.contains(name));
        let real: BTreeSet<&str> = real.collect();
        let Some((line, said)) = drawn.get(member.name.as_str()) else {
            // The tasks are outside the picture as long as they stand on nothing in it.
            if member.name != "xtask" || !real.is_empty() {
                let message = format!(
                    "not in the `crates` block of {DOCUMENT}: add `{} -> …`.",
                    member.name
                );
                findings.push(Finding::new(&member.manifest, 1, message));
            }
            continue;
        };
        for extra in real.difference(said) {
            let message = format!(
                "{} depends on {extra}, which the `crates` block of {DOCUMENT} does not allow: take it out, or draw it and say why.",
                member.name
            );
            findings.push(Finding::new(&member.manifest, 1, message));
        }
        for absent in said.difference(&real) {
            let message = format!(
                "{} does not depend on {absent}: take it out of the list.",
                member.name
            );
            findings.push(Finding::new(DOCUMENT, *line, message));
        }
    }
    for (name, (line, _)) in drawn.iter().filter(|(name, _)| !names.contains(*name)) {
        findings.push(Finding::new(
            DOCUMENT,
            *line,
            format!("there is no crate `{name}`: take the line out."),
        ));
    }
    Ok(findings)
}

/// Each crate of the list with its line and what it may depend on.
fn drawn(document: &str) -> Result<BTreeMap<&str, (usize, BTreeSet<&str>)>, String> {
    let mut lines =
        numbered(document).skip_while(|(_, line)| !line.trim_start().starts_with(FENCE));
    if lines.next().is_none() {
        return Err(format!("{DOCUMENT} has no block that begins with {FENCE}"));
    }
    let block = lines.take_while(|(_, line)| !line.trim_start().starts_with("```"));
    let edges = block
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let (name, needs) = line.split_once("->").ok_or_else(|| {
                format!("{DOCUMENT}:{number}: expected `crate -> crate, crate`, found `{line}`")
            })?;
            let needs = needs
                .split(',')
                .map(str::trim)
                .filter(|need| !need.is_empty() && *need != "—");
            Ok((name.trim(), (number, needs.collect())))
        });
    edges.collect()
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::workspace_of;
    use super::*;

    #[test]
    fn a_list_that_matches_is_quiet() {
        let document = "# x\n```crates\nsim -> netconf\nnetconf ->\n```\n";
        let workspace = workspace_of(&[
            ("sim", &["netconf", "rand"]),
            ("netconf", &["tokio"]),
            ("xtask", &[]),
        ]);
        assert_eq!(
            check(&Checkout::of(&[(DOCUMENT, document)]), &workspace),
            Ok(vec![])
        );
    }

    #[test]
    fn an_edge_too_many_too_few_and_a_crate_that_is_gone_are_named() {
        let document = "```crates\nsim -> netconf\nnetconf ->\ngone ->\n```\n";
        let workspace = workspace_of(&[("sim", &["records"]), ("netconf", &[]), ("records", &[])]);
        let findings = check(&Checkout::of(&[(DOCUMENT, document)]), &workspace).unwrap();
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].starts_with("crates/sim/Cargo.toml:1: sim depends on records"));
        assert!(lines[1].starts_with("ARCHITECTURE.md:2: sim does not depend on netconf"));
        assert!(lines[2].starts_with("crates/records/Cargo.toml:1: not in the `crates` block"));
        assert!(lines[3].starts_with("ARCHITECTURE.md:4: there is no crate `gone`"));
    }
}
