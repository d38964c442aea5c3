//! The staging folder of a run: where its files grow, and from where they are committed.
//!
//! ```text
//! lake/.lanewatch/
//!   lock                                     the lake's lock
//!   observed/{machine}.json                  what this machine has seen of runs of others
//!   writing/                                 nobody's reader looks here; same file system, so a rename is one step
//!     {stamp}_{runner}_{run id}.{process}-{random}/
//!       lock                                 the lease: locked while its process lives
//!       0.tmp 1.tmp 2.tmp                    the files, growing
//!       spill_7.tmp                          rows that wait for a slower device
//!       publish.json                         the commit, from its decision to its end
//!       partition                            where its files go, if that is not the hour of its stamp
//!     compact.{process}-{random}/            the same of a compaction
//!     abandoned.{…}/                         the same of a run that is over, on its way out
//! ```
//!
//! A run commits once, or twice if it is published in two parts. Killed before a commit is decided, it leaves a folder that recovery
//! removes; killed after, one whose commit recovery carries out. What an earlier commit has published stays in both cases.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::active_writers::PARTITION_FILE;
use super::commit::Commit;
use super::host::{Host, ThisHost};
use super::lake_lock::LakeLock;
use super::layout::{self, OWN_FOLDER, STAGING_FOLDER};
use super::lease::Lease;
use super::merged;
use super::recovery::recover_locked;
use crate::{Error, Result, RunIdentity};

/// The staging folder of a run at work. Dropped, it goes with all that is not committed.
#[derive(Debug)]
pub(super) struct Staging {
    lake: PathBuf,
    folder: PathBuf,
    /// None once the folder is given up.
    lease: Option<Lease>,
    /// What was decided and could not be carried out to its end.
    pending: Commit,
}

impl Staging {
    /// Makes the folder of a run, after recovery of runs that died. The run may be one that was written before. Blocks for the lake's
    /// lock.
    pub(super) fn begin(lake: &Path, run: &RunIdentity) -> Result<Self> {
        Self::begin_on(&(Arc::new(ThisHost) as Arc<dyn Host>), lake, run)
    }

    /// The same for a run whose files go to another partition than that of its second.
    pub(super) fn begin_in(lake: &Path, run: &RunIdentity, partition: &Path) -> Result<Self> {
        let host: Arc<dyn Host> = Arc::new(ThisHost);
        let lock = LakeLock::acquire(lake)?;
        recover_locked(host.as_ref(), lake, &lock)?;
        let staging = Self::make(&host, lake, layout::staging_name(run), &lock)?;
        let path = staging.folder.join(PARTITION_FILE);
        let text = partition.to_string_lossy();
        fs::write(&path, text.as_bytes()).map_err(Error::on("write", &path))?;
        Ok(staging)
    }

    /// Makes the folder of a compaction, after recovery.
    pub(super) fn begin_compaction(lake: &Path) -> Result<Self> {
        let host: Arc<dyn Host> = Arc::new(ThisHost);
        let lock = LakeLock::acquire(lake)?;
        recover_locked(host.as_ref(), lake, &lock)?;
        Self::make(&host, lake, layout::compaction_name(), &lock)
    }

    /// The same for a run that begins now. A clock that was put back must not give it the second of another run of its runner.
    pub(super) fn begin_new(lake: &Path, run: &RunIdentity) -> Result<Self> {
        let host: Arc<dyn Host> = Arc::new(ThisHost);
        let lock = LakeLock::acquire(lake)?;
        recover_locked(host.as_ref(), lake, &lock)?;
        match namesake(lake, run)? {
            Some(path) => Err(Error::RunExists { path }),
            None => Self::make(&host, lake, layout::staging_name(run), &lock),
        }
    }

    pub(super) fn begin_on(host: &Arc<dyn Host>, lake: &Path, run: &RunIdentity) -> Result<Self> {
        let lock = LakeLock::acquire(lake)?;
        recover_locked(host.as_ref(), lake, &lock)?;
        Self::make(host, lake, layout::staging_name(run), &lock)
    }

    fn make(host: &Arc<dyn Host>, lake: &Path, name: String, _lock: &LakeLock) -> Result<Self> {
        let folder = staging_folder(lake).join(name);
        fs::create_dir(&folder).map_err(Error::on("create the folder", &folder))?;
        let lease = Lease::take(host, lake, &folder).inspect_err(|_| {
            drop(fs::remove_dir_all(&folder)); // else recovery removes it
        })?;
        Ok(Self {
            lake: lake.to_owned(),
            folder,
            lease: Some(lease),
            pending: Commit::default(),
        })
    }

