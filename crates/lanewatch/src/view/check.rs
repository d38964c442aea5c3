//! What `check` found, as a table with a list of what is to be done, and for programs.

use collector::{Checked, SeriesCount, Step, Verdict};
use metrics::Detail;
use serde_json::{Value, json};

use super::lines::{Columns, count};
use super::screen::{BAD, GOOD, Screen};
use super::series::{series, series_as_json};

const NOT_TAKEN: &str = "–";

/// Steps with a column of their own; the RPCs share the last.
const COLUMNS: usize = 6;

/// A line a device, the series that the metrics will have, then what is to be done about each step that failed.
pub(crate) fn render_check(checked: &[Checked], detail: Detail, screen: Screen) -> String {
    let steps = checked
        .first()
        .map(|device| device.steps.as_slice())
        .unwrap_or_default();
    let mut header = vec!["Device", "Address"];
    header.extend(steps.iter().take(COLUMNS).map(|step| step.name.as_str()));
    header.push("RPCs");
    let rows = checked.iter().map(|device| {
        let (own, rpcs) = device.steps.split_at(device.steps.len().min(COLUMNS));
        let mut row = vec![device.device.clone(), device.address.clone()];
        row.extend(own.iter().map(|step| cell(step.verdict).to_owned()));
        row.push(of_rpcs(rpcs));
        row
    });
    let columns = Columns {
        header: &header,
        right: &[],
        drop: &[1],
    };
    let mut text = columns.table(screen, rows);
    let good = checked.iter().filter(|device| device.is_good()).count();
    text += &format!(
        "\n\n{} of {} devices are ready.",
        count(good),
        count(checked.len())
    );
    let counted: Vec<_> = checked.iter().filter_map(|device| device.series).collect();
    if !counted.is_empty() {
        let sum = counted
            .iter()
            .fold(SeriesCount::default(), |sum, count| sum.plus(*count));
        text += &format!(
            "\nTheir metrics have {}.",
            series(sum, detail, |number| count(
                usize::try_from(number).unwrap_or(usize::MAX)
            ))
        );
    }
    let todo: Vec<_> = checked.iter().flat_map(to_do).collect();
    if !todo.is_empty() {
        text += &format!("\n\nTo do:\n{}", todo.join("\n"));
    }
    text
}

fn cell(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => GOOD,
        Verdict::Bad => BAD,
        Verdict::NotTaken => NOT_TAKEN,
    }
}

/// How many of those that were asked were answered.
fn of_rpcs(rpcs: &[Step]) -> String {
    let of = |verdict| rpcs.iter().filter(|step| step.verdict == verdict).count();
    match (of(Verdict::Good), of(Verdict::Bad)) {
        (0, 0) => NOT_TAKEN.to_owned(),
        (good, 0) => format!("{GOOD} {good}/{good}"),
        (good, bad) => format!("{BAD} {bad}/{}", good + bad),
    }
}

fn to_do(device: &Checked) -> impl Iterator<Item = String> {
    let bad = device
        .steps
        .iter()
        .filter(|step| step.verdict == Verdict::Bad);
    bad.map(|step| format!("  {} {}: {}", device.device, step.name, step.found))
}

/// The same as JSON: an object a device, with `good` and its `steps`.
pub(crate) fn check_as_json(checked: &[Checked]) -> String {
    let devices = checked.iter().map(|device| {
        let steps: Vec<Value> = device.steps.iter().map(step_as_json).collect();
        json!({
            "device": device.device,
            "address": device.address,
            "good": device.is_good(),
            "unknown_host_key": device.unknown_key.as_ref().map(|key| &key.shown),
            "series": device.series.map(series_as_json),
            "steps": steps,
        })
    });
    format!("{:#}", Value::Array(devices.collect()))
}

fn step_as_json(step: &Step) -> Value {
    let result = match step.verdict {
        Verdict::Good => "ok",
        Verdict::Bad => "failed",
        Verdict::NotTaken => "not taken",
    };
    json!({"step": step.name, "result": result, "found": step.found})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, steps: &[(&str, Verdict, &str)]) -> Checked {
        let steps = steps.iter().map(|(name, verdict, found)| Step {
            name: (*name).to_owned(),
            verdict: *verdict,
            found: (*found).to_owned(),
        });
        Checked {
            device: name.to_owned(),
            address: format!("{name}:830"),
            steps: steps.collect(),
            unknown_key: None,
            series: None,
        }
    }

    #[test]
    fn each_device_has_a_line_and_each_failure_says_what_to_do() {
        use Verdict::{Bad, Good, NotTaken};
        let names = [
            "name", "port", "host key", "login", "hello", "clock", "a", "b",
        ];
        let steps = |verdicts: [Verdict; 8]| -> Vec<_> {
            let found = |verdict| {
                if verdict == Bad {
                    "why, and what to do"
                } else {
                    ""
                }
            };
            names
                .iter()
                .zip(verdicts)
                .map(|(name, verdict)| (*name, verdict, found(verdict)))
                .collect()
        };
        let checked = [
            device("leaf-01", &steps([Good; 8])),
            device(
                "leaf-02",
                &steps([
                    Good, Bad, NotTaken, NotTaken, NotTaken, NotTaken, NotTaken, NotTaken,
                ]),
            ),
            device(
                "leaf-03",
                &steps([Good, Good, Good, Good, Good, Bad, Good, Bad]),
            ),
        ];
        insta::assert_snapshot!(render_check(&checked, Detail::Full, Screen::default()), @"
         Device    Address       name   port     host key   login   hello   clock    RPCs
        ────────────────────────────────────────────────────────────────────────────────────────
         leaf-01   leaf-01:830   ok     ok       ok         ok      ok      ok       ok 2/2
         leaf-02   leaf-02:830   ok     FAILED   –          –       –       –        –
         leaf-03   leaf-03:830   ok     ok       ok         ok      ok      FAILED   FAILED 1/2

        1 of 3 devices are ready.

        To do:
          leaf-02 port: why, and what to do
          leaf-03 clock: why, and what to do
          leaf-03 b: why, and what to do
        ");
    }
}
