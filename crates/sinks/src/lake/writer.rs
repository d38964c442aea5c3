//! The writer of one run's Parquet files, row group by row group.
//!
//! Rows are sorted by device first, so devices are written in the order of their names, while they arrive in the order in
//! which they answer. The writer is told all names at the start, holds rows that come early in a reorder buffer and writes as far as
//! it can: in memory are one row group a dataset and a bounded number of rows that wait for a slower device.
//!
//! A run is published once, when it ends, or in two parts: [`Writer::publish_delivered`] commits what has come by then, and
//! [`Writer::finish`] commits the rest as files whose names end in `_late`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use records::table::{Dataset, Table};

use super::commit::Commit;
use super::cut::{self, Holder};
use super::file::{Compression, FooterPart, GrowingFile, WholeFile};
use super::layout::{self, Layout, Part};
use super::reorder_buffer::ReorderBuffer;
use super::staging::Staging;
use crate::{Error, Result, RunIdentity};

/// Bytes of rows in the reorder buffer's memory; the rest is spilled to the disk.
const REORDER_BYTES: usize = 48 * 1024 * 1024;

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

/// What a commit has brought into the lake.
#[derive(Debug, Default)]
pub struct Committed {
    /// Its files.
    pub files: Vec<Written>,
    /// [`Error::CommitPending`] where not all of them have their names yet. That is a warning: they are whole and synced, and have them
    /// with the next run or sync of this lake at the latest.
    pub pending: Option<Error>,
}

/// Writes the files of one run. Until they are committed nothing is visible; dropped before, what is not committed is gone.
///
/// Every method that takes rows or commits blocks its thread, for the disk and for the lake's lock: async code gives the writer a thread of its
/// own, or calls it through `spawn_blocking`. After an error the writer is of no more use: drop it.
#[derive(Debug)]
pub struct Writer {
    lake: PathBuf,
    run: RunIdentity,
    layout: Layout,
    compression: Compression,
    /// What the footers say of the run beside its identity.
    labels: Vec<(String, String)>,
    /// Devices that are still to be written.
    expected: BTreeSet<String>,
    reorder: ReorderBuffer,
    /// In the order in which the datasets first had rows; with the per-device layout, those of the device at hand.
    growing: Vec<GrowingFile>,
    /// Complete and not committed.
    whole: Vec<WholeFile>,
    /// Files that were begun.
    begun: usize,
    /// Of the rows to come.
    part: Part,
    /// Places below the lake's root that have this writer's files.
    committed: BTreeSet<PathBuf>,
    /// Compacted files with rows of an earlier write of the run, by the place of the file that comes now. A new run has none.
    holders: BTreeMap<PathBuf, Vec<Holder>>,
    /// It is no rerun.
    is_new: bool,
    /// The last field: the files in its folder are closed before it is removed.
    staging: Staging,
}

