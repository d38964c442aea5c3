//! What can go wrong on the way to the disk, by what the caller can do about it.
//!
//! Each message is whole: the cause is in it, and not a second time in a chain of sources.

use std::path::{Path, PathBuf};

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
