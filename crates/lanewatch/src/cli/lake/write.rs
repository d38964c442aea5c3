//! `lanewatch lake write`: JSON documents → the tables, as the scripts that it takes over from did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use collector::{Clock, RunReport};
use records::Notes;
use records::json::rows::{self, DocumentOrigin};
use records::tables::RowSelection;
use sinks::lake::{self, Layout, Writer, require_free_space};
use sinks::{METRICS_SUFFIX, REPORT_FILE, RunIdentity};

use super::super::help::{DELIVERING, after};
use super::super::usage;
use super::{ExitStatus, Printer};
use crate::settings::Layers;
use crate::view::render_written;

/// Write the tables from the JSON documents of a run, ours or those of `parsers/juniper/*.py`.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake write --metrics-dir output/latest --lake raw_ml_data", "Write the tables from the JSON documents of a run."),
], DELIVERING))]
pub(super) struct Write {
    /// A folder of `{device}_{rpc}_metrics.json`: a run folder, or an output folder, of which the latest run is taken
    #[arg(long, value_name = "FOLDER")]
    metrics_dir: PathBuf,
    /// The root of the lake [default: the setting `lake`]
    #[arg(long = "lake", visible_alias = "base-dir", value_name = "FOLDER")]
    base_dir: Option<PathBuf>,
    /// The partition below the root [default: dt=YYYY-MM-DD/hr=HH of the run timestamp]
    #[arg(long, value_name = "dt=…/hr=…")]
    partition_dir: Option<PathBuf>,
    /// When the run began, in UTC seconds [default: that of the folder's run.json, else now]
    #[arg(long, value_name = "SECONDS")]
    run_timestamp: Option<i64>,
    /// One file a table, or one a table and device
    #[arg(long, value_enum, default_value = "hive")]
    layout: LayoutArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayoutArgument {
    /// dt=…/hr=…/{intf-dom,lane-dom,intf-counters}/…parquet
    Hive,
    /// dt=…/device=…/{optical_metrics,interface_stats,transceiver_info}_…parquet
    PerDevice,
}

/// The documents that hold rows.
const WITH_ROWS: [&str; 2] = ["optics_diagnostics", "interface_statistics"];

impl Write {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let folder = metrics_folder(&self.metrics_dir)?;
        let devices = documents(&folder)?;
        if devices.is_empty() {
            return Err(usage(format!(
                "{} has no file that ends in `_optics_diagnostics{METRICS_SUFFIX}` or `_interface_statistics{METRICS_SUFFIX}`: \
                 there is nothing to write",
                folder.display()
            ))
            .into());
        }
        let report = RunReport::read(&folder.join(REPORT_FILE)).ok();
        let of_report = report.as_ref().map(|report| report.run_timestamp);
        let run_timestamp = self
            .run_timestamp
            .or(of_report)
            .unwrap_or_else(|| Clock::default().now());
        // The folder's own run, unless something else is said of it.
        let own = report
            .as_ref()
            .filter(|report| report.run_timestamp == run_timestamp);
        let runner_name = match (&settings.runner_name, own) {
            (None, Some(report)) => report.runner_name.clone(),
            _ => collector::runner_name(settings.runner_name.as_deref())?,
        };
        let run_id = own
            .filter(|report| report.runner_name == runner_name && is_run_id(&report.run_id))
            .map_or_else(
                || run_id(&runner_name, run_timestamp),
                |report| report.run_id.clone(),
            );
        let layout = match (self.layout, self.partition_dir) {
            (LayoutArgument::Hive, None) => Layout::default(),
            (LayoutArgument::Hive, Some(partition)) => Layout::Hourly {
                partition: Some(checked_partition(&partition)?),
            },
            (LayoutArgument::PerDevice, None) => Layout::PerDevice,
            (LayoutArgument::PerDevice, Some(_)) => {
                return Err(
                    usage("`--partition-dir` has no meaning with `--layout per-device`").into(),
                );
            }
        };
        let lake = self.base_dir.unwrap_or_else(|| settings.lake.clone());
        require_free_space(&lake, settings.min_free_space.bytes()).map_err(usage)?;
        let identity = RunIdentity {
            runner_name: runner_name.clone(),
            run_id,
            run_timestamp,
        };
        let names: Vec<_> = devices.keys().cloned().collect();
        let mut writer = Writer::begin_with(&lake, identity, names, settings.compression, layout)?;
        let mut failed = 0;
        for (device, files) in &devices {
            let origin = DocumentOrigin {
                device: device.clone(),
                runner_name: runner_name.clone(),
                run_timestamp,
                timestamp: run_timestamp,
            };
            // One file that cannot be read costs its device, not the others.
            let documents = files
                .iter()
                .map(|(rpc, path)| Ok((rpc.clone(), document(path)?)));
            let documents: Vec<_> = match documents.collect::<anyhow::Result<_>>() {
                Ok(documents) => documents,
                Err(error) => {
                    failed += 1;
                    printer.error(&format!("{device}: {error:#}"));
                    continue;
                }
            };
            let mut notes = Notes::default();
            let tables = rows::tables(&documents, &origin, RowSelection::Ports, &mut notes);
            for note in notes.as_slice() {
                printer.warning(&format!("{device}: {note}"));
            }
            if notes.dropped() > 0 {
                let more = notes.dropped();
                printer.warning(&format!("{device}: and {more} more of the kind"));
            }
            if tables.iter().all(|table| table.batch.num_rows() == 0) {
                printer.warning(&format!("{device}: its documents hold no rows"));
            }
            writer.add(device, tables)?;
        }
        let written = writer.finish()?;
        if let Some(pending) = &written.pending {
            printer.warning(&pending.to_string());
        }
        printer.summary(&render_written(
            &written.files,
            devices.len() - failed,
            &lake,
        ));
        Ok(match failed {
            0 => ExitStatus::Delivered,
            failed if failed == devices.len() => ExitStatus::NoneDelivered,
            _ => ExitStatus::SomeFailed,
        })
    }
}

