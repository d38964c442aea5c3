//! The folder that a run leaves behind: raw replies, JSON documents, `run.json`.
//!
//! ```text
//! output_dir/
//!   latest -> 20260203_153045_runner01
//!   20260203_153045_runner01/
//!     {device}_{reply}_raw.xml[.zst]     the reply, byte for byte; {reply} is the RPC's name, for PIC detail with its slots
//!     {device}_{rpc}_metrics.json
//!     {device}_{reply}_unreadable.bin    what came in place of a reply and could not be read
//!     run_unfinished.json                written first: run id, time and devices, so that a killed run can be replayed as itself
//!     run.json                           written last, in place of it: a folder without one is a run that did not end
//!     .lock                              held while the run is at work, so that the next one can tell it from one that was killed
//! ```
//!
//! `delivery` says what a run delivered, `latest` moves the link, `retention` removes old runs. All methods block on the disk.
//!
//! The same folder is what the simulator serves again and what `replay` reads: one on-disk form.

mod delivery;
mod folder_lock;
mod latest;
mod retention;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use folder_lock::FolderLock;
pub use retention::{Overfull, Retention, RunsPruned};

use crate::atomic_file::{self, Durability, create_folder};
use crate::{Error, Result, RunIdentity, file_name};

/// What the name of a saved reply ends with.
pub const RAW_SUFFIX: &str = "_raw.xml";
/// What the name of a file ends with that holds what came in place of a reply and could not be read.
const UNREADABLE_SUFFIX: &str = "_unreadable.bin";
/// What the name of a JSON document ends with.
pub const METRICS_SUFFIX: &str = "_metrics.json";
/// The run report.
pub const REPORT_FILE: &str = "run.json";
/// The report of a run that has not ended: it is at work, or was killed.
pub const UNFINISHED_REPORT_FILE: &str = "run_unfinished.json";
/// What is added to the name of a compressed reply.
const COMPRESSED_SUFFIX: &str = ".zst";

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
    lock: Option<Arc<FolderLock>>,
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
        let lock = FolderLock::of_new_folder(&path);
        // Before the lock, another run may have taken it for one that was killed.
        if !path.is_dir() || lock.as_ref().is_some_and(|lock| !lock.is_in_place()) {
            return Err(Error::RunExists { path });
        }
        Ok(Self {
            lock: lock.map(Arc::new),
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
            lock: None,
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
        self.keep(name, bytes, keep)
    }

    /// Saves what came in place of a reply and could not be read, under a name that no reader takes for a reply's.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_unreadable(
        &self,
        device: &str,
        reply: &str,
        bytes: &[u8],
        keep: RawReplies,
    ) -> Result<Option<String>> {
        let name = format!("{}_{reply}{UNREADABLE_SUFFIX}", file_name::encode(device));
        self.keep(name, bytes, keep)
    }

    /// Writes a file as it is, or compressed, or not at all. Returns the name under which it lies.
    fn keep(&self, name: String, bytes: &[u8], keep: RawReplies) -> Result<Option<String>> {
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

    /// Saves what is known of a run before its first device is contacted.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_unfinished_report(&self, json: &[u8]) -> Result<()> {
        self.write(UNFINISHED_REPORT_FILE.to_owned(), json)
            .map(drop)
    }

    /// Whether the run in this folder is at work in another process.
    pub fn is_at_work(path: &Path) -> bool {
        FolderLock::is_held_by_another(path)
    }

    /// Saves the run report, the last file of a run, and makes the whole folder survive a power cut.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_report(&self, json: &[u8]) -> Result<()> {
        atomic_file::write(&self.path.join(REPORT_FILE), json, Durability::Synced)?;
        drop(fs::remove_file(self.path.join(UNFINISHED_REPORT_FILE))); // where it stays, `run.json` goes before it
        drop(self.lock.as_ref().map(|lock| lock.remove())); // with its report the run is over
        Ok(())
    }

    /// Removes the folder of a run that did not begin after all. What is in it already stays.
    pub fn discard(self) {
        drop(self.lock.as_ref().map(|lock| lock.remove()));
        drop(fs::remove_dir(&self.path)); // a disk that refuses leaves a folder that is cleared away with the old runs
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

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn run(runner_name: &str, run_timestamp: i64) -> RunIdentity {
        RunIdentity {
            runner_name: runner_name.to_owned(),
            run_id: "0badcafe".to_owned(),
            run_timestamp,
        }
    }

    pub(super) const DELIVERED: &[u8] = br#"{"devices": {"d": {"outcome": "delivered"}}}"#;
    pub(super) const NOTHING: &[u8] = br#"{"devices": {"d": {"outcome": "failed"}}}"#;
    pub(super) const NOT_IN_THE_LAKE: &[u8] =
        br#"{"lake_error": "the disk is full", "devices": {"d": {"outcome": "delivered"}}}"#;

    /// Runs of one runner, a second apart, each with its report.
    pub(super) fn runs(output: &Path, reports: &[&[u8]]) -> Vec<RunFolder> {
        let seconds = (0..).zip(reports);
        let runs = seconds.map(|(second, report)| {
            let folder = RunFolder::create(output, &run("a", second)).unwrap();
            folder.save_report(report).unwrap();
            folder
        });
        runs.collect()
    }

    pub(super) fn listing(folder: &Path) -> Vec<String> {
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
        let raw = ["d_x_raw.xml", "d_x_raw.xml.zst"];
        assert_eq!(listing(folder.path()), [&[".lock"], &raw[..]].concat());
        folder.save_report(b"{}").unwrap();
        assert_eq!(listing(folder.path()), [&raw[..], &["run.json"]].concat());
    }

    #[test]
    fn a_run_that_did_not_begin_leaves_nothing() {
        let output = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(output.path(), &run("a", 0)).unwrap();
        folder.discard();
        assert_eq!(listing(output.path()), [""; 0]);
    }
}
