//! One run's files take their names together: all of them, or none until the next run makes up for it.
//!
//! ```text
//! lake/.lanewatch/writing/                 nobody's reader looks here; same file system, so a rename is one step
//!   {stamp}_{runner}_{run id}.{pid}.{n}/   locked while its process lives
//!     0.tmp 1.tmp 2.tmp                    the files, growing
//!     early_7.tmp                          rows that came before their turn
//!     publish.json                         written when all files are whole and synced: what goes where
//! ```
//!
//! A file system renames one file at a time, and a process can be killed between two of them. From the moment `publish.json`
//! stands there, whoever comes next finishes the renames; before that moment, whoever comes next clears the folder away. Who
//! is alive is told by the lock, which the system drops with the process, never by age or by a process id.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::layout::partition;
use crate::staged::{self, Durability, create_folder, sync_folder};
use crate::{Error, Result, RunIdentity, file_name};

/// What a lake keeps for itself, below its root. Readers skip names that begin with a dot.
pub(super) const OWN_FOLDER: &str = ".lanewatch";
const WRITING: &str = "writing";
const MARKER: &str = "publish.json";

/// How long a turn is waited for. Each takes the time of some renames, so that only a process that hangs keeps it so long.
const TURN_WITHIN: Duration = Duration::from_secs(30);

/// The folder in which one run's files grow. Dropped before [`Publication::publish`], it goes with all that is in it.
#[derive(Debug)]
pub(super) struct Publication {
    lake: PathBuf,
    folder: PathBuf,
    /// Held while this process is at work. None where the file system knows no locks.
    lock: Option<File>,
    /// From the marker on the files must go on to their places, whatever happens to this process.
    decided: bool,
}

/// What was found of processes that died, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files of runs that were killed while their files took their names: they have them now.
    pub published: usize,
    /// Folders of runs that were killed before that: they are gone.
    pub removed: usize,
}

impl Publication {
    /// Makes the folder of a run, after clearing up behind runs that died. The run may be one that was written before.
    pub(super) fn begin(lake: &Path, run: &RunIdentity) -> Result<Self> {
        let _turn = turn(lake)?;
        let writing = lake.join(OWN_FOLDER).join(WRITING);
        recover_in(lake, &writing)?;
        Self::make(lake, &writing, run)
    }

    /// The same for a run that begins now. A clock that was put back must not give it the second of another run of its runner.
    pub(super) fn begin_new(lake: &Path, run: &RunIdentity) -> Result<Self> {
        let _turn = turn(lake)?;
        let writing = lake.join(OWN_FOLDER).join(WRITING);
        recover_in(lake, &writing)?;
        match namesake(lake, &writing, run)? {
            Some(path) => Err(Error::RunExists { path }),
            None => Self::make(lake, &writing, run),
        }
    }

    fn make(lake: &Path, writing: &Path, run: &RunIdentity) -> Result<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let folder = writing.join(format!(
            "{}_{}_{}.{}.{}",
            run.stamp(),
            file_name::encode(&run.runner_name),
            run.run_id,
            std::process::id(),
            SERIAL.fetch_add(1, Ordering::Relaxed)
        ));
        fs::create_dir(&folder).map_err(Error::on("create the folder", &folder))?;
        let lock = File::open(&folder)
            .ok()
            .filter(|opened| opened.try_lock().is_ok());
        Ok(Self {
            lake: lake.to_owned(),
            folder,
            lock,
            decided: false,
        })
    }

    /// Where a file of the run grows.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.tmp"))
    }

    /// Gives files their names: each is a path of [`Publication::path`], whole and synced, with its place below the lake's root.
    pub(super) fn publish(mut self, files: &[(PathBuf, PathBuf)]) -> Result<()> {
        let moves: Vec<_> = files
            .iter()
            .filter_map(|(from, to)| {
                Some((from.file_name()?.to_string_lossy(), to.to_string_lossy()))
            })
            .collect();
        // What a full disk can refuse, it refuses before the decision.
        for (_, to) in files {
            if let Some(folder) = self.lake.join(to).parent() {
                create_folder(folder)?;
            }
        }
        let marker = serde_json::json!(moves).to_string();
        staged::write(
            &self.folder.join(MARKER),
            marker.as_bytes(),
            Durability::Synced,
        )?;
        self.decided = true;
        // In its turn, so that nobody removes an old file of this name while the new one takes its place. Without one, for a
        // process that hangs has it, the files still have their places to go to.
        let _turn = turn(&self.lake).ok();
        finish(&self.lake, &self.folder)?;
        Ok(())
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if !self.decided {
            // Nobody can be told any more; what stays is cleared away by the next run.
            fs::remove_dir_all(&self.folder).ok();
        }
        drop(self.lock.take());
    }
}

