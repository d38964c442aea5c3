//! `watched.txt`: the families that the rules and the dashboards read. Made from them; `UPDATE_DOCS=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::variant::{Variant, other_names, words};
use super::{FOLDER, files};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/watched.txt");

#[test]
fn the_list_of_watched_families_is_what_rules_and_dashboards_read() {
    let rules = std::fs::read_to_string(format!("{FOLDER}/../prometheus/rules/lanewatch.yml"));
    let rules = rules.unwrap();
    let mut texts = vec![Variant::Conventional.expr(&rules), rules];
    texts.extend(
        files()
            .into_iter()
            .map(|(_, dashboard)| dashboard.to_string()),
    );
    let families = other_names();
    let names: BTreeSet<&str> = families
        .iter()
        .flat_map(|(name, other)| {
            [
                Some(name.as_str()),
                other.as_ref().map(|other| other.name()),
            ]
        })
        .flatten()
        .collect();
    let read: BTreeSet<&str> = texts.iter().flat_map(|text| words(text)).collect();
    let mut wanted = String::new();
    for name in names.intersection(&read) {
        writeln!(wanted, "{name}").unwrap();
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(LIST, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(LIST).unwrap_or_default();
    assert!(
        found == wanted,
        "watched.txt is not current: run `UPDATE_DOCS=1 cargo test -p metrics --test dashboards` and commit it"
    );
}
