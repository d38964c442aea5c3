//! Uploads every file that the remote lake does not have: lists them, uploads several at once, writes down what is settled.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::StreamExt as _;

use super::super::local::{self, LocalFile};
use super::super::recovery;
use super::abilities::Lack;
use super::blocking::blocking;
use super::deadline::until;
use super::memory_budget::MemoryBudget;
use super::options::{FAILURES_IN_A_ROW, SyncOptions};
use super::remote::Remote;
use super::remote_listing;
use super::state_handle::StateHandle;
use super::store_error::StoreError;
use super::upload::{self, Upload};
use crate::Result;

/// A step forward, for those who watch.
#[derive(Debug, Clone, Copy)]
pub enum SyncStep {
    /// There is so much to do.
    Found {
        /// Files that the remote may not have.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// A file is settled, or given up.
    Settled {
        /// Its bytes.
        bytes: u64,
    },
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncOutcome {
    /// Files that went up.
    pub uploaded: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, found by looking.
    pub already: usize,
    /// Files that took the place of other content.
    pub replaced: Vec<String>,
    /// Files that are there with other content, which was left alone.
    pub conflicts: Vec<String>,
    /// Files that are not whole on this disk and were left out, and what is wrong with them.
    pub damaged: Vec<(String, String)>,
    /// Files that could not be settled, and why.
    pub failed: Vec<(String, StoreError)>,
    /// Files that were not tried.
    pub left: usize,
    /// Why those were not tried.
    pub stopped: Option<StoreError>,
    /// Why this disk could not be listed again for what runs have written meanwhile.
    pub not_listed: Option<String>,
    /// What the store was found not to know; the next best was done.
    pub lacks: Vec<Lack>,
    /// Why what was done could not be written down: the next sync has to look for itself.
    pub state_error: Option<String>,
}

impl SyncOutcome {
    /// Whether the remote has everything that this disk has.
    pub fn is_complete(&self) -> bool {
        self.conflicts.is_empty()
            && self.damaged.is_empty()
            && self.failed.is_empty()
            && self.left == 0
            && self.stopped.is_none()
            && self.not_listed.is_none()
    }
}

/// Uploads to the remote lake what it does not have, the oldest first.
///
/// # Errors
///
/// If this disk cannot be read at all, or if another sync of this lake is at work. What the remote does, and what fails on this disk
/// after the first upload, is in the [`SyncOutcome`].
pub async fn sync(
    lake: &Path,
    remote: &Remote,
    options: &SyncOptions,
    watch: &(dyn Fn(SyncStep) + Sync),
) -> Result<SyncOutcome> {
    tracing::info!(remote = remote.url(), "sync begins");
    let mut outcome = SyncOutcome::default();
    match until(options.until, begin(lake, remote)).await {
        Ok(begun) => {
            let (state, files) = begun?;
            let all = Uploads {
                lake,
                remote,
                options,
                watch,
                state: &state,
            };
            all.run(files, &mut outcome).await?;
        }
        Err(late) => outcome.stopped = Some(late),
    }
    outcome.lacks = remote.abilities().lacking();
    tracing::info!(
        remote = remote.url(),
        uploaded = outcome.uploaded,
        bytes = outcome.bytes,
        already = outcome.already,
        failed = outcome.failed.len(),
        left = outcome.left,
        "sync ends"
    );
    Ok(outcome)
}

/// Finishes what a killed run has left, takes the state's lock and lists this disk.
async fn begin(lake: &Path, remote: &Remote) -> Result<(StateHandle, Vec<LocalFile>)> {
    let of_lake = lake.to_owned();
    blocking(move || recovery::recover(&of_lake)).await?;
    let state = StateHandle::open(lake, remote.url()).await?;
    Ok((state, list_files(lake).await?))
}

async fn list_files(lake: &Path) -> Result<Vec<LocalFile>> {
    let lake = lake.to_owned();
    blocking(move || local::files(&lake)).await
}

/// The uploads of one sync.
struct Uploads<'s> {
    lake: &'s Path,
    remote: &'s Remote,
    options: &'s SyncOptions,
    watch: &'s (dyn Fn(SyncStep) + Sync),
    state: &'s StateHandle,
}

impl Uploads<'_> {
    async fn run(&self, mut files: Vec<LocalFile>, outcome: &mut SyncOutcome) -> Result<()> {
        let mut tried = BTreeSet::new();
        loop {
            let missing = self.missing(files, &mut tried).await?;
            if missing.is_empty() {
                break;
            }
            (self.watch)(SyncStep::Found {
                files: missing.len(),
                bytes: missing.iter().map(|file| file.size).sum(),
            });
            self.upload(missing, outcome).await?;
            if outcome.stopped.is_some() {
                break;
            }
            // Runs go on meanwhile: what they have finished goes along.
            files = match list_files(self.lake).await {
                Ok(files) => files,
                Err(error) => {
                    outcome.not_listed = Some(error.to_string());
                    break;
                }
            };
        }
        let trouble = self.state.with(|state| state.trouble().map(str::to_owned));
        outcome.state_error = trouble.await?;
        Ok(())
    }