/// The folder itself if documents are in it, else the run that its `latest` points at.
fn metrics_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    let latest = folder.join("latest");
    if documents(folder)?.is_empty() && latest.is_dir() {
        return Ok(latest);
    }
    Ok(folder.to_owned())
}

/// The documents with rows in a folder: by device, then by RPC.
fn documents(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<(String, PathBuf)>>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| usage(format!("cannot list {}: {error}", folder.display())))?;
    let mut devices: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let found = WITH_ROWS.iter().find_map(|rpc| {
            let device = name.strip_suffix(&format!("_{rpc}{METRICS_SUFFIX}"))?;
            Some((device.to_owned(), *rpc))
        });
        if let Some((device, rpc)) = found {
            // Scripts write names as they are.
            let device = sinks::decode_file_name(&device).unwrap_or(device);
            let files = devices.entry(device).or_default();
            files.push((rpc.to_owned(), entry.path()));
        }
    }
    Ok(devices)
}

fn document(path: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// `dt=YYYY-MM-DD/hr=HH`, as every reader of the lake expects it.
fn checked_partition(partition: &Path) -> anyhow::Result<PathBuf> {
    let text = partition.to_string_lossy();
    let text = text.trim_matches('/');
    let is_partition = text.split_once('/').is_some_and(|(day, hour)| {
        let day = day.strip_prefix("dt=").unwrap_or_default();
        let hour = hour.strip_prefix("hr=").unwrap_or_default();
        is_day(day)
            && hour.len() == 2
            && hour.bytes().all(|byte| byte.is_ascii_digit())
            && hour.parse::<u8>().is_ok_and(|hour| hour < 24)
    });
    if !is_partition {
        return Err(usage(format!(
            "`--partition-dir {}`: `dt=YYYY-MM-DD/hr=HH` was expected, a day and an hour of two digits, as in `dt=2026-02-03/hr=07`",
            partition.display()
        ))
        .into());
    }
    Ok(PathBuf::from(text))
}

/// A day that there is: engines project partitions from a calendar.
fn is_day(text: &str) -> bool {
    lake::partition_end(&format!("dt={text}")).is_some() && text.len() == "2026-02-03".len()
}

fn is_run_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An id for a run that has none: the same each time, so that writing it again replaces its files (FNV-1a).
fn run_id(runner_name: &str, run_timestamp: i64) -> String {
    let text = format!("{runner_name}\n{run_timestamp}");
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_a_day_and_an_hour() {
        for good in ["dt=2026-02-03/hr=15", "/dt=2026-02-03/hr=00/"] {
            assert!(checked_partition(Path::new(good)).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "hr=15",
            "dt=",
            "dt=2026-02-03",
            "dt=2026-02-03/hr=7",
            "dt=2026-02-03/hr=24",
            "dt=2026-02-03/hr=+7",
            "dt=2026-02-30/hr=07",
            "dt=2026-2-3/hr=07",
            "dt=2026-02-03/hr=07/x=1",
            "dt=a/../../b",
            "dt=../hr=1",
            "dt=a/.b=c",
        ] {
            assert!(checked_partition(Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_run_without_an_id_has_the_same_each_time() {
        assert_eq!(run_id("a", 1), run_id("a", 1));
        assert_ne!(run_id("a", 1), run_id("a", 2));
        assert!(is_run_id(&run_id("a", 1)));
    }
}
