//! `lanewatch lake write`: JSON documents → the tables, as the scripts that it takes over from did.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use collector::{Clock, OriginalRun, RunReport, cluster_label};
use records::Notes;
use records::json::rows::{DeviceRows, DocumentOrigin};
use sinks::lake::{self, Layout, Writer, require_free_space};
use sinks::{REPORT_FILE, RunIdentity};

use super::super::help::{DELIVERING, after};
use super::super::usage;
use super::documents::DeviceFiles;
use super::{ExitStatus, Printer, documents, read_ahead};
use crate::settings::Layers;
use crate::view::render_written;

/// Write the tables from the JSON documents of a run, ours or those of `parsers/juniper/*.py` in any of their versions.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake write --metrics-dir output/latest --lake raw_ml_data", "Write the tables from the JSON documents of a run."),
    ("lanewatch lake write --metrics-dir output/leafs_1770132645 --base-dir raw_ml_data --cluster-name lab --inventory-group leafs", "The same for what the Python scripts have left."),
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
    /// When the run began, in UTC seconds [default: that of the folder's run.json or of its name GROUP_SECONDS, else now]
    #[arg(long, value_name = "SECONDS")]
    run_timestamp: Option<i64>,
    /// The group of the inventory that was collected: it keeps the files of several groups apart that one runner collects in the same
    /// second [default: that in the name GROUP_SECONDS of a folder of the Python scripts]
    #[arg(long, value_name = "NAME")]
    inventory_group: Option<String>,
    /// One file a table, or one a table and device
    #[arg(long, value_enum, default_value = "hive")]
    layout: LayoutArgument,
}

/// The note that `lake write` prints once if the scripts' newest version wrote the documents.
const OF_ORIGINAL: &str = "these documents are of the original's newest version: its keys, units and `-Infinity` are read as what they mean";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayoutArgument {
    /// dt=…/hr=…/{intf-dom,lane-dom,intf-counters}/…parquet
    Hive,
    /// dt=…/device=…/{optical_metrics,interface_stats,transceiver_info}_…parquet
    PerDevice,
}

impl Write {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let (folder, mut devices) = documents::of(&self.metrics_dir)?;
        let report = RunReport::read(&folder.join(REPORT_FILE)).ok();
        let of_original = match report {
            None => OriginalRun::of(&folder),
            Some(_) => None,
        };
        for (device, files) in &mut devices {
            if report.is_some() {
                files.with_rows_alone();
            } else if !files.have_rows() {
                printer.warning(&format!(
                    "{device}: there is no document of its optics and none of its interfaces, so that it has no rows"
                ));
            }
        }
        devices.retain(|_, files| files.have_rows());
        let of_report = report.as_ref().map(|report| report.run_timestamp);
        let run_timestamp = self
            .run_timestamp
            .or(of_report)
            .or(of_original.as_ref().map(|run| run.run_timestamp))
            .unwrap_or_else(|| Clock::default().now());
        // The folder's own run, unless something else is said of it.
        let own = report
            .as_ref()
            .filter(|report| report.run_timestamp == run_timestamp);
        let runner_name = match (&settings.runner_name, own) {
            (None, Some(report)) => report.runner_name.clone(),
            _ => collector::runner_name(settings.runner_name.as_deref())?,
        };
        let own =
            own.filter(|report| report.runner_name == runner_name && is_run_id(&report.run_id));
        let group = match (self.inventory_group, own) {
            (Some(_), Some(_)) => {
                return Err(usage(format!(
                    "{} is of a run of `collect`, whose files are not named after a group: leave out `--inventory-group`",
                    folder.display()
                ))
                .into());
            }
            (group, _) => group.or(of_original.map(|run| run.group)),
        };
        let cluster = match own {
            Some(report) => report.cluster_name.clone(),
            None => settings.cluster_name.clone(),
        };
        // The files of a run of ours are named as the run named them, so that they replace its own.
        let (file_runner, run_id) = match own {
            Some(report) => (runner_name.clone(), report.run_id.clone()),
            None => {
                let parts = [cluster.as_deref(), group.as_deref(), Some(&*runner_name)];
                let name = parts.into_iter().flatten().collect::<Vec<_>>().join("_");
                let id = run_id(&name, run_timestamp);
                (name, id)
            }
        };
        let labels = cluster_label(cluster.as_deref())
            .into_iter()
            .chain(group.map(|group| ("inventory_group".to_owned(), group)));
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
            runner_name: file_runner,
            run_id,
            run_timestamp,
        };
        let names: Vec<_> = devices.keys().cloned().collect();
        let mut writer = Writer::begin_with(&lake, identity, names, settings.compression, layout)?
            .labelled(labels);
        let origin_of = |device: &str| DocumentOrigin {
            device: device.to_owned(),
            runner_name: runner_name.clone(),
            run_timestamp,
            timestamp: run_timestamp,
        };
        let devices: Vec<_> = devices.into_iter().collect();
        let read = |(device, files): &(String, DeviceFiles)| {
            let mut notes = Notes::default();
            let rows = files.rows(&origin_of(device), &mut notes);
            (rows, notes)
        };
        let (mut failed, mut is_told) = (0, false);
        read_ahead::in_order(&devices, read, |(device, _), (rows, notes)| {
            // One file that cannot be read costs its device, not the others.
            let DeviceRows { tables, dialect } = match rows {
                Ok(rows) => rows,
                Err(error) => {
                    failed += 1;
                    printer.error(&format!("{device}: {error:#}"));
                    return Ok(());
                }
            };
            if dialect.is_original() && !is_told {
                is_told = true;
                printer.note(OF_ORIGINAL);
            }
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
            writer.add(device, tables)
        })?;
        let written = writer.finish()?;
        if let Some(pending) = &written.pending {
            printer.warning(&pending.to_string());
        }
        printer.summary(&render_written(
            &written.files,
            devices.len() - failed,
            &lake,
        ));
        if written.files.is_empty() && failed < devices.len() {
            printer.error(&format!("no document in {} holds a row", folder.display()));
            return Ok(ExitStatus::NoneDelivered);
        }
        Ok(match failed {
            0 => ExitStatus::Delivered,
            failed if failed == devices.len() => ExitStatus::NoneDelivered,
            _ => ExitStatus::SomeFailed,
        })
    }
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
