//! Retention: which old runs are removed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::delivery::Delivery;
use super::folder_lock::FolderLock;
use super::latest::{self, STAMP, STAMP_LENGTH, is_stamp};
use super::{REPORT_FILE, RunFolder};
use crate::{Error, Result, RunIdentity, file_name};

/// Which runs of a runner stay. Each limit counts by itself: a run goes where one of them says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The number of delivered runs; 0 counts as 1.
    pub runs: usize,
    /// The age of a run, in seconds before the beginning of the present one.
    pub seconds: Option<i64>,
    /// The bytes of all folders of the runner together.
    pub bytes: Option<u64>,
}

/// What became of old runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunsPruned {
    /// Folders that went.
    pub removed: usize,
    /// Set where what stays is larger than [`Retention::bytes`].
    pub overfull: Option<Overfull>,
}

/// Runs that are larger together than they should be, and none of which can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overfull {
    /// Bytes of all folders of the runner.
    pub bytes: u64,
    /// How many of the runs wait for a replay.
    pub waiting: usize,
}

/// The folders of a runner's other runs, each list with the oldest first. Runs at work are in none.
#[derive(Debug, Default)]
struct OtherRuns {
    delivered: Vec<PathBuf>,
    /// Runs in which no device delivered.
    empty: Vec<PathBuf>,
    /// Runs whose rows did not reach all sinks: a replay needs what is in their folders.
    waiting: Vec<PathBuf>,
    /// Killed runs without a reply.
    killed: Vec<PathBuf>,
}

impl RunFolder {
    /// Removes this runner's old runs, and what killed runs left behind.
    ///
    /// - Of the runs that delivered, the newest [`runs`](Retention::runs) stay, less those that are too old or too large together. One
    ///   that delivered always stays, and so does the one that `latest` points at.
    /// - A run whose rows did not reach the lake or another sink stays until it is replayed. It is counted by its size alone. A killed
    ///   run that holds replies is such a run.
    /// - Runs in which no device delivered are kept as many again at most, and none older than the oldest run that is kept.
    /// - A killed run without a reply goes when it is older than the oldest run that is kept. A run at work is neither counted nor touched.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed, or an old run cannot be removed: the others have gone then.
    pub fn prune(
        &self,
        output_dir: &Path,
        run: &RunIdentity,
        retention: Retention,
    ) -> Result<RunsPruned> {
        let OtherRuns {
            mut delivered,
            mut empty,
            waiting,
            killed,
        } = self.other_runs(output_dir, run)?;
        let own = Delivery::of_run(&self.path);
        let keep = retention.runs.max(1);
        let mut old = BTreeSet::new();
        old.extend(oldest(&mut delivered, keep, own == Delivery::Delivered));
        old.extend(oldest(&mut empty, keep, own == Delivery::Nothing));
        // Something that delivered stays, whatever its age and size.
        let spared = match own {
            Delivery::Delivered => None,
            Delivery::Undelivered | Delivery::Nothing => delivered.pop(),
        };
        let age = retention.seconds;
        if let Some(since) = age.and_then(|age| run.run_timestamp.checked_sub(age)) {
            let is_old = |path: &mut PathBuf| begun(path).is_some_and(|at| at < since);
            old.extend(delivered.extract_if(.., is_old));
            old.extend(empty.extract_if(.., is_old));
        }
        let latest = latest::target(output_dir);
        let is_latest = |path: &Path| path.file_name() == latest.as_deref().map(Path::as_os_str);
        let mut overfull = None;
        if let Some(limit) = retention.bytes {
            let stay = spared.iter().chain(&waiting).chain([&self.path]);
            let mut bytes = stay.map(|path| size_of(path)).sum::<u64>();
            let both = delivered.iter().chain(&empty);
            let mut may_go: Vec<_> = both.map(|path| (path.clone(), size_of(path))).collect();
            bytes += may_go.iter().map(|(_, size)| size).sum::<u64>();
            may_go.sort_unstable();
            may_go.retain(|(path, _)| !is_latest(path));
            for (path, size) in may_go {
                if bytes <= limit {
                    break;
                }
                bytes -= size;
                old.insert(path);
            }
            overfull = (bytes > limit).then_some(Overfull {
                bytes,
                waiting: waiting.len() + usize::from(own == Delivery::Undelivered),
            });
        }
        let stays = |path: &&PathBuf| !old.contains(*path);
        let oldest_kept = delivered.iter().find(stays).or(spared.as_ref());
        let oldest_kept = oldest_kept.unwrap_or(&self.path).clone();
        if oldest_kept != self.path || own == Delivery::Delivered {
            old.extend(empty.into_iter().filter(|path| *path < oldest_kept));
        }
        old.retain(|path| !is_latest(path));
        let mut removal = Removal::default();
        for path in &old {
            removal.of(path);
        }
        for path in killed.iter().filter(|path| **path < oldest_kept) {
            // Held until it is gone: a run that has just made it must not take it for its own.
            if let Some(_held) = FolderLock::try_of(path) {
                removal.of(path);
            }
        }
        match removal.failed {
            Some(error) => Err(error),
            None => Ok(RunsPruned {
                removed: removal.removed,
                overfull,
            }),
        }
    }

