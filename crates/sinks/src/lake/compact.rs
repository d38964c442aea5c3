//! Compaction: the files of one closed hour and table become one, in the same folder.
//!
//! ```text
//!  files of the hour ─► row groups, copied as they stand ─► one file in the staging folder ─► read to its end
//!                                                                        │ the lake's lock, for some renames
//!                                          nobody writes into the hour, the files are unchanged ─► exchange
//! ```
//!
//! Merging takes as long as it takes, without the lock. What came into the hour or changed meanwhile is found with it, and the hour is left for
//! the next time. A run that is written again later takes its rows out of the compacted file: `cut`.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::active_writers::active_writers;
use super::check::check_file;
use super::exchange::{Exchange, Exchanged};
use super::file::Compression;
use super::host::ThisHost;
use super::lake_lock::LakeLock;
use super::layout;
use super::local::{self, LocalFile};
use super::merged::{Merged, MergedFile, replaces};
use super::merging_file::{MergingFile, Source, common_order, common_schema};
use super::recovery::recover_locked;
use super::staging::Staging;
use crate::{Error, Result};

/// The files of one table in one hour that can become one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UncompactedHour {
    /// `dt=2026-02-03/hr=15/lane-dom`.
    pub folder: String,
    /// Files of runs, and what an earlier compaction has made of some.
    pub files: Vec<LocalFile>,
    /// Files that stay as they are, for no footer says whose run they are.
    pub others: Vec<String>,
    /// Files that cannot be read, and what is wrong with them. With one of those the hour stays as it is.
    pub damaged: Vec<(String, String)>,
}

/// What became of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compaction {
    /// Its files are one.
    Done {
        /// Runs whose files were merged, the parts of one counted once.
        runs: usize,
        /// Rows in the file.
        rows: u64,
        /// Its size.
        bytes: u64,
    },
    /// It is as it was, for these files cannot be read or do not fit the others.
    Damaged(Vec<(String, String)>),
    /// It is as it was, for somebody else writes into it.
    Busy(String),
}

impl UncompactedHour {
    /// The hours that ended before `before` (UTC seconds), or at that second, and have more than one file of a table, the oldest first. Blocks
    /// on the disk.
    ///
    /// # Errors
    ///
    /// If the lake cannot be listed.
    pub fn find(lake: &Path, before: i64) -> Result<Vec<Self>> {
        let mut files = local::files(lake)?;
        files.retain(|file| {
            let is_old = layout::partition_end(&file.path).is_some_and(|end| end <= before);
            let is_ours = layout::is_of_run(&file.path) || layout::is_compacted(&file.path);
            is_old && is_ours && layout::table_folder(&file.path).is_some()
        });
        let folder = |file: &LocalFile| layout::table_folder(&file.path).map(str::to_owned);
        let mut found = Vec::new();
        for files in files.chunk_by(|a, b| folder(a) == folder(b)) {
            let Some(folder) = files.first().filter(|_| files.len() > 1).and_then(folder) else {
                continue;
            };
            let hour = Self::of(lake, folder, files);
            if hour.files.len() > 1 || !hour.damaged.is_empty() {
                found.push(hour);
            }
        }
        Ok(found)
    }

    fn of(lake: &Path, folder: String, files: &[LocalFile]) -> Self {
        let mut hour = Self {
            folder,
            ..Self::default()
        };
        for file in files {
            let read = Source::open(file.on_disk(lake)).map_err(|damage| damage.0);
            match read.and_then(|source| lists(&source, file)) {
                Ok(lists) if lists.is_empty() => hour.others.push(file.path.clone()),
                Ok(_) => hour.files.push(file.clone()),
                Err(_) if !local::is_there_still(lake, file) => {} // it has just gone
                Err(why) => hour.damaged.push((file.path.clone(), why)),
            }
        }
        hour
    }

