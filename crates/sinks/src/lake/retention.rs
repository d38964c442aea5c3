//! Retention of the lake on this disk, where no remote is asked: old partitions go by their age alone.
//!
//! [`OldFiles::find`] says what would go and which remotes were not given all of it; [`OldFiles::remove`] removes it. Remotes are known by
//! what their syncs have left here. A sync that prunes (`sync::prune`) asks the remote itself, and removes what that has for certain.

use std::path::{Path, PathBuf};

use super::lake_lock::LakeLock;
use super::layout;
use super::local::{self, LocalFile};
use super::removal;
use super::sync::{Backlog, KnownRemotes};
use crate::Result;

/// The files of partitions that ended before some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldFiles {
    /// The oldest partition first.
    pub files: Vec<LocalFile>,
    /// The remotes that lack some of them, each with those files.
    pub lacked: Vec<Backlog>,
    /// States of syncs that cannot be read: what their remotes lack is not known.
    pub unreadable_states: Vec<PathBuf>,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldFilesRemoved {
    /// Files that went.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were written again since they were listed. They stay.
    pub written_again: Vec<String>,
    /// Files that could not be removed, and why.
    pub failed: Vec<(String, String)>,
}

impl OldFiles {
    /// Finds the files of partitions that ended before `before` (UTC seconds), or at that second. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// If the lake cannot be listed.
    pub fn find(lake: &Path, before: i64) -> Result<Self> {
        let is_old =
            |file: &LocalFile| layout::partition_end(&file.path).is_some_and(|end| end <= before);
        let mut files = local::files(lake)?;
        files.retain(is_old);
        let known = KnownRemotes::of(lake)?;
        let backlogs = known.backlogs.into_iter();
        let lacked = backlogs.map(|mut backlog| {
            backlog.files.retain(is_old);
            backlog
        });
        Ok(Self {
            files,
            lacked: lacked.filter(|backlog| !backlog.files.is_empty()).collect(),
            unreadable_states: known.unreadable,
        })
    }

    /// Removes the files, partition after partition, each partition in one turn of the lake. Blocks for the lake's lock and on the disk.
    /// What remotes lack is for the caller to look at.
    ///
    /// # Errors
    ///
    /// If the lake's lock cannot be acquired in time. Files that were removed before stay removed.
    pub fn remove(&self, lake: &Path) -> Result<OldFilesRemoved> {
        let mut removed = OldFilesRemoved::default();
        let is_one = |a: &LocalFile, b: &LocalFile| a.partition() == b.partition();
        for partition in self.files.chunk_by(is_one) {
            let lock = LakeLock::acquire(lake)?;
            for file in partition {
                match removal::remove(lake, file, &lock) {
                    Ok(true) => {
                        removed.files += 1;
                        removed.bytes += file.size;
                    }
                    Ok(false) if file.on_disk(lake).exists() => {
                        removed.written_again.push(file.path.clone());
                    }
                    Ok(false) => {} // somebody else has removed it
                    Err(error) => removed.failed.push((file.path.clone(), error.to_string())),
                }
            }
        }
        tracing::info!(
            files = removed.files,
            bytes = removed.bytes,
            failed = removed.failed.len(),
            "pruned by age"
        );
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Read as _;

    use super::*;

    const HOUR_14: [&str; 2] = [
        "dt=2026-02-03/hr=14/intf-dom/a.parquet",
        "dt=2026-02-03/hr=14/lane-dom/a.parquet",
    ];
    const HOUR_15: &str = "dt=2026-02-03/hr=15/lane-dom/b.parquet";
    /// 2026-02-03 15:00:00 UTC, the end of the first hour.
    const END: i64 = 1_770_130_800;

    fn lake() -> tempfile::TempDir {
        let lake = tempfile::tempdir().unwrap();
        for path in [HOUR_14[0], HOUR_14[1], HOUR_15, "notes/c.parquet"] {
            let path = lake.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "rows").unwrap();
        }
        lake
    }

    fn paths(files: &[LocalFile]) -> Vec<&str> {
        files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn a_partition_goes_as_a_whole_once_it_has_ended_and_an_open_file_is_read_on() {
        let lake = lake();
        let find = |before| OldFiles::find(lake.path(), before).unwrap();
        assert_eq!(find(END - 1), OldFiles::default());
        let old = find(END);
        assert_eq!(paths(&old.files), HOUR_14);
        let mut reader = File::open(lake.path().join(HOUR_14[0])).unwrap();
        let removed = old.remove(lake.path()).unwrap();
        assert_eq!((removed.files, removed.bytes), (2, 8));
        assert!(!lake.path().join("dt=2026-02-03/hr=14").exists());
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "rows");
        // Again, nothing is left to do; the rest is untouched, whatever its age.
        assert_eq!(old.remove(lake.path()).unwrap(), OldFilesRemoved::default());
        find(i64::MAX).remove(lake.path()).unwrap();
        assert!(local::files(lake.path()).unwrap().is_empty());
        assert!(lake.path().join("notes/c.parquet").exists());
    }

    #[test]
    fn what_is_written_again_meanwhile_stays() {
        let lake = lake();
        let old = OldFiles::find(lake.path(), END).unwrap();
        fs::write(lake.path().join(HOUR_14[1]), "more rows").unwrap();
        let removed = old.remove(lake.path()).unwrap();
        assert_eq!(removed.files, 1);
        assert_eq!(removed.written_again, [HOUR_14[1]]);
    }

    #[test]
    fn a_file_that_cannot_be_removed_is_told_and_the_others_go() {
        let lake = lake();
        let mut old = OldFiles::find(lake.path(), END).unwrap();
        // A folder has the name: unlike a missing permission, it stops root as well.
        let folder = lake.path().join(HOUR_14[0]);
        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        let metadata = fs::metadata(&folder).unwrap();
        old.files[0].size = metadata.len();
        old.files[0].modified_ns = local::modified_ns(&metadata);
        let removed = old.remove(lake.path()).unwrap();
        assert_eq!((removed.files, removed.failed.len()), (1, 1));
        assert_eq!(removed.failed[0].0, HOUR_14[0]);
    }

    #[test]
    fn only_what_a_remote_lacks_of_the_old_files_counts_and_a_state_that_is_damaged_is_told() {
        let lake = lake();
        let find = || OldFiles::find(lake.path(), END).unwrap();
        let states = lake.path().join(".lanewatch/sync");
        fs::create_dir_all(&states).unwrap();
        let file = find().files.remove(0);
        let line = format!(
            "{} {} {} {}\n",
            "0".repeat(64),
            file.size,
            file.modified_ns,
            file.path
        );
        let head = "lanewatch-sync 1 s3://a/b\n";
        fs::write(states.join("0.state"), format!("{head}{line}")).unwrap();
        let old = find();
        assert_eq!(old.lacked.len(), 1);
        assert_eq!(old.lacked[0].url, "s3://a/b");
        assert_eq!(paths(&old.lacked[0].files), [HOUR_14[1]]);
        old.remove(lake.path()).unwrap();
        assert_eq!(find(), OldFiles::default());
        let damaged = states.join("1.state");
        fs::write(&damaged, "garbage").unwrap();
        assert_eq!(find().unreadable_states, [damaged]);
    }
}