    /// The folders of this runner's earlier runs, the newest first.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed.
    pub fn earlier(&self, output_dir: &Path, run: &RunIdentity) -> Result<Vec<PathBuf>> {
        let mut others = self.others_of(output_dir, run)?;
        others.retain(|path| path.file_name() < self.path.file_name());
        others.reverse();
        Ok(others)
    }

    /// This runner's other runs, by what became of them.
    fn other_runs(&self, output_dir: &Path, run: &RunIdentity) -> Result<OtherRuns> {
        let mut others = OtherRuns::default();
        for path in self.others_of(output_dir, run)? {
            let has_ended = path.join(REPORT_FILE).exists();
            if !has_ended && Self::is_at_work(&path) {
                continue;
            }
            let delivery = match has_ended {
                true => Delivery::of_run(&path),
                false => Delivery::of_killed_run(&path),
            };
            match (delivery, has_ended) {
                (Delivery::Delivered, _) => others.delivered.push(path),
                (Delivery::Undelivered, _) => others.waiting.push(path),
                (Delivery::Nothing, true) => others.empty.push(path),
                (Delivery::Nothing, false) => others.killed.push(path),
            }
        }
        Ok(others)
    }

    /// UTC seconds at which this runner's earlier runs began, the newest first.
    ///
    /// # Errors
    ///
    /// If the output folder cannot be listed.
    pub fn earlier_seconds(&self, output_dir: &Path, run: &RunIdentity) -> Result<Vec<i64>> {
        let earlier = self.earlier(output_dir, run)?;
        Ok(earlier.iter().filter_map(|path| begun(path)).collect())
    }

    /// The folders of this runner's other runs, the oldest first.
    fn others_of(&self, output_dir: &Path, run: &RunIdentity) -> Result<Vec<PathBuf>> {
        let suffix = format!("_{}", file_name::encode(&run.runner_name));
        let mut others = Vec::new();
        for entry in fs::read_dir(output_dir).map_err(Error::on("list", output_dir))? {
            let entry = entry.map_err(Error::on("list", output_dir))?;
            let (name, path) = (entry.file_name(), entry.path());
            let stamp = name.to_str().and_then(|name| name.strip_suffix(&suffix));
            if path != self.path && stamp.is_some_and(is_stamp) {
                others.push(path);
            }
        }
        others.sort();
        Ok(others)
    }
}

/// Takes the oldest runs of a list that is sorted, so that `keep` stay, the present one counted with them if it is of their kind.
fn oldest(runs: &mut Vec<PathBuf>, keep: usize, with_present: bool) -> Vec<PathBuf> {
    let excess = (runs.len() + usize::from(with_present)).saturating_sub(keep);
    let kept = runs.split_off(excess.min(runs.len()));
    std::mem::replace(runs, kept)
}

/// When a run began, in UTC seconds, as the name of its folder says; none where that is no time.
fn begun(run: &Path) -> Option<i64> {
    let stamp = run.file_name()?.to_str()?.get(..STAMP_LENGTH)?;
    let begun = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some(begun.and_utc().timestamp())
}

