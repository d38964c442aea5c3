//! Puts a new file in the place of others in a table's folder, in one step for readers.
//!
//! A second folder is made beside, in the staging folder: it has the new file and hard links of what stays. Then the file system exchanges
//! the two folders (`renameat2` with `RENAME_EXCHANGE`). A reader that lists the folder sees the old files or the new one, never both and
//! never neither. The exchange is the whole commit: a process that is killed before it has changed nothing, one that is killed
//! after it has left old files in its staging folder, and recovery removes that in both cases.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::lake_lock::LakeLock;
use crate::atomic_file::sync_folder;
use crate::{Error, Result};

/// What is in a folder: name, and inode, size and time of each.
type Content = BTreeMap<OsString, (u64, u64, i64, i64)>;

/// What became of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exchanged {
    Done,
    /// The folder is as it was, and why.
    Refused(String),
}

/// A folder that is ready to take the place of a table's folder.
#[derive(Debug)]
pub(super) struct Exchange {
    target: PathBuf,
    /// What takes the place of the table's folder, and after the exchange what had it.
    beside: PathBuf,
    content: Content,
}

impl Exchange {
    /// Makes the second folder, `beside`: everything in `target` but the names in `without`, and the staged file `new` under its name. The caller has
    /// the lake's lock until [`Exchange::carry_out`].
    ///
    /// # Errors
    ///
    /// Why not, as a value: `target` holds a folder, of which there are no hard links.
    pub(super) fn prepare(
        target: &Path,
        beside: PathBuf,
        new: (&Path, &str),
        without: &[&str],
        _lock: &LakeLock,
    ) -> Result<std::result::Result<Self, String>> {
        fs::create_dir(&beside).map_err(Error::on("create the folder", &beside))?;
        let content = content(target)?;
        for name in content.keys() {
            if without.iter().any(|gone| name == gone) {
                continue;
            }
            let from = target.join(name);
            if from.is_dir() {
                return Ok(Err(format!("it holds a folder, {}", name.display())));
            }
            fs::hard_link(&from, beside.join(name)).map_err(Error::on("link", &from))?;
        }
        let (file, name) = new;
        let place = beside.join(name);
        fs::rename(file, &place).map_err(Error::on("put in place", &place))?;
        let of_target = fs::metadata(target).map_err(Error::on("look at", target))?;
        fs::set_permissions(&beside, of_target.permissions())
            .map_err(Error::on("set the permissions of", &beside))?;
        // Only root may, and only root need: for others the owner is the same.
        drop(std::os::unix::fs::chown(
            &beside,
            Some(of_target.uid()),
            Some(of_target.gid()),
        ));
        sync_folder(&beside)?;
        Ok(Ok(Self {
            target: target.to_owned(),
            beside,
            content,
        }))
    }

    /// Exchanges the folders. What another program has put into the old one since it was looked at must not be lost: then it is back in its
    /// place at once.
    pub(super) fn carry_out(self, _lock: &LakeLock) -> Result<Exchanged> {
        self.exchange()?;
        if content(&self.beside)? != self.content {
            self.exchange()?;
            return Ok(Exchanged::Refused(
                "another program wrote into it at the same time".to_owned(),
            ));
        }
        for folder in [self.target.parent(), self.beside.parent()] {
            folder.map_or(Ok(()), sync_folder)?;
        }
        Ok(Exchanged::Done)
    }

    fn exchange(&self) -> Result<()> {
        let exchanged = renameat_with(CWD, &self.beside, CWD, &self.target, RenameFlags::EXCHANGE);
        let unknown = [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::XDEV];
        exchanged.map_err(|error| match unknown.contains(&error) {
            true => Error::NoExchange {
                path: self.target.clone(),
                cause: error.into(),
            },
            false => Error::on("exchange", &self.target)(error.into()),
        })
    }
}

