//! One run's Parquet files, row group by row group.
//!
//! Rows are sorted by device first, so devices are written in the order of their names, while they arrive in the order in
//! which they answer. The writer is told all names at the start, keeps what comes early and writes as far as it can: in
//! memory are one row group a dataset and a bounded number of rows that wait for a slower device before them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use records::table::{Dataset, Table};

use super::early::Early;
use super::file::{Compression, GrowingFile, WholeFile};
use super::layout::Layout;
use super::publication::Publication;
use crate::{Result, RunIdentity};

/// Bytes of rows that wait in memory for their turn; what comes beyond waits on the disk.
const WAITING_BYTES: usize = 48 * 1024 * 1024;

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
    layout: Layout,
    compression: Compression,
    publication: Publication,
    /// Devices that are still to be written.
    expected: BTreeSet<String>,
    early: Early,
    /// In the order in which the datasets first had rows; with the per-device layout, those of the device at hand.
    growing: Vec<GrowingFile>,
    whole: Vec<WholeFile>,
}

impl Writer {
    /// Prepares to write the rows of `devices`, one file a table. What runs that died left behind is finished or cleared away.
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
        Self::begin_with(lake, run, devices, compression, Layout::default())
    }

    /// The same for a run that begins now and is no rerun.
    ///
    /// # Errors
    ///
    /// As [`Writer::begin`], and [`Error::RunExists`](crate::Error::RunExists) if the lake has another run of this runner and
    /// second: its rows could not be told from those of this one by their runner and time.
    pub fn begin_new(
        lake: &Path,
        run: RunIdentity,
        devices: impl IntoIterator<Item = String>,
        compression: Compression,
    ) -> Result<Self> {
        let publication = Publication::begin_new(lake, &run)?;
        Ok(Self::with(
            publication,
            lake,
            run,
            devices,
            compression,
            Layout::default(),
        ))
    }

    /// [`Writer::begin`] with a choice of where the files go.
    ///
    /// # Errors
    ///
    /// As [`Writer::begin`].
    pub fn begin_with(
        lake: &Path,
        run: RunIdentity,
        devices: impl IntoIterator<Item = String>,
        compression: Compression,
        layout: Layout,
    ) -> Result<Self> {
        let publication = Publication::begin(lake, &run)?;
        Ok(Self::with(
            publication,
            lake,
            run,
            devices,
            compression,
            layout,
        ))
    }

    fn with(
        publication: Publication,
        lake: &Path,
        run: RunIdentity,
        devices: impl IntoIterator<Item = String>,
        compression: Compression,
        layout: Layout,
    ) -> Self {
        Self {
            lake: lake.to_owned(),
            run,
            layout,
            compression,
            publication,
            expected: devices.into_iter().collect(),
            early: Early::with_room(WAITING_BYTES),
            growing: Vec::new(),
            whole: Vec::new(),
        }
    }

    /// Takes the rows of a device, none if it delivered none, and writes what is in turn. A device that was not announced, or
    /// that was given already, is left out.
    ///
    /// # Errors
    ///
    /// If rows cannot be written: the files of this run are then lost, and only they.
    pub fn add(&mut self, device: &str, tables: Vec<Table>) -> Result<()> {
        if !self.expected.contains(device) || self.early.contains(device) {
            return Ok(());
        }
        if self.expected.first().is_none_or(|next| next != device) {
            return self.early.put(device, tables, &self.publication);
        }
        self.expected.pop_first();
        self.write_device(device, tables)?;
        while let Some(next) = self.expected.first().cloned()
            && let Some(tables) = self.early.take(&next)?
        {
            self.expected.pop_first();
            self.write_device(&next, tables)?;
        }
        Ok(())
    }

    /// The files of an earlier write of the same run that [`Writer::finish`] would replace, as far as rows have been written.
    pub fn replaces(&self) -> Vec<PathBuf> {
        let growing = self.growing.iter().map(|file| &file.target);
        let whole = self.whole.iter().map(|file| &file.target);
        growing
            .chain(whole)
            .map(|target| self.lake.join(target))
            .filter(|path| path.exists())
            .collect()
    }

    /// Completes the files and gives them their names, all or none. Devices that never came have no rows. A dataset without
    /// rows has no file.
    ///
    /// # Errors
    ///
    /// If a file cannot be completed: then none has its name, for a run that is in two tables and not in the third would mislead.
    pub fn finish(mut self) -> Result<Vec<Written>> {
        for device in self.early.names() {
            if let Some(tables) = self.early.take(&device)? {
                self.write_device(&device, tables)?;
            }
        }
        self.complete()?;
        let moves: Vec<_> = self
            .whole
            .iter()
            .map(|file| (file.path.clone(), file.target.clone()))
            .collect();
        if !moves.is_empty() {
            self.publication.publish(&moves)?;
        }
        let written = self.whole.into_iter().map(|file| Written {
            dataset: file.dataset.name.clone(),
            path: self.lake.join(file.target),
            rows: file.rows,
            bytes: file.bytes,
        });
        Ok(written.collect())
    }

    fn write_device(&mut self, device: &str, tables: Vec<Table>) -> Result<()> {
        for table in tables
            .into_iter()
            .filter(|table| table.batch.num_rows() > 0)
        {
            let table = self.layout.shape(table);
            let at = self.growing_file(&table.dataset, device)?;
            if let Some(file) = self.growing.get_mut(at) {
                file.write(&table)?;
            }
        }
        if self.layout.is_per_device() {
            self.complete()?;
        }
        Ok(())
    }

    /// Where in `growing` the dataset's file is.
    fn growing_file(&mut self, dataset: &Arc<Dataset>, device: &str) -> Result<usize> {
        let known = self
            .growing
            .iter()
            .position(|file| file.dataset.name == dataset.name);
        if let Some(at) = known {
            return Ok(at);
        }
        let serial = self.whole.len() + self.growing.len();
        self.growing.push(GrowingFile::create(
            self.publication.path(&serial.to_string()),
            self.layout.target(dataset, device, &self.run),
            dataset,
            &self.run,
            self.compression,
        )?);
        Ok(self.growing.len() - 1)
    }

    fn complete(&mut self) -> Result<()> {
        for file in std::mem::take(&mut self.growing) {
            self.whole.push(file.complete()?);
        }
        Ok(())
    }
}
