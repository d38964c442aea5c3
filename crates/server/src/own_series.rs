//! The series of the daemon itself.

use std::io;

use metrics::encode::{openmetrics, text};
use metrics::{Family, Kind, Series};

use crate::negotiation::Form;
use crate::status::{Facts, ProbeResult};

/// A family of the daemon: name, kind, unit, help.
type Row = (&'static str, Kind, &'static str, &'static str);

const BUILD: Row = (
    "lanewatch_build_info",
    Kind::Info,
    "",
    "The version of Lanewatch",
);
const RELOADED: Row = (
    "lanewatch_config_last_reload_success_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    "UTC second of the last good reload, or of the start",
);
const RELOAD: Row = (
    "lanewatch_config_reload_successful",
    Kind::Gauge,
    "",
    "Whether the last reload was good; the old configuration stays where it was not",
);
const DEVICES: Row = (
    "lanewatch_devices",
    Kind::Gauge,
    "",
    "Devices by what became of them in the last pass",
);
const CONNECTIONS: Row = (
    "lanewatch_http_connections",
    Kind::Gauge,
    "",
    "Open connections to the endpoint",
);
const ANSWERS: Row = (
    "lanewatch_http_requests_total",
    Kind::Counter,
    "",
    "Answers by status code",
);
const LAST_PASS: Row = (
    "lanewatch_last_run_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    "UTC second at which the last pass ended",
);
const PROBES: Row = (
    "lanewatch_probes_total",
    Kind::Counter,
    "",
    "Probes by what became of them",
);
const DURATION: Row = (
    "lanewatch_run_duration_seconds",
    Kind::Gauge,
    "seconds",
    "How long the last pass took",
);
const AT_WORK: Row = (
    "lanewatch_run_in_progress",
    Kind::Gauge,
    "",
    "Whether a pass is at work",
);
const INTERVAL: Row = (
    "lanewatch_run_interval_seconds",
    Kind::Gauge,
    "seconds",
    "The time from one pass to the next, as it is set",
);
const SKIPPED: Row = (
    "lanewatch_runs_skipped_total",
    Kind::Counter,
    "",
    "Passes that did not begin because the one before was still at work",
);
const PASSES: Row = (
    "lanewatch_runs_total",
    Kind::Counter,
    "",
    "Passes by how they ended: failed are those with an error that is no device's",
);
const FILES: Row = (
    "process_open_fds",
    Kind::Gauge,
    "",
    "Number of open file descriptors",
);
const MEMORY: Row = (
    "process_resident_memory_bytes",
    Kind::Gauge,
    "bytes",
    "Resident memory size in bytes",
);
const STARTED: Row = (
    "process_start_time_seconds",
    Kind::Gauge,
    "seconds",
    "Start time of the process since unix epoch in seconds",
);

/// A value with the label that tells it from the others of its family.
type Labelled = (Option<(&'static str, String)>, f64);

/// Each family with its values, in the order of the names. A family without a value is not written.
fn values(facts: &Facts, interval: f64) -> Vec<(Row, Vec<Labelled>)> {
    let one = |value: f64| vec![(None, value)];
    let some = |value: Option<f64>| value.into_iter().map(|value| (None, value)).collect();
    let labelled = |name, pairs: Vec<(String, f64)>| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(label, value)| (Some((name, label)), value))
            .collect::<Vec<Labelled>>()
    };
    let truth = |truth: bool| f64::from(u8::from(truth));
    let last = facts.last_pass.as_ref();
    let devices = last.map_or_else(Vec::new, |(end, _)| {
        let states = [
            ("delivered", end.delivered),
            ("failed", end.failed),
            ("partial", end.partial),
        ];
        let states = states.map(|(state, count)| (state.to_owned(), count as f64));
        states.into()
    });
    let answers = facts.answers.iter();
    let answers = answers.map(|(code, count)| (code.to_string(), *count as f64));
    let probes = ProbeResult::ALL.map(|result| {
        let count = facts.probes.get(&result).copied().unwrap_or(0);
        (result.name().to_owned(), count as f64)
    });
    let passes = [
        ("complete".to_owned(), facts.passes_complete as f64),
        ("failed".to_owned(), facts.passes_failed as f64),
    ];
    let version = vec![(env!("CARGO_PKG_VERSION").to_owned(), 1.0)];
    vec![
        (BUILD, labelled("version", version)),
        (RELOADED, one(facts.reloaded as f64)),
        (RELOAD, one(truth(!facts.reload_failed))),
        (DEVICES, labelled("state", devices)),
        (CONNECTIONS, one(facts.connections as f64)),
        (ANSWERS, labelled("code", answers.collect())),
        (LAST_PASS, some(facts.last_pass_second.map(|at| at as f64))),
        (PROBES, labelled("result", probes.into())),
        (DURATION, some(last.map(|(_, seconds)| *seconds))),
        (AT_WORK, one(truth(facts.pass_began.is_some()))),
        (INTERVAL, one(interval)),
        (SKIPPED, one(facts.ticks_skipped as f64)),
        (PASSES, labelled("outcome", passes.into())),
        (FILES, some(open_files())),
        (MEMORY, some(resident_bytes())),
        (STARTED, one(facts.started as f64)),
    ]
}

/// The daemon's own series.
///
/// # Errors
///
/// None in practice: they are written into memory.
pub(crate) fn encode(facts: &Facts, interval: f64, form: Form) -> io::Result<Vec<u8>> {
    let values = values(facts, interval);
    match form {
        Form::Text => {
            let mut encoder = text::Encoder::new(Vec::new());
            each(&values, |series| encoder.series(series))?;
            encoder.finish()
        }
        Form::OpenMetrics => {
            let mut encoder = openmetrics::Encoder::new(Vec::new());
            each(&values, |series| encoder.series(series))?;
            encoder.finish()
        }
    }
}

fn each(
    values: &[(Row, Vec<Labelled>)],
    mut visit: impl FnMut(&Series<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for ((name, kind, unit, help), values) in values {
        let family = Family {
            name: (*name).to_owned(),
            kind: *kind,
            unit,
            help: (*help).to_owned(),
        };
        for (label, value) in values {
            let label = label.as_ref().map(|(name, value)| (*name, value.as_str()));
            visit(&Series {
                family: &family,
                labels: label.as_slice(),
                value: *value,
            })?;
        }
    }
    Ok(())
}

/// From the process' own files of the kernel, where there are such.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

fn open_files() -> Option<f64> {
    let files = std::fs::read_dir("/proc/self/fd").ok()?;
    // One of them is the folder that is being read.
    Some(files.count().saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use collector::Clock;

    use super::*;
    use crate::collect::PassEnd;
    use crate::status::Status;

    #[test]
    fn the_text_is_sorted_and_the_docs_name_each_family() {
        let status = Status::new(
            Clock::default(),
            Duration::from_secs(60),
            Duration::ZERO,
            std::sync::Arc::new(|_| {}),
        );
        status.tick(true);
        status.pass_ended(PassEnd {
            delivered: 4,
            failed: 1,
            ..PassEnd::default()
        });
        status.count_answer(200);
        status.count_probe(ProbeResult::Joined);
        let facts = status.facts().clone();
        let text = encode(&facts, 60.0, Form::Text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in [
            "lanewatch_devices{state=\"delivered\"} 4",
            "lanewatch_devices{state=\"failed\"} 1",
            "lanewatch_probes_total{result=\"joined\"} 1",
            "lanewatch_run_interval_seconds 60",
            "lanewatch_runs_total{outcome=\"complete\"} 1",
            "lanewatch_http_requests_total{code=\"200\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let names: Vec<_> = names.filter_map(|line| line.split(' ').next()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.len(), values(&facts, 60.0).len());
        let docs = include_str!("../../../docs/serve.md");
        for name in names {
            assert!(
                docs.contains(&format!("`{name}")),
                "{name} is not in docs/serve.md"
            );
        }
        let open = encode(&facts, 60.0, Form::OpenMetrics).unwrap();
        assert!(open.ends_with(b"# EOF\n"));
    }
}
