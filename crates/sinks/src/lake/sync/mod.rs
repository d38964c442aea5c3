//! The lake on this disk → the lake that everybody reads.
//!
//! ```text
//!   local files − state (what the remote has, as far as we remember)
//!       │  oldest partition first
//!       ▼
//!   look ──absent──► upload (put if absent, or in parts; memory says how many at once) ──► state, a line a file
//!     ├──same──────────────────────────────────────────────►
//!     └──different──► replaced if it was ours before and on request, else told as a conflict
//!
//!   compare: local files beside the remote's; what is gone or changed there is in doubt from then on, and is brought again
//! ```
//!
//! The lake on this disk is the spool: nothing here makes a run wait, and nothing is removed from it but what
//! [`prune()`] has found to be in the remote lake. The state is a cache: without it the remote is listed, as
//! far down as both have the same folders, and what is there is compared by content. Requests go through object_store; this module is the only one of the
//! crate that opens a socket.
//!
//! **What is verified.** S3 gets each body with its SHA-256, in the signature and as `x-amz-checksum-sha256`, and refuses one
//! that came otherwise; the digest of the whole file goes along as metadata (`x-amz-meta-sha256`) and is what later looks
//! compare with. Other stores are read back and compared byte for byte, through their digest, after each upload.

mod access;
mod compare;
mod keys;
mod look;
mod memory;
mod object;
mod parts;
mod patience;
mod profile;
mod prune;
mod refusal;
mod remote;
mod state;
mod upload;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use futures_util::StreamExt as _;

use super::local::{self, LocalFile};
use super::recovery;
use crate::{Error, Result};

pub use access::Access;
pub use compare::{Compared, compare};
pub use prune::{Pruned, prune};
pub use remote::Remote;
pub use state::{Backlog, backlogs};

use memory::Memory;
use refusal::{Failure, Kind};
use state::State;
use upload::Upload;

/// Files that may fail in a row because the remote does not answer, before the rest is left for the next time.
const FAILURES_IN_A_ROW: usize = 3;

/// How a sync goes about it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files on their way at once, as far as the memory for them goes.
    pub parallel: usize,
    /// How often a request is tried that failed for what may pass.
    pub attempts: u32,
    /// Replaces what is different at the remote, whoever put it there.
    pub replace: bool,
    /// When to leave the rest for the next time.
    pub until: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallel: 16,
            attempts: 4,
            replace: false,
            until: None,
        }
    }
}

