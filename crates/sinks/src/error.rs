//! What can go wrong on the way to the disk or to a remote lake, by what the caller can do about it.
//!
//! Each message is whole: the cause is in it, and not a second time in a chain of sources.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a file was not written or read. Whatever it was, no half-written file stands under a final name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused: a missing permission, a full disk, a file where a folder should be.
    #[error("cannot {action} {}: {cause}", path.display())]
    FileSystem {
        /// What was tried, as the middle of a sentence: `create the folder`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's words.
        cause: std::io::Error,
    },
    /// Another run of this runner has this folder: it began in the same second.
    #[error("{} is there already: another run of this runner began in the same second", path.display())]
    RunExists {
        /// The folder of that run.
        path: PathBuf,
    },
    /// The Parquet writer refused the rows: a defect of ours, not of the disk.
    #[error("cannot write the {dataset} rows to {}: {cause}", path.display())]
    Table {
        /// The dataset, as in the lake: `lane-dom`.
        dataset: String,
        /// The file they were meant for.
        path: PathBuf,
        /// The writer's words.
        cause: parquet::errors::ParquetError,
    },
    /// The disk is so full that writing on would end in half a run.
    #[error(
        "only {} MB are free for {}, less than the limit of {} MB: free some space, or set a lower limit",
        free / 1_000_000, path.display(), limit.div_ceil(1_000_000)
    )]
    LowDisk {
        /// What was to be written to.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that should be.
        limit: u64,
    },
    /// Another process has held the lake's lock for so long that it must hang.
    #[error(
        "another lanewatch process has kept {} locked for {} s and seems to hang: find it with `lslocks`, end it, and try again",
        path.display(), waited.as_secs()
    )]
    LakeBusy {
        /// The file that is locked.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A run's files are whole, synced and decided on, and could not all be given their names. Nothing is lost: whoever next
    /// begins a run in this lake, or syncs it, gives them their names.
    #[error(
        "the rows of this run are safe, and not all of their files have their names yet: {0}; the next run into this lake or `lanewatch lake sync` \
         gives them their names"
    )]
    CommitPending(Box<Self>),
    /// The run is in a file with the rows of many runs, and another process changed that in the same moment.
    #[error(
        "another process changed {} while this run was written again: nothing was committed, and the lake has the rows that it had; try again",
        path.display()
    )]
    ChangedMeanwhile {
        /// What was changed.
        path: PathBuf,
    },
    /// The file system knows no exchange of two folders in one step.
    #[error(
        "the file system of {} cannot exchange two folders in one step ({cause}), and without that readers would miss rows: nothing was \
         compacted. Over NFS, compact on the machine whose disk it is",
        path.display()
    )]
    NoExchange {
        /// The folder that was to be exchanged.
        path: PathBuf,
        /// The operating system's words.
        cause: std::io::Error,
    },
    /// The address of a remote lake cannot be used: nothing was contacted.
    #[error("{0}")]
    RemoteAddress(String),
    /// The AWS configuration (environment, `~/.aws`) cannot be used: nothing was contacted.
    #[error("{0}")]
    AwsConfiguration(String),
    /// Credentials of a remote lake could not be had.
    #[error("{0}")]
    Credentials(String),
    /// A defect of ours ended the work.
    #[error("{0}")]
    Defect(String),
    /// The address of a Pushgateway cannot be used: nothing was contacted.
    #[error("{0}")]
    PushAddress(String),
    /// A Pushgateway refuses the series: another attempt would fail as well.
    #[error("{0}")]
    PushRefused(String),
    /// A Pushgateway was not reached, or did not take the series in time.
    #[error("{0}")]
    PushUnreached(String),
    /// The address or a credential of a remote-write receiver cannot be used: nothing was contacted.
    #[error("{0}")]
    RemoteWriteAddress(String),
    /// Another process has the spool.
    #[error("another lanewatch process is at work on the spool {}: wait for its end, or give each its own folder", .0.display())]
    SpoolBusy(PathBuf),
    /// A request is larger than the whole spool may be.
    #[error("the spool {} may have {limit} bytes, and one request needs {bytes}: set a higher limit", folder.display())]
    SpoolSmall {
        /// The spool.
        folder: PathBuf,
        /// What the request needs.
        bytes: u64,
        /// What the spool may have.
        limit: u64,
    },
    /// A request of the spool changed on the disk since it was written.
    #[error(
        "{} is damaged at byte {offset}: something else wrote to it, or the disk fails; the next process that opens the spool goes on behind it",
        path.display()
    )]
    SpoolDamaged {
        /// The segment.
        path: PathBuf,
        /// Where the request begins.
        offset: u64,
    },
    /// Another process is syncing this lake to the same place.
    #[error("another sync of {} to the same place is at work", lake.display())]
    SyncAtWork {
        /// The lake on this disk.
        lake: PathBuf,
    },
}

impl Error {
    /// A closure for `map_err` that says what was tried on which path.
    pub(crate) fn on(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::FileSystem {
            action,
            path: path.to_owned(),
            cause,
        }
    }
}
