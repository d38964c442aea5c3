//! What the footer of a compacted file says: whose rows it holds, and which files it takes the place of.
//!
//! ```text
//! lanewatch.runs       [{"file": "lane_dom_…_{run id}.parquet", "run_id": …, "runner_name": …, "run_timestamp": …, "row_groups": 1, "rows": 512}, …]
//! lanewatch.replaces   ["lane_dom_20260203_15_compacted_….parquet", …]
//! ```
//!
//! The row groups of a file stand in the order of the list, and no row group holds rows of two runs. So the rows of one run can be read, or
//! left out of a copy, without a look at the others. A run's file that was written again after it was compacted has the second key as well.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use parquet::file::metadata::{FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataReader};
use serde::{Deserialize, Serialize};

use super::layout;
use crate::{Error, Result};

const RUNS_KEY: &str = "lanewatch.runs";
const REPLACES_KEY: &str = "lanewatch.replaces";
/// What the keys of a run's own file begin with.
const OWN_KEYS: &str = "lanewatch.";

/// A run's file whose rows are in a compacted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MergedFile {
    /// The name that it had.
    pub(super) file: String,
    pub(super) run_id: String,
    pub(super) runner_name: String,
    pub(super) run_timestamp: i64,
    /// What else its footer said, such as `part` and `cluster_name`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
    pub(super) row_groups: usize,
    pub(super) rows: u64,
}

impl MergedFile {
    /// What the footer of a run's own file says; none where it is not one of ours.
    pub(super) fn of_own(file: &str, metadata: &ParquetMetaData) -> Option<Self> {
        let pairs = pairs(metadata.file_metadata());
        let mut labels: BTreeMap<String, String> = pairs
            .filter_map(|(key, value)| {
                Some((key.strip_prefix(OWN_KEYS)?.to_owned(), value.to_owned()))
            })
            .collect();
        labels.remove("dataset");
        labels.remove("replaces");
        Some(Self {
            file: file.to_owned(),
            run_id: labels.remove("run_id")?,
            runner_name: labels.remove("runner_name")?,
            run_timestamp: labels.remove("run_timestamp")?.parse().ok()?,
            labels,
            row_groups: metadata.num_row_groups(),
            rows: u64::try_from(metadata.file_metadata().num_rows()).ok()?,
        })
    }
}

/// The list in the footer of a compacted file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// In the order of their row groups.
    pub(super) files: Vec<MergedFile>,
    /// Names in the same folder that have gone for good: earlier compacted files, and parts of runs that were written again as one.
    pub(super) replaces: Vec<String>,
}

impl Merged {
    /// The list of a compacted file; none where the file is no such.
    ///
    /// # Errors
    ///
    /// If the list does not fit the row groups.
    pub(super) fn of(metadata: &ParquetMetaData) -> std::result::Result<Option<Self>, String> {
        let Some(text) = value(metadata.file_metadata(), RUNS_KEY) else {
            return Ok(None);
        };
        let files: Vec<MergedFile> = serde_json::from_str(text)
            .map_err(|error| format!("its list of runs (`{RUNS_KEY}`) cannot be read: {error}"))?;
        let merged = Self {
            files,
            replaces: replaces(metadata.file_metadata()),
        };
        let mut end = 0;
        for (file, groups) in merged.with_row_groups() {
            end = groups.end;
            let rows = metadata.row_groups().get(groups).map(|groups| {
                let rows = groups.iter().map(|group| group.num_rows());
                rows.sum::<i64>()
            });
            if rows.and_then(|rows| u64::try_from(rows).ok()) != Some(file.rows) {
                return Err(format!(
                    "its list of runs promises {} rows of {}, and its row groups hold {}",
                    file.rows,
                    file.file,
                    rows.map_or_else(|| "none".to_owned(), |rows| rows.to_string())
                ));
            }
        }
        if end != metadata.num_row_groups() {
            return Err(format!(
                "its list of runs names {end} row groups, and it has {}",
                metadata.num_row_groups()
            ));
        }
        Ok(Some(merged))
    }

