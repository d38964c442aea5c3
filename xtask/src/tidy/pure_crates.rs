//! What a crate must not pull in, by any number of steps.
//!
//! `records` is the pure middle: no async runtime, no socket, no file store. `netconf` moves bytes and must not see what
//! they mean.

use super::checkout::Checkout;
use super::rule::Finding;
use crate::process;
use crate::workspace::Workspace;

/// A crate and what may not stand under it.
const BANS: &[(&str, &[&str], &str)] = &[
    (
        "records",
        &[
            "netconf",
            "tokio",
            "russh",
            "mio",
            "socket2",
            "hyper",
            "reqwest",
            "object_store",
            "async-std",
            "smol",
        ],
        "parsing and joining do no input or output: move what needs it to the crate that does.",
    ),
    (
        "metrics",
        &[
            "netconf",
            "sinks",
            "tokio",
            "mio",
            "socket2",
            "hyper",
            "reqwest",
            "object_store",
        ],
        "series and their encodings do no input or output: senders are the sinks' business.",
    ),
    (
        "netconf",
        &["records", "arrow-array", "parquet", "sinks", "sim"],
        "the transport knows nothing of what it carries.",
    ),
    (
        "sinks",
        &["netconf", "russh", "sim"],
        "where rows go is no concern of where they come from.",
    ),
    (
        "sim",
        &["records", "arrow-array", "parquet", "sinks"],
        "a simulator that shares our reading cannot catch its mistakes.",
    ),
];

pub(super) fn check(_: &Checkout, workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for (name, banned, why) in BANS {
        let mut command = workspace.cargo();
        let tree = process::capture(command.args([
            "tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}",
        ]))?;
        let manifest = workspace
            .members
            .iter()
            .find(|member| member.name == *name)
            .map(|member| member.manifest.as_str());
        for found in present(&tree, banned) {
            let message =
                format!("{name} pulls in {found} (see `cargo tree -p {name} -i {found}`): {why}");
            findings.push(Finding::new(manifest.unwrap_or(name), 1, message));
        }
    }
    Ok(findings)
}

/// Which of the banned crates the tree holds. A line is `name v1.2.3 …`.
fn present<'a>(tree: &str, banned: &[&'a str]) -> Vec<&'a str> {
    let in_tree = |name: &str| {
        tree.lines()
            .any(|line| line.split(' ').next() == Some(name))
    };
    banned
        .iter()
        .copied()
        .filter(|name| in_tree(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_is_found_by_its_whole_name() {
        let tree = "records v0.1.0 (/x)\ntokio-macros v2.0.0 (proc-macro)\nmio v1.0.0\n";
        assert_eq!(present(tree, &["tokio", "mio"]), ["mio"]);
    }
}