    /// Where a file of the run grows.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.tmp"))
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives files their places, all or none: each is a path of [`Staging::path`], whole and synced. Files below the lake's root that
    /// they replace, beside those of the same name, go with the same commit. Blocks for the lake's lock.
    ///
    /// # Errors
    ///
    /// If the commit could not be decided: then nothing has changed. Once it is decided there is none, and an error on the way is
    /// returned as a value, [`Error::CommitPending`]: recovery carries the rest out.
    pub(super) fn commit(&mut self, commit: Commit) -> Result<Option<Error>> {
        let commit = std::mem::take(&mut self.pending).followed_by(commit);
        if commit.is_empty() {
            return Ok(None);
        }
        commit.decide(&self.lake, &self.folder)?;
        // With the lock, so that nobody removes an old file of this name while the new one takes its place. Without it, for a
        // process that hangs has it, the files still have their places to go to.
        let lock = LakeLock::acquire(&self.lake).ok();
        Ok(self.carry_out(commit, lock.as_ref()))
    }

    /// The same for a commit that also changes files of other runs. It is decided with the lake's lock and after recovery, once `check`
    /// has found what it changes as it was when it was prepared. Blocks for the lake's lock.
    ///
    /// # Errors
    ///
    /// As [`Staging::commit`], and that of `check`.
    pub(super) fn commit_checked(
        &mut self,
        commit: Commit,
        check: impl FnOnce(&Path, &LakeLock) -> Result<()>,
    ) -> Result<Option<Error>> {
        let lock = LakeLock::acquire(&self.lake)?;
        recover_locked(&ThisHost, &self.lake, &lock)?;
        check(&self.folder, &lock)?;
        let commit = std::mem::take(&mut self.pending).followed_by(commit);
        commit.decide(&self.lake, &self.folder)?;
        Ok(self.carry_out(commit, Some(&lock)))
    }

    fn carry_out(&mut self, commit: Commit, _lock: Option<&LakeLock>) -> Option<Error> {
        match commit.carry_out(&self.lake, &self.folder) {
            Ok(_) => None,
            Err(cause) => {
                self.pending = commit;
                Some(Error::CommitPending(Box::new(cause)))
            }
        }
    }

    /// Renames the folder, so that its lease can be released before it is removed, and removes it. A disk that refuses is no
    /// loss: recovery removes what stays.
    fn remove(&mut self) -> io::Result<()> {
        let name = self.folder.file_name().unwrap_or_default();
        let name = layout::abandoned_name(&name.to_string_lossy());
        let abandoned = self.folder.with_file_name(name);
        fs::rename(&self.folder, &abandoned)?;
        drop(self.lease.take());
        fs::remove_dir_all(&abandoned)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.pending.is_empty()
            && let Err(error) = self.remove()
        {
            tracing::debug!(folder = %self.folder.display(), %error, "the folder of a run stays for recovery");
        }
    }
}

fn staging_folder(lake: &Path) -> PathBuf {
    lake.join(OWN_FOLDER).join(STAGING_FOLDER)
}

