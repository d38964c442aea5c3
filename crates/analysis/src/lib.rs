//! Judges records: which lanes and interfaces look bad, and why.
//!
//! ```text
//!  threshold_findings   what one collection shows: dark lanes, values beyond limits, alarm flags, FEC errors
//! ```
//!
//! Pure: records go in, findings come out. Nothing here does I/O or knows where records come from.

mod threshold_findings;

pub use threshold_findings::{Finding, Severity, judge};
