//! Judges records: which lanes and interfaces look bad, and why.
//!
//! ```text
//!  finding              what is wrong, how bad it is, and the key by which it is known from run to run
//!  threshold_findings   what one collection shows: dark lanes, values beyond limits, alarm flags, FEC errors
//!  history              what is new, still there or gone since the run before, and which dark port lost its light
//! ```
//!
//! Pure: records go in, findings come out. Nothing here does I/O or knows where records come from.

mod finding;
mod history;
mod threshold_findings;

pub use finding::{Finding, Key, Kind, Severity};
pub use history::{Before, Change, changes, gone, settle};
pub use threshold_findings::{judge, lit};