impl Writer {
    /// Prepares to write the rows of `devices`, one file a table. What runs that died left behind is
    /// recovered first. Blocks for the lake's lock, half a minute at most.
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
        let staging = Staging::begin_new(lake, &run)?;
        let writer = Self::with(staging, lake, run, devices, compression, Layout::default());
        Ok(Self {
            is_new: true,
            ..writer
        })
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
        let staging = match &layout {
            Layout::Hourly {
                partition: Some(partition),
            } => Staging::begin_in(lake, &run, partition)?,
            _ => Staging::begin(lake, &run)?,
        };
        Ok(Self::with(staging, lake, run, devices, compression, layout))
    }

    fn with(
        staging: Staging,
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
            labels: Vec::new(),
            expected: devices.into_iter().collect(),
            reorder: ReorderBuffer::with_limit(REORDER_BYTES),
            growing: Vec::new(),
            whole: Vec::new(),
            begun: 0,
            part: Part::Main,
            committed: BTreeSet::new(),
            holders: BTreeMap::new(),
            is_new: false,
            staging,
        }
    }

    /// The same, with more to say of the run in the footer of each file: under `lanewatch.` and the key.
    #[must_use]
    pub fn labelled(mut self, labels: impl IntoIterator<Item = (String, String)>) -> Self {
        self.labels.extend(labels);
        self
    }

    /// Takes the rows of a device, none if it delivered none, and writes what is next in order. A device that was not announced, or
    /// that was given already, is left out. Blocks.
    ///
    /// # Errors
    ///
    /// If rows cannot be written: those of this run that are not committed are then lost, and only they.
    pub fn add(&mut self, device: &str, tables: Vec<Table>) -> Result<()> {
        if !self.expected.contains(device) || self.reorder.contains(device) {
            return Ok(());
        }
        if self.expected.first().is_none_or(|next| next != device) {
            return self.reorder.put(device, tables, &self.staging);
        }
        self.expected.pop_first();
        self.write_device(device, tables)?;
        while let Some(next) = self.expected.first().cloned()
            && let Some(tables) = self.reorder.take(&next)?
        {
            self.expected.pop_first();
            self.write_device(&next, tables)?;
        }
        Ok(())
    }

    /// The files of an earlier write of the same run that [`Writer::finish`] would replace, as far as rows have been written, and the
    /// compacted files that it would take rows out of.
    pub fn replaces(&self) -> Vec<PathBuf> {
        let growing = self.growing.iter().map(|file| &file.target);
        let whole = self.whole.iter().map(|file| &file.target);
        let targets: Vec<_> = growing.chain(whole).collect();
        // A list that cannot be read keeps the commit from being made.
        let holders = targets
            .iter()
            .flat_map(|target| cut::holders(&self.lake, target).unwrap_or_default());
        let holders: Vec<_> = holders.map(|holder| self.lake.join(holder.path)).collect();
        targets
            .into_iter()
            .flat_map(|target| [Some(target.clone()), layout::other_part(target)])
            .flatten()
            .filter(|target| !self.committed.contains(target))
            .map(|target| self.lake.join(target))
            .filter(|path| path.exists())
            .chain(holders)
            .collect()
    }

    /// Publishes what has come: commits the rows of all devices that were added so far as the run's files, so that readers see them before
    /// the slowest device has ended. Devices that are added after this are committed by [`Writer::finish`], as files of their own whose names
    /// end in `_late`. Blocks.
    ///
    /// If no rows have come, nothing is published, and the run can still be one file a table. A run has two parts at most: once rows
    /// have been published, another call changes nothing.
    ///
    /// # Errors
    ///
    /// If a file cannot be completed or the commit cannot be decided: then nothing of the run is published.
    pub fn publish_delivered(&mut self) -> Result<Committed> {
        if self.part == Part::Late {
            return Ok(Committed::default());
        }
        self.write_waiting()?;
        let part = match self.expected.is_empty() {
            true => FooterPart::All,
            false => FooterPart::First,
        };
        self.complete(part)?;
        let committed = self.commit()?;
        if !committed.files.is_empty() {
            self.part = Part::Late;
        }
        Ok(committed)
    }

    /// Completes the files and gives them their names, all or none. Devices that never came have no rows. A dataset without
    /// rows has no file. After [`Writer::publish_delivered`] these are the files of the late devices, which may be none. Blocks.
    ///
    /// # Errors
    ///
    /// If a file cannot be completed: then none has its name, for a run that is in two tables and not in the third would mislead. What
    /// was published before stays.
    pub fn finish(mut self) -> Result<Committed> {
        self.write_waiting()?;
        let part = match self.part {
            Part::Main => FooterPart::All,
            Part::Late => FooterPart::Late,
        };
        self.complete(part)?;
        self.commit()
    }

    /// Writes the devices of the reorder buffer, in order. Those that they waited for can only come later.
    fn write_waiting(&mut self) -> Result<()> {
        for device in self.reorder.names() {
            if let Some(tables) = self.reorder.take(&device)? {
                self.expected.remove(&device);
                self.write_device(&device, tables)?;
            }
        }
        Ok(())
    }

    /// Commits the files that are complete.
    fn commit(&mut self) -> Result<Committed> {
        let moves = self
            .whole
            .iter()
            .map(|file| (file.path.as_path(), file.target.as_path()));
        let targets: BTreeSet<_> = self.whole.iter().map(|file| file.target.clone()).collect();
        // An earlier write of this run may have had two parts: the rows of both are in the file that comes now.
        let replaced: Vec<_> = targets
            .iter()
            .filter_map(|target| self.replaced_part(target))
            .filter(|other| !targets.contains(other))
            .collect();
        let commit = Commit::new(moves, replaced.iter().map(PathBuf::as_path));
        let holders = std::mem::take(&mut self.holders);
        let pending = match holders.is_empty() {
            true => self.staging.commit(commit)?,
            false => self.commit_with_cuts(commit, &targets, &holders)?,
        };
        self.committed.extend(targets);
        let written = std::mem::take(&mut self.whole).into_iter();
        let files: Vec<_> = written
            .map(|file| Written {
                dataset: file.dataset.name.clone(),
                path: self.lake.join(file.target),
                rows: file.rows,
                bytes: file.bytes,
            })
            .collect();
        self.log(&files, pending.as_ref());
        Ok(Committed { files, pending })
    }

    /// Commits, and takes the rows that the run had out of compacted files with the same commit.
    fn commit_with_cuts(
        &mut self,
        commit: Commit,
        targets: &BTreeSet<PathBuf>,
        holders: &BTreeMap<PathBuf, Vec<Holder>>,
    ) -> Result<Option<Error>> {
        let (mut moves, mut removes) = (Vec::new(), Vec::new());
        for holder in holders.values().flatten() {
            let staged = self.staging.path(&self.begun.to_string());
            self.begun += 1;
            if let Some(place) = holder.write_rest(&self.lake, &staged, self.compression)? {
                moves.push((staged, place));
            }
            removes.push(holder.path.clone());
        }
        let moves = moves
            .iter()
            .map(|(from, to)| (from.as_path(), to.as_path()));
        let cuts = Commit::new(moves, removes.iter().map(PathBuf::as_path));
        let lake = &self.lake;
        self.staging
            .commit_checked(cuts.followed_by(commit), |own, lock| {
                for holder in holders.values().flatten() {
                    holder.check(lake, own, lock)?;
                }
                for target in targets {
                    let before = holders.get(target).into_iter().flatten();
                    cut::check_holders(lake, target, before)?;
                }
                Ok(())
            })
    }

    /// The other part of a file's table that an earlier write of the run has left.
    fn replaced_part(&self, target: &Path) -> Option<PathBuf> {
        let other = layout::other_part(target)?;
        let is_old = !self.committed.contains(&other) && self.lake.join(&other).exists();
        is_old.then_some(other)
    }

    fn log(&self, files: &[Written], pending: Option<&Error>) {
        if let Some(error) = pending {
            tracing::warn!(run_id = self.run.run_id, %error, "the commit of a run is pending");
        } else if !files.is_empty() {
            tracing::info!(
                run_id = self.run.run_id,
                files = files.len(),
                rows = files.iter().map(|file| file.rows).sum::<usize>(),
                bytes = files.iter().map(|file| file.bytes).sum::<u64>(),
                late = self.part == Part::Late,
                "the rows of a run are committed to the lake"
            );
        }
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
            self.complete(FooterPart::All)?;
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
        self.growing.push(GrowingFile::create(
            self.staging.path(&self.begun.to_string()),
            self.layout.target(dataset, device, &self.run, self.part),
            dataset,
            &self.run,
            &self.labels,
            self.compression,
        )?);
        self.begun += 1;
        Ok(self.growing.len() - 1)
    }

    fn complete(&mut self, part: FooterPart) -> Result<()> {
        for file in std::mem::take(&mut self.growing) {
            let holders = match self.is_new {
                true => Vec::new(),
                false => cut::holders(&self.lake, &file.target)?,
            };
            let replaces_two = part == FooterPart::All
                && (self.replaced_part(&file.target).is_some()
                    || holders.iter().any(Holder::holds_other_part));
            let part = if replaces_two { FooterPart::Both } else { part };
            let names: BTreeSet<_> = holders.iter().flat_map(Holder::names).collect();
            if !holders.is_empty() {
                self.holders.insert(file.target.clone(), holders);
            }
            let names: Vec<_> = names.into_iter().collect();
            self.whole.push(file.complete(part, &names)?);
        }
        Ok(())
    }
}
