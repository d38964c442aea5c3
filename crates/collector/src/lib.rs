//! One pass of one runner over its shard: the only place that reads the clock, and the only one where a reply meets a parser.
//!
//! ```text
//!   Plan ─► run ─┬─► device (a task each, `concurrency` at work) ──bounded──► lake writer (1 thread) ─► lake
//!                │      session → raw reply → records → documents → tables
//!                └─◄ DeviceReport ◄── each task's end, whatever it was: delivered, failed, out of time, panicked
//! ```
//!
//! `check` tries each step of a connection and reports what fails. `replay` parses and delivers
//! the raw replies of an earlier run; it opens no session. `backfill` writes the series of a lake over time.

mod backfill;
mod begin;
mod catalogue;
mod check;
mod clock;
mod context;
mod deadline;
mod delivery;
mod device;
mod earlier_run;
mod live_series;
mod loose_files;
mod make_good;
mod options;
mod original_run;
pub mod panic_report;
mod parse_and_join;
mod plan;
mod publication;
mod replay;
mod report;
mod retry;
mod run;
mod saved_run;
mod scrub;
mod series_count;
mod turns;

pub use backfill::{Backfilled, History, backfill};
pub use catalogue::{Catalogue, Command, Per, mapping_of_report};
pub use check::{Checked, Step, UnknownKey, Verdict, check};
pub use clock::Clock;
pub use context::{Event, Watch};
pub use earlier_run::earlier_devices;
pub use live_series::LiveSeries;
pub use loose_files::{LooseFiles, only_pic};
pub use make_good::{MadeGood, make_good};
pub use options::{
    DeviceOptions, HostKeys, Limits, LoginOptions, MetricsFile, Options, OutputOptions, PushOptions,
};
pub use original_run::OriginalRun;
pub use plan::{
    DevicePlan, FilterSource, FromVault, Maintenance, NetconfVersion, Plan, Shard, runner_name,
    utc_second,
};
pub use replay::{Parsed, Replayed, parse, replay};
pub use report::{
    DeviceReport, LakeFile, Outcome, PushReport, RpcOutcome, RpcReport, RunReport, Totals,
    cluster_label,
};
pub use retry::Retry;
pub use run::{Finished, run};
pub use saved_run::SavedRun;
pub use scrub::Scrubber;
pub use series_count::{SeriesCount, SeriesEstimate};
