//! How many series the metrics have, at each level of detail: counted of what a device says, estimated of what earlier runs left.
//!
//! Who chooses `metrics_detail` must know what a receiver will have to hold.

use std::collections::BTreeMap;
use std::path::Path;

use metrics::{Detail, DeviceInfo, Exposition, MetricNames};
use records::Notes;
use records::json::Node;
use records::json::rows::{self, DocumentOrigin};
use records::model::DeviceFacts;
use records::table::Table;
use records::tables::RowSelection;
use sinks::{REPORT_FILE, RunFolder};

use crate::plan::Plan;
use crate::publication::{Publication, health_of};
use crate::report::{DeviceReport, Outcome, RunReport};

/// Devices whose documents are read for an estimate.
const MOST_READ: usize = 16;
/// The documents that hold rows of built-in tables.
const WITH_ROWS: [&str; 2] = ["optics_diagnostics", "interface_statistics"];

/// How many series there are at each level of detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeriesCount {
    /// With `metrics_detail = full`.
    pub full: u64,
    /// With `metrics_detail = lanes`.
    pub lanes: u64,
    /// With `metrics_detail = ports`.
    pub ports: u64,
}

impl SeriesCount {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            full: self.full + other.full,
            lanes: self.lanes + other.lanes,
            ports: self.ports + other.ports,
        }
    }

    /// The number at one level of detail.
    pub fn at(self, detail: Detail) -> u64 {
        match detail {
            Detail::Full => self.full,
            Detail::Lanes => self.lanes,
            Detail::Ports => self.ports,
        }
    }

    fn scaled(self, by: f64) -> Self {
        let scaled = |count: u64| (count as f64 * by).round() as u64;
        Self {
            full: scaled(self.full),
            lanes: scaled(self.lanes),
            ports: scaled(self.ports),
        }
    }
}

/// The series of one device that said this.
pub(crate) fn of_device(
    names: MetricNames,
    device: &str,
    report: &DeviceReport,
    tables: &[Table],
    facts: Option<&DeviceFacts>,
) -> SeriesCount {
    let (now, earlier) = (0, BTreeMap::new());
    let publication = Publication {
        now,
        interval_seconds: Some(0.0),
        earlier: &earlier,
    };
    let health = health_of(device, report, publication);
    let info = DeviceInfo {
        device: device.to_owned(),
        model: facts.and_then(|facts| facts.model.clone()),
        ..DeviceInfo::default()
    };
    let count = |detail| {
        let mut exposition = Exposition::new(names).with_detail(detail);
        for table in tables {
            exposition.add(table);
        }
        exposition.add_health(&health);
        exposition.add_device(&info);
        exposition.count()
    };
    SeriesCount {
        full: count(Detail::Full),
        lanes: count(Detail::Lanes),
        ports: count(Detail::Ports),
    }
}

/// The series of all devices of a plan, as an earlier run lets one expect them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesEstimate {
    /// Of all devices of the plan; tables of mappings are not in it.
    pub count: SeriesCount,
    /// How many of the devices the earlier run knows; the others are taken for average ones.
    pub known: usize,
}

impl SeriesEstimate {
    /// Works it out of the newest run below the output folder. None: there is no run that knows one of the devices.
    ///
    /// The documents of a few devices are read. The other devices are taken in proportion to their rows.
    pub fn of_plan(plan: &Plan, output_dir: &Path, names: MetricNames) -> Option<Self> {
        let latest = output_dir.join("latest");
        let report = RunReport::read(&latest.join(REPORT_FILE)).ok()?;
        let folder = RunFolder::at(&latest).ok()?;
        let devices = plan.devices.iter();
        let known: Vec<(&str, &DeviceReport)> = devices
            .filter_map(|device| Some((device.name.as_str(), report.devices.get(&device.name)?)))
            .filter(|(_, device)| device.outcome != Outcome::Failed && rows_of(device) > 0)
            .collect();
        let step = known.len().div_ceil(MOST_READ).max(1);
        let (mut count, mut read) = (SeriesCount::default(), 0);
        for (name, device) in known.iter().step_by(step) {
            let tables = saved_tables(&folder, name);
            if tables.iter().any(|table| table.batch.num_rows() > 0) {
                count = count.plus(of_device(names, name, device, &tables, None));
                read += rows_of(device);
            }
        }
        let all: usize = known.iter().map(|(_, device)| rows_of(device)).sum();
        if read == 0 {
            return None;
        }
        let of_known = all as f64 / read as f64;
        let of_plan = plan.devices.len() as f64 / known.len() as f64;
        Some(Self {
            count: count.scaled(of_known * of_plan),
            known: known.len(),
        })
    }
}

fn rows_of(device: &DeviceReport) -> usize {
    device.rows.values().sum()
}

/// The rows of a device's documents; none where they cannot be read.
fn saved_tables(folder: &RunFolder, device: &str) -> Vec<Table> {
    let texts = WITH_ROWS.iter().filter_map(|rpc| {
        let text = folder.read_metrics(device, rpc).ok()?;
        Some(((*rpc).to_owned(), text))
    });
    let texts: Vec<_> = texts.collect();
    let documents = texts
        .iter()
        .filter_map(|(rpc, text)| Some((rpc.clone(), Node::parse(text).ok()?)));
    let documents: Vec<_> = documents.collect();
    let origin = DocumentOrigin {
        device: device.to_owned(),
        ..DocumentOrigin::default()
    };
    let selection = RowSelection::Ports;
    let rows = rows::tables(&documents, &origin, selection, &mut Notes::default());
    rows.map(|rows| rows.tables).unwrap_or_default()
}
