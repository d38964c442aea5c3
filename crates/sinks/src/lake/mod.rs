//! The lake: Parquet files in Hive partitions, one file a dataset a run.
//!
//! ```text
//! lake/dt=2026-02-03/hr=15/intf-dom/interface_dom_20260203_153045_{runner}_{run id}.parquet
//!                         /lane-dom/lane_dom_…          /intf-counters/interface_counters_…
//!
//!   write ─► early (rows before their turn) ─► file (row_group by row group) ─► publication (all names at once) ─► local
//!   local ─► tables ─► check (is every file whole?)    local ─► sync (what a remote lake does not have)
//!   ddl: what an engine must be told to read it
//! ```

mod check;
mod ddl;
mod early;
mod file;
mod layout;
mod local;
mod publication;
mod row_group;
pub mod sync;
mod tables;
mod write;

pub use check::{Checked, Damage, check_file, rows_in};
pub use ddl::{Engine, ddl};
pub use file::Compression;
pub use layout::{Layout, file_path, partition, partition_end};
pub use local::{LocalFile, files, free_space, require_free_space};
pub use publication::{Recovered, recover};
pub use tables::Tables;
pub use write::{Writer, Written};
