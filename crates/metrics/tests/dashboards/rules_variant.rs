//! `infrastructure/prometheus/rules-conventional`: the rules in the conventional names, made from those in the documented ones.
//!
//! No expression needs more than other names: a value with another unit stands only in ratios.

use std::fs;

use super::FOLDER;
use super::variant::{Variant, other_names, words};

const HEAD: &str = "# Made from ../rules/lanewatch.yml by `UPDATE_DOCS=1 cargo test -p metrics --test dashboards`; edit there. The same rules in the
# conventional names (`metric_names = conventional`): Prometheus reads one of the two files.
";

#[test]
fn the_rules_in_conventional_names_are_made_from_the_documented_ones() {
    let rules = fs::read_to_string(format!("{FOLDER}/../prometheus/rules/lanewatch.yml")).unwrap();
    // What stands before the first empty line is about the documented names.
    let (_, rules) = rules.split_once("\n\n").unwrap();
    let wanted = format!("{HEAD}\n{}", Variant::Conventional.expr(rules));
    let folder = format!("{FOLDER}/../prometheus/rules-conventional");
    let path = format!("{folder}/lanewatch.yml");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not current: run `UPDATE_DOCS=1 cargo test -p metrics --test dashboards` and commit it"
    );
    let replaced: Vec<String> = other_names()
        .into_iter()
        .filter_map(|(name, other)| other.map(|_| name))
        .collect();
    for word in words(&wanted) {
        assert!(
            !replaced.iter().any(|name| name == word),
            "{word} is documented"
        );
    }
}
