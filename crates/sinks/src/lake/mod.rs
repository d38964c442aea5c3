//! The lake: Parquet files in Hive partitions, one file a dataset a run, or two where the run is published in two parts.
//!
//! ```text
//! lake/dt=2026-02-03/hr=15/intf-dom/interface_dom_20260203_153045_{runner}_{run id}[_late].parquet, or …_20260203_15_compacted_….parquet
//!                         /lane-dom/lane_dom_…          /intf-counters/interface_counters_…
//!
//!   writer ─► reorder_buffer (rows that wait for a slower device) ─► file (row_group by row group) ─► staging ─► commit ─► local
//!   recovery: what runs that died left behind. lease, host, observations: is a run alive? lake_lock: one commit at a time
//!   local ─► tables ─► check (is every file whole?)    local ─► sync (what a remote lake does not have)
//!   compact: the files of an hour become one (merging_file, merged: whose rows; exchange: in one step), active_writers: unless somebody writes there;
//!     cut: a run that is written again takes its rows out
//!   retention: old partitions that go by their age (removal: one file in the lake's turn)
//!   read: its runs by time, and their rows
//!   ddl: what an engine must be told to read it
//! ```

mod active_writers;
mod check;
mod commit;
mod compact;
mod cut;
mod ddl;
mod ddl_views;
mod engine;
mod exchange;
mod file;
mod host;
mod lake_lock;
mod layout;
mod lease;
mod local;
mod merged;
mod merging_file;
mod observations;
mod read;
mod recovery;
mod removal;
mod reorder_buffer;
mod retention;
mod row_group;
mod staging;
pub mod sync;
mod tables;
mod writer;

pub use check::{Checked, Damage, check_file, doubled, rows_in};
pub use compact::{Compaction, Compactor, UncompactedHour};
pub use ddl::{ddl, ddl_per_device};
pub use engine::Engine;
pub use file::Compression;
pub use layout::{Layout, file_path, is_per_device, partition, partition_end};
pub use local::{LocalFile, files, free_space, require_free_space};
pub use read::{Rows, SavedRows, SavedRuns};
pub use recovery::{Recovered, recover};
pub use retention::{OldFiles, OldFilesRemoved};
pub use tables::Tables;
pub use writer::{Committed, Writer, Written};
