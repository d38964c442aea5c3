//! Prunes this disk: removes files that the remote lake has for certain.

use std::io;
use std::path::Path;

use super::blocking::blocking;
use super::object::{RemoteState, digest_file, holds};
use super::options::FAILURES_IN_A_ROW;
use super::remote::Remote;
use super::state::Entry;
use super::state_handle::StateHandle;
use super::store_error::StoreError;
use super::upload::CHANGED_HERE;
use crate::lake::lake_lock::LakeLock;
use crate::lake::{LocalFile, layout, local, removal};
use crate::{Error, Result};

/// What was removed from this disk, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files that went.
    pub files: usize,
    /// Bytes that are free now.
    pub bytes: u64,
    /// Files that are old enough but stay, and why.
    pub kept: Vec<(String, String)>,
    /// How many of those the remote has lost, or has with other content: the next sync looks at them again.
    pub lost: usize,
    /// How many of those cannot be read or removed: a disk that fails, or a file that is protected.
    pub failed: usize,
    /// Why the rest was not looked at: the remote refuses everything or does not answer, or the lake's lock cannot be acquired.
    pub stopped: Option<String>,
}

/// Whether a remote folder on the lake's own file system keeps files from being removed: nothing is safer there, and a share that is
/// not mounted looks like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskGuard {
    /// Nothing is removed then.
    On,
    /// Files are removed all the same.
    Off,
}

/// Removes the files of partitions that ended before `before` (UTC seconds), each after every byte of the remote's copy was
/// read and found to be the same. Whatever is in doubt stays.
///
/// # Errors
///
/// If this disk cannot be listed, or another sync of this lake is at work.
pub async fn prune(lake: &Path, remote: &Remote, before: i64, guard: DiskGuard) -> Result<Pruned> {
    let state = StateHandle::open(lake, remote.url()).await?;
    let of_lake = lake.to_owned();
    let files = blocking(move || local::files(&of_lake)).await?;
    let old = files
        .into_iter()
        .filter(|file| layout::partition_end(&file.path).is_some_and(|end| end <= before));
    let (mut pruned, mut failures_in_a_row) = (Pruned::default(), 0);
    if guard == DiskGuard::On && remote.is_on_disk_of(lake) {
        pruned.stopped = Some(format!(
            "{} is on the same file system as the lake (is a share not mounted?); `--prune-on-same-disk` prunes all the same",
            remote.url()
        ));
        return Ok(pruned);
    }
    for file in old {
        let of_state = file.clone();
        // A state that a full disk kept from being written remembers nothing: then the comparison alone decides.
        let entry = state.with(move |state| {
            let entry = state.entries().get(&of_state.path);
            entry.filter(|_| state.has(&of_state)).cloned()
        });
        let stays = why_it_stays(lake, remote, &file, entry.await?.as_ref()).await;
        failures_in_a_row = match &stays {
            Some(Stays::Unknown(error)) if error.is_passing() => failures_in_a_row + 1,
            _ => 0,
        };
        match stays {
            None => {
                let (lake, at_hand) = (lake.to_owned(), file.clone());
                let remove = move || {
                    let lock = LakeLock::acquire(&lake)?;
                    removal::remove(&lake, &at_hand, &lock)
                };
                match blocking(remove).await {
                    Ok(true) => {
                        pruned.files += 1;
                        pruned.bytes += file.size;
                    }
                    Ok(false) => {
                        let why = "it was written again meanwhile".to_owned();
                        pruned.kept.push((file.path, why));
                    }
                    Err(error @ Error::LakeBusy { .. }) => {
                        pruned.stopped = Some(error.to_string());
                        break;
                    }
                    Err(error) => {
                        pruned.failed += 1;
                        pruned.kept.push((file.path, error.to_string()));
                    }
                }
            }
            Some(Stays::Failed(why)) => {
                pruned.failed += 1;
                pruned.kept.push((file.path, why));
            }
            Some(Stays::Lost(why)) => {
                // At once: who stops us must not make it forgotten.
                let path = file.path.clone();
                let doubt = state.with(move |state| state.doubt([path.as_str()]));
                doubt.await?;
                pruned.lost += 1;
                pruned.kept.push((file.path, why.to_owned()));
            }
            Some(Stays::Unsure(why)) => pruned.kept.push((file.path, why.to_owned())),
            Some(Stays::Unknown(error))
                if error.concerns_every_file() || failures_in_a_row >= FAILURES_IN_A_ROW =>
            {
                pruned.stopped = Some(error.to_string());
                break;
            }
            Some(Stays::Unknown(error)) => pruned.kept.push((file.path, error.to_string())),
        }
    }
    tracing::info!(
        files = pruned.files,
        bytes = pruned.bytes,
        kept = pruned.kept.len(),
        "pruned"
    );
    Ok(pruned)
}

/// Why a file is not removed.
enum Stays {
    /// The remote had it once.
    Lost(&'static str),
    Unsure(&'static str),
    /// It cannot be read.
    Failed(String),
    /// The remote could not be asked.
    Unknown(StoreError),
}

async fn why_it_stays(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    entry: Option<&Entry>,
) -> Option<Stays> {
    let path = file.on_disk(lake);
    let digest = match blocking(move || digest_file(&path)).await {
        Err(Error::FileSystem { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
            return Some(Stays::Unsure("somebody else removed it meanwhile"));
        }
        Err(error) => return Some(Stays::Failed(error.to_string())),
        Ok(digest) => digest,
    };
    if entry.is_some_and(|entry| entry.digest != digest) {
        return Some(Stays::Unsure(CHANGED_HERE));
    }
    // Metadata says what was sent; before the only other copy goes, the bytes themselves are compared.
    let held = holds(remote, &file.path, file.size, &digest, true, 4).await;
    match held {
        Ok(RemoteState::Same) => None,
        Ok(RemoteState::Absent | RemoteState::Different) if entry.is_none() => {
            Some(Stays::Unsure("it was not synced"))
        }
        Ok(RemoteState::Absent) => Some(Stays::Lost("the remote does not have it any more")),
        Ok(RemoteState::Different) => Some(Stays::Lost("the remote has other content")),
        Err(error) => Some(Stays::Unknown(error)),
    }
}
