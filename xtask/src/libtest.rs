//! Counts what the tests say, from the lines that test binaries print, and what is left out.
//!
//! libtest's machine-readable output is not stable, its lines have been for years. Read are the line of each ignored
//! test (it carries the reason), the line of each test that was run, and the totals.

/// What one or more `cargo test` runs said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Tests that were left out and not run later on: name and the reason given in the source.
    pub(crate) skipped: Vec<(String, String)>,
}

impl Tally {
    /// Takes one line of output.
    pub(crate) fn see(&mut self, line: &str) {
        if let Some(totals) = line.strip_prefix("test result: ") {
            self.passed += count(totals, " passed");
            self.failed += count(totals, " failed");
        } else if let Some((name, outcome)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.rsplit_once(" ... "))
        {
            if let Some(reason) = outcome.strip_prefix("ignored") {
                let reason = reason.trim_start_matches(", ");
                let reason = if reason.is_empty() {
                    "no reason given"
                } else {
                    reason
                };
                self.skipped.push((name.to_owned(), reason.to_owned()));
            } else {
                // Skipped at first, run by its component's step.
                self.skipped.retain(|(skipped, _)| skipped != name);
            }
        }
    }

    /// Says of each skipped test whose name starts with `prefix` why it could not be run here.
    pub(crate) fn explain(&mut self, prefix: &str, why: &str) {
        for (_, reason) in self
            .skipped
            .iter_mut()
            .filter(|(name, _)| name.starts_with(prefix))
        {
            why.clone_into(reason);
        }
    }

    /// Notes that something cannot be checked here because a tool is missing. Under `CI=true` that is a failure: a gate that silently
    /// tests less is no gate.
    pub(crate) fn missing(&mut self, what: &str, why: String) -> Result<String, String> {
        if in_ci() {
            return Err(format!("{why} With CI=true it must be there."));
        }
        println!("skipped: {what} because {why}");
        self.skipped.push((what.to_owned(), why));
        Ok("missing, skipped".to_owned())
    }

    /// The line that ends a run.
    pub(crate) fn totals(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.skipped.len()
        )
    }
}

/// Whether this is CI's run.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// The number that stands before `what` in a line of totals.
fn count(totals: &str, what: &str) -> usize {
    let number = totals
        .split(what)
        .next()
        .and_then(|before| before.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.see(line));
        tally
    }

    #[test]
    fn totals_of_several_binaries_are_added() {
        let tally = seen(&[
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        ]);
        assert_eq!(tally.totals(), "15 passed, 2 failed, 0 skipped");
    }

    #[test]
    fn a_skipped_test_keeps_its_reason_until_it_is_run() {
        let mut tally = seen(&[
            "test a::x ... ignored, needs netconfd",
            "test b::y ... ignored",
            "test c ... ok",
        ]);
        assert_eq!(tally.skipped.len(), 2);
        assert_eq!(tally.skipped[0].1, "needs netconfd");
        assert_eq!(tally.skipped[1].1, "no reason given");
        tally.see("test a::x ... ok");
        assert_eq!(
            tally.skipped,
            [("b::y".to_owned(), "no reason given".to_owned())]
        );
    }

    #[test]
    fn the_reason_of_a_missing_component_replaces_the_one_in_the_source() {
        let mut tally = seen(&[
            "test a::x ... ignored, needs netconfd",
            "test b::y ... ignored, slow",
        ]);
        tally.explain("a::", "netconfd is not installed");
        assert_eq!(tally.skipped[0].1, "netconfd is not installed");
        assert_eq!(tally.skipped[1].1, "slow");
    }
}