/// What the lake has of a run of the same runner and second, at work or done, in the hourly layout.
fn namesake(lake: &Path, run: &RunIdentity) -> Result<Option<PathBuf>> {
    let name = layout::name_of(run);
    let is = |path: &Path, test: fn(&str, &str) -> bool| {
        let file_name = path.file_name().and_then(|file_name| file_name.to_str());
        file_name.is_some_and(|file_name| test(file_name, &name))
    };
    let mut found = paths(&staging_folder(lake))?;
    found.retain(|path| is(path, layout::is_staging_of));
    for table in paths(&lake.join(layout::partition(run)))? {
        if table.is_dir() {
            let mut files = paths(&table)?;
            let is_compacted = |path: &PathBuf| {
                let below = path.strip_prefix(lake).unwrap_or(path);
                layout::is_compacted(&below.to_string_lossy())
            };
            // One that cannot be read tells nothing, and must not keep a new run from the lake.
            let lists = files.iter().filter(|path| is_compacted(path));
            let lists = lists.filter_map(|path| Some((path, merged::read(path).ok()?)));
            let holds = lists.filter(|(_, merged)| {
                let mut merged = merged.files.iter();
                merged.any(|merged| layout::is_file_of(&merged.file, &name))
            });
            found.extend(holds.map(|(path, _)| path.clone()));
            files.retain(|path| is(path, layout::is_file_of));
            found.append(&mut files);
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

#[cfg(test)]
impl Staging {
    /// As a process that is killed leaves it: nothing is cleared, the lock is released, the heartbeat has stopped.
    pub(super) fn kill(mut self) {
        drop(self.lease.take());
        std::mem::forget(self);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::super::host::tests::HostWithOwnLocks;
    use super::super::lease::tests::beat_now;
    use super::super::recovery::{Recovered, recover};
    use super::*;

    fn run() -> RunIdentity {
        RunIdentity {
            runner_name: "a".to_owned(),
            run_id: "0000000a".to_owned(),
            run_timestamp: 0,
        }
    }

    fn grown(staging: &Staging, name: &str) -> PathBuf {
        let path = staging.path(name);
        fs::write(&path, name).unwrap();
        path
    }

    fn commit_of(moves: &[(PathBuf, String)], removes: &[&str]) -> Commit {
        Commit::new(
            moves
                .iter()
                .map(|(from, to)| (from.as_path(), Path::new(to))),
            removes.iter().map(Path::new),
        )
    }

    /// The parquet files of the lake, each with its content.
    fn content(lake: &Path) -> Vec<(String, String)> {
        let files = super::super::local::files(lake).unwrap().into_iter();
        let content = |path: &str| fs::read_to_string(lake.join(path)).unwrap();
        files
            .map(|file| (file.path.clone(), content(&file.path)))
            .collect()
    }

    fn recover_on(host: &Arc<HostWithOwnLocks>, lake: &Path) -> Recovered {
        let lock = LakeLock::acquire(lake).unwrap();
        recover_locked(host.as_ref(), lake, &lock).unwrap()
    }

    #[test]
    fn a_run_killed_at_any_step_of_a_commit_is_finished_by_the_next() {
        for steps in 0.. {
            let lake = tempfile::tempdir().unwrap();
            let old = "dt=x/0/f0_late.parquet";
            for path in ["dt=x/0/f0.parquet", old] {
                let path = lake.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "old").unwrap();
            }
            let staging = Staging::begin(lake.path(), &run()).unwrap();
            let moves = ["0", "1", "2"].map(|name| {
                (
                    grown(&staging, name),
                    format!("dt=x/{name}/f{name}.parquet"),
                )
            });
            let commit = commit_of(&moves, &[old]);
            commit.decide(lake.path(), &staging.folder).unwrap();
            let so_many = commit.take_steps(steps, lake.path(), &staging.folder);
            staging.kill();

            let recovered = recover(lake.path()).unwrap();
            assert_eq!(recovered.removed, 0);
            assert_eq!(recovered.published, 4 - steps.clamp(1, 4));
            let expected =
                ["0", "1", "2"].map(|n| (format!("dt=x/{n}/f{n}.parquet"), n.to_owned()));
            assert_eq!(content(lake.path()), expected);
            assert_eq!(recover(lake.path()).unwrap(), Recovered::default());
            if !so_many {
                return;
            }
        }
    }

    #[test]
    fn what_a_first_commit_published_stays_when_the_run_is_killed_before_the_second() {
        let lake = tempfile::tempdir().unwrap();
        for decided in [false, true] {
            let mut staging = Staging::begin(lake.path(), &run()).unwrap();
            let first = [(grown(&staging, "0"), "dt=x/f.parquet".to_owned())];
            assert!(staging.commit(commit_of(&first, &[])).unwrap().is_none());
            let late = [(grown(&staging, "1"), "dt=x/f_late.parquet".to_owned())];
            if decided {
                commit_of(&late, &[])
                    .decide(lake.path(), &staging.folder)
                    .unwrap();
            }
            staging.kill();
            // A process that another test starts holds the lease of this one too, until it runs its own program.
            let recovered = (0..500)
                .map(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                    recover(lake.path()).unwrap()
                })
                .find(|recovered| recovered.removed + recovered.published > 0)
                .unwrap();
            assert_eq!(recovered.removed, usize::from(!decided));
            let mut expected = vec![("dt=x/f.parquet".to_owned(), "0".to_owned())];
            if decided {
                expected.push(("dt=x/f_late.parquet".to_owned(), "1".to_owned()));
            }
            assert_eq!(content(lake.path()), expected);
        }
    }

    #[test]
    fn a_commit_that_is_decided_and_cannot_be_carried_out_is_pending_and_not_lost() {
        let lake = tempfile::tempdir().unwrap();
        let mut staging = Staging::begin(lake.path(), &run()).unwrap();
        // A folder with something in it has the place of the second file.
        let in_the_way = lake.path().join("dt=x/g.parquet");
        fs::create_dir_all(in_the_way.join("mine")).unwrap();
        let moves = [
            (grown(&staging, "0"), "dt=x/f.parquet".to_owned()),
            (grown(&staging, "1"), "dt=x/g.parquet".to_owned()),
        ];
        let pending = staging.commit(commit_of(&moves, &[])).unwrap().unwrap();
        let text = pending.to_string();
        assert!(
            text.contains("g.parquet") && text.contains("the next run"),
            "{text}"
        );
        // The next commit of the run tries the rest again, and the next run after that.
        let late = [(grown(&staging, "2"), "dt=x/f_late.parquet".to_owned())];
        assert!(staging.commit(commit_of(&late, &[])).unwrap().is_some());
        drop(staging);
        fs::remove_dir_all(in_the_way).unwrap();
        assert_eq!(recover(lake.path()).unwrap().published, 2);
        let expected = [("f", "0"), ("f_late", "2"), ("g", "1")];
        let expected = expected.map(|(name, n)| (format!("dt=x/{name}.parquet"), n.to_owned()));
        assert_eq!(content(lake.path()), expected);
    }

    #[test]
    fn a_new_run_never_has_the_second_of_another_of_its_runner() {
        let lake = tempfile::tempdir().unwrap();
        let named = |runner_name: &str, run_id: &str| RunIdentity {
            runner_name: runner_name.to_owned(),
            run_id: run_id.to_owned(),
            run_timestamp: 0,
        };
        let begin = |run: &RunIdentity| Staging::begin_new(lake.path(), run);
        let taken = |run: &RunIdentity| match begin(run) {
            Err(Error::RunExists { path }) => path,
            other => panic!("{other:?}"),
        };
        let mut first = begin(&named("a", "1")).unwrap();
        assert_eq!(taken(&named("a", "2")), first.folder);
        begin(&named("b_a", "2")).unwrap();
        begin(&named("a_b", "2")).unwrap();

        // Published early or late, it is there.
        for part in ["", "_late"] {
            let place = format!("dt=1970-01-01/hr=00/x/x_19700101_000000_a_1{part}.parquet");
            let moves = [(grown(&first, "0"), place.clone())];
            first.commit(commit_of(&moves, &[])).unwrap();
            drop(first);
            assert_eq!(taken(&named("a", "2")), lake.path().join(&place));
            fs::remove_file(lake.path().join(&place)).unwrap();
            first = begin(&named("a", "1")).unwrap();
        }
        begin(&named("b", "2")).unwrap();
        // A rerun of the same run is no new one.
        Staging::begin(lake.path(), &named("a", "1")).unwrap();
    }

    #[test]
    fn a_run_killed_before_its_files_were_whole_is_cleared_away_and_a_living_one_is_not() {
        let lake = tempfile::tempdir().unwrap();
        let dead = Staging::begin(lake.path(), &run()).unwrap();
        let left = grown(&dead, "0");
        dead.kill();
        let alive = Staging::begin(lake.path(), &run()).unwrap();
        assert!(!left.exists(), "the next run clears up");
        let growing = grown(&alive, "0");
        assert_eq!(recover(lake.path()).unwrap(), Recovered::default());
        assert!(growing.exists());
        drop(alive);
        assert!(!growing.exists());
        assert!(paths(&staging_folder(lake.path())).unwrap().is_empty());
    }

    #[test]
    fn machines_that_do_not_see_each_others_locks_leave_each_others_living_runs_alone() {
        let lake = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(HostWithOwnLocks::sharing_its_disk);
        let begin = |host: &Arc<HostWithOwnLocks>| {
            let host: Arc<dyn Host> = Arc::<HostWithOwnLocks>::clone(host);
            Staging::begin_on(&host, lake.path(), &run()).unwrap()
        };
        let mut of_a = begin(&a);
        let moves = [(grown(&of_a, "0"), "dt=x/f.parquet".to_owned())];
        for _ in 0..10 {
            assert_eq!(recover_on(&b, lake.path()), Recovered::default());
            drop(begin(&b));
            b.wait(120); // two minutes, in which it has beaten
            beat_now(&of_a.folder);
        }
        assert!(of_a.commit(commit_of(&moves, &[])).unwrap().is_none());
        drop(of_a);
        assert_eq!(content(lake.path()).len(), 1);

        // One that is killed is recovered by its own machine at once, and by another when nothing has come from it for three minutes.
        begin(&a).kill();
        assert_eq!(recover_on(&a, lake.path()).removed, 1);
        begin(&a).kill();
        for _ in 0..2 {
            assert_eq!(recover_on(&b, lake.path()), Recovered::default());
            b.wait(100);
        }
        assert_eq!(recover_on(&b, lake.path()).removed, 1);
        let observed = lake.path().join(OWN_FOLDER).join("observed");
        assert_eq!(recover_on(&b, lake.path()), Recovered::default());
        assert!(
            paths(&observed).unwrap().is_empty(),
            "nothing is left to observe"
        );
    }

    #[test]
    fn a_run_that_another_machine_has_given_up_commits_nothing_more() {
        let lake = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(HostWithOwnLocks::sharing_its_disk);
        let host: Arc<dyn Host> = Arc::<HostWithOwnLocks>::clone(&a);
        let mut stopped = Staging::begin_on(&host, lake.path(), &run()).unwrap();
        let moves = [(grown(&stopped, "0"), "dt=x/f.parquet".to_owned())];
        recover_on(&b, lake.path());
        b.wait(181);
        assert_eq!(recover_on(&b, lake.path()).removed, 1);
        stopped.commit(commit_of(&moves, &[])).unwrap_err();
        drop(stopped);
        assert_eq!(content(lake.path()), []);
        assert!(paths(&staging_folder(lake.path())).unwrap().is_empty());
    }

    #[test]
    fn on_a_disk_of_its_own_a_machine_need_not_wait_after_a_reboot() {
        let lake = tempfile::tempdir().unwrap();
        let before: Arc<dyn Host> = HostWithOwnLocks::with_local_disk("before");
        Staging::begin_on(&before, lake.path(), &run())
            .unwrap()
            .kill();
        let after = HostWithOwnLocks::with_local_disk("after");
        assert_eq!(recover_on(&after, lake.path()).removed, 1);
    }

    #[test]
    fn a_folder_that_another_machine_is_just_making_is_left_alone() {
        let lake = tempfile::tempdir().unwrap();
        let b = HostWithOwnLocks::sharing_its_disk("b");
        let made = staging_folder(lake.path()).join(layout::staging_name(&run()));
        fs::create_dir_all(&made).unwrap();
        assert_eq!(recover_on(&b, lake.path()), Recovered::default());
        assert!(made.exists());
        b.wait(181);
        assert_eq!(recover_on(&b, lake.path()).removed, 1);
    }

    #[test]
    fn folders_of_versions_before_are_recovered() {
        let lake = tempfile::tempdir().unwrap();
        let folder = |number: usize| {
            let name = format!("19700101_000000_a.b_0000000a.123.{number}");
            let folder = staging_folder(lake.path()).join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("0.tmp"), "0").unwrap();
            folder
        };
        let (undecided, decided, alive) = (folder(0), folder(1), folder(2));
        fs::write(
            decided.join("publish.json"),
            r#"[["0.tmp","dt=x/f.parquet"]]"#,
        )
        .unwrap();
        let lock = File::open(&alive).unwrap();
        lock.try_lock().unwrap();
        let recovered = recover(lake.path()).unwrap();
        assert_eq!((recovered.published, recovered.removed), (1, 1));
        assert!(!undecided.exists() && !decided.exists() && alive.exists());
        assert_eq!(content(lake.path()).len(), 1);
        let run = RunIdentity {
            runner_name: "a.b".to_owned(),
            ..run()
        };
        assert_eq!(namesake(lake.path(), &run).unwrap(), Some(alive));
        drop(lock);
        assert_eq!(recover(lake.path()).unwrap().removed, 1);
    }
}
