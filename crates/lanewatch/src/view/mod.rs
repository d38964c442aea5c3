//! What a person sees: text made from reports, and bars while there is nothing to report yet.
//!
//! Pure but for the bars: a report goes in, lines come out, and the snapshots of the tests are what is promised.

mod check;
mod demo;
mod findings;
mod inventory;
mod lake;
mod lines;
mod plan;
mod progress;
mod run;
mod screen;
mod series;
mod settings;

pub(crate) use check::{check_as_json, render_check};
pub(crate) use demo::{DemoShard, render_demo};
pub(crate) use findings::{Found, findings_as_csv, findings_as_json, found, gone, render_findings};
pub(crate) use inventory::{render_host, render_inventory};
pub(crate) use lake::{
    CompactedHours, LakeStatus, Partition, render_compacted, render_lake_status, render_old_files,
    render_old_files_removed, render_pruned, render_synced, render_uncompacted, render_verified,
    render_written,
};
pub(crate) use plan::{plan_as_json, render_plan};
pub(crate) use progress::{ShardBar, SyncBar, above_bars, clear_bars, hide_bars};
pub(crate) use run::{cause, render_replay, render_run};
pub(crate) use screen::{ColorChoice, Screen};
pub(crate) use settings::{render_settings, settings_as_json};
