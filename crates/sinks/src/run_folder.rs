//! The folder that a run leaves behind: raw replies, JSON documents, `run.json`.
//!
//! ```text
//! output_dir/
//!   latest -> 20260203_153045_runner01
//!   20260203_153045_runner01/
//!     {device}_{reply}_raw.xml[.zst]     the reply, byte for byte; {reply} is the RPC's name, for PIC detail with its slots
//!     {device}_{rpc}_metrics.json
//!     run.json                           written last: a folder without one is a run that did not end
//! ```
//!
//! A run holds a lock on its folder, so that the next one can tell a run at work from one that was killed.
//!
//! The same folder is what the simulator serves again and what `replay` reads: one on-disk form.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::atomic_file::{self, Durability, create_folder};
use crate::{Error, Result, RunIdentity, file_name};

/// What the name of a saved reply ends with.
pub const RAW_SUFFIX: &str = "_raw.xml";
/// What the name of a JSON document ends with.
pub const METRICS_SUFFIX: &str = "_metrics.json";
/// The run report.
pub const REPORT_FILE: &str = "run.json";
/// What is added to the name of a compressed reply.
const COMPRESSED_SUFFIX: &str = ".zst";
/// The link to the newest run.
const LATEST: &str = "latest";

/// What becomes of the replies as the devices sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawReplies {
    /// Kept as they came.
    Keep,
    /// Kept, compressed with zstd: about a thirtieth of the size.
    Zstd,
    /// Not kept: the run cannot be replayed.
    Drop,
}

/// One run's folder.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
    /// Held while the run is at work. None where the file system knows no locks, and for a replay.
    _lock: Option<Arc<File>>,
}

