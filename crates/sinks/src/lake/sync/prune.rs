//! Room on this disk: files that the remote lake has for certain.

use std::fs;
use std::path::Path;

use super::blocking;
use super::object::{Held, digest_file, holds};
use super::remote::Remote;
use super::state::State;
use crate::lake::{layout, local};
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
}

/// Removes the files of partitions that ended before `before` (UTC seconds), each after a look at the remote that shows the
/// same content. Whatever is in doubt stays.
///
/// # Errors
///
/// If this disk cannot be read, or another sync of this lake is at work.
pub async fn prune(lake: &Path, remote: &Remote, before: i64) -> Result<Pruned> {
    let (state, mut pruned) = (State::open(lake, remote.url())?, Pruned::default());
    let old = local::files(lake)?
        .into_iter()
        .filter(|file| layout::partition_end(&file.path).is_some_and(|end| end <= before));
    for file in old {
        if state.digest(&file).is_none() {
            pruned
                .kept
                .push((file.path, "it was not synced".to_owned()));
            continue;
        }
        let path = file.on_disk(lake);
        let digest = {
            let path = path.clone();
            blocking(move || digest_file(&path)).await?
        };
        // Metadata says what was sent; before the only other copy goes, the bytes themselves are compared.
        match holds(remote, &file.path, file.size, &digest, true, 4).await {
            Ok(Held::Same) => {
                fs::remove_file(&path).map_err(Error::on("remove", &path))?;
                pruned.files += 1;
                pruned.bytes += file.size;
                remove_empty_folders(lake, &path);
            }
            Ok(Held::Absent) => pruned
                .kept
                .push((file.path, "the remote does not have it any more".to_owned())),
            Ok(Held::Different) => pruned
                .kept
                .push((file.path, "the remote has other content".to_owned())),
            Err(failure) => pruned.kept.push((file.path, failure.text)),
        }
    }
    Ok(pruned)
}

/// The folders above a file that are empty now, up to the lake's root. One that is not empty refuses by itself.
fn remove_empty_folders(lake: &Path, file: &Path) {
    for folder in file.ancestors().skip(1) {
        if folder == lake || fs::remove_dir(folder).is_err() {
            return;
        }
    }
}
