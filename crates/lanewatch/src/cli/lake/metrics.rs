//! `lanewatch lake metrics`: the series of the lake over time, to fill a Prometheus with.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use collector::{Backfilled, Clock, History, backfill, utc_second};

use super::super::help::{PLAIN, after};
use super::super::usage;
use super::{ExitStatus, Printer};
use crate::settings::Layers;

/// As a file name: standard output.
const STANDARD: &str = "-";

/// Write the series of the lake over time, with timestamps: `promtool tsdb create-blocks-from openmetrics` makes blocks for Prometheus of
/// them, and VictoriaMetrics imports them. What only a living collector knows is not in it: how long a device took, which RPC failed,
/// findings.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake metrics --from 2026-11-01 --to 2026-12-01 --output november.om", "Write a month."),
    ("promtool tsdb create-blocks-from openmetrics --max-block-duration=720h november.om /var/lib/prometheus/data", "Put it into a Prometheus."),
], PLAIN))]
pub(super) struct Metrics {
    /// The format
    #[arg(long, value_enum, default_value = "openmetrics")]
    format: Format,
    /// The first time: `2026-12-01`, `2026-12-01T22:00:00Z`, or UTC seconds [default: that of the oldest run]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,
    /// The time at which it ends; of a day, its begin [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,
    /// All series, not only those that the rules and dashboards in `infrastructure` read
    #[arg(long)]
    all_series: bool,
    /// The file to write; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = STANDARD)]
    output: PathBuf,
}

/// What can be written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// OpenMetrics 1.0 with timestamps.
    Openmetrics,
}

fn time(text: &str) -> Result<i64, String> {
    utc_second(text).ok_or_else(|| {
        "it must be a time: `2026-12-01`, `2026-12-01 22:00` (UTC), `2026-12-01T22:00:00+01:00` or UTC seconds"
            .to_owned()
    })
}

impl Metrics {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        super::require_lake(&settings.lake)?;
        let Format::Openmetrics = self.format;
        let history = History {
            from: self.from.unwrap_or(0),
            // With the runs of this second.
            to: self
                .to
                .unwrap_or_else(|| Clock::default().now().saturating_add(1)),
            names: settings.metric_names,
            detail: settings.metrics_detail,
            all_series: self.all_series,
        };
        if history.from >= history.to {
            return Err(usage("`--from` must be before `--to`").into());
        }
        let write = |out: &mut dyn io::Write| backfill(&settings.lake, &history, out);
        let is_standard = self.output == Path::new(STANDARD);
        let written = match is_standard {
            true => write(&mut io::stdout().lock())?,
            false => sinks::write_piecewise(&self.output, write)?,
        };
        warn(&written, printer);
        if !is_standard {
            printer.summary(&format!(
                "{} samples of {} runs in {} families written to {}",
                written.samples,
                written.runs,
                written.families,
                self.output.display()
            ));
        }
        Ok(ExitStatus::Delivered)
    }
}

fn warn(written: &Backfilled, printer: &Printer) {
    if written.runs == 0 {
        printer.warning("the lake has no run in that time");
    }
    if let Some(first) = written.others.first() {
        printer.warning(&format!(
            "{} files are left out, whose names do not tell a run of this lake, such as {first}",
            written.others.len()
        ));
    }
    if let Some(first) = written.doubled.first() {
        printer.warning(&format!(
            "{} devices are in two runs of one second, such as {first}; one run counts",
            written.doubled.len()
        ));
    }
}
