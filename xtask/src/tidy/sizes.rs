//! No crate holds more than a quarter of the source.
//!
//! Counted are the lines of the `.rs` files below each crate's `src/`, as an editor numbers them: blank lines, comments and unit tests
//! too. `tests/`, `benches/` and `examples/` are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checkout::Checkout;
use super::rule::Finding;
use crate::workspace::Workspace;

/// The most that one crate may have of the source, in percent.
const MOST_PERCENT: f64 = 25.0;

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let crates = lines(checkout);
    let large = crates
        .iter()
        .map(|(folder, lines)| (folder, percent(*lines, &crates)))
        .filter(|(_, percent)| *percent > MOST_PERCENT);
    let finding = |(folder, percent): (&&str, f64)| {
        let message = format!(
            "the crate has {percent:.1} % of the source, {MOST_PERCENT} % are allowed: move a part of it to a crate of its own."
        );
        Finding::new(&format!("{folder}/Cargo.toml"), 1, message)
    };
    Ok(large.map(finding).collect())
}

/// The crates with their lines and shares, the largest first, and the largest share.
pub(super) fn table(checkout: &Checkout) -> String {
    let crates = lines(checkout);
    let mut sorted: Vec<_> = crates.iter().collect();
    sorted.sort_by_key(|(_, lines)| std::cmp::Reverse(**lines));
    let mut table = format!("{:<20} {:>7}   share\n", "crate", "lines");
    for (folder, lines) in &sorted {
        // Writing to a String cannot fail.
        _ = writeln!(
            table,
            "{folder:<20} {lines:>7} {:>5.1} %",
            percent(**lines, &crates)
        );
    }
    _ = writeln!(table, "{:<20} {:>7}", "total", crates.values().sum::<u32>());
    let largest = sorted
        .first()
        .map_or(0.0, |(_, lines)| percent(**lines, &crates));
    _ = write!(
        table,
        "largest share of a crate: {largest:.1} % (bar: {MOST_PERCENT} %)"
    );
    table
}

/// The lines of each crate, by its folder.
fn lines(checkout: &Checkout) -> BTreeMap<&str, u32> {
    let mut crates = BTreeMap::new();
    for file in &checkout.files {
        if let Some(folder) = file.path.strip_suffix("/Cargo.toml") {
            crates.insert(folder, 0);
        }
    }
    for file in checkout.rust() {
        for (folder, lines) in &mut crates {
            let inside = file.path.strip_prefix(folder);
            if inside.is_some_and(|path| path.starts_with("/src/")) {
                *lines += u32::try_from(file.text.lines().count()).unwrap_or(u32::MAX);
            }
        }
    }
    crates
}

fn percent(lines: u32, crates: &BTreeMap<&str, u32>) -> f64 {
    let total: u32 = crates.values().sum();
    100.0 * f64::from(lines) / f64::from(total.max(1))
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn a_crate_of_more_than_a_quarter_is_found_and_its_tests_do_not_count() {
        let (large, small) = ("x\n".repeat(26), "x\n".repeat(25));
        let checkout = Checkout::of(&[
            ("crates/a/Cargo.toml", ""),
            ("crates/a/src/lib.rs", &large),
            ("crates/b/Cargo.toml", ""),
            ("crates/b/src/lib.rs", &small),
            ("crates/b/tests/large.rs", &large),
            ("crates/c/Cargo.toml", ""),
            ("crates/c/src/d/e.rs", &small),
            ("query/Cargo.toml", ""),
            ("query/src/main.rs", "x\n".repeat(24).as_str()),
        ]);
        let findings = check(&checkout, &nowhere()).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "crates/a/Cargo.toml");
        let table = table(&checkout);
        assert!(
            table.contains("crates/b                  25  25.0 %"),
            "{table}"
        );
        assert!(
            table.ends_with("largest share of a crate: 26.0 % (bar: 25 %)"),
            "{table}"
        );
    }
}
