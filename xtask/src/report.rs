//! The run of a task as a person sees it: a heading before each step, and a table of steps at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// The steps that were run so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    outcome: Result<String, String>,
}

impl Report {
    /// Runs a step under its heading. `work` gives a remark for the table, or the sentence that says what went wrong
    /// and what to do; in that case the answer is `None` and the caller stops.
    pub(crate) fn step(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<String, String>,
    ) -> Option<()> {
        println!("\n==> {name}");
        let began = Instant::now();
        let outcome = work();
        let took = began.elapsed();
        match &outcome {
            Ok(remark) if remark.is_empty() => println!("    ok, {:.1} s", took.as_secs_f64()),
            Ok(remark) => println!("    {remark}, {:.1} s", took.as_secs_f64()),
            Err(message) => eprintln!("\n{name} failed: {message}"),
        }
        let went_on = outcome.is_ok().then_some(());
        self.steps.push(Step {
            name: name.to_owned(),
            took,
            outcome,
        });
        went_on
    }

    /// The table of steps.
    pub(crate) fn table(&self) -> String {
        let width = self
            .steps
            .iter()
            .map(|step| step.name.len())
            .max()
            .unwrap_or(0);
        let mut table = format!("{:<width$}  seconds  outcome\n", "step");
        for Step {
            name,
            took,
            outcome,
        } in &self.steps
        {
            let outcome = match outcome {
                Ok(remark) if remark.is_empty() => "ok",
                Ok(remark) => remark,
                Err(_) => "FAILED",
            };
            // Writing to a String cannot fail.
            _ = writeln!(
                table,
                "{name:<width$}  {:>7.1}  {outcome}",
                took.as_secs_f64()
            );
        }
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        _ = write!(table, "{:<width$}  {:>7.1}", "total", total.as_secs_f64());
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_stops_the_caller_and_stands_in_the_table() {
        let mut report = Report::default();
        assert!(report.step("format", || Ok(String::new())).is_some());
        assert!(report.step("clippy", || Err("run it".to_owned())).is_none());
        let table = report.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[1].starts_with("format") && lines[1].ends_with("ok"),
            "{table}"
        );
        assert!(
            lines[2].starts_with("clippy") && lines[2].ends_with("FAILED"),
            "{table}"
        );
        assert!(lines[3].starts_with("total"), "{table}");
    }
}
