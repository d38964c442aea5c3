//! Does the remote still have what was brought to it?
//!
//! A sync trusts its state, so that it need not look at every object each time. Who asks for a comparison looks: what is gone
//! or has changed there since is in doubt from then on, and the next sync brings it again.

use std::path::Path;

use futures_util::stream::{self, StreamExt as _};

use super::object::{Held, digest_file, holds};
use super::refusal::{Failure, Kind};
use super::remote::Remote;
use super::state::{self, Entry, State};
use super::upload::CHANGED_HERE;
use super::{FAILURES_IN_A_ROW, Options, blocking};
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
    pub failed: Vec<(String, String)>,
    /// Files that were not tried.
    pub left: usize,
    /// Why those were not tried.
    pub stopped: Option<String>,
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
enum Stands {
    Held(Held),
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
    options: &Options,
) -> Result<Compared> {
    if let Err(failure) = remote.get_in().await {
        return Ok(Compared {
            left: files.len(),
            stopped: Some(failure.text),
            ..Compared::default()
        });
    }
    let known = state::remembered(lake, remote.url());
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
        if matches!(stands, Ok(Stands::Held(Held::Absent))) && compared.absent.is_empty() {
            // No bucket, no object: only a listing tells one from the other.
            if let Err(failure) = remote.list(file.partition(), options.attempts).await
                && !failure.is_denied_listing()
            {
                stands = Err(failure);
            }
        }
        failures_in_a_row = match &stands {
            Err(failure) if failure.kind == Kind::Passing => failures_in_a_row + 1,
            _ => 0,
        };
        let path = file.path.clone();
        match stands {
            Ok(Stands::Held(Held::Same)) => compared.same += 1,
            Ok(Stands::Held(Held::Absent)) => compared.absent.push(path),
            Ok(Stands::Held(Held::Different)) => compared.different.push(path),
            Ok(Stands::ChangedHere) => compared.damaged.push((path, CHANGED_HERE.to_owned())),
            Ok(Stands::Gone) => {}
            Err(failure) => {
                if failure.kind == Kind::Everything || failures_in_a_row >= FAILURES_IN_A_ROW {
                    compared.stopped = Some(failure.text.clone());
                }
                compared.failed.push((path, failure.text));
            }
        }
    }
    drop(looks);
    compared.left = files.len() - looked;
    mark(lake, remote, known, &mut compared);
    Ok(compared)
}

async fn stand(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    known: Option<&Entry>,
    read_back: bool,
    options: &Options,
) -> Result<std::result::Result<Stands, Failure>> {
    let path = file.on_disk(lake);
    let digest = match blocking(move || digest_file(&path)).await {
        Ok(digest) => digest,
        Err(Error::FileSystem { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Ok(Stands::Gone));
        }
        Err(error) => return Err(error),
    };
    if known.is_some_and(|known| known.digest != digest) {
        return Ok(Ok(Stands::ChangedHere));
    }
    let held = holds(
        remote,
        &file.path,
        file.size,
        &digest,
        read_back,
        options.attempts,
    );
    Ok(held.await.map(Stands::Held))
}

/// Tells the next sync what to bring again.
fn mark(
    lake: &Path,
    remote: &Remote,
    known: &std::collections::BTreeMap<String, Entry>,
    compared: &mut Compared,
) {
    let lost = compared.absent.iter().chain(&compared.different);
    let lost: Vec<_> = lost
        .map(String::as_str)
        .filter(|path| known.contains_key(*path))
        .collect();
    if lost.is_empty() {
        return;
    }
    match State::open(lake, remote.url()) {
        Ok(mut state) => {
            state.doubt(lost);
            compared.unmarked = state.trouble().map(str::to_owned);
        }
        Err(error) => compared.unmarked = Some(error.to_string()),
    }
}
