//! Room on this disk: files that the remote lake has for certain.

use std::fs;
use std::path::Path;

use super::blocking;
use super::object::{Held, digest_file, holds};
use super::remote::Remote;
use super::state::State;
use super::upload::CHANGED_HERE;
use crate::lake::{LocalFile, layout, local};
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
}

/// Removes the files of partitions that ended before `before` (UTC seconds), each after every byte of the remote's copy was
/// read and found to be the same. Whatever is in doubt stays.
///
/// # Errors
///
/// If this disk cannot be read, or another sync of this lake is at work.
pub async fn prune(lake: &Path, remote: &Remote, before: i64) -> Result<Pruned> {
    let (mut state, mut pruned) = (State::open(lake, remote.url())?, Pruned::default());
    let old = local::files(lake)?
        .into_iter()
        .filter(|file| layout::partition_end(&file.path).is_some_and(|end| end <= before));
    let mut lost = Vec::new();
    for file in old {
        match why_it_stays(lake, remote, &file, &state).await? {
            None => {
                let path = file.on_disk(lake);
                fs::remove_file(&path).map_err(Error::on("remove", &path))?;
                pruned.files += 1;
                pruned.bytes += file.size;
                remove_empty_folders(lake, &path);
            }
            Some(Stays::Lost(why)) => {
                pruned.kept.push((file.path.clone(), why.to_owned()));
                lost.push(file.path);
            }
            Some(Stays::Unsure(why)) => pruned.kept.push((file.path, why)),
        }
    }
    pruned.lost = lost.len();
    if !lost.is_empty() {
        state.doubt(lost.iter().map(String::as_str));
    }
    Ok(pruned)
}

/// Why a file is not removed.
enum Stays {
    /// The remote had it once.
    Lost(&'static str),
    Unsure(String),
}

async fn why_it_stays(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    state: &State,
) -> Result<Option<Stays>> {
    let entry = state.entries().get(&file.path).filter(|_| state.has(file));
    let Some(entry) = entry else {
        return Ok(Some(Stays::Unsure("it was not synced".to_owned())));
    };
    let path = file.on_disk(lake);
    let digest = blocking(move || digest_file(&path)).await?;
    if digest != entry.digest {
        return Ok(Some(Stays::Unsure(CHANGED_HERE.to_owned())));
    }
    // Metadata says what was sent; before the only other copy goes, the bytes themselves are compared.
    Ok(
        match holds(remote, &file.path, file.size, &digest, true, 4).await {
            // A rerun may have taken its place while we read.
            Ok(Held::Same) if !local::is_there_still(lake, file) => {
                Some(Stays::Unsure("it was written again meanwhile".to_owned()))
            }
            Ok(Held::Same) => None,
            Ok(Held::Absent) => Some(Stays::Lost("the remote does not have it any more")),
            Ok(Held::Different) => Some(Stays::Lost("the remote has other content")),
            Err(failure) => Some(Stays::Unsure(failure.text)),
        },
    )
}

/// The folders above a file that are empty now, up to the lake's root. One that is not empty refuses by itself.
fn remove_empty_folders(lake: &Path, file: &Path) {
    for folder in file.ancestors().skip(1) {
        if folder == lake || fs::remove_dir(folder).is_err() {
            return;
        }
    }
}
