//! Atomic file writes: a file is complete or absent.
//!
//! It grows under a name that no reader looks for (`.NAME.PID.N.tmp`, in the same folder, so that the rename cannot cross a
//! file system) and takes its own name in one step when it is whole. Dropped before that, it is removed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// How much a finished file must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The process may die: the rename is enough. For what can be made again from the raw replies.
    Renamed,
    /// The machine may die: file and folder are synced before the call returns. For the lake and the report.
    Synced,
}

/// A file being written beside its final place.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    file: File,
    staging: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl AtomicFile {
    /// Starts a file that will be `target`. The folder must be there.
    pub(crate) fn create(target: &Path) -> Result<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let staging = target.with_file_name(format!(".{name}.{}.{serial}.tmp", std::process::id()));
        let file = File::create(&staging).map_err(Error::on("create", &staging))?;
        Ok(Self {
            file,
            staging,
            target: target.to_owned(),
            finished: false,
        })
    }

    /// Makes the bytes so far survive a power cut. A full disk says so here at the latest, before the file has its name.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file
            .sync_all()
            .map_err(Error::on("write", &self.target))
    }

    /// Gives the file its name, in place of whatever had it. Returns its size in bytes.
    pub(crate) fn finish(mut self, durability: Durability) -> Result<u64> {
        let size = self
            .file
            .metadata()
            .map_err(Error::on("read the size of", &self.staging))?
            .len();
        if durability == Durability::Synced {
            self.sync()?;
        }
        fs::rename(&self.staging, &self.target).map_err(Error::on("put in place", &self.target))?;
        self.finished = true;
        if durability == Durability::Synced
            && let Some(folder) = self.target.parent()
        {
            sync_folder(folder)?;
        }
        Ok(size)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody can be told any more, and the name says that it is a leftover.
            drop(fs::remove_file(&self.staging));
        }
    }
}

/// Writes a whole file in one step. Returns its size in bytes.
pub(crate) fn write(target: &Path, bytes: &[u8], durability: Durability) -> Result<u64> {
    let mut file = AtomicFile::create(target)?;
    file.write_all(bytes).map_err(Error::on("write", target))?;
    file.finish(durability)
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(Error::on("sync the folder", folder))
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::on("create the folder", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_no_name_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.json");
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"{}").unwrap();
        assert!(!target.exists());
        assert_eq!(file.finish(Durability::Synced).unwrap(), 2);
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_file_given_up_leaves_nothing_and_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.json");
        write(&target, b"old", Durability::Renamed).unwrap();
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), ["a.json"]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn an_error_names_the_path() {
        let error = write(Path::new("/dev/null/a.json"), b"", Durability::Renamed).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot create /dev/null/.a.json."),
            "{error}"
        );
    }
}