/// What the lake has of a run of the same runner and second, at work or done, in the hourly layout.
fn namesake(lake: &Path, writing: &Path, run: &RunIdentity) -> Result<Option<PathBuf>> {
    let name = format!("{}_{}", run.stamp(), file_name::encode(&run.runner_name));
    let at_work = |path: &Path| {
        let mut parts = path.file_name()?.to_str()?.rsplitn(3, '.');
        let whose = parts.nth(2)?.rsplit_once('_')?.0;
        Some(whose == name)
    };
    let done = |path: &Path| {
        let whose = path.file_stem()?.to_str()?.rsplit_once('_')?.0;
        let stem = whose.strip_suffix(&name)?;
        Some(stem.ends_with('_'))
    };
    let mut found = paths(writing)?;
    found.retain(|path| at_work(path) == Some(true));
    for table in paths(&lake.join(partition(run)))? {
        if table.is_dir() {
            found.extend(
                paths(&table)?
                    .into_iter()
                    .filter(|path| done(path) == Some(true)),
            );
        }
    }
    Ok(found.pop())
}

/// What is in a folder; nothing if it is not there.
fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(Error::on("list", folder))?,
    };
    let paths = listed.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<io::Result<_>>()
        .map_err(Error::on("list", folder))
}

/// Finishes what runs that were killed had decided, and clears away what they had not. Runs at work are left alone.
///
/// # Errors
///
/// If the lake's own folder cannot be read or written.
pub fn recover(lake: &Path) -> Result<Recovered> {
    let writing = lake.join(OWN_FOLDER).join(WRITING);
    if !writing.is_dir() {
        return Ok(Recovered::default());
    }
    let _turn = turn(lake)?;
    recover_in(lake, &writing)
}

/// One process at a time makes and clears folders, so that a new one is never seen without its lock, and gives names and takes
/// them away. The turn ends with the value.
pub(super) fn turn(lake: &Path) -> Result<File> {
    turn_within(lake, TURN_WITHIN)
}

/// A try and a short sleep, again and again: a lock that waits by itself waits for ever.
fn turn_within(lake: &Path, limit: Duration) -> Result<File> {
    let writing = lake.join(OWN_FOLDER).join(WRITING);
    create_folder(&writing)?;
    let opened = File::open(&writing).map_err(Error::on("open", &writing))?;
    let began = Instant::now();
    loop {
        match opened.try_lock() {
            Ok(()) => return Ok(opened),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(opened);
            }
            Err(TryLockError::Error(cause)) => return Err(Error::on("lock", &writing)(cause)),
            Err(TryLockError::WouldBlock) if began.elapsed() < limit => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::LakeBusy {
                    folder: writing,
                    waited: limit,
                });
            }
        }
    }
}

fn recover_in(lake: &Path, writing: &Path) -> Result<Recovered> {
    let mut recovered = Recovered::default();
    for entry in fs::read_dir(writing).map_err(Error::on("list", writing))? {
        let folder = entry.map_err(Error::on("list", writing))?.path();
        let opened = match File::open(&folder) {
            Ok(opened) => opened,
            // Its run has just finished.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(Error::on("open", &folder)(cause)),
        };
        match opened.try_lock() {
            Ok(()) => {}
            // Alive, or a file system without locks, on which nobody can be said to be dead.
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
        }
        if folder.join(MARKER).exists() {
            recovered.published += finish(lake, &folder)?;
        } else {
            fs::remove_dir_all(&folder)
                .map_err(Error::on("clear away after a run that died", &folder))?;
            recovered.removed += 1;
        }
    }
    Ok(recovered)
}

/// Moves what is still to be moved, and removes the folder. Returns how many files it moved.
fn finish(lake: &Path, folder: &Path) -> Result<usize> {
    let marker = folder.join(MARKER);
    let text = fs::read(&marker).map_err(Error::on("read", &marker))?;
    let moves: Vec<(String, String)> =
        serde_json::from_slice(&text).map_err(|error| Error::on("read", &marker)(error.into()))?;
    let mut moved = 0;
    for (from, to) in &moves {
        let (from, to) = (folder.join(from), lake.join(to));
        if !from.exists() {
            continue; // moved before the process died
        }
        put_in_place(&from, &to)?;
        moved += 1;
    }
    let mut folders: Vec<&Path> = Vec::new();
    for (_, to) in &moves {
        folders.extend(Path::new(to).ancestors().skip(1));
    }
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        sync_folder(&lake.join(folder))?;
    }
    fs::remove_dir_all(folder).map_err(Error::on("clear away", folder))?;
    Ok(moved)
}