    /// Bytes of the files that become one.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// How long a folder whose place another one has taken keeps its files: a reader that has begun to list it must not see half of them.
const LISTED_WITHIN: Duration = Duration::from_secs(1);

/// The runs of a file, each with its row groups. None for a file of nobody.
fn lists(
    source: &Source,
    file: &LocalFile,
) -> std::result::Result<Vec<(MergedFile, Range<usize>)>, String> {
    let metadata = source.metadata();
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if layout::is_compacted(&file.path) {
        let merged = Merged::of(metadata)?;
        let merged = merged.ok_or_else(|| "its footer has no list of runs".to_owned())?;
        let of_runs = merged.with_row_groups();
        return Ok(of_runs
            .map(|(file, groups)| (file.clone(), groups))
            .collect());
    }
    let own = MergedFile::of_own(name, metadata);
    Ok(own
        .into_iter()
        .map(|own| (own, 0..metadata.num_row_groups()))
        .collect())
}

/// Compacts hours of one lake, one after the other.
#[derive(Debug)]
pub struct Compactor {
    lake: PathBuf,
    compression: Compression,
    staging: Staging,
    /// Hours so far.
    hours: usize,
    /// Folders that had a place in the lake, and since when they have not.
    exchanged: VecDeque<(PathBuf, Instant)>,
}

/// The merged file of an hour, whole and without a name.
#[derive(Debug)]
struct Whole {
    path: PathBuf,
    name: String,
    runs: usize,
    rows: u64,
    bytes: u64,
}

impl Compactor {
    /// Begins, after recovery of what died. `compression` is that of rows that have to be encoded anew: of older files, which lack columns.
    /// Blocks for the lake's lock.
    ///
    /// # Errors
    ///
    /// If the lake cannot be written to, or another process keeps its lock.
    pub fn begin(lake: &Path, compression: Compression) -> Result<Self> {
        Ok(Self {
            lake: lake.to_owned(),
            compression,
            staging: Staging::begin_compaction(lake)?,
            hours: 0,
            exchanged: VecDeque::new(),
        })
    }

    /// Ends, once readers that are listing a folder which is no longer of the lake are done with it.
    pub fn finish(mut self) {
        while let Some((_, since)) = self.exchanged.front() {
            thread::sleep(LISTED_WITHIN.saturating_sub(since.elapsed()));
            self.remove_exchanged();
        }
    }

    /// Removes the folders whose files nobody lists any more. What a failing disk keeps goes with the staging folder.
    fn remove_exchanged(&mut self) {
        while let Some((folder, _)) = self
            .exchanged
            .pop_front_if(|(_, since)| since.elapsed() >= LISTED_WITHIN)
        {
            drop(fs::remove_dir_all(folder));
        }
    }

    /// Makes one file of an hour's files. Killed at any moment, it has done it or has changed nothing. Blocks on the disk, and for the lake's lock.
    ///
    /// # Errors
    ///
    /// If the disk refuses, the lock cannot be acquired, or the file system cannot exchange folders: the hour is as it was.
    pub fn compact(&mut self, hour: &UncompactedHour) -> Result<Compaction> {
        if !hour.damaged.is_empty() {
            return Ok(Compaction::Damaged(hour.damaged.clone()));
        }
        self.remove_exchanged();
        let whole = match self.merge(hour)? {
            Ok(whole) => whole,
            Err(damaged) if damaged.is_empty() => {
                return Ok(Compaction::Busy("its files have changed".to_owned()));
            }
            Err(damaged) => return Ok(Compaction::Damaged(damaged)),
        };
        let lock = LakeLock::acquire(&self.lake)?;
        recover_locked(&ThisHost, &self.lake, &lock)?;
        if let Some(why) = self.why_busy(hour, &lock)? {
            return Ok(Compaction::Busy(why));
        }
        let names: Vec<_> = hour.files.iter().map(name).collect();
        let beside = self.staging.folder().join(self.hours.to_string());
        self.hours += 1;
        let exchange = Exchange::prepare(
            &self.lake.join(&hour.folder),
            beside.clone(),
            (&whole.path, &whole.name),
            &names,
            &lock,
        )?;
        let exchanged = match exchange {
            Ok(exchange) => exchange.carry_out(&lock)?,
            Err(why) => Exchanged::Refused(why),
        };
        drop(lock);
        self.exchanged.push_back((beside, Instant::now()));
        if let Exchanged::Refused(why) = exchanged {
            return Ok(Compaction::Busy(why));
        }
        tracing::info!(
            folder = hour.folder,
            files = hour.files.len(),
            rows = whole.rows,
            bytes = whole.bytes,
            "an hour is compacted"
        );
        Ok(Compaction::Done {
            runs: whole.runs,
            rows: whole.rows,
            bytes: whole.bytes,
        })
    }

