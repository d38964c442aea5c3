//! No committed file names a path of one particular machine: it would mean nothing on the next one.
//!
//! Looked for are people's folders anywhere, and this checkout and this user's home by the names that they have now.

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

/// Where people's files lie; split so that this file does not carry them.
const HOMES: &[&str] = &[
    concat!("/", "home/"),
    concat!("/", "Users/"),
    concat!("/", "root/"),
    concat!("C:", "\\Users"),
];

pub(super) fn check(checkout: &Checkout, workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut wanted: Vec<String> = HOMES.iter().map(|home| (*home).to_owned()).collect();
    let here = workspace.root.to_str().map(str::to_owned);
    let home = std::env::var("HOME")
        .ok()
        .map(|home| format!("{}/", home.trim_end_matches('/')));
    wanted.extend(
        [here, home]
            .into_iter()
            .flatten()
            .filter(|path| path.len() > 1),
    );
    Ok(findings(checkout, &wanted))
}

fn findings(checkout: &Checkout, wanted: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &checkout.files {
        for (number, line) in numbered(&file.text) {
            if let Some(path) = wanted.iter().find(|path| begins_in(line, path)) {
                let message = format!(
                    "`{path}` exists on one machine only: use a path relative to the checkout, or a variable."
                );
                findings.push(Finding::new(&file.path, number, message));
            }
        }
    }
    findings
}

/// Whether the path stands in the line by itself, not as the tail of a longer one.
fn begins_in(line: &str, path: &str) -> bool {
    let of_a_longer_path = |c: char| c.is_alphanumeric() || "_-.}".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(of_a_longer_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_in_any_kind_of_file() {
        let checkout = Checkout::of(&[("README.md", "see\n/srv/clone/x\n"), ("a.rs", "//! ok\n")]);
        let findings = findings(&checkout, &["/srv/clone".to_owned()]);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].path.as_str(), findings[0].line),
            ("README.md", 2)
        );
    }

    #[test]
    fn the_tail_of_a_longer_path_is_another_path() {
        assert!(begins_in("cd /srv/clone/x", "/srv/clone"));
        assert!(begins_in("`/srv/clone`", "/srv/clone"));
        assert!(!begins_in("/var/srv/clone", "/srv/clone"));
        assert!(!begins_in("https://example.net/srv/clone", "/srv/clone"));
    }
}
