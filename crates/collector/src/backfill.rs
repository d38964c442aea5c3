//! The series of a lake over time, as OpenMetrics with timestamps: a Prometheus is filled with what was collected before it was there.
//!
//! ```text
//!  lake ─► runs by time ─► rows, a piece at a time ─► Exposition ─► a temporary file for each family ─► one text, family by family
//! ```
//!
//! A reader wants a family in one piece, and the lake has runs one after the other. So the samples of each family are gathered in a file
//! of their own; in memory are the modules of one run and a piece of its rows. A sample has the time at which its run began. What only
//! a living collector knows (how long a device took, which RPC failed, findings) is not in the lake and has no samples.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;

use anyhow::Context as _;
use arrow_array::{Array as _, StringArray};
use metrics::encode::openmetrics;
use metrics::{Detail, DeviceInfo, Exposition, Family, Health, MetricNames, Series};
use records::table::Table;
use records::tables::DATASETS;
use sinks::lake::{SavedRows, SavedRuns};

use crate::begin::median_gap;

/// Rows that are in memory at once. The table of modules is read whole: lanes have their limits from it.
const ROWS_AT_ONCE: usize = 16 * 1024;
/// Earlier runs of a runner that its interval is made of.
const RUNS_OF_INTERVAL: usize = 5;

/// The families of the collection that the rows of a lake tell.
const TOLD_BY_ROWS: &[&str] = &[
    "junos_up",
    "junos_last_delivery_timestamp_seconds",
    "junos_collection_interval_seconds",
    "junos_device_info",
    "junos_device_software_info",
];

/// What is asked of the lake.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// UTC second of the first run.
    pub from: i64,
    /// UTC second before which the last run began.
    pub to: i64,
    /// The names of the series.
    pub names: MetricNames,
    /// How much is said of a device.
    pub detail: Detail,
    /// All series, not only those that rules and dashboards read.
    pub all_series: bool,
}

/// What was written.
#[derive(Debug, Default)]
pub struct Backfilled {
    /// Runs with a sample.
    pub runs: usize,
    /// Samples of all series.
    pub samples: u64,
    /// Families with a sample.
    pub families: usize,
    /// UTC seconds of the first run and of the last.
    pub span: Option<(i64, i64)>,
    /// Files that no run could be read of.
    pub others: Vec<String>,
    /// Devices that two runs of one second had: the first in the order of names counts.
    pub doubled: BTreeSet<String>,
}

/// Writes the history of a lake. It needs as much room among the temporary files as the text is long.
///
/// # Errors
///
/// If a file of the lake cannot be read, or the text cannot be written.
pub fn backfill(lake: &Path, history: &History, out: impl Write) -> anyhow::Result<Backfilled> {
    let runs = SavedRuns::find(lake, &DATASETS, (history.from, history.to))?;
    let mut told = Backfilled {
        others: runs.others,
        ..Backfilled::default()
    };
    let mut families = Families::default();
    let mut exposition = Exposition::new(history.names).with_detail(history.detail);
    let mut intervals = Intervals::default();
    // Which run had a device at the second at hand.
    let (mut second, mut owners) = (None, HashMap::new());
    let mut names = BTreeSet::new();
    for part in &runs.parts {
        if second != Some(part.run_timestamp) {
            second = Some(part.run_timestamp);
            owners.clear();
        }
        names.insert((part.run_timestamp, &part.name));
        let mut devices = Devices::default();
        for (at, dataset) in DATASETS.iter().enumerate() {
            let at_once = if at == 0 {
                usize::MAX >> 1
            } else {
                ROWS_AT_ONCE
            };
            for table in part.rows(dataset, at_once)?.into_iter().flatten() {
                let table = table?;
                devices.add(&table);
                exposition.clear();
                exposition.add(&table);
                families.add(&exposition, part, history, &mut owners, &mut told)?;
            }
        }
        exposition.clear();
        devices.tell(part, intervals.of(part, &devices.runner), &mut exposition);
        families.add(&exposition, part, history, &mut owners, &mut told)?;
        let first = told.span.map_or(part.run_timestamp, |(first, _)| first);
        told.span = Some((first, part.run_timestamp));
    }
    told.runs = names.len();
    told.families = families.0.len();
    families.write(out)?;
    Ok(told)
}

/// The samples of each family, in a file of its own.
#[derive(Debug, Default)]
struct Families(BTreeMap<String, (Family, BufWriter<File>)>);