    /// Writes the merged file and reads it to its end. Where it cannot be, says which files are at fault, none if they have only changed.
    fn merge(
        &self,
        hour: &UncompactedHour,
    ) -> Result<std::result::Result<Whole, Vec<(String, String)>>> {
        let expected = |path: &Path| {
            let file = hour
                .files
                .iter()
                .find(|file| file.on_disk(&self.lake) == path);
            file.map_or_else(String::new, |file| file.path.clone())
        };
        let (mut sources, mut runs, mut replaced) = (Vec::new(), Vec::new(), BTreeSet::new());
        for file in &hour.files {
            let opened = Source::open(file.on_disk(&self.lake)).map_err(|damage| damage.0);
            let listed = opened.and_then(|source| Ok((lists(&source, file)?, source)));
            let (listed, source) = match listed {
                Ok(opened) => opened,
                Err(_) if !local::is_there_still(&self.lake, file) => return Ok(Err(Vec::new())),
                Err(why) => return Ok(Err(vec![(file.path.clone(), why)])),
            };
            replaced.extend(replaces(source.metadata().file_metadata()));
            if layout::is_compacted(&file.path) {
                replaced.insert(name(file).to_owned());
            }
            let at = sources.len();
            runs.extend(listed.into_iter().map(|(run, groups)| (run, at, groups)));
            sources.push(source);
        }
        runs.sort_by(|(a, ..), (b, ..)| {
            (a.run_timestamp, &a.file).cmp(&(b.run_timestamp, &b.file))
        });
        if let Some((file, why)) = doubled(&runs, &hour.files) {
            return Ok(Err(vec![(file, why)]));
        }
        let schema = match common_schema(&sources) {
            Ok(schema) => schema,
            Err((path, damage)) => return Ok(Err(vec![(expected(&path), damage.0)])),
        };
        let order = common_order(&sources, &schema);
        let table = hour.folder.rsplit('/').next().unwrap_or_default();
        let name = layout::compacted_name(&hour.folder)
            .ok_or_else(|| Error::Defect(format!("{} is no folder of an hour", hour.folder)))?;
        let path = self.staging.path("compacted");
        let mut merging =
            MergingFile::create(path.clone(), table, schema, order, self.compression)?;
        let mut merged = Merged {
            files: Vec::new(),
            replaces: replaced.into_iter().collect(),
        };
        let write = || -> Result<(Merged, u64)> {
            for (run, at, groups) in runs {
                if let Some(source) = sources.get(at) {
                    let row_groups = merging.take(source, groups)?;
                    merged.files.push(MergedFile { row_groups, ..run });
                }
            }
            let bytes = merging.complete(merged.pairs())?;
            Ok((merged, bytes))
        };
        let written = write();
        let rows = |merged: &Merged| merged.files.iter().map(|file| file.rows).sum::<u64>();
        let why = match &written {
            Ok((merged, _)) => match check_file(&path, None) {
                Ok(checked) if checked.rows == rows(merged) => None,
                Ok(checked) => Some(format!("{} rows of it can be read", checked.rows)),
                Err(damage) => Some(damage.0),
            },
            Err(Error::Table { cause, .. }) => Some(cause.to_string()),
            Err(_) => None,
        };
        if let Some(why) = why {
            // One of the files is at fault, if any is.
            let damaged = |file: &LocalFile| {
                let damage = check_file(&file.on_disk(&self.lake), None).err()?;
                Some((file.path.clone(), damage.0))
            };
            let damaged: Vec<_> = hour.files.iter().filter_map(damaged).collect();
            if damaged.is_empty() {
                let folder = &hour.folder;
                return Err(Error::Defect(format!(
                    "{folder} was not compacted, for the file that was made of its files is not whole: {why}"
                )));
            }
            return Ok(Err(damaged));
        }
        let (merged, bytes) = written?;
        let runs: BTreeSet<_> = merged
            .files
            .iter()
            .map(|file| (file.run_timestamp, &file.runner_name, &file.run_id))
            .collect();
        Ok(Ok(Whole {
            runs: runs.len(),
            rows: rows(&merged),
            path,
            name,
            bytes,
        }))
    }

    fn why_busy(&self, hour: &UncompactedHour, lock: &LakeLock) -> Result<Option<String>> {
        let others = active_writers(&self.lake, &hour.folder, self.staging.folder(), lock)?;
        if let Some(other) = others.first() {
            let run = other.staging.file_name().unwrap_or_default();
            return Ok(Some(format!("the run of {} is at work", run.display())));
        }
        let mut files = hour.files.iter();
        let changed = files.find(|file| !local::is_there_still(&self.lake, file));
        Ok(changed.map(|file| format!("{} has changed", file.path)))
    }
}

fn name(file: &LocalFile) -> &str {
    file.path.rsplit('/').next().unwrap_or_default()
}

/// A run's file that stands beside a compacted file with the same rows: somebody has put it back by hand.
fn doubled(
    runs: &[(MergedFile, usize, Range<usize>)],
    files: &[LocalFile],
) -> Option<(String, String)> {
    let pair = runs.windows(2).find_map(|pair| match pair {
        [(a, at, _), (b, other, _)] if a.file == b.file => Some((a, *at, *other)),
        _ => None,
    });
    let (run, at, other) = pair?;
    let path = |at: usize| {
        files
            .get(at)
            .map_or_else(String::new, |file| file.path.clone())
    };
    Some((
        path(other),
        format!("the rows of {} are in {} as well", run.file, path(at)),
    ))
}