/// One rename. The folder is made again if somebody has just cleared it away because it was empty.
fn put_in_place(from: &Path, to: &Path) -> Result<()> {
    let mut attempts = 0;
    loop {
        if let Some(folder) = to.parent() {
            create_folder(folder)?;
        }
        match fs::rename(from, to) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < 3 => attempts += 1,
            Err(cause) => return Err(Error::on("put in place", to)(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunIdentity {
        RunIdentity {
            runner_name: "a".to_owned(),
            run_id: "0000000a".to_owned(),
            run_timestamp: 0,
        }
    }

    /// As a process that is killed leaves it: nothing is cleared, the lock is gone.
    fn kill(mut publication: Publication) {
        publication.lock.take();
        std::mem::forget(publication);
    }

    fn staged(publication: &Publication, name: &str) -> PathBuf {
        let path = publication.path(name);
        fs::write(&path, name).unwrap();
        path
    }

    #[test]
    fn a_run_killed_between_two_renames_is_finished_by_the_next() {
        let lake = tempfile::tempdir().unwrap();
        let publication = Publication::begin(lake.path(), &run()).unwrap();
        let moves: Vec<_> = ["0", "1", "2"]
            .map(|name| {
                (
                    staged(&publication, name),
                    format!("dt=x/{name}/f{name}.parquet"),
                )
            })
            .into();
        let names: Vec<_> = moves
            .iter()
            .map(|(from, to)| (from.file_name().unwrap().to_str().unwrap(), to.as_str()))
            .collect();
        let marker = serde_json::json!(names).to_string();
        fs::write(publication.folder.join(MARKER), marker).unwrap();
        put_in_place(&moves[0].0, &lake.path().join(&moves[0].1)).unwrap();
        kill(publication);

        let recovered = recover(lake.path()).unwrap();
        assert_eq!((recovered.published, recovered.removed), (2, 0));
        for (_, to) in &moves {
            assert!(lake.path().join(to).is_file(), "{to}");
        }
        assert_eq!(recover(lake.path()).unwrap(), Recovered::default());
    }

    #[test]
    fn a_new_run_never_has_the_second_of_another_of_its_runner() {
        let lake = tempfile::tempdir().unwrap();
        let named = |runner_name: &str, run_id: &str| RunIdentity {
            runner_name: runner_name.to_owned(),
            run_id: run_id.to_owned(),
            run_timestamp: 0,
        };
        let begin = |run: &RunIdentity| Publication::begin_new(lake.path(), run);
        let taken = |run: &RunIdentity| match begin(run) {
            Err(Error::RunExists { path }) => path,
            other => panic!("{other:?}"),
        };
        let first = begin(&named("a", "1")).unwrap();
        assert_eq!(taken(&named("a", "2")), first.folder);
        begin(&named("b_a", "2")).unwrap();
        begin(&named("a_b", "2")).unwrap();

        let place = "dt=1970-01-01/hr=00/x/x_19700101_000000_a_1.parquet";
        let file = staged(&first, "0");
        first.publish(&[(file, place.into())]).unwrap();
        assert_eq!(taken(&named("a", "2")), lake.path().join(place));
        begin(&named("b", "2")).unwrap();
        // A rerun of the same run is no new one.
        Publication::begin(lake.path(), &named("a", "1")).unwrap();
    }

    #[test]
    fn who_never_gets_a_turn_is_told_what_to_do() {
        let lake = tempfile::tempdir().unwrap();
        let held = turn(lake.path()).unwrap();
        let began = Instant::now();
        let limit = Duration::from_millis(60);
        let error = turn_within(lake.path(), limit).unwrap_err();
        assert!(began.elapsed() >= limit);
        let text = error.to_string();
        let writing = lake.path().join(".lanewatch/writing");
        for part in [writing.to_str().unwrap(), "another lanewatch", "lslocks"] {
            assert!(text.contains(part), "{text}");
        }

        // It is had as soon as it is free, also while somebody waits for it.
        let waiting = lake.path().to_owned();
        let waiting = thread::spawn(move || turn_within(&waiting, Duration::from_secs(20)));
        drop(held);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn a_run_killed_before_its_files_were_whole_is_cleared_away_and_a_living_one_is_not() {
        let lake = tempfile::tempdir().unwrap();
        let dead = Publication::begin(lake.path(), &run()).unwrap();
        let left = staged(&dead, "0");
        kill(dead);
        let alive = Publication::begin(lake.path(), &run()).unwrap();
        assert!(!left.exists(), "the next run clears up");
        let growing = staged(&alive, "0");
        assert_eq!(recover(lake.path()).unwrap(), Recovered::default());
        assert!(growing.exists());
        drop(alive);
        assert!(!growing.exists());
    }
}
