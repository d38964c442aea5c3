//! The time of day is read in one file, the clock of the app's runner, and is an argument everywhere else.
//!
//! That is what makes a replay give the same bytes. Monotonic time for deadlines is free.

use super::checkout::{Checkout, numbered};
use super::rule::Finding;
use crate::workspace::Workspace;

const READERS: &[&str] = &[
    "SystemTime::now",
    "Utc::now",
    "Local::now",
    "now_utc",
    "UNIX_EPOCH.elapsed",
];
const CLOCK: &str = "crates/collector/src/clock.rs";

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for file in checkout.rust().filter(|file| file.path != CLOCK) {
        for (number, line) in numbered(&file.code_alone()) {
            if let Some(found) = READERS.iter().find(|name| line.contains(**name)) {
                let message = format!(
                    "`{found}` reads the time of day: take the time as an argument, the runner has it."
                );
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
    fn the_runner_may_read_the_clock_and_others_may_not() {
        let text = "//! x\nlet now = SystemTime::now();\n";
        let checkout = Checkout::of(&[
            ("crates/collector/src/clock.rs", text),
            ("crates/sinks/src/lib.rs", text),
        ]);
        let findings = check(&checkout, &nowhere()).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].to_string().split(':').next(),
            Some("crates/sinks/src/lib.rs")
        );
    }
}
