//! Reads the lake back: its runs in the order of their time, and the rows of each, a piece at a time.
//!
//! A file is read as its table is today: columns that came later are null, columns that nobody knows are left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use records::table::{Dataset, Table};

use super::layout;
use super::local::files;
use super::merged;
use crate::{Error, Result};

/// The files of one part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRows {
    /// UTC second at which the run began.
    pub run_timestamp: i64,
    /// The runner and the run's id, as file names have them.
    pub name: String,
    /// The file of each table, by the table's name.
    files: BTreeMap<String, Place>,
}

/// Where the rows of a run's file are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    /// Those of a compacted file that hold them; none of a file of its own, which has no others.
    row_groups: Option<Range<usize>>,
}

/// The runs of a lake.
#[derive(Debug, Default)]
pub struct SavedRuns {
    /// Sorted by time, then by name; the main part of a run before the late one.
    pub parts: Vec<SavedRows>,
    /// Files of these tables that are of no run: those of the layout with a folder for each device, and names that others gave.
    pub others: Vec<String>,
}

impl SavedRuns {
    /// The runs from one UTC second on until before another that have rows of these tables.
    ///
    /// # Errors
    ///
    /// If the lake cannot be listed, or the list of runs in a compacted file cannot be read.
    pub fn find(lake: &Path, datasets: &[Arc<Dataset>], (from, to): (i64, i64)) -> Result<Self> {
        let mut parts: BTreeMap<(i64, String, bool), SavedRows> = BTreeMap::new();
        let mut others = Vec::new();
        for file in files(lake)? {
            let table = layout::table_of(&file.path);
            let Some(dataset) = datasets
                .iter()
                .find(|dataset| table == Some(dataset.name.as_str()))
            else {
                continue;
            };
            let on_disk = file.on_disk(lake);
            let mut add = |path: &str, row_groups: Option<Range<usize>>| {
                let Some(run) = layout::run_of(path, dataset) else {
                    return false;
                };
                if run.timestamp < from || run.timestamp >= to {
                    return true;
                }
                let key = (run.timestamp, run.name.to_owned(), run.is_late);
                let part = parts.entry(key).or_insert_with(|| SavedRows {
                    run_timestamp: run.timestamp,
                    name: run.name.to_owned(),
                    files: BTreeMap::new(),
                });
                let path = on_disk.clone();
                let place = Place { path, row_groups };
                part.files.insert(dataset.name.clone(), place);
                true
            };
            if layout::is_compacted(&file.path) {
                let folder = layout::table_folder(&file.path).unwrap_or_default();
                for (run, groups) in merged::read(&on_disk)?.with_row_groups() {
                    add(&format!("{folder}/{}", run.file), Some(groups));
                }
            } else if !add(&file.path, None) {
                others.push(file.path);
            }
        }
        Ok(Self {
            parts: parts.into_values().collect(),
            others,
        })
    }
}

impl SavedRows {
    /// The rows of a table, at most so many at once; none if the run has no file of it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read as one of this table.
    pub fn rows(&self, dataset: &Arc<Dataset>, at_once: usize) -> Result<Option<Rows>> {
        let Some(Place { path, row_groups }) = self.files.get(&dataset.name) else {
            return Ok(None);
        };
        let file = File::open(path).map_err(Error::on("open", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(unreadable(path))?;
        let schema = dataset.schema();
        let known = builder.schema().fields().iter().enumerate();
        let known = known.filter(|(_, field)| schema.field_with_name(field.name()).is_ok());
        let known: Vec<usize> = known.map(|(at, _)| at).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), known);
        let all = 0..builder.metadata().num_row_groups();
        let groups = row_groups.clone().unwrap_or(all);
        let reader = builder
            .with_row_groups(groups.collect())
            .with_projection(mask)
            .with_batch_size(at_once)
            .build()
            .map_err(unreadable(path))?;
        Ok(Some(Rows {
            dataset: Arc::clone(dataset),
            path: path.clone(),
            reader,
        }))
    }
}

/// The rows of a file, piece by piece.
pub struct Rows {
    dataset: Arc<Dataset>,
    path: PathBuf,
    reader: ParquetRecordBatchReader,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Iterator for Rows {
    type Item = Result<Table>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?.map_err(unreadable(&self.path));
        Some(batch.and_then(|batch| self.as_today(&batch)))
    }
}

impl Rows {
    /// The rows with all columns of the table.
    fn as_today(&self, batch: &RecordBatch) -> Result<Table> {
        let schema = self.dataset.schema();
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            columns.push(match batch.column_by_name(field.name()) {
                None => new_null_array(field.data_type(), batch.num_rows()),
                Some(column) if column.data_type() == field.data_type() => Arc::clone(column),
                Some(column) => {
                    let why = format!(
                        "its column {} is {}, and {} was expected",
                        field.name(),
                        column.data_type(),
                        field.data_type()
                    );
                    return Err(unreadable(&self.path)(why));
                }
            });
        }
        let batch = RecordBatch::try_new(schema, columns).map_err(unreadable(&self.path))?;
        Ok(Table {
            dataset: Arc::clone(&self.dataset),
            batch,
        })
    }
}

fn unreadable<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    path: &Path,
) -> impl Fn(E) -> Error {
    move |cause| Error::on("read the rows of", path)(std::io::Error::other(cause))
}
