//! The lock on a run's folder: a file in it that is open for writing, for an NFS client passes on no locks of folders.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const LOCK_FILE: &str = ".lock";

/// The lock, released when the value is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
    path: PathBuf,
}

impl FolderLock {
    /// None if another process has it, the folder is gone, or the file system knows no locks.
    pub(super) fn try_of(folder: &Path) -> Option<Self> {
        let lock = Self::open(folder).ok()?;
        lock.file.try_lock().ok().map(|()| lock)
    }

    /// Whether another process has it. Makes no lock file where there is none.
    pub(super) fn is_held_by_another(folder: &Path) -> bool {
        let file = File::options().write(true).open(folder.join(LOCK_FILE));
        file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// The lock on a folder that this process has just made. Who looks whether its run is alive has it for a moment, or for as long as
    /// it takes to remove what it took for dead: this waits for a second at most.
    pub(super) fn of_new_folder(folder: &Path) -> Option<Self> {
        let lock = Self::open(folder).ok()?;
        for _ in 0..500 {
            match lock.file.try_lock() {
                Ok(()) => return Some(lock),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(LOCK_FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        Ok(Self { file, path })
    }

    /// Whether the file that is locked has its name still.
    pub(super) fn is_in_place(&self) -> bool {
        let (Ok(there), Ok(opened)) = (fs::metadata(&self.path), self.file.metadata()) else {
            return false;
        };
        opened.ino() == there.ino() && opened.dev() == there.dev()
    }

    /// Removes the file; the lock on it is held until the value is dropped.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}
