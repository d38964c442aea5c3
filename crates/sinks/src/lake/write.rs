//! One run's Parquet files, row group by row group.
//!
//! Rows are sorted by device first, so devices are written in the order of their names, while they arrive in the order in
//! which they answer. The writer is told all names at the start, keeps what comes early and writes as far as it can: in
//! memory are one row group a dataset and the devices that wait for a slower one before them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::ArrowWriter;
use parquet::basic::{GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use records::table::{Dataset, Table};

use super::layout;
use crate::staged::{Durability, Staged, create_folder};
use crate::{Error, Result, RunIdentity};

/// Rows in a row group: enough for the encodings to pay, few enough to hold three of them in memory.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// How the pages of a Parquet file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Fast, and read by every engine: the default.
    #[default]
    Snappy,
    /// Smaller at little cost.
    Zstd,
    /// For readers that know nothing newer.
    Gzip,
    /// No compression.
    None,
}

impl Compression {
    fn of_parquet(self) -> parquet::basic::Compression {
        use parquet::basic::Compression as Parquet;
        match self {
            Self::Snappy => Parquet::SNAPPY,
            Self::Zstd => Parquet::ZSTD(ZstdLevel::default()),
            Self::Gzip => Parquet::GZIP(GzipLevel::default()),
            Self::None => Parquet::UNCOMPRESSED,
        }
    }
}

/// A file of the lake, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The dataset, as in the lake: `lane-dom`.
    pub dataset: String,
    /// Where it is.
    pub path: PathBuf,
    /// Rows in it.
    pub rows: usize,
    /// Its size.
    pub bytes: u64,
}

/// Writes the files of one run. Until [`Writer::finish`] nothing is visible; dropped before, nothing is left.
#[derive(Debug)]
pub struct Writer {
    lake: PathBuf,
    run: RunIdentity,
    compression: Compression,
    /// Devices that are still to be written.
    expected: BTreeSet<String>,
    /// Devices that came before their turn.
    early: BTreeMap<String, Vec<Table>>,
    /// In the order in which the datasets first had rows.
    files: Vec<DatasetFile>,
}

impl Writer {
    /// Prepares to write the rows of `devices`.
    ///
    /// # Errors
    ///
    /// If the lake's folder cannot be made or written to: better known before a device is contacted.
    pub fn begin(
        lake: &Path,
        run: RunIdentity,
        devices: impl IntoIterator<Item = String>,
        compression: Compression,
    ) -> Result<Self> {
        create_folder(lake)?;
        drop(Staged::create(&lake.join(format!("probe_{}", run.run_id)))?);
        Ok(Self {
            lake: lake.to_owned(),
            run,
            compression,
            expected: devices.into_iter().collect(),
            early: BTreeMap::new(),
            files: Vec::new(),
        })
    }

    /// Takes the rows of a device, none if it delivered none, and writes what is in turn. A device that was not announced, or
    /// that was given already, is left out.
    ///
    /// # Errors
    ///
    /// If rows cannot be written: the files of this run are then lost, and only they.
    pub fn add(&mut self, device: &str, tables: Vec<Table>) -> Result<()> {
        if !self.expected.contains(device) || self.early.contains_key(device) {
            return Ok(());
        }
        self.early.insert(device.to_owned(), tables);
        while let Some(next) = self.expected.first()
            && let Some(tables) = self.early.remove(next)
        {
            self.expected.pop_first();
            for table in tables {
                self.write(&table)?;
            }
        }
        Ok(())
    }

    /// Completes the files and gives them their names. Devices that never came have no rows. A dataset without rows has no file.
    ///
    /// # Errors
    ///
    /// If a file cannot be completed: then none has its name, for a run that is in two tables and not in the third would mislead.
    pub fn finish(mut self) -> Result<Vec<Written>> {
        for tables in std::mem::take(&mut self.early).into_values() {
            for table in tables {
                self.write(&table)?;
            }
        }
        let complete: Vec<_> = self
            .files
            .into_iter()
            .map(DatasetFile::complete)
            .collect::<Result<_>>()?;
        complete.into_iter().map(CompleteFile::publish).collect()
    }

