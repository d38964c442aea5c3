//! State of a sync: which files the remote has been given. One text file a lake and remote, a line a file.
//!
//! ```text
//! lanewatch-sync 1 s3://bucket/prefix
//! {sha256} {size} {modified_ns} {path}
//! ?{sha256} {size} {modified_ns} {path}      brought once, and found to be gone or changed since
//! ```
//!
//! A line is added when a file is settled. A process that is killed loses the last line at most, and that file is found at the
//! remote the next time. The whole file can be lost without harm. It is written anew, in one step, when a sync begins.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::super::layout::OWN_FOLDER;
use super::super::local::{self, LocalFile};
use super::object::hexadecimal;
use crate::atomic_file::{self, Durability, create_folder};
use crate::{Error, Result};

const FOLDER: &str = "sync";
const HEAD: &str = "lanewatch-sync 1 ";
const DOUBT: &str = "?";

/// A file that was brought to the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Of what was brought.
    pub(super) digest: String,
    size: u64,
    modified_ns: i128,
    /// A look at the remote did not find it again: the next sync looks at every byte.
    pub(super) in_doubt: bool,
}

impl Entry {
    /// Whether it was this very file that was brought, and not one that a rerun has put in its place since.
    pub(super) fn is_of(&self, file: &LocalFile) -> bool {
        self.size == file.size && self.modified_ns == file.modified_ns
    }

    fn settles(&self, file: &LocalFile) -> bool {
        self.is_of(file) && !self.in_doubt
    }
}

/// The state of one lake and one remote, held by one process at a time.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    url: String,
    entries: BTreeMap<String, Entry>,
    /// Whether an earlier sync has left it: then what is not in it is most likely not there.
    trusted: bool,
    log: Option<File>,
    /// Why the state could not be written. A full disk must not keep the lake from leaving it.
    trouble: Option<String>,
    _lock: Option<File>,
}

/// What a remote is behind, as far as is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The remote.
    pub url: String,
    /// Files that it has not been given.
    pub files: Vec<LocalFile>,
}

impl State {
    /// Reads the state, or begins one.
    pub(super) fn open(lake: &Path, url: &str) -> Result<Self> {
        let (lock, trouble) = match lock_file(lake, url) {
            Ok(lock) => (Some(lock), None),
            // A disk without room for a name: one does without, for the lake must be able to leave it.
            Err(Error::FileSystem {
                action,
                path,
                cause,
            }) if cause.kind() == io::ErrorKind::StorageFull => {
                (None, Some(Error::on(action, &path)(cause).to_string()))
            }
            Err(error) => return Err(error),
        };
        if lock.as_ref().is_some_and(|lock| !is_locked(lock)) {
            return Err(Error::SyncAtWork {
                lake: lake.to_owned(),
            });
        }
        let path = path_of(lake, url, "state");
        let read = read(&path).filter(|(of, _)| of == url);
        Ok(Self {
            path,
            url: url.to_owned(),
            trusted: read.is_some(),
            entries: read.map(|(_, entries)| entries).unwrap_or_default(),
            log: None,
            trouble,
            _lock: lock,
        })
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Whether the remote has this very file.
    pub(super) fn has(&self, file: &LocalFile) -> bool {
        let entry = self.entries.get(&file.path);
        entry.is_some_and(|entry| entry.settles(file))
    }

    /// What was last brought under each name.
    pub(super) fn entries(&self) -> &BTreeMap<String, Entry> {
        &self.entries
    }

    /// Drops what is no longer on this disk, and writes the file anew where that changed it or it is not open yet.
    pub(super) fn forget_all_but(&mut self, files: &[LocalFile]) {
        let there: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let before = self.entries.len();
        self.entries.retain(|path, _| there.contains(path.as_str()));
        if self.log.is_none() || self.entries.len() != before {
            self.write_anew();
        }
    }

    /// These files were brought, and are not there any more as they were brought.
    pub(super) fn doubt<'p>(&mut self, paths: impl IntoIterator<Item = &'p str>) {
        let mut lines = String::new();
        for path in paths {
            if let Some(entry) = self.entries.get_mut(path) {
                entry.in_doubt = true;
                lines += &line(path, entry);
            }
        }
        if self.log.is_none() {
            self.write_anew();
        } else if let Some(log) = &mut self.log
            && let Err(cause) = log.write_all(lines.as_bytes())
        {
            self.give_up(&Error::on("write", &self.path)(cause));
        }
    }

    fn write_anew(&mut self) {
        let mut text = format!("{HEAD}{}\n", self.url);
        for (path, entry) in &self.entries {
            text += &line(path, entry);
        }
        let written = atomic_file::write(&self.path, text.as_bytes(), Durability::Renamed);
        let opened = written.and_then(|_| {
            let log = File::options().append(true).open(&self.path);
            log.map_err(Error::on("open", &self.path))
        });
        match opened {
            Ok(log) => self.log = Some(log),
            Err(error) => self.give_up(&error),
        }
    }