/// A step forward, for those who watch.
#[derive(Debug, Clone, Copy)]
pub enum Step {
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
pub struct Outcome {
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
    pub failed: Vec<(String, String)>,
    /// Files that were not tried.
    pub left: usize,
    /// Why those were not tried.
    pub stopped: Option<String>,
    /// Why what was done could not be written down: the next sync has to look for itself.
    pub state_error: Option<String>,
}

impl Outcome {
    /// Whether the remote has everything that this disk has.
    pub fn is_complete(&self) -> bool {
        self.conflicts.is_empty()
            && self.damaged.is_empty()
            && self.failed.is_empty()
            && self.left == 0
    }
}

/// Brings the remote lake what it does not have, the oldest first.
///
/// # Errors
///
/// If this disk cannot be read or the state not be written, or if another sync of this lake is at work. What the remote does is
/// in the [`Outcome`].
pub async fn sync(
    lake: &Path,
    remote: &Remote,
    options: &Options,
    watch: &(dyn Fn(Step) + Sync),
) -> Result<Outcome> {
    let of_lake = lake.to_owned();
    blocking(move || recovery::recover(&of_lake)).await?;
    let (mut state, mut outcome) = (State::open(lake, remote.url())?, Outcome::default());
    let mut tried = BTreeSet::new();
    // Runs go on while we upload: what they have finished meanwhile goes along.
    while outcome.stopped.is_none() {
        let files = local::files(lake)?;
        state.forget_all_but(&files);
        let missing: Vec<_> = files
            .into_iter()
            .filter(|file| !state.has(file) && tried.insert(file.clone()))
            .collect();
        if missing.is_empty() {
            break;
        }
        watch(Step::Found {
            files: missing.len(),
            bytes: missing.iter().map(|file| file.size).sum(),
        });
        bring(
            lake,
            remote,
            options,
            missing,
            &mut state,
            &mut outcome,
            watch,
        )
        .await;
    }
    outcome.state_error = state.trouble().map(str::to_owned);
    Ok(outcome)
}

/// Settles these files, as far as the remote goes along.
async fn bring(
    lake: &Path,
    remote: &Remote,
    options: &Options,
    missing: Vec<LocalFile>,
    state: &mut State,
    outcome: &mut Outcome,
    watch: &(dyn Fn(Step) + Sync),
) {
    let all = missing.len();
    if let Err(failure) = remote.get_in().await {
        outcome.left += all;
        outcome.stopped = Some(failure.text);
        return;
    }
    let known = state.entries().clone();
    let lists = !state.is_trusted();
    let (known, memory) = (&known, &Memory::default());
    let looked = look::at(remote, missing, lists, options.attempts).await;
    let settled = looked
        .map(|(file, there)| async move {
            let done = match there {
                Ok(there) => {
                    let _room = memory.room_for(upload::bytes_in_memory(file.size)).await;
                    let known = known.get(&file.path);
                    upload::settle(lake, remote, &file, there, known, options).await
                }
                Err(failure) => Err(failure),
            };
            (file, done)
        })
        .buffer_unordered(options.parallel.max(1));
    let mut settled = std::pin::pin!(settled);
    let (mut ended, mut failures_in_a_row) = (0, 0);
    while outcome.stopped.is_none() {
        let next = match options.until {
            Some(until) => match tokio::time::timeout_at(until.into(), settled.next()).await {
                Ok(next) => next,
                Err(_) => {
                    outcome.stopped = Some("the time for it was over".to_owned());
                    break;
                }
            },
            None => settled.next().await,
        };
        let Some((file, done)) = next else { break };
        ended += 1;
        watch(Step::Settled { bytes: file.size });
        failures_in_a_row = match &done {
            Err(failure) if failure.kind == Kind::Passing => failures_in_a_row + 1,
            _ => 0,
        };
        let stops = matches!(&done, Err(failure) if failure.kind == Kind::Everything);
        if let Some(text) = note(file, done, state, outcome)
            && (stops || failures_in_a_row >= FAILURES_IN_A_ROW)
        {
            outcome.stopped = Some(text);
        }
    }
    outcome.left += all - ended;
}

/// Writes down how a file went; gives the failure's text if it failed.
fn note(
    file: LocalFile,
    done: std::result::Result<Upload, Failure>,
    state: &mut State,
    outcome: &mut Outcome,
) -> Option<String> {
    match done {
        Ok(Upload::Conflict) => outcome.conflicts.push(file.path),
        // Replaced by a rerun, or cleared away, while we looked: the next look finds what there is now.
        Ok(Upload::Gone) => {}
        Ok(Upload::Damaged(why)) => outcome.damaged.push((file.path, why)),
        Ok(Upload::Uploaded(digest)) => {
            outcome.uploaded += 1;
            outcome.bytes += file.size;
            state.add(&file, &digest);
        }
        Ok(Upload::Replaced(digest)) => {
            outcome.uploaded += 1;
            outcome.bytes += file.size;
            state.add(&file, &digest);
            outcome.replaced.push(file.path);
        }
        Ok(Upload::Already(digest)) => {
            outcome.already += 1;
            state.add(&file, &digest);
        }
        Err(failure) => {
            outcome.failed.push((file.path, failure.text.clone()));
            return Some(failure.text);
        }
    }
    None
}

/// Work on files, off the thread that moves the bytes.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Refused(format!(
            "a defect of Lanewatch ended the work on a file: {error}"
        ))),
    }
}
