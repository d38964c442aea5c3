//! The lake: Parquet files in Hive partitions, one file a dataset a run.
//!
//! ```text
//! lake/dt=2026-02-03/hr=15/intf-dom/interface_dom_20260203_153045_{runner}_{run id}.parquet
//!                         /lane-dom/lane_dom_…          /intf-counters/interface_counters_…
//! ```

mod layout;
mod write;

pub use layout::{file_path, partition};
pub use write::{Compression, Writer, Written};
