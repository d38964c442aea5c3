//! One pass of one runner over its shard: the only place that reads the clock, and the only one where a reply meets a parser.
//!
//! ```text
//!   Plan ─► run ─┬─► device (a task each, `concurrency` at work) ──bounded──► lake writer (1 thread) ─► lake
//!                │      session → raw reply → records → documents → tables
//!                └─◄ DeviceReport ◄── each task's end, whatever it was: delivered, failed, out of time, panicked
//! ```
//!
//! `check` walks the way to a device alone and says what stands in it. `replay` walks the same line from the raw replies of an earlier run instead of a session.

mod begin;
mod check;
mod clock;
mod device;
mod digest;
mod loose;
mod patience;
mod replay;
mod report;
mod retry;
mod run;
mod saved;
mod scrub;

pub(crate) use check::{Checked, Step, UnknownKey, Verdict, check};
pub(crate) use clock::Clock;
pub(crate) use loose::LooseFiles;
pub(crate) use replay::{Parsed, Replayed, parse, replay};
#[cfg(test)]
pub(crate) use report::{DeviceReport, LakeFile};
pub(crate) use report::{Outcome, RunReport};
pub(crate) use retry::Retry;
pub(crate) use run::{Event, Finished, run};
pub(crate) use saved::SavedRun;
pub(crate) use scrub::Scrubber;