    /// The files that the state does not know at the remote, and that were not tried before.
    async fn missing(
        &self,
        files: Vec<LocalFile>,
        tried: &mut BTreeSet<LocalFile>,
    ) -> Result<Vec<LocalFile>> {
        let unknown = self.state.with(move |state| {
            state.forget_all_but(&files);
            let unknown = files.into_iter().filter(|file| !state.has(file));
            unknown.collect::<Vec<_>>()
        });
        let unknown = unknown.await?.into_iter();
        Ok(unknown.filter(|file| tried.insert(file.clone())).collect())
    }

    /// Settles these files, as far as the remote goes along and time is left.
    async fn upload(&self, missing: Vec<LocalFile>, outcome: &mut SyncOutcome) -> Result<()> {
        let (remote, options, end) = (self.remote, self.options, self.options.until);
        let all = missing.len();
        let authenticated = until(end, remote.authenticate()).await;
        if let Err(error) | Ok(Err(error)) = authenticated {
            outcome.left += all;
            stop(outcome, error);
            return Ok(());
        }
        let known = self
            .state
            .with(|state| (state.entries().clone(), !state.is_trusted()));
        let (known, lists) = known.await?;
        let listing = remote_listing::list(remote, missing, lists, options.attempts);
        let listed = match until(end, listing).await {
            Ok(listed) => listed,
            Err(late) => {
                outcome.left += all;
                stop(outcome, late);
                return Ok(());
            }
        };
        let (known, memory) = (&known, &MemoryBudget::default());
        let settled = listed
            .map(|(file, there)| async move {
                let done = match there {
                    Ok(there) => {
                        let _room = memory.room_for(upload::bytes_in_memory(file.size)).await;
                        let known = known.get(&file.path);
                        upload::settle(self.lake, remote, &file, there, known, options).await
                    }
                    Err(error) => Err(error),
                };
                (file, done)
            })
            .buffer_unordered(options.parallel.max(1));
        let mut settled = std::pin::pin!(settled);
        let (mut ended, mut failures_in_a_row) = (0, 0);
        while outcome.stopped.is_none() {
            let (file, done) = match until(end, settled.next()).await {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(late) => {
                    stop(outcome, late);
                    break;
                }
            };
            ended += 1;
            (self.watch)(SyncStep::Settled { bytes: file.size });
            failures_in_a_row = match &done {
                Err(error) if error.is_passing() => failures_in_a_row + 1,
                _ => 0,
            };
            let gives_up = failures_in_a_row >= FAILURES_IN_A_ROW;
            if let Err(error) = &done
                && (gives_up || error.concerns_every_file())
            {
                stop(outcome, error.clone());
            }
            self.note(file, done, outcome).await?;
        }
        outcome.left += all - ended;
        Ok(())
    }

    /// Writes down how a file went.
    async fn note(
        &self,
        file: LocalFile,
        done: std::result::Result<Upload, StoreError>,
        outcome: &mut SyncOutcome,
    ) -> Result<()> {
        let digest = match done {
            Ok(Upload::Conflict) => {
                tracing::warn!(path = file.path, "other content is there");
                outcome.conflicts.push(file.path);
                return Ok(());
            }
            // Replaced by a rerun, or cleared away, meanwhile: the next listing finds what there is now.
            Ok(Upload::Gone) => return Ok(()),
            Ok(Upload::Damaged(why)) => {
                tracing::warn!(path = file.path, why, "file left out");
                outcome.damaged.push((file.path, why));
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(path = file.path, error = %error, "upload failed");
                outcome.failed.push((file.path, error));
                return Ok(());
            }
            Ok(Upload::Uploaded(digest)) => {
                tracing::debug!(path = file.path, bytes = file.size, "uploaded");
                outcome.uploaded += 1;
                outcome.bytes += file.size;
                digest
            }
            Ok(Upload::Replaced(digest)) => {
                tracing::debug!(path = file.path, bytes = file.size, "replaced");
                outcome.uploaded += 1;
                outcome.bytes += file.size;
                outcome.replaced.push(file.path.clone());
                digest
            }
            Ok(Upload::Already(digest)) => {
                tracing::debug!(path = file.path, "there already");
                outcome.already += 1;
                digest
            }
        };
        let add = self.state.with(move |state| state.add(&file, &digest));
        add.await
    }
}

fn stop(outcome: &mut SyncOutcome, error: StoreError) {
    tracing::warn!(error = %error, "sync stops");
    outcome.stopped = Some(error);
}

#[cfg(test)]
mod tests;
