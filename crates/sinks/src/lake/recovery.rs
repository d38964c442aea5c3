//! Recovery: finishes the commits of runs that were killed, and removes what they had not committed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::commit::Commit;
use super::host::{Guard, Host, ThisHost};
use super::lake_lock::LakeLock;
use super::layout::{OWN_FOLDER, STAGING_FOLDER, StagingKind, abandoned_name};
use super::lease::{self, Liveness};
use super::observations::Observations;
use crate::{Error, Result};

/// What was found of processes that died, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files of runs that were killed during a commit: they have their names now.
    pub published: usize,
    /// Folders of runs that were killed before or after that: they are gone.
    pub removed: usize,
}

/// Finishes what runs that were killed had decided, and removes what they had not. Runs at work are left alone. Blocks for the lake's lock,
/// half a minute at most: async code calls it through `spawn_blocking`.
///
/// # Errors
///
/// If the lake's own folder cannot be read or written.
pub fn recover(lake: &Path) -> Result<Recovered> {
    if !lake.join(OWN_FOLDER).join(STAGING_FOLDER).is_dir() {
        return Ok(Recovered::default());
    }
    let lock = LakeLock::acquire(lake)?;
    recover_locked(&ThisHost, lake, &lock)
}

/// The same for a caller that has the lake's lock.
pub(super) fn recover_locked(host: &dyn Host, lake: &Path, _lock: &LakeLock) -> Result<Recovered> {
    let staging = lake.join(OWN_FOLDER).join(STAGING_FOLDER);
    let mut observations = Observations::read(host, lake);
    let mut recovered = Recovered::default();
    for entry in fs::read_dir(&staging).map_err(Error::on("list", &staging))? {
        let folder = entry.map_err(Error::on("list", &staging))?.path();
        if !folder.is_dir() {
            continue; // its run has just finished
        }
        let Some((folder, _guard)) = claim(host, lake, folder, &mut observations)? else {
            continue;
        };
        let committed = match Commit::decided(&folder)? {
            Some(commit) => Some(commit.carry_out(lake, &folder)?),
            None => None,
        };
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {} // another process was faster
            removed => {
                removed.map_err(Error::on("clear away after a run that died", &folder))?;
            }
        }
        tracing::warn!(
            folder = %folder.display(),
            files = committed,
            "a run or a compaction died: its commit was finished, or what it had not committed was removed"
        );
        match committed {
            Some(files) => recovered.published += files,
            None => recovered.removed += 1,
        }
    }
    observations.save();
    Ok(recovered)
}

/// Renames the folder of a dead run, so that a process which was only stopped cannot commit from it any more. None for a run that is
/// alive. The lock is kept until the folder is gone.
fn claim(
    host: &dyn Host,
    lake: &Path,
    folder: PathBuf,
    observations: &mut Observations,
) -> Result<Option<(PathBuf, Option<Guard>)>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let liveness = match StagingKind::of(&name) {
        StagingKind::Abandoned => return Ok(Some((folder, None))),
        StagingKind::WithLease => lease::liveness(host, lake, &folder, observations)?,
        StagingKind::WithLockedFolder => liveness_of_locked_folder(&folder)?,
    };
    let Liveness::Dead(guard) = liveness else {
        return Ok(None);
    };
    let abandoned = folder.with_file_name(abandoned_name(&name));
    match fs::rename(&folder, &abandoned) {
        Ok(()) => Ok(Some((abandoned, guard))),
        // It has just finished, or another process was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::on("rename", &folder)(cause)),
    }
}

/// Versions before locked the folder itself. Their locks reach no other machine; a run of theirs is judged as they did it.
fn liveness_of_locked_folder(folder: &Path) -> Result<Liveness> {
    let opened = match File::open(folder) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Liveness::Alive),
        Err(cause) => return Err(Error::on("open", folder)(cause)),
    };
    Ok(match opened.try_lock() {
        Ok(()) => Liveness::Dead(Some(Box::new(opened))),
        Err(_) => Liveness::Alive,
    })
}