impl Families {
    /// Adds the samples of a piece of a run.
    fn add<'p>(
        &mut self,
        exposition: &Exposition,
        part: &'p SavedRows,
        history: &History,
        owners: &mut HashMap<String, &'p str>,
        told: &mut Backfilled,
    ) -> anyhow::Result<()> {
        let mut line = Vec::new();
        exposition.for_each_series(|series| {
            let device = series.labels.iter().find(|(name, _)| *name == "device");
            let device = device.map_or("", |(_, device)| device);
            if !is_wanted(series, history) {
                return Ok(());
            }
            match owners.get(device) {
                Some(owner) if *owner != part.name => {
                    told.doubled.insert(device.to_owned());
                    return Ok(());
                }
                Some(_) => {}
                None => drop(owners.insert(device.to_owned(), &part.name)),
            }
            line.clear();
            openmetrics::line(series, part.run_timestamp, &mut line);
            told.samples += 1;
            let name = &series.family.name;
            if let Some((_, file)) = self.0.get_mut(name.as_str()) {
                return file.write_all(&line).context(TEMPORARY);
            }
            let file = tempfile::tempfile().context(TEMPORARY)?;
            let mut file = BufWriter::with_capacity(64 * 1024, file);
            file.write_all(&line).context(TEMPORARY)?;
            self.0.insert(name.clone(), (series.family.clone(), file));
            Ok(())
        })
    }

    /// Puts the families one after the other.
    fn write(self, out: impl Write) -> anyhow::Result<()> {
        const OUTPUT: &str = "cannot write the samples";
        let mut encoder = openmetrics::Encoder::new(out);
        for (family, file) in self.0.into_values() {
            let mut file = file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)
                .context(TEMPORARY)?;
            file.seek(SeekFrom::Start(0)).context(TEMPORARY)?;
            let lines = BufReader::with_capacity(64 * 1024, file);
            encoder.family(&family, lines).context(OUTPUT)?;
        }
        encoder.finish().context(OUTPUT)?;
        Ok(())
    }
}

const TEMPORARY: &str =
    "cannot gather the samples in temporary files; `TMPDIR` names a folder with more room";

fn is_wanted(series: &Series<'_>, history: &History) -> bool {
    let name = series.family.name.as_str();
    let is_of_collection = matches!(name, "junos_collection_duration_seconds" | "junos_findings")
        || name.starts_with("junos_rpc_");
    if is_of_collection {
        return false;
    }
    // The watched names are documented and conventional ones.
    history.all_series
        || history.names == MetricNames::Original
        || TOLD_BY_ROWS.contains(&name)
        || metrics::is_watched(name)
}

/// When the last runs of each runner began.
#[derive(Debug, Default)]
struct Intervals(HashMap<String, VecDeque<i64>>);

impl Intervals {
    /// The time between the runs of a runner, as it would have said then.
    fn of(&mut self, part: &SavedRows, runner: &str) -> Option<f64> {
        let earlier = self.0.entry(runner.to_owned()).or_default();
        if earlier.front() == Some(&part.run_timestamp) {
            earlier.pop_front();
        }
        let gap = median_gap(part.run_timestamp, earlier.make_contiguous());
        earlier.push_front(part.run_timestamp);
        earlier.truncate(RUNS_OF_INTERVAL);
        gap
    }
}

/// The devices that have rows in a run, and what the rows say of them.
#[derive(Debug, Default)]
struct Devices {
    runner: String,
    known: BTreeMap<String, DeviceInfo>,
}

impl Devices {
    fn add(&mut self, table: &Table) {
        let column = |name: &str| {
            let column = table.batch.column_by_name(name)?.as_any();
            column.downcast_ref::<StringArray>()
        };
        let Some(devices) = column("device") else {
            return;
        };
        let facts = [
            "runner_name",
            "hostname",
            "model",
            "version",
            "device_serial",
        ]
        .map(column);
        let mut last = "";
        for (row, device) in devices.iter().enumerate() {
            let Some(device) = device.filter(|device| *device != last) else {
                continue;
            };
            last = device;
            let [runner, hostname, model, version, serial_number] = facts.map(|column| {
                let column = column.filter(|column| column.is_valid(row))?;
                Some(column.value(row).to_owned())
            });
            if let Some(runner) = &runner {
                self.runner.clone_from(runner);
            }
            let info = self.known.entry(device.to_owned()).or_default();
            info.device = device.to_owned();
            // The lake does not know the inventory's shard; a runner has one.
            info.shard = info.shard.take().or(runner);
            info.hostname = info.hostname.take().or(hostname);
            info.model = info.model.take().or(model);
            info.version = info.version.take().or(version);
            info.serial_number = info.serial_number.take().or(serial_number);
        }
    }

    /// What is known of the collection: a device that has rows has delivered.
    fn tell(&self, part: &SavedRows, interval: Option<f64>, exposition: &mut Exposition) {
        for info in self.known.values() {
            exposition.add_health(&Health {
                device: info.device.clone(),
                is_up: true,
                delivered: Some(part.run_timestamp),
                interval_seconds: interval,
                ..Health::default()
            });
            exposition.add_device(info);
        }
    }
}