    /// The remote has this file.
    pub(super) fn add(&mut self, file: &LocalFile, digest: &str) {
        let entry = Entry {
            digest: digest.to_owned(),
            size: file.size,
            modified_ns: file.modified_ns,
            in_doubt: false,
        };
        if let Some(log) = &mut self.log
            && let Err(cause) = log.write_all(line(&file.path, &entry).as_bytes())
        {
            self.give_up(&Error::on("write", &self.path)(cause));
        }
        self.entries.insert(file.path.clone(), entry);
    }

    /// Why nothing more was written down, if so: the next sync will find by itself what is there.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn give_up(&mut self, error: &Error) {
        self.log = None;
        self.trouble = Some(error.to_string());
    }
}

fn lock_file(lake: &Path, url: &str) -> Result<File> {
    create_folder(&lake.join(OWN_FOLDER).join(FOLDER))?;
    let path = path_of(lake, url, "lock");
    File::create(&path).map_err(Error::on("create", &path))
}

/// Takes the lock, unless another sync has it. One attempt would not do: whatever program this process starts holds all its locks for
/// the moment between its birth and its first instruction, also those that were given up meanwhile.
fn is_locked(lock: &File) -> bool {
    for _ in 0..10 {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            // A file system without locks: one does without.
            Ok(()) | Err(TryLockError::Error(_)) => return true,
        }
    }
    false
}

fn line(path: &str, entry: &Entry) -> String {
    format!(
        "{}{} {} {} {path}\n",
        if entry.in_doubt { DOUBT } else { "" },
        entry.digest,
        entry.size,
        entry.modified_ns
    )
}

/// What was last brought to a remote under each name, without keeping others from it; nothing where there is no state.
pub(super) fn remembered(lake: &Path, url: &str) -> BTreeMap<String, Entry> {
    let found = read(&path_of(lake, url, "state"));
    let found = found.filter(|(of, _)| of == url);
    found.map(|(_, entries)| entries).unwrap_or_default()
}

fn path_of(lake: &Path, url: &str, extension: &str) -> PathBuf {
    let name = hexadecimal(&Sha256::digest(url.as_bytes()));
    let name = name.get(..16).unwrap_or(&name);
    let folder = lake.join(OWN_FOLDER).join(FOLDER);
    folder.join(format!("{name}.{extension}"))
}

/// The remote and what it has; nothing where there is no state, or none that can be read.
fn read(path: &Path) -> Option<(String, BTreeMap<String, Entry>)> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.split_inclusive('\n');
    let url = lines
        .next()?
        .strip_suffix('\n')?
        .strip_prefix(HEAD)?
        .to_owned();
    // The last line may have been cut when its process was killed.
    let whole = lines.filter_map(|line| entry(line.strip_suffix('\n')?));
    Some((url, whole.collect()))
}

fn entry(line: &str) -> Option<(String, Entry)> {
    let (in_doubt, line) = match line.strip_prefix(DOUBT) {
        Some(line) => (true, line),
        None => (false, line),
    };
    let mut parts = line.splitn(4, ' ');
    let digest = parts.next().filter(|digest| digest.len() == 64)?.to_owned();
    let size = parts.next()?.parse().ok()?;
    let modified_ns = parts.next()?.parse().ok()?;
    let path = parts.next()?.to_owned();
    Some((
        path,
        Entry {
            digest,
            size,
            modified_ns,
            in_doubt,
        },
    ))
}

/// The remotes that this lake was ever synced to, as far as is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownRemotes {
    /// What each is behind, by its name.
    pub backlogs: Vec<Backlog>,
    /// States that cannot be read: there is a remote, and nobody knows which.
    pub unreadable: Vec<PathBuf>,
}

impl KnownRemotes {
    /// Reads what syncs of this lake have left behind. No remote is contacted.
    ///
    /// # Errors
    ///
    /// If the lake cannot be listed.
    pub fn of(lake: &Path) -> Result<Self> {
        let states = Self::states(lake)?;
        if states.is_empty() {
            return Ok(Self::default());
        }
        let files = local::files(lake)?;
        let mut known = Self::default();
        for path in states {
            let Some((url, entries)) = read(&path) else {
                known.unreadable.push(path);
                continue;
            };
            let lacks = |file: &&LocalFile| {
                let entry = entries.get(&file.path);
                !entry.is_some_and(|entry| entry.settles(file))
            };
            known.backlogs.push(Backlog {
                files: files.iter().filter(lacks).cloned().collect(),
                url,
            });
        }
        known.backlogs.sort_by(|a, b| a.url.cmp(&b.url));
        Ok(known)
    }

    /// The files of the states, in order.
    fn states(lake: &Path) -> Result<Vec<PathBuf>> {
        let folder = lake.join(OWN_FOLDER).join(FOLDER);
        let listed = match fs::read_dir(&folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(Error::on("list", &folder)(cause)),
        };
        let mut states = Vec::new();
        for entry in listed {
            let path = entry.map_err(Error::on("list", &folder))?.path();
            let extension = path.extension();
            if extension.is_some_and(|extension| extension == "state") {
                states.push(path);
            }
        }
        states.sort();
        Ok(states)
    }
}