    /// Each file with its row groups.
    pub(super) fn with_row_groups(&self) -> impl Iterator<Item = (&MergedFile, Range<usize>)> {
        let mut begin = 0_usize;
        self.files.iter().map(move |file| {
            let groups = begin..begin.saturating_add(file.row_groups);
            begin = groups.end;
            (file, groups)
        })
    }

    pub(super) fn holds(&self, file_name: &str) -> bool {
        self.files.iter().any(|file| file.file == file_name)
    }

    /// All names that must not stand beside the compacted file, here or at a remote.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let merged = self.files.iter().map(|file| file.file.as_str());
        merged.chain(self.replaces.iter().map(String::as_str))
    }

    /// For the footer.
    pub(super) fn pairs(&self) -> Vec<KeyValue> {
        let runs = serde_json::json!(self.files).to_string();
        let runs = KeyValue::new(RUNS_KEY.to_owned(), runs);
        [Some(runs), replaces_pair(&self.replaces)]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// For the footer of a file that takes the place of others; none where there are none.
pub(super) fn replaces_pair(names: &[String]) -> Option<KeyValue> {
    let text = serde_json::json!(names).to_string();
    (!names.is_empty()).then(|| KeyValue::new(REPLACES_KEY.to_owned(), text))
}

/// The files in the same folder that a file takes the place of, beside those whose rows it holds.
pub(super) fn replaces(metadata: &FileMetaData) -> Vec<String> {
    let text = value(metadata, REPLACES_KEY);
    let names = text.and_then(|text| serde_json::from_str(text).ok());
    names.unwrap_or_default()
}

/// All names that must not stand beside this file at a remote: none for a file that was never part of a compaction.
pub(super) fn superseded_names(
    metadata: &ParquetMetaData,
) -> std::result::Result<Vec<String>, String> {
    Ok(match Merged::of(metadata)? {
        Some(merged) => merged.names().map(str::to_owned).collect(),
        None => replaces(metadata.file_metadata()),
    })
}

fn pairs(metadata: &FileMetaData) -> impl Iterator<Item = (&str, &str)> {
    let pairs = metadata.key_value_metadata().into_iter().flatten();
    pairs.map(|pair| {
        let value = pair.value.as_deref().unwrap_or_default();
        (pair.key.as_str(), value)
    })
}

fn value<'m>(metadata: &'m FileMetaData, wanted: &str) -> Option<&'m str> {
    pairs(metadata)
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| value)
}

/// A compacted file of a folder of the lake.
#[derive(Debug)]
pub(super) struct CompactedFile {
    pub(super) path: PathBuf,
    pub(super) merged: Merged,
}

/// Reads the list of a compacted file.
///
/// # Errors
///
/// If it cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<Merged> {
    let unreadable = |error: String| {
        Error::on("read the list of runs in the footer of", path)(io::Error::other(error))
    };
    let file = File::open(path).map_err(Error::on("open", path))?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
    let metadata = metadata.map_err(|error| unreadable(error.to_string()))?;
    let merged = Merged::of(&metadata).map_err(unreadable)?;
    merged.ok_or_else(|| unreadable("it has none".to_owned()))
}

/// The compacted files in a table's folder below the lake's root, in the order of their names; none where the folder is not there.
///
/// # Errors
///
/// If the folder cannot be listed or the footer of one cannot be read: nobody can say then whose rows are in it.
pub(super) fn in_folder(lake: &Path, below: &Path) -> Result<Vec<CompactedFile>> {
    let folder = lake.join(below);
    let listed = match fs::read_dir(&folder) {
        Err(error)
            if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) =>
        {
            return Ok(Vec::new());
        }
        listed => listed.map_err(Error::on("list", &folder))?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let name = entry.map_err(Error::on("list", &folder))?.file_name();
        let below = below.join(&name);
        if !layout::is_compacted(&below.to_string_lossy()) {
            continue;
        }
        match read(&lake.join(&below)) {
            Ok(merged) => found.push(CompactedFile {
                path: below,
                merged,
            }),
            Err(Error::FileSystem { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
