//! Retention: which old runs are removed, and at which run `latest` points.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::delivery::Delivery;
use super::folder_lock::FolderLock;
use super::{REPORT_FILE, RunFolder};
use crate::{Error, Result, RunIdentity, file_name};

/// The link to the newest run that delivered anything.
const LATEST: &str = "latest";
/// The length of `YYYYMMDD_HHMMSS`.
const STAMP_LENGTH: usize = 15;

impl RunFolder {
    /// Points `output_dir/latest` at this run, unless no device delivered in it or the link points at a later run that is there.
    /// Returns whether it points here now.
    ///
    /// # Errors
    ///
    /// If the link cannot be made; whatever had the name has it still.
    pub fn publish_latest(&self, output_dir: &Path) -> Result<bool> {
        if Delivery::of_run(&self.path) == Delivery::Nothing {
            return Ok(false);
        }
        let link = output_dir.join(LATEST);
        let name = self.path.file_name().unwrap_or_default();
        let points_at = fs::read_link(&link).unwrap_or_default();
        let is_run = points_at.to_str().and_then(|name| name.get(..STAMP_LENGTH));
        if is_run.is_some_and(is_stamp)
            && points_at.as_os_str() > name
            && output_dir.join(&points_at).is_dir()
        {
            return Ok(false);
        }
        let staging = output_dir.join(format!(".{LATEST}.{}.tmp", name.to_string_lossy()));
        drop(fs::remove_file(&staging)); // of a run that was killed between the two steps
        std::os::unix::fs::symlink(name, &staging)
            .map_err(Error::on("create the link", &staging))?;
        fs::rename(&staging, &link).map_err(|cause| {
            drop(fs::remove_file(&staging));
            Error::on("put in place the link", &link)(cause)
        })?;
        Ok(true)
    }

