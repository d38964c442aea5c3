//! What a query read and what it could skip: `--explain`.

use std::sync::{Arc, Mutex, PoisonError};

use comfy_table::CellAlignment;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};

use crate::answer::lines;
use crate::quantity::{bytes, count};

/// One look at a table: what was left after the conditions on day and hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) table: String,
    /// Read, and there.
    pub(crate) days: (usize, usize),
    /// Read, and there in the days that are read.
    pub(crate) hours: (usize, usize),
    /// In the hours that are read.
    pub(crate) files: usize,
    /// Of those files.
    pub(crate) bytes: u64,
}

/// Every look at a table, in the order in which the query was planned.
#[derive(Debug, Default)]
pub(crate) struct Scans(Mutex<Vec<Scan>>);

impl Scans {
    pub(crate) fn add(&self, scan: Scan) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(scan);
    }

    pub(crate) fn all(&self) -> Vec<Scan> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What the Parquet reader did, summed over all files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reading {
    /// Read, and there.
    row_groups: (usize, usize),
    /// Read, and there in the row groups that are read, where the page index was looked at.
    pages: (usize, usize),
    bytes: usize,
    rows: usize,
}

impl Reading {
    fn add(&mut self, metrics: &MetricsSet) {
        for metric in metrics.iter() {
            match metric.value() {
                MetricValue::OutputRows(rows) => self.rows += rows.value(),
                MetricValue::Count { name, count } if name == "bytes_scanned" => {
                    self.bytes += count.value()
                }
                MetricValue::PruningMetrics {
                    name,
                    pruning_metrics,
                } => {
                    let (kept, pruned) = (pruning_metrics.matched(), pruning_metrics.pruned());
                    match name.as_ref() {
                        "row_groups_pruned_statistics" => {
                            self.row_groups.0 += kept;
                            self.row_groups.1 += kept + pruned;
                        }
                        "page_index_pages_pruned" => {
                            self.pages.0 += kept;
                            self.pages.1 += kept + pruned;
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}

/// The report, from the looks at tables and from the plan after it has run. `rows` is what came out of it.
pub(crate) fn report(scans: &[Scan], plan: &Arc<dyn ExecutionPlan>, rows: usize) -> String {
    let of = |(read, there): (usize, usize)| format!("{} of {}", count(read), count(there));
    let header = ["Table", "Days", "Hours in them", "Files", "Size"];
    let body = scans.iter().map(|scan| {
        vec![
            scan.table.clone(),
            of(scan.days),
            of(scan.hours),
            count(scan.files),
            bytes(scan.bytes),
        ]
    });
    let right = [
        CellAlignment::Left,
        CellAlignment::Right,
        CellAlignment::Right,
        CellAlignment::Right,
        CellAlignment::Right,
    ];
    let mut said = lines::table(&header, &right, body);
    let mut reading = Reading::default();
    collect(plan, &mut reading);
    let size: u64 = scans.iter().map(|scan| scan.bytes).sum();
    let read = u64::try_from(reading.bytes).unwrap_or(u64::MAX);
    said += &format!("\n\nRow groups read: {}", of(reading.row_groups));
    if reading.pages.1 > 0 {
        said += &format!(
            "\nPages read:      {} where row groups were read in part",
            of(reading.pages)
        );
    }
    said += &format!("\nBytes read:      {} of {}", bytes(read), bytes(size));
    said += &format!("\nRows read:       {}", count(reading.rows));
    said += &format!("\nRows answered:   {}", count(rows));
    said
}

fn collect(plan: &Arc<dyn ExecutionPlan>, reading: &mut Reading) {
    if plan.downcast_ref::<DataSourceExec>().is_some()
        && let Some(metrics) = plan.metrics()
    {
        reading.add(&metrics);
    }
    for child in plan.children() {
        collect(child, reading);
    }
}