fn content(folder: &Path) -> Result<Content> {
    let listed = fs::read_dir(folder).map_err(Error::on("list", folder))?;
    let mut content = Content::new();
    for entry in listed {
        let entry = entry.map_err(Error::on("list", folder))?;
        let metadata = entry
            .metadata()
            .map_err(Error::on("look at", &entry.path()))?;
        let is = (
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        );
        content.insert(entry.file_name(), is);
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::super::local::files;
    use super::super::recovery::{Recovered, recover};
    use super::super::staging::Staging;
    use super::*;

    const FOLDER: &str = "dt=2026-02-03/hr=15/fans";

    /// A table's folder with two old files and one that stays, a staging folder, and a new file in it.
    fn lake() -> (tempfile::TempDir, Staging, PathBuf) {
        let lake = tempfile::tempdir().unwrap();
        let folder = lake.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        for name in ["a.parquet", "b.parquet", "stays.parquet"] {
            fs::write(folder.join(name), name).unwrap();
        }
        let staging = Staging::begin_compaction(lake.path()).unwrap();
        let new = staging.path("new");
        fs::write(&new, "a and b").unwrap();
        (lake, staging, new)
    }

    fn prepare(lake: &Path, staging: &Staging, new: &Path, lock: &LakeLock) -> Exchange {
        let (folder, beside) = (lake.join(FOLDER), staging.folder().join("0"));
        let without = ["a.parquet", "b.parquet"];
        let prepared = Exchange::prepare(&folder, beside, (new, "ab.parquet"), &without, lock);
        prepared.unwrap().unwrap()
    }

    fn names(lake: &Path) -> Vec<String> {
        let files = files(lake).unwrap().into_iter();
        files
            .map(|file| file.path.rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    const OLD: [&str; 3] = ["a.parquet", "b.parquet", "stays.parquet"];
    const NEW: [&str; 2] = ["ab.parquet", "stays.parquet"];

    #[test]
    fn one_that_is_killed_before_the_exchange_has_changed_nothing_and_after_it_is_done() {
        for (is_exchanged, expected) in [(false, &OLD[..]), (true, &NEW)] {
            let (lake, staging, new) = lake();
            let lake = lake.path();
            let lock = LakeLock::acquire(lake).unwrap();
            let stays = lake.join(FOLDER).join("stays.parquet");
            let inode = fs::metadata(&stays).unwrap().ino();
            let exchange = prepare(lake, &staging, &new, &lock);
            assert_eq!(names(lake), OLD);
            if is_exchanged {
                assert_eq!(exchange.carry_out(&lock).unwrap(), Exchanged::Done);
            }
            staging.kill();
            drop(lock);
            assert_eq!(names(lake), expected);
            // A process that another test starts holds the lease of this one too, until it runs its own program.
            let recovered = (0..500).map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(10));
                recover(lake).unwrap()
            });
            let mut recovered = recovered.filter(|recovered| *recovered != Recovered::default());
            assert_eq!(recovered.next().unwrap().removed, 1);
            assert_eq!(names(lake), expected);
            assert_eq!(fs::metadata(&stays).unwrap().ino(), inode);
            assert_eq!(fs::read(&stays).unwrap(), b"stays.parquet");
            let writing = lake.join(".lanewatch/writing");
            assert_eq!(fs::read_dir(writing).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_another_program_writes_at_the_last_moment_is_not_lost() {
        for (name, text) in [("c.parquet", "new"), ("a.parquet", "written again")] {
            let (lake, staging, new) = lake();
            let lake = lake.path();
            let lock = LakeLock::acquire(lake).unwrap();
            let exchange = prepare(lake, &staging, &new, &lock);
            let path = lake.join(FOLDER).join(name);
            fs::write(&path, text).unwrap();
            let exchanged = exchange.carry_out(&lock).unwrap();
            assert!(matches!(exchanged, Exchanged::Refused(_)), "{exchanged:?}");
            drop(staging);
            assert_eq!(fs::read_to_string(path).unwrap(), text);
            assert!(names(lake).starts_with(&["a.parquet".to_owned(), "b.parquet".to_owned()]));
            assert!(!names(lake).contains(&"ab.parquet".to_owned()));
        }
    }

    #[test]
    fn a_folder_that_lists_while_it_is_exchanged_is_listed_whole() {
        let (lake, staging, new) = lake();
        let lake = lake.path();
        let lock = LakeLock::acquire(lake).unwrap();
        let exchange = prepare(lake, &staging, &new, &lock);
        let listing = fs::read_dir(lake.join(FOLDER)).unwrap();
        exchange.carry_out(&lock).unwrap();
        let mut listed: Vec<_> = listing
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        listed.sort();
        assert_eq!(listed, OLD);
    }
}