    /// Removes this runner's old runs, and what killed runs left behind. Returns how many went.
    ///
    /// - Of the runs that delivered, the newest `keep` stay, one at least, this one among them if it delivered.
    /// - A run whose rows did not reach the lake or another sink stays until it is replayed, and does not count.
    /// - Runs in which no device delivered are kept as many again at most, and none older than the oldest run that is kept.
    /// - A killed run goes when it is older than the oldest run that is kept. A run at work is neither counted nor touched.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed or an old run cannot be removed.
    pub fn prune(&self, output_dir: &Path, run: &RunIdentity, keep: usize) -> Result<usize> {
        let (mut delivered, mut empty, mut unfinished) = (Vec::new(), Vec::new(), Vec::new());
        for path in self.others_of(output_dir, run)? {
            if !path.join(REPORT_FILE).exists() {
                unfinished.push(path);
                continue;
            }
            match Delivery::of_run(&path) {
                Delivery::Delivered => delivered.push(path),
                Delivery::Nothing => empty.push(path),
                Delivery::Undelivered => {
                    tracing::debug!(run = %path.display(), "kept: its rows have not reached all sinks");
                }
            }
        }
        let own = Delivery::of_run(&self.path);
        let keep = keep.max(1);
        let mut old = oldest(&mut delivered, keep, own == Delivery::Delivered);
        old.append(&mut oldest(&mut empty, keep, own == Delivery::Nothing));
        if let Some(oldest_kept) = delivered.first() {
            old.extend(empty.into_iter().filter(|path| path < oldest_kept));
        }
        let oldest_kept = delivered.first().unwrap_or(&self.path);
        let mut removed = 0;
        for path in &old {
            remove(path)?;
            removed += 1;
        }
        for path in unfinished.iter().filter(|path| *path < oldest_kept) {
            // Held until it is gone: a run that has just made it must not take it for its own.
            if let Some(_held) = FolderLock::try_of(path) {
                remove(path)?;
                removed += 1;
            }
        }
        Ok(removed)
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

fn remove(run: &Path) -> Result<()> {
    tracing::debug!(run = %run.display(), "removing an old run");
    match fs::remove_dir_all(run) {
        // Another run was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Error::on("remove the old run", run)),
    }
}

/// Whether this is `YYYYMMDD_HHMMSS`.
fn is_stamp(text: &str) -> bool {
    text.len() == STAMP_LENGTH
        && text.bytes().enumerate().all(|(at, byte)| {
            if at == 8 {
                byte == b'_'
            } else {
                byte.is_ascii_digit()
            }
        })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::super::tests::{listing, run};
    use super::*;

    const DELIVERED: &[u8] = br#"{"devices": {"d": {"outcome": "delivered"}}}"#;
    const NOTHING: &[u8] = br#"{"devices": {"d": {"outcome": "failed"}}}"#;
    const NOT_IN_THE_LAKE: &[u8] =
        br#"{"lake_error": "the disk is full", "devices": {"d": {"outcome": "delivered"}}}"#;

    /// Runs of one runner, a second apart, each with its report.
    fn runs(output: &Path, reports: &[&[u8]]) -> Vec<RunFolder> {
        let seconds = (0..).zip(reports);
        let runs = seconds.map(|(second, report)| {
            let folder = RunFolder::create(output, &run("a", second)).unwrap();
            folder.save_report(report).unwrap();
            folder
        });
        runs.collect()
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
        let prune = |keep| all[4].prune(output.path(), &run("a", 4), keep).unwrap();
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
        let removed = all[3].prune(output.path(), &run("a", 3), 1).unwrap();
        assert_eq!((removed, left(output.path())), (0, vec![0, 1, 2, 3]));
    }

    #[test]
    fn runs_in_which_nothing_was_delivered_do_not_push_out_those_that_did_and_do_not_pile_up() {
        let output = tempfile::tempdir().unwrap();
        let reports = [NOTHING, DELIVERED, NOTHING, NOTHING, NOTHING];
        let all = runs(output.path(), &reports);
        let removed = all[4].prune(output.path(), &run("a", 4), 2).unwrap();
        assert_eq!((removed, left(output.path())), (2, vec![1, 3, 4]));
    }

    #[test]
    fn latest_is_the_newest_run_that_delivered_anything() {
        let output = tempfile::tempdir().unwrap();
        let all = runs(output.path(), &[DELIVERED, NOTHING, NOT_IN_THE_LAKE]);
        let points_at = || fs::read_link(output.path().join("latest")).unwrap();
        for (at, moves) in [(0, true), (1, false)] {
            assert_eq!(all[at].publish_latest(output.path()).unwrap(), moves);
            assert_eq!(points_at(), Path::new("19700101_000000_a"));
        }
        // Its documents are here, whatever became of its rows.
        assert!(all[2].publish_latest(output.path()).unwrap());
        assert_eq!(points_at(), Path::new("19700101_000002_a"));
    }

    #[test]
    fn latest_never_goes_back() {
        let output = tempfile::tempdir().unwrap();
        let early = RunFolder::create(output.path(), &run("a", 1_770_132_645)).unwrap();
        let late = RunFolder::create(output.path(), &run("b", 1_770_132_646)).unwrap();
        late.publish_latest(output.path()).unwrap();
        early.publish_latest(output.path()).unwrap();
        assert_eq!(
            fs::read_link(output.path().join("latest")).unwrap(),
            Path::new("20260203_153046_b")
        );
    }

    #[test]
    fn latest_does_not_stay_on_a_run_that_is_gone() {
        let output = tempfile::tempdir().unwrap();
        let link = output.path().join("latest");
        for target in ["20990101_000000_a", "zz-mine"] {
            fs::remove_file(&link).ok();
            std::os::unix::fs::symlink(target, &link).unwrap();
            let folder = RunFolder::at(&output.path().join("20260203_153045_a")).unwrap();
            assert!(folder.publish_latest(output.path()).unwrap());
            let points_at = fs::read_link(&link).unwrap();
            assert_eq!(points_at, Path::new("20260203_153045_a"));
        }
    }

    #[test]
    fn a_latest_that_is_a_folder_is_an_error_that_leaves_nothing_behind() {
        let output = tempfile::tempdir().unwrap();
        fs::create_dir_all(output.path().join("latest/mine")).unwrap();
        let folder = RunFolder::create(output.path(), &run("a", 0)).unwrap();
        let error = folder.publish_latest(output.path()).unwrap_err();
        assert!(error.to_string().contains("latest"), "{error}");
        assert_eq!(listing(output.path()), ["19700101_000000_a", "latest"]);
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
        assert_eq!(newest.prune(output.path(), &run("a", 5), 2).unwrap(), 4);
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
                clearing_up.prune(output.path(), &ahead, 1).unwrap();
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
        assert_eq!(newest.prune(output.path(), &run("a", 5), 2).unwrap(), 2);
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
}
