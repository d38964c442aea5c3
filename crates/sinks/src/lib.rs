//! Where records go once they are tables and documents: files that are complete or absent.
//!
//! ```text
//!                 ┌─ run_folder   raw replies, JSON documents, run.json, `latest`
//!  DeviceRecords ─┤
//!                 ├─ lake         dt=…/hr=…/{intf-dom,lane-dom,intf-counters}/…parquet
//!                 └─ metrics_file the same rows as series, in one text: `metrics` says which
//!                        all written beside, then renamed
//!                        push ─► a Prometheus Pushgateway: series as one group
//!                        remote_write ─► a receiver of remote write, by way of a spool on the disk
//!                        lake::sync ─► a remote lake: S3, other stores, a mounted folder
//! ```
//!
//! This crate knows datasets, columns and bytes. It names no record type and no Junos element, and opens a socket only to bring
//! the lake to an object store and series to a Pushgateway or a remote-write receiver. It is told the time: partitions come from the run's timestamp, never from
//! a clock. Everything but these blocks its thread.

mod atomic_file;
mod backoff;
mod error;
mod file_name;
mod http_client;
pub mod lake;
mod metrics_file;
pub mod push;
pub mod remote_write;
mod run_folder;

pub use backoff::Backoff;
pub use error::{Error, Result};
pub use file_name::{decode as decode_file_name, encode as encode_file_name};
pub use metrics_file::write_metrics;
pub use run_folder::{
    METRICS_SUFFIX, Overfull, RAW_SUFFIX, REPORT_FILE, RawReplies, Retention, RunFolder,
    RunsPruned, UNFINISHED_REPORT_FILE, read_raw,
};

/// Writes a file that is complete or absent, in place of one that is there.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_file(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    atomic_file::write(path, bytes, atomic_file::Durability::Renamed).map(drop)
}

/// The same of bytes that come piece by piece.
///
/// # Errors
///
/// That of `write`, or if the file cannot be made or take its name.
pub fn write_piecewise<T, E: From<Error>>(
    path: &std::path::Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let mut file = atomic_file::AtomicFile::create(path)?;
    let written = write(&mut file)?;
    file.finish(atomic_file::Durability::Renamed)?;
    Ok(written)
}

/// What tells one run's files from every other run's.
///
/// The three together name the run folder and the Parquet files, so that runners never meet and a rerun replaces
/// its own files and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunIdentity {
    /// The process that collected: `SEMAPHORE_RUNNER_NAME`, `--runner-name` or the host name.
    pub runner_name: String,
    /// A few hexadecimal digits drawn when the run began, kept in its `run.json`.
    pub run_id: String,
    /// The UTC second at which the run began.
    pub run_timestamp: i64,
}

impl RunIdentity {
    /// `YYYYMMDD_HHMMSS` of the run's timestamp, in UTC: what the names of its folder and files begin with.
    pub fn stamp(&self) -> String {
        utc(self.run_timestamp).format("%Y%m%d_%H%M%S").to_string()
    }
}

/// The UTC date and time of a Unix second; seconds beyond what the calendar holds count as the epoch.
fn utc(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