/// What each remote that this lake was ever synced to is behind, as far as is remembered. No remote is contacted.
///
/// # Errors
///
/// If the lake cannot be listed.
pub fn backlogs(lake: &Path) -> Result<Vec<Backlog>> {
    Ok(KnownRemotes::of(lake)?.backlogs)
}

/// Forgets what a remote was given, such as one whose name was mistyped: nothing counts as its backlog any more. Neither the remote nor
/// the lake's files are touched. Returns whether there was anything to forget.
///
/// # Errors
///
/// If another sync to it is at work, or the state cannot be removed.
pub fn forget(lake: &Path, url: &str) -> Result<bool> {
    let url = url.trim_end_matches('/');
    let path = path_of(lake, url, "state");
    // What cannot be read may be another remote's: its name is part of a digest only.
    if read(&path).is_none_or(|(of, _)| of != url) {
        return Ok(false);
    }
    // The lock file stays: a sync that has opened it just now would hold a lock that the next one does not see.
    let _locked = State::open(lake, url)?;
    fs::remove_file(&path).map_err(Error::on("remove", &path))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, size: u64) -> LocalFile {
        LocalFile {
            path: path.to_owned(),
            size,
            modified_ns: 7,
        }
    }

    #[test]
    fn a_state_survives_its_process_but_for_a_line_that_was_cut() {
        let lake = tempfile::tempdir().unwrap();
        let (a, b) = (file("dt=x/a b.parquet", 1), file("dt=x/b.parquet", 2));
        let digest = "0".repeat(64);
        let mut state = State::open(lake.path(), "s3://x/y").unwrap();
        assert!(!state.is_trusted());
        state.forget_all_but(&[]);
        state.add(&a, &digest);
        state.add(&b, &digest);
        let path = state.path.clone();
        assert!(matches!(
            State::open(lake.path(), "s3://x/y"),
            Err(Error::SyncAtWork { .. })
        ));
        drop(state);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 5]).unwrap();

        let mut state = State::open(lake.path(), "s3://x/y").unwrap();
        assert!(state.is_trusted() && state.has(&a) && !state.has(&b));
        assert!(
            !state.has(&file("dt=x/a b.parquet", 3)),
            "a rerun is another file"
        );
        state.forget_all_but(&[]);
        assert!(!state.has(&a));
        drop(state);
        assert!(!State::open(lake.path(), "s3://other").unwrap().is_trusted());
    }

    #[test]
    fn what_is_in_doubt_is_not_settled_until_it_is_brought_again() {
        let lake = tempfile::tempdir().unwrap();
        let (a, b) = (file("dt=x/a.parquet", 1), file("dt=x/b.parquet", 2));
        let digest = "0".repeat(64);
        let open = || State::open(lake.path(), "s3://x/y").unwrap();
        let mut state = open();
        state.forget_all_but(&[]);
        state.add(&a, &digest);
        state.add(&b, &digest);
        drop(state);
        open().doubt([a.path.as_str(), "dt=x/never.parquet"]);

        let mut state = open();
        assert!(!state.has(&a) && state.has(&b));
        let entry = &state.entries()[&a.path];
        assert!(entry.in_doubt && entry.is_of(&a) && entry.digest == digest);
        assert_eq!(state.entries().len(), 2);
        state.forget_all_but(&[a.clone(), b.clone()]);
        state.add(&a, &digest);
        state.doubt([b.path.as_str()]);
        drop(state);
        let state = open();
        assert!(state.has(&a) && !state.has(&b));
    }

    #[test]
    fn a_remote_that_is_forgotten_has_no_backlog_and_the_others_keep_theirs() {
        let lake = tempfile::tempdir().unwrap();
        for url in ["s3://bukcet/lake", "s3://bucket/lake"] {
            State::open(lake.path(), url).unwrap().forget_all_but(&[]);
        }
        let at_work = State::open(lake.path(), "s3://bukcet/lake").unwrap();
        let refused = forget(lake.path(), "s3://bukcet/lake");
        assert!(matches!(refused, Err(Error::SyncAtWork { .. })));
        drop(at_work);
        assert!(forget(lake.path(), "s3://bukcet/lake/").unwrap());
        assert!(!forget(lake.path(), "s3://bukcet/lake").unwrap());
        let urls = backlogs(lake.path()).unwrap().into_iter();
        assert_eq!(
            urls.map(|backlog| backlog.url).collect::<Vec<_>>(),
            ["s3://bucket/lake"]
        );
    }

    #[test]
    fn a_state_that_makes_no_sense_counts_as_lost() {
        let lake = tempfile::tempdir().unwrap();
        let state = State::open(lake.path(), "s3://x").unwrap();
        let path = state.path.clone();
        drop(state);
        for text in [
            "",
            "garbage\n",
            "lanewatch-sync 1 s3://other\n",
            "lanewatch-sync 1 s3://x",
        ] {
            fs::write(&path, text).unwrap();
            assert!(
                !State::open(lake.path(), "s3://x").unwrap().is_trusted(),
                "{text:?}"
            );
        }
    }
}