impl RunFolder {
    /// Makes the folder of a new run.
    ///
    /// # Errors
    ///
    /// [`Error::RunExists`] if the same runner has a run of the same second.
    pub fn create(output_dir: &Path, run: &RunIdentity) -> Result<Self> {
        create_folder(output_dir)?;
        let path = output_dir.join(format!(
            "{}_{}",
            run.stamp(),
            file_name::encode(&run.runner_name)
        ));
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::RunExists { path });
            }
            Err(cause) => return Err(Error::on("create the folder", &path)(cause)),
        }
        let lock = lock_of_ours(&path);
        // Before the lock, another run may have taken it for one that was killed.
        if !is_still(&path, lock.as_ref()) {
            return Err(Error::RunExists { path });
        }
        Ok(Self {
            _lock: lock.map(Arc::new),
            path,
        })
    }

    /// A folder for the documents of a replay: any folder, made if it is not there.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made.
    pub fn at(path: &Path) -> Result<Self> {
        create_folder(path)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: None,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Saves a reply as the device sent it. Returns the file's name, none if replies are not kept.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_raw(
        &self,
        device: &str,
        reply: &str,
        bytes: &[u8],
        keep: RawReplies,
    ) -> Result<Option<String>> {
        let name = format!("{}_{reply}{RAW_SUFFIX}", file_name::encode(device));
        match keep {
            RawReplies::Drop => Ok(None),
            RawReplies::Keep => self.write(name, bytes).map(Some),
            RawReplies::Zstd => {
                let name = name + COMPRESSED_SUFFIX;
                let packed = zstd::bulk::compress(bytes, zstd::DEFAULT_COMPRESSION_LEVEL)
                    .map_err(Error::on("compress", &self.path.join(&name)))?;
                self.write(name, &packed).map(Some)
            }
        }
    }

    /// Saves the JSON document of one RPC of a device.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_metrics(&self, device: &str, rpc: &str, json: &[u8]) -> Result<()> {
        self.write(metrics_name(device, rpc), json).map(drop)
    }

    /// Reads back the JSON document of one RPC of a device.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn read_metrics(&self, device: &str, rpc: &str) -> Result<Vec<u8>> {
        let path = self.path.join(metrics_name(device, rpc));
        fs::read(&path).map_err(Error::on("read", &path))
    }

    /// Saves the run report, the last file of a run, and makes the whole folder survive a power cut.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_report(&self, json: &[u8]) -> Result<()> {
        atomic_file::write(&self.path.join(REPORT_FILE), json, Durability::Synced).map(drop)
    }

    /// Points `output_dir/latest` at this run, unless it points at a later one that is there. Returns whether it points here now.
    ///
    /// # Errors
    ///
    /// If the link cannot be made; whatever had the name has it still.
    pub fn publish_latest(&self, output_dir: &Path) -> Result<bool> {
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

    /// Removes this runner's oldest finished runs, so that `keep` stay, this one among them, and what killed runs left behind
    /// that is older than those. A run still at work is neither counted nor touched. Returns how many went.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed or an old run cannot be removed.
    pub fn prune(&self, output_dir: &Path, run: &RunIdentity, keep: usize) -> Result<usize> {
        let suffix = format!("_{}", file_name::encode(&run.runner_name));
        let (mut finished, mut unfinished) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(output_dir).map_err(Error::on("list", output_dir))? {
            let entry = entry.map_err(Error::on("list", output_dir))?;
            let (name, path) = (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            );
            if path == self.path || !name.strip_suffix(&suffix).is_some_and(is_stamp) {
                continue;
            }
            if path.join(REPORT_FILE).exists() {
                finished.push(path);
            } else {
                unfinished.push(path);
            }
        }
        finished.sort();
        let excess = (finished.len() + 1).saturating_sub(keep.max(1));
        let kept = finished.split_off(excess.min(finished.len()));
        if let Some(oldest) = kept.first().or(Some(&self.path)) {
            unfinished.retain(|path| path < oldest);
        }
        let mut removed = 0;
        let remove = |path: &Path| match fs::remove_dir_all(path) {
            // Another run was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::on("remove the old run", path)),
        };
        for path in &finished {
            remove(path)?;
            removed += 1;
        }
        for path in &unfinished {
            // Held until it is gone: a run that has just made it must not take it for its own.
            if let Some(_held) = lock(path) {
                remove(path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn write(&self, name: String, bytes: &[u8]) -> Result<String> {
        atomic_file::write(&self.path.join(&name), bytes, Durability::Renamed)?;
        Ok(name)
    }
}

fn metrics_name(device: &str, rpc: &str) -> String {
    format!("{}_{rpc}{METRICS_SUFFIX}", file_name::encode(device))
}

/// Reads a saved reply, compressed or not.
///
/// # Errors
///
/// If the file cannot be read or is not what its name says.
pub fn read_raw(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(Error::on("read", path))?;
    if path.to_string_lossy().ends_with(COMPRESSED_SUFFIX) {
        return zstd::stream::decode_all(bytes.as_slice()).map_err(Error::on("uncompress", path));
    }
    Ok(bytes)
}

/// The lock on a run's folder, none if somebody has it or the file system knows no locks. It ends with the value.
fn lock(folder: &Path) -> Option<File> {
    let opened = File::open(folder).ok()?;
    opened.try_lock().ok().map(|()| opened)
}

/// The lock on a folder that is our own: who looks whether its run lives has the lock for a moment, or for as long as it takes
/// to remove what it took for dead.
fn lock_of_ours(folder: &Path) -> Option<File> {
    let opened = File::open(folder).ok()?;
    for _ in 0..500 {
        match opened.try_lock() {
            Ok(()) => return Some(opened),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// Whether a folder is there, and is the one that was opened.
fn is_still(folder: &Path, opened: Option<&File>) -> bool {
    let Ok(there) = fs::metadata(folder) else {
        return false;
    };
    let opened = opened.and_then(|opened| opened.metadata().ok());
    opened.is_none_or(|opened| opened.ino() == there.ino() && opened.dev() == there.dev())
}

/// The length of `YYYYMMDD_HHMMSS`.
const STAMP_LENGTH: usize = 15;

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
    use super::*;

    fn run(runner_name: &str, run_timestamp: i64) -> RunIdentity {
        RunIdentity {
            runner_name: runner_name.to_owned(),
            run_id: "0badcafe".to_owned(),
            run_timestamp,
        }
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_has_a_folder_of_its_own() {
        let output = tempfile::tempdir().unwrap();
        let identity = run("runner 1", 1_770_132_645);
        let folder = RunFolder::create(output.path(), &identity).unwrap();
        assert_eq!(listing(output.path()), ["20260203_153045_runner%201"]);
        let error = RunFolder::create(output.path(), &identity).unwrap_err();
        assert!(matches!(error, Error::RunExists { .. }), "{error}");

        folder.publish_latest(output.path()).unwrap();
        assert_eq!(
            fs::read_link(output.path().join("latest")).unwrap(),
            Path::new("20260203_153045_runner%201")
        );
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
    fn a_reply_comes_back_byte_for_byte() {
        let output = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(output.path(), &run("a", 0)).unwrap();
        let reply = "<rpc-reply>é</rpc-reply>\n".as_bytes();
        for (keep, name) in [
            (RawReplies::Keep, "d_x_raw.xml"),
            (RawReplies::Zstd, "d_x_raw.xml.zst"),
        ] {
            assert_eq!(
                folder.save_raw("d", "x", reply, keep).unwrap().as_deref(),
                Some(name)
            );
            assert_eq!(read_raw(&folder.path().join(name)).unwrap(), reply);
        }
        assert_eq!(
            folder.save_raw("d", "y", reply, RawReplies::Drop).unwrap(),
            None
        );
        assert_eq!(listing(folder.path()), ["d_x_raw.xml", "d_x_raw.xml.zst"]);
    }
}
