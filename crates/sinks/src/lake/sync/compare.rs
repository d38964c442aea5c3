//! Does the remote still have what was brought to it?
//!
//! A sync trusts its state, so that it need not look at every object each time. Who asks for a comparison looks: what is gone
//! or has changed there since is in doubt from then on, and the next sync brings it again.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::stream::{self, StreamExt as _};

use super::blocking::blocking;
use super::object::{RemoteState, digest_file, holds};
use super::options::{FAILURES_IN_A_ROW, SyncOptions};
use super::remote::Remote;
use super::state::{self, Entry};
use super::state_handle::StateHandle;
use super::store_error::{StoreError, StoreErrorKind};
use super::upload::CHANGED_HERE;
use crate::lake::LocalFile;
use crate::{Error, Result};

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Files that the remote has with the same content.
    pub same: usize,
    /// Files that the remote does not have.
    pub absent: Vec<String>,
    /// Files that the remote has with other content.
    pub different: Vec<String>,
    /// Files that are not any more what was brought, though nobody wrote them again, and what that means.
    pub damaged: Vec<(String, String)>,
    /// Files that could not be compared, and why.
    pub failed: Vec<(String, StoreError)>,
    /// Files that were not tried.
    pub left: usize,
    /// Why those were not tried.
    pub stopped: Option<StoreError>,
    /// Why the next sync could not be told what to bring again.
    pub unmarked: Option<String>,
}

impl Compared {
    /// Whether the remote was found to have every file.
    pub fn is_complete(&self) -> bool {
        self.absent.is_empty()
            && self.different.is_empty()
            && self.failed.is_empty()
            && self.left == 0
    }
}

/// How one file stands.
enum Comparison {
    Remote(RemoteState),
    /// The file on this disk has changed by itself.
    ChangedHere,
    /// It is no longer on this disk.
    Gone,
}

/// Compares these files with what the remote has under their names: by the digest that went along with each upload, or with
/// `read_back` by reading every byte. What the remote was given and has lost is brought again by the next sync.
///
/// # Errors
///
/// If this disk cannot be read.
pub async fn compare(
    lake: &Path,
    remote: &Remote,
    files: &[LocalFile],
    read_back: bool,
    options: &SyncOptions,
) -> Result<Compared> {
    if let Err(error) = remote.authenticate().await {
        return Ok(Compared {
            left: files.len(),
            stopped: Some(error),
            ..Compared::default()
        });
    }
    let (of_lake, url) = (lake.to_owned(), remote.url().to_owned());
    let known = blocking(move || Ok(state::remembered(&of_lake, &url))).await?;
    let known = &known;
    let mut looks = stream::iter(files)
        .map(|file| async move {
            let known = known.get(&file.path).filter(|entry| entry.is_of(file));
            let stands = stand(lake, remote, file, known, read_back, options).await;
            (file, stands)
        })
        .buffered(options.parallel.max(1));
    let (mut compared, mut looked, mut failures_in_a_row) = (Compared::default(), 0, 0);
    while compared.stopped.is_none()
        && let Some((file, stands)) = looks.next().await
    {
        looked += 1;
        let mut stands = stands?;
        if matches!(stands, Ok(Comparison::Remote(RemoteState::Absent)))
            && compared.absent.is_empty()
        {
            // No bucket, no object: only a listing tells one from the other.
            if let Err(error) = remote.list(file.partition(), options.attempts).await
                && error.kind() != StoreErrorKind::AccessDenied
            {
                stands = Err(error);
            }
        }
        failures_in_a_row = match &stands {
            Err(error) if error.is_passing() => failures_in_a_row + 1,
            _ => 0,
        };
        let path = file.path.clone();
        match stands {
            Ok(Comparison::Remote(RemoteState::Same)) => compared.same += 1,
            Ok(Comparison::Remote(RemoteState::Absent)) => compared.absent.push(path),
            Ok(Comparison::Remote(RemoteState::Different)) => compared.different.push(path),
            Ok(Comparison::ChangedHere) => compared.damaged.push((path, CHANGED_HERE.to_owned())),
            Ok(Comparison::Gone) => {}
            Err(error) => {
                if error.concerns_every_file() || failures_in_a_row >= FAILURES_IN_A_ROW {
                    compared.stopped = Some(error.clone());
                }
                compared.failed.push((path, error));
            }
        }
    }
    drop(looks);
    compared.left = files.len() - looked;
    mark(lake, remote, known, &mut compared).await;
    Ok(compared)
}

async fn stand(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    known: Option<&Entry>,
    read_back: bool,
    options: &SyncOptions,
) -> Result<std::result::Result<Comparison, StoreError>> {
    let path = file.on_disk(lake);
    let digest = match blocking(move || digest_file(&path)).await {
        Ok(digest) => digest,
        Err(Error::FileSystem { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Ok(Comparison::Gone));
        }
        Err(error) => return Err(error),
    };
    if known.is_some_and(|known| known.digest != digest) {
        return Ok(Ok(Comparison::ChangedHere));
    }
    let held = holds(
        remote,
        &file.path,
        file.size,
        &digest,
        read_back,
        options.attempts,
    );
    Ok(held.await.map(Comparison::Remote))
}

/// Tells the next sync what to upload again.
async fn mark(
    lake: &Path,
    remote: &Remote,
    known: &BTreeMap<String, Entry>,
    compared: &mut Compared,
) {
    let lost = compared.absent.iter().chain(&compared.different);
    let lost: Vec<_> = lost
        .filter(|path| known.contains_key(*path))
        .cloned()
        .collect();
    if lost.is_empty() {
        return;
    }
    let marked = async {
        let state = StateHandle::open(lake, remote.url()).await?;
        let mark = state.with(move |state| {
            state.doubt(lost.iter().map(String::as_str));
            state.trouble().map(str::to_owned)
        });
        mark.await
    };
    compared.unmarked = marked.await.unwrap_or_else(|error| Some(error.to_string()));
}
