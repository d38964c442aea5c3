//! What a finished run delivered, as its `run.json` tells.
//!
//! Of the report only these keys are read, whatever else it holds:
//!
//! - `lake_error`: why rows did not reach the lake;
//! - `documents_error`: why JSON documents are missing;
//! - `devices.*.outcome`: `failed`, or what was delivered.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::REPORT_FILE;

/// What became of the rows of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// At least one device delivered, and its rows reached every sink.
    Delivered,
    /// At least one device delivered, and rows are missing in the lake or another sink: the replies here are their only copy.
    Undelivered,
    /// No device delivered.
    Nothing,
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    lake_error: Value,
    #[serde(default)]
    documents_error: Value,
    devices: Option<BTreeMap<String, Device>>,
}

#[derive(Deserialize)]
struct Device {
    outcome: Option<String>,
}

impl Delivery {
    /// Reads the report of a run. One that is not there or cannot be read counts as that of a run that delivered.
    pub(super) fn of_run(folder: &Path) -> Self {
        let report = fs::read(folder.join(REPORT_FILE)).ok();
        let report = report.and_then(|json| serde_json::from_slice::<Report>(&json).ok());
        report.map_or(Self::Delivered, |report| Self::of_report(&report))
    }

    fn of_report(report: &Report) -> Self {
        let failed = |device: &Device| device.outcome.as_deref() == Some("failed");
        let all_failed = |devices: &BTreeMap<_, _>| devices.values().all(failed);
        if report.devices.as_ref().is_some_and(all_failed) {
            Self::Nothing
        } else if !report.lake_error.is_null() || !report.documents_error.is_null() {
            Self::Undelivered
        } else {
            Self::Delivered
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_what_was_delivered() {
        use Delivery::{Delivered, Nothing, Undelivered};
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Delivery::of_run(folder.path()), Delivered);
        let one =
            r#""devices": {"a": {"outcome": "failed"}, "b": {"outcome": "degraded", "rows": {}}}"#;
        let none = r#""devices": {"a": {"outcome": "failed"}}"#;
        for (report, delivery) in [
            (format!("{{{one}}}"), Delivered),
            (format!(r#"{{"lake_error": null, {one}}}"#), Delivered),
            (
                format!(r#"{{"lake_error": "the disk", {one}}}"#),
                Undelivered,
            ),
            (
                format!(r#"{{"documents_error": "the disk", {one}}}"#),
                Undelivered,
            ),
            (format!("{{{none}}}"), Nothing),
            (format!(r#"{{"lake_error": "the disk", {none}}}"#), Nothing),
            (r#"{"devices": {}}"#.to_owned(), Nothing),
            ("{}".to_owned(), Delivered),
            ("no JSON".to_owned(), Delivered),
        ] {
            fs::write(folder.path().join(REPORT_FILE), &report).unwrap();
            assert_eq!(Delivery::of_run(folder.path()), delivery, "{report}");
        }
    }
}
