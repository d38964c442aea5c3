//! Who else may still write into a table's folder: runs at work, and commits that were decided and not carried out.
//!
//! A compaction and a run that is written again change files of other runs. They look here first, with the lake's lock, which no run needs
//! for longer than its own renames.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::commit::Commit;
use super::lake_lock::LakeLock;
use super::layout::{self, OWN_FOLDER, STAGING_FOLDER};
use crate::{Error, Result};

/// In the staging folder of a run whose files go to another partition than that of its second.
pub(super) const PARTITION_FILE: &str = "partition";

/// A staging folder, beside one's own, from which files may come into a table's folder.
#[derive(Debug)]
pub(super) struct ActiveWriter {
    pub(super) staging: PathBuf,
    /// Its commit is decided and changes this folder.
    pub(super) is_decided: bool,
}

/// What may still change `folder`, `dt=…/hr=…/{table}` below the lake's root. Recovery has been before: what is left is alive, or nobody can say.
pub(super) fn active_writers(
    lake: &Path,
    folder: &str,
    own: &Path,
    _lock: &LakeLock,
) -> Result<Vec<ActiveWriter>> {
    let all = lake.join(OWN_FOLDER).join(STAGING_FOLDER);
    let partition = folder
        .rsplit_once('/')
        .map_or("", |(partition, _)| partition);
    let mut found = Vec::new();
    for entry in fs::read_dir(&all).map_err(Error::on("list", &all))? {
        let staging = entry.map_err(Error::on("list", &all))?.path();
        if staging == own || !staging.is_dir() {
            continue;
        }
        let commit = Commit::decided(&staging)?;
        let is_decided = commit.is_some_and(|commit| commit.changes(folder));
        if is_decided || may_write_into(&staging, partition)? {
            found.push(ActiveWriter {
                staging,
                is_decided,
            });
        }
    }
    Ok(found)
}

/// Whether the run of a staging folder has its files in this partition. In doubt it has.
fn may_write_into(staging: &Path, partition: &str) -> Result<bool> {
    let other = staging.join(PARTITION_FILE);
    match fs::read_to_string(&other) {
        Ok(text) => return Ok(text == partition),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(Error::on("read", &other)(cause)),
    }
    let name = staging.file_name().unwrap_or_default().to_string_lossy();
    Ok(match layout::staging_timestamp(&name) {
        Some(began) => layout::partition_at(began) == partition,
        None => !layout::is_compaction(&name),
    })
}
