//! The lock of a lake: one process at a time makes and clears staging folders, renames files to their places and removes old ones.
//!
//! It is a regular file that is opened for writing, because an NFS client passes on the locks of those and keeps the locks of
//! folders to itself. The operating system releases it with the process.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::layout::{OWN_FOLDER, STAGING_FOLDER};
use crate::atomic_file::create_folder;
use crate::{Error, Result};

const LOCK_FILE: &str = "lock";

/// How long the lock is waited for. Each holder has it for the time of some renames, so that only a process that hangs has it
/// for so long.
const WAIT_AT_MOST: Duration = Duration::from_secs(30);
const RETRY_AFTER: Duration = Duration::from_millis(5);

/// The lock, released when the value is dropped.
#[derive(Debug)]
pub(super) struct LakeLock {
    _file: File,
}

impl LakeLock {
    /// Waits for the lock. Blocks its thread, for half a minute at most: async code calls it through `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`Error::LakeBusy`] if another process has it for all of that time; any other if the lake cannot be written to.
    pub(super) fn acquire(lake: &Path) -> Result<Self> {
        Self::acquire_within(lake, WAIT_AT_MOST)
    }

    /// Tries and sleeps in turn: a call that waits for a lock by itself has no deadline.
    fn acquire_within(lake: &Path, limit: Duration) -> Result<Self> {
        let own_folder = lake.join(OWN_FOLDER);
        create_folder(&own_folder.join(STAGING_FOLDER))?;
        let path = own_folder.join(LOCK_FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::on("open", &path))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // A file system without locks: only processes that keep to one at a time are safe there.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(cause)) => return Err(Error::on("lock", &path)(cause)),
                Err(TryLockError::WouldBlock) if began.elapsed() < limit => {
                    thread::sleep(RETRY_AFTER);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::LakeBusy {
                        path,
                        waited: limit,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_not_released_is_an_error_that_says_what_to_do() {
        let lake = tempfile::tempdir().unwrap();
        let held = LakeLock::acquire(lake.path()).unwrap();
        let began = Instant::now();
        let limit = Duration::from_millis(60);
        let error = LakeLock::acquire_within(lake.path(), limit).unwrap_err();
        assert!(began.elapsed() >= limit);
        let text = error.to_string();
        let path = lake.path().join(".lanewatch/lock");
        for part in [path.to_str().unwrap(), "another lanewatch", "lslocks"] {
            assert!(text.contains(part), "{text}");
        }

        // Who waits has it as soon as it is released.
        let waiting = lake.path().to_owned();
        let waiting =
            thread::spawn(move || LakeLock::acquire_within(&waiting, Duration::from_secs(20)));
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
