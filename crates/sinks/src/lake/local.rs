//! What is in the lake on this disk: the files that readers see, and nothing that is still growing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A file of the lake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalFile {
    /// Below the lake's root, with `/` between its parts: also its name in a remote lake.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, in nanoseconds since the epoch: with the size, what tells a file from its rerun.
    pub modified_ns: i128,
}

impl LocalFile {
    /// A file that is there, given its path below the lake's root.
    pub(super) fn look(lake: &Path, below: &Path) -> Result<Self> {
        let path = lake.join(below);
        let metadata = fs::metadata(&path).map_err(Error::on("look at", &path))?;
        Ok(Self {
            path: below.to_string_lossy().into_owned(),
            size: metadata.len(),
            modified_ns: modified_ns(&metadata),
        })
    }

    /// Where it is on the disk.
    pub fn on_disk(&self, lake: &Path) -> PathBuf {
        lake.join(&self.path)
    }

    /// The folders that are its partition: `dt=2026-02-03/hr=15`.
    pub fn partition(&self) -> &str {
        let keys = self
            .path
            .split_inclusive('/')
            .take_while(|part| part.contains('='));
        let length = keys.map(str::len).sum::<usize>();
        self.path
            .get(..length)
            .unwrap_or_default()
            .trim_end_matches('/')
    }
}

/// Whether the file that was listed still has its name: no rerun has taken it.
pub(super) fn is_there_still(lake: &Path, file: &LocalFile) -> bool {
    let now = fs::metadata(file.on_disk(lake));
    now.is_ok_and(|now| now.len() == file.size && modified_ns(&now) == file.modified_ns)
}

/// When a file was written, in nanoseconds since the epoch.
pub(super) fn modified_ns(metadata: &fs::Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

/// The Parquet files below `dt=…`, oldest partition first. A lake that is not there yet is empty.
///
/// Files and folders whose names begin with `.` or `_` are left out: to Hive, Spark, Athena and Trino they are hidden, and writers give
/// such names to files that they have not finished.
///
/// # Errors
///
/// If a folder cannot be listed.
pub fn files(lake: &Path) -> Result<Vec<LocalFile>> {
    let mut found = Vec::new();
    for (name, path) in entries(lake)? {
        if name.starts_with("dt=") && path.is_dir() {
            collect(&path, &name, &mut found)?;
        }
    }
    found.sort();
    Ok(found)
}

/// How often a folder is listed again from which a file went while it was listed.
const LISTINGS: usize = 8;

/// The files in a folder and those below. A file that goes while the folder is listed may have gone into another one that has just come: then
/// the folder is listed again.
fn collect(folder: &Path, below: &str, found: &mut Vec<LocalFile>) -> Result<()> {
    let before = found.len();
    for _ in 0..LISTINGS {
        found.truncate(before);
        if collect_once(folder, below, found)? {
            break;
        }
    }
    Ok(())
}

/// Returns whether every file was still there when it was looked at.
fn collect_once(folder: &Path, below: &str, found: &mut Vec<LocalFile>) -> Result<bool> {
    let mut is_whole = true;
    for (name, path) in entries(folder)? {
        if name.starts_with(['.', '_']) {
            continue;
        }
        let below = format!("{below}/{name}");
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                is_whole = false;
                continue;
            }
            Err(cause) => return Err(Error::on("look at", &path)(cause)),
        };
        if metadata.is_dir() {
            collect(&path, &below, found)?;
        } else if name.ends_with(".parquet") {
            found.push(LocalFile {
                path: below,
                size: metadata.len(),
                modified_ns: modified_ns(&metadata),
            });
        }
    }
    Ok(is_whole)
}

/// Names and paths in a folder; none if it is not there, or is no longer. Names that are not UTF-8 are not ours.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(Error::on("list", folder)(cause)),
    };
    let mut entries = Vec::new();
    for entry in listed {
        let entry = entry.map_err(Error::on("list", folder))?;
        if let Ok(name) = entry.file_name().into_string() {
            entries.push((name, entry.path()));
        }
    }
    Ok(entries)
}

/// Bytes that may still be written to the file system of a folder, or of the nearest one above it that is there.
///
/// # Errors
///
/// If the system does not say.
pub fn free_space(folder: &Path) -> Result<u64> {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or(Path::new("."));
    let says = rustix::fs::statvfs(there)
        .map_err(|error| Error::on("ask for the free space of", there)(error.into()))?;
    Ok(says.f_bavail.saturating_mul(says.f_frsize))
}

/// Refuses when less than `limit` bytes are free for `folder`.
///
/// # Errors
///
/// [`Error::LowDisk`] if so.
pub fn require_free_space(folder: &Path, limit: u64) -> Result<()> {
    let free = free_space(folder)?;
    if free < limit {
        return Err(Error::LowDisk {
            path: folder.to_owned(),
            free,
            limit,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_readers_see_is_listed_and_the_oldest_first() {
        let lake = tempfile::tempdir().unwrap();
        for name in [
            "dt=2026-02-04/hr=00/lane-dom/b.parquet",
            "dt=2026-02-03/hr=15/lane-dom/a.parquet",
            "dt=2026-02-03/hr=15/lane-dom/.a.parquet.1.tmp",
            "dt=2026-02-03/hr=15/lane-dom/.hidden.parquet",
            "dt=2026-02-03/hr=15/lane-dom/_unfinished.parquet",
            "dt=2026-02-03/hr=15/_temporary/0/part.parquet",
            "dt=2026-02-03/.spark-staging/part.parquet",
            "dt=2026-02-03/hr=15/notes.txt",
            ".lanewatch/writing/x/0.tmp",
            "other/c.parquet",
        ] {
            let path = lake.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let found = files(lake.path()).unwrap();
        let paths: Vec<_> = found.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "dt=2026-02-03/hr=15/lane-dom/a.parquet",
                "dt=2026-02-04/hr=00/lane-dom/b.parquet"
            ]
        );
        assert_eq!(found[0].partition(), "dt=2026-02-03/hr=15");
        assert_eq!(files(&lake.path().join("nowhere")).unwrap(), []);
    }

    #[test]
    fn a_disk_that_is_almost_full_is_told_in_numbers() {
        let folder = tempfile::tempdir().unwrap();
        require_free_space(folder.path(), 1).unwrap();
        let error = require_free_space(&folder.path().join("not/yet"), u64::MAX).unwrap_err();
        assert!(matches!(error, Error::LowDisk { .. }), "{error}");
    }
}