    fn write(&mut self, table: &Table) -> Result<()> {
        if table.batch.num_rows() == 0 {
            return Ok(());
        }
        let at = match self
            .files
            .iter()
            .position(|file| file.dataset.name == table.dataset.name)
        {
            Some(at) => at,
            None => {
                self.files.push(DatasetFile::create(
                    &self.lake,
                    &table.dataset,
                    &self.run,
                    self.compression,
                )?);
                self.files.len() - 1
            }
        };
        match self.files.get_mut(at) {
            Some(file) => file.write(table),
            None => Ok(()),
        }
    }
}

/// The growing file of one dataset.
#[derive(Debug)]
struct DatasetFile {
    dataset: Arc<Dataset>,
    writer: ArrowWriter<Staged>,
    target: PathBuf,
    rows: usize,
}

impl DatasetFile {
    fn create(
        lake: &Path,
        dataset: &Arc<Dataset>,
        run: &RunIdentity,
        compression: Compression,
    ) -> Result<Self> {
        let target = layout::file_path(lake, dataset, run);
        if let Some(folder) = target.parent() {
            create_folder(folder)?;
        }
        let staged = Staged::create(&target)?;
        let writer = ArrowWriter::try_new(
            staged,
            dataset.schema(),
            Some(properties(dataset, compression)),
        )
        .map_err(|cause| Error::Table {
            dataset: dataset.name.clone(),
            path: target.clone(),
            cause,
        })?;
        Ok(Self {
            dataset: Arc::clone(dataset),
            writer,
            target,
            rows: 0,
        })
    }

    fn write(&mut self, table: &Table) -> Result<()> {
        self.writer
            .write(&table.batch)
            .map_err(|cause| failed(&self.dataset, &self.target, cause))?;
        self.rows += table.batch.num_rows();
        Ok(())
    }

    /// Writes the footer and syncs; the file is whole, but has no name yet.
    fn complete(self) -> Result<CompleteFile> {
        let Self {
            dataset,
            writer,
            target,
            rows,
        } = self;
        let staged = writer
            .into_inner()
            .map_err(|cause| failed(&dataset, &target, cause))?;
        staged.sync()?;
        Ok(CompleteFile {
            dataset,
            staged,
            target,
            rows,
        })
    }
}

/// A file that only lacks its name.
#[derive(Debug)]
struct CompleteFile {
    dataset: Arc<Dataset>,
    staged: Staged,
    target: PathBuf,
    rows: usize,
}

impl CompleteFile {
    fn publish(self) -> Result<Written> {
        let bytes = self.staged.finish(Durability::Synced)?;
        Ok(Written {
            dataset: self.dataset.name.clone(),
            path: self.target,
            rows: self.rows,
            bytes,
        })
    }
}

/// An error of the Parquet writer: the disk's, if there is one inside it, else the rows'.
fn failed(dataset: &Dataset, path: &Path, cause: ParquetError) -> Error {
    match cause {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(cause) => Error::FileSystem {
                action: "write",
                path: path.to_owned(),
                cause: *cause,
            },
            Err(inner) => Error::Table {
                dataset: dataset.name.clone(),
                path: path.to_owned(),
                cause: ParquetError::External(inner),
            },
        },
        cause => Error::Table {
            dataset: dataset.name.clone(),
            path: path.to_owned(),
            cause,
        },
    }
}

fn properties(dataset: &Dataset, compression: Compression) -> WriterProperties {
    let schema = dataset.schema();
    let sorted = dataset
        .sort_columns
        .iter()
        .filter_map(|name| schema.index_of(name).ok())
        .filter_map(|index| i32::try_from(index).ok())
        .map(|column_idx| SortingColumn {
            column_idx,
            descending: false,
            nulls_first: false,
        })
        .collect();
    WriterProperties::builder()
        .set_created_by(concat!("lanewatch ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression.of_parquet())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_sorting_columns(Some(sorted))
        .build()
}