/// The bytes of the files in a folder and below. What cannot be looked at, or has just gone, counts for none.
fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// What was removed. A folder that stays keeps no other from going.
#[derive(Debug, Default)]
struct Removal {
    removed: usize,
    /// Why the first one stays that does.
    failed: Option<Error>,
}

impl Removal {
    fn of(&mut self, run: &Path) {
        tracing::debug!(run = %run.display(), "removing an old run");
        match fs::remove_dir_all(run) {
            // Another run was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(()) => self.removed += 1,
            Err(cause) => {
                let error = Error::on("remove the old run", run)(cause);
                self.failed.get_or_insert(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::super::tests::{DELIVERED, NOT_IN_THE_LAKE, NOTHING, listing, run, runs};
    use super::super::{RawReplies, UNFINISHED_REPORT_FILE};
    use super::*;

    fn only(runs: usize) -> Retention {
        Retention {
            runs,
            seconds: None,
            bytes: None,
        }
    }

    /// The seconds of the runs that are there.
    fn left(output: &Path) -> Vec<usize> {
        let names = listing(output).into_iter();
        names
            .filter_map(|name| name.strip_prefix("19700101_0000")?.get(..2)?.parse().ok())
            .collect()
    }

    #[test]
    fn a_run_whose_rows_did_not_reach_the_lake_stays_and_counts_for_none() {
        let output = tempfile::tempdir().unwrap();
        let reports = [
            NOT_IN_THE_LAKE,
            DELIVERED,
            DELIVERED,
            NOT_IN_THE_LAKE,
            DELIVERED,
        ];
        let all = runs(output.path(), &reports);
        let prune = |keep| {
            let pruned = all[4].prune(output.path(), &run("a", 4), only(keep));
            pruned.unwrap().removed
        };
        assert_eq!((prune(2), left(output.path())), (1, vec![0, 2, 3, 4]));
        assert_eq!((prune(1), left(output.path())), (1, vec![0, 3, 4]));
        // Replayed, it is as good as the others.
        all[0].save_report(DELIVERED).unwrap();
        assert_eq!((prune(1), left(output.path())), (1, vec![3, 4]));
    }

    #[test]
    fn a_night_of_lake_errors_takes_no_delivered_run_away() {
        let output = tempfile::tempdir().unwrap();
        let reports = [DELIVERED, NOT_IN_THE_LAKE, NOT_IN_THE_LAKE, NOT_IN_THE_LAKE];
        let all = runs(output.path(), &reports);
        let pruned = all[3].prune(output.path(), &run("a", 3), only(1)).unwrap();
        assert_eq!((pruned.removed, left(output.path())), (0, vec![0, 1, 2, 3]));
    }

    #[test]
    fn runs_in_which_nothing_was_delivered_do_not_push_out_those_that_did_and_do_not_pile_up() {
        let output = tempfile::tempdir().unwrap();
        let reports = [NOTHING, DELIVERED, NOTHING, NOTHING, NOTHING];
        let all = runs(output.path(), &reports);
        let pruned = all[4].prune(output.path(), &run("a", 4), only(2)).unwrap();
        assert_eq!((pruned.removed, left(output.path())), (2, vec![1, 3, 4]));
    }

    #[test]
    fn earlier_runs_of_this_runner_tell_when_they_began() {
        let output = tempfile::tempdir().unwrap();
        for (runner, second) in [
            ("a", 60),
            ("b", 61),
            ("a", 1_770_132_645),
            ("a", 1_770_200_000),
        ] {
            RunFolder::create(output.path(), &run(runner, second)).unwrap();
        }
        let own = RunFolder::create(output.path(), &run("a", 1_770_132_700)).unwrap();
        let found = own.earlier_seconds(output.path(), &run("a", 1_770_132_700));
        assert_eq!(found.unwrap(), [1_770_132_645, 60]);
    }

    #[test]
    fn old_runs_of_this_runner_go_and_nothing_else() {
        let output = tempfile::tempdir().unwrap();
        for second in 0..5 {
            let folder = RunFolder::create(output.path(), &run("a", second)).unwrap();
            folder.save_report(b"{}").unwrap();
        }
        RunFolder::create(output.path(), &run("b", 0)).unwrap();
        fs::create_dir(output.path().join("mine_a")).unwrap();
        let newest = RunFolder::create(output.path(), &run("a", 5)).unwrap();
        let pruned = newest.prune(output.path(), &run("a", 5), only(2)).unwrap();
        assert_eq!(pruned.removed, 4);
        assert_eq!(
            listing(output.path()),
            [
                "19700101_000000_b",
                "19700101_000004_a",
                "19700101_000005_a",
                "mine_a"
            ]
        );
    }

    #[test]
    fn a_run_that_begins_beside_one_that_clears_up_has_its_folder_or_another() {
        let output = tempfile::tempdir().unwrap();
        // Its clock is ahead, so that every other run looks old to it.
        let ahead = run("a", 4_000_000_000);
        let clearing_up = RunFolder::create(output.path(), &ahead).unwrap();
        thread::scope(|scope| {
            let beginning = scope.spawn(|| {
                for second in 0..500 {
                    if let Ok(folder) = RunFolder::create(output.path(), &run("a", second)) {
                        folder.save_metrics("d", "x", b"{}").unwrap();
                    }
                }
            });
            while !beginning.is_finished() {
                clearing_up.prune(output.path(), &ahead, only(1)).unwrap();
            }
        });
    }

    #[test]
    fn a_run_at_work_stays_and_does_not_count_and_a_killed_one_goes_in_its_turn() {
        let output = tempfile::tempdir().unwrap();
        let create = |second| RunFolder::create(output.path(), &run("a", second)).unwrap();
        let at_work = create(0);
        drop(create(1)); // killed: no report, no lock
        for second in 2..4 {
            create(second).save_report(b"{}").unwrap();
        }
        drop(create(4)); // killed lately
        let newest = create(5);
        let pruned = newest.prune(output.path(), &run("a", 5), only(2)).unwrap();
        assert_eq!(pruned.removed, 2);
        assert_eq!(
            listing(output.path()),
            [
                "19700101_000000_a",
                "19700101_000003_a",
                "19700101_000004_a",
                "19700101_000005_a"
            ]
        );
        drop(at_work);
    }

    /// A run that was killed with one reply on the disk.
    fn killed_with_a_reply(output: &Path, second: i64) -> PathBuf {
        let folder = RunFolder::create(output, &run("a", second)).unwrap();
        folder
            .save_unfinished_report(br#"{"devices": {}}"#)
            .unwrap();
        folder
            .save_raw("d", "x", b"<rpc-reply/>", RawReplies::Keep)
            .unwrap();
        folder.path().to_owned()
    }

    #[test]
    fn a_killed_run_that_holds_replies_stays_until_it_is_replayed() {
        let output = tempfile::tempdir().unwrap();
        let killed = killed_with_a_reply(output.path(), 50);
        let all = runs(output.path(), &[DELIVERED; 3]);
        let newest = RunFolder::create(output.path(), &run("a", 55)).unwrap();
        newest.save_report(DELIVERED).unwrap();
        drop(all);
        let prune = || {
            let limits = Retention {
                runs: 1,
                seconds: Some(3_600),
                bytes: Some(1),
            };
            let pruned = newest.prune(output.path(), &run("a", 55), limits);
            (pruned.unwrap().removed, left(output.path()))
        };
        assert_eq!(prune(), (3, vec![50, 55]));
        fs::write(killed.join(UNFINISHED_REPORT_FILE), r#"{"replayed": true}"#).unwrap();
        assert_eq!(prune(), (1, vec![55]));
    }

    /// Prunes beside a run of second 50, with a limit of age, and says which others stay.
    fn left_by_age(reports: &[&[u8]], own: &[u8], age: i64) -> Vec<usize> {
        let output = tempfile::tempdir().unwrap();
        runs(output.path(), reports);
        let newest = RunFolder::create(output.path(), &run("a", 50)).unwrap();
        newest.save_report(own).unwrap();
        let limits = Retention {
            seconds: Some(age),
            ..only(100)
        };
        newest.prune(output.path(), &run("a", 50), limits).unwrap();
        left(output.path())
    }

    #[test]
    fn runs_that_are_too_old_go_and_the_last_that_delivered_does_not() {
        let reports = [DELIVERED, NOT_IN_THE_LAKE, NOTHING, DELIVERED, DELIVERED];
        assert_eq!(left_by_age(&reports, DELIVERED, 50), [0, 1, 2, 3, 4, 50]);
        assert_eq!(left_by_age(&reports, DELIVERED, 47), [1, 3, 4, 50]);
        assert_eq!(left_by_age(&reports, DELIVERED, 1), [1, 50]);
        for own in [NOTHING, NOT_IN_THE_LAKE] {
            assert_eq!(left_by_age(&reports, own, 1), [1, 4, 50]);
        }
    }

    #[test]
    fn the_strictest_limit_counts() {
        let output = tempfile::tempdir().unwrap();
        let all = runs(output.path(), &[DELIVERED; 6]);
        let limits = |runs, seconds, bytes| Retention {
            runs,
            seconds: Some(seconds),
            bytes: Some(bytes),
        };
        let size = u64::try_from(DELIVERED.len()).unwrap();
        for (limits, stay) in [
            (limits(5, 9, 9_999), vec![1, 2, 3, 4, 5]),
            (limits(5, 3, 9_999), vec![2, 3, 4, 5]),
            (limits(5, 3, 3 * size), vec![3, 4, 5]),
            (limits(2, 3, 3 * size), vec![4, 5]),
        ] {
            all[5].prune(output.path(), &run("a", 5), limits).unwrap();
            assert_eq!(left(output.path()), stay);
        }
    }

    #[test]
    fn runs_that_are_too_large_together_go_the_oldest_first_and_waiting_ones_count_and_stay() {
        let output = tempfile::tempdir().unwrap();
        let reports = [
            DELIVERED,
            NOT_IN_THE_LAKE,
            NOTHING,
            DELIVERED,
            DELIVERED,
            DELIVERED,
        ];
        let all = runs(output.path(), &reports);
        for folder in &all {
            folder.save_metrics("d", "x", &[b' '; 1_000]).unwrap();
        }
        let prune = |bytes| {
            let limits = Retention {
                bytes: Some(bytes),
                ..only(100)
            };
            let pruned = all[5].prune(output.path(), &run("a", 5), limits);
            (pruned.unwrap().overfull, left(output.path()))
        };
        assert_eq!(prune(6_900), (None, vec![0, 1, 2, 3, 4, 5]));
        // With the oldest goes the empty run, which is older than the oldest that is kept.
        assert_eq!(prune(5_900), (None, vec![1, 3, 4, 5]));
        assert_eq!(prune(3_900), (None, vec![1, 4, 5]));
        let (overfull, stay) = prune(1_900);
        assert_eq!(stay, [1, 5]);
        let overfull = overfull.unwrap();
        assert_eq!(overfull.waiting, 1);
        assert!((2_000..2_900).contains(&overfull.bytes), "{overfull:?}");
    }

    #[test]
    fn the_run_that_latest_points_at_stays_whatever_its_second_is() {
        let output = tempfile::tempdir().unwrap();
        // Its clock was ahead.
        let ahead = RunFolder::create(output.path(), &run("a", 40)).unwrap();
        ahead.save_report(DELIVERED).unwrap();
        ahead.publish_latest(output.path()).unwrap();
        let all = runs(output.path(), &[DELIVERED; 3]);
        assert!(!all[2].publish_latest(output.path()).unwrap());
        let limits = Retention {
            runs: 1,
            seconds: Some(1),
            bytes: Some(1),
        };
        all[2].prune(output.path(), &run("a", 2), limits).unwrap();
        assert_eq!(left(output.path()), [2, 40]);
        assert!(output.path().join("latest").is_dir());
    }

    #[test]
    fn a_folder_that_cannot_be_removed_keeps_no_other_from_going() {
        let output = tempfile::tempdir().unwrap();
        let all = runs(output.path(), &[DELIVERED; 4]);
        let mut removal = Removal::default();
        // What is no folder cannot be removed as one.
        removal.of(&all[0].path().join(REPORT_FILE));
        removal.of(all[1].path());
        assert_eq!((removal.removed, left(output.path())), (1, vec![0, 2, 3]));
        assert!(removal.failed.unwrap().to_string().contains(REPORT_FILE));
    }
}
