//! What a run delivered, as its `run.json` tells; of a killed run, what its folder tells.
//!
//! Of the report only these keys are read, whatever else it holds:
//!
//! - `lake_error`: why rows did not reach the lake;
//! - `documents_error`: why JSON documents are missing;
//! - `devices.*.outcome`: `failed`, or what was delivered;
//! - `replayed`, in the report of a killed run: a replay has brought its rows to the lake.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{RAW_SUFFIX, REPORT_FILE, UNFINISHED_REPORT_FILE};

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
struct UnfinishedReport {
    #[serde(default)]
    replayed: bool,
}

#[derive(Deserialize)]
struct Device {
    outcome: Option<String>,
}

impl Delivery {
    /// Reads the report of a run. Without one, a run counts as delivered. A report that cannot be read proves no delivery: the run counts
    /// as undelivered.
    pub(super) fn of_run(folder: &Path) -> Self {
        let json = match fs::read(folder.join(REPORT_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Delivered,
            json => json.unwrap_or_default(),
        };
        let report = serde_json::from_slice::<Report>(&json);
        report.map_or(Self::Undelivered, |report| Self::of_report(&report))
    }

    /// Says what became of a run without a report. Nobody knows how much of it is in the lake. So it counts as undelivered if it holds
    /// replies, until a replay has brought them there.
    pub(super) fn of_killed_run(folder: &Path) -> Self {
        let report = fs::read(folder.join(UNFINISHED_REPORT_FILE)).unwrap_or_default();
        let is_replayed =
            serde_json::from_slice::<UnfinishedReport>(&report).is_ok_and(|report| report.replayed);
        let holds_replies = || match fs::read_dir(folder) {
            Ok(mut entries) => entries.any(|entry| {
                let name = entry.map(|entry| entry.file_name());
                name.is_ok_and(|name| name.to_string_lossy().contains(RAW_SUFFIX))
            }),
            // What cannot be looked into may hold some.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        match is_replayed {
            true => Self::Delivered,
            false if holds_replies() => Self::Undelivered,
            false => Self::Nothing,
        }
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
            ("no JSON".to_owned(), Undelivered),
        ] {
            fs::write(folder.path().join(REPORT_FILE), &report).unwrap();
            assert_eq!(Delivery::of_run(folder.path()), delivery, "{report}");
        }
    }

    #[test]
    fn a_killed_run_is_undelivered_while_its_replies_are_here_alone() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let of_run = || Delivery::of_killed_run(folder.path());
        put(UNFINISHED_REPORT_FILE, r#"{"devices": {}}"#);
        put(".d_x_raw.json", "");
        assert_eq!(of_run(), Delivery::Nothing);
        put("d_x_raw.xml.zst", "");
        assert_eq!(of_run(), Delivery::Undelivered);
        put(UNFINISHED_REPORT_FILE, "cut");
        assert_eq!(of_run(), Delivery::Undelivered);
        put(
            UNFINISHED_REPORT_FILE,
            r#"{"devices": {}, "replayed": true}"#,
        );
        assert_eq!(of_run(), Delivery::Delivered);
    }
}
