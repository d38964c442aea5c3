//! Marks a run as delivered once a replay has brought its rows to the lake that lacked them: retention then treats it as any other. A
//! killed run is marked too.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use sinks::{REPORT_FILE, RunFolder, UNFINISHED_REPORT_FILE};

use super::replay::Replayed;
use super::report::Outcome;

/// What a replay has made good of what its run lacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeGood {
    /// What the run lacked and has now, as a sentence's subject: "the rows in the lake".
    pub now_there: Vec<&'static str>,
    /// Why the run still counts as undelivered, if it does.
    pub still_missing: Vec<String>,
}

/// Takes out of the run's report what the replay has made good:
///
/// - `lake_error`, if every device was read again and `lake` is the lake that the run was meant for;
/// - `documents_error`, if every device was read again and `documents` is the run's own folder.
///
/// Anything else in the report stays as it is. Rows that went to another lake, to be looked at, leave the run undelivered.
///
/// A killed run has no such report. The one that it began with is marked as `replayed`, on the same conditions as `lake_error` is taken out.
///
/// # Errors
///
/// If the report cannot be read or written. It is as it was then.
pub fn make_good(
    folder: &Path,
    documents: &Path,
    lake: &Path,
    replayed: &[Replayed],
) -> anyhow::Result<MadeGood> {
    let path = folder.join(REPORT_FILE);
    if !path.exists() {
        return mark_as_replayed(folder, lake, replayed);
    }
    let read = || format!("cannot read the run report {}", path.display());
    let json = fs::read(&path).with_context(read)?;
    let mut report: Value = serde_json::from_slice(&json).with_context(read)?;
    let lacked = |report: &Value, key: &str| report.get(key).is_some_and(|error| !error.is_null());
    let failed = first_failed(replayed);
    let mut made_good = MadeGood::default();
    if lacked(&report, "lake_error") {
        let meant_for = report.get("lake").and_then(Value::as_str).map(Path::new);
        match (failed, meant_for) {
            (Some(device), _) => made_good.still_missing.push(format!(
                "{} could not be read again: the run stays one whose rows did not reach the lake",
                device.device
            )),
            (None, Some(meant_for)) if is_same(meant_for, lake) => {
                made_good.now_there.push("the rows in the lake");
                remove(&mut report, &["lake_error", "lake"]);
            }
            (None, Some(meant_for)) => made_good.still_missing.push(format!(
                "the run was meant for the lake {}, which lacks its rows: replay it with `--lake {0}`",
                meant_for.display()
            )),
            (None, None) => made_good.still_missing.push(
                "the run's report does not name the lake that it was meant for (an earlier version wrote it): its folder is kept until \
                 somebody removes it"
                    .to_owned(),
            ),
        }
    }
    if lacked(&report, "documents_error") {
        if failed.is_none() && is_same(folder, documents) {
            made_good.now_there.push("the JSON documents");
            remove(&mut report, &["documents_error"]);
        } else {
            made_good.still_missing.push(format!(
                "documents are missing in {}: replay it with `--output {0}`",
                folder.display()
            ));
        }
    }
    if !made_good.now_there.is_empty() {
        let json = serde_json::to_vec_pretty(&report).context("cannot write the run report")?;
        RunFolder::at(folder)?.save_report(&json)?;
    }
    Ok(made_good)
}

/// Marks the report that a killed run began with.
fn mark_as_replayed(folder: &Path, lake: &Path, replayed: &[Replayed]) -> anyhow::Result<MadeGood> {
    let path = folder.join(UNFINISHED_REPORT_FILE);
    let read = || format!("cannot read the report {}", path.display());
    let json = fs::read(&path).with_context(read)?;
    let mut report: Value = serde_json::from_slice(&json).with_context(read)?;
    let meant_for = report.get("lake").and_then(Value::as_str).map(Path::new);
    let mut made_good = MadeGood::default();
    match (first_failed(replayed), meant_for) {
        (Some(device), _) => made_good.still_missing.push(format!(
            "{} could not be read again: the folder of the killed run is kept",
            device.device
        )),
        (None, Some(meant_for)) if is_same(meant_for, lake) => {
            made_good.now_there.push("the rows in the lake");
            if let Value::Object(fields) = &mut report {
                fields.insert("replayed".to_owned(), Value::Bool(true));
            }
            let json = serde_json::to_vec(&report).context("cannot write the run report")?;
            RunFolder::at(folder)?.save_unfinished_report(&json)?;
        }
        (None, Some(meant_for)) => made_good.still_missing.push(format!(
            "the killed run wrote to the lake {}, which may lack rows of it: replay it with `--lake {0}`",
            meant_for.display()
        )),
        (None, None) => made_good.still_missing.push(
            "the report of the killed run does not name its lake (an earlier version wrote it): its folder is kept until somebody removes it"
                .to_owned(),
        ),
    }
    Ok(made_good)
}

fn first_failed(replayed: &[Replayed]) -> Option<&Replayed> {
    let mut devices = replayed.iter();
    devices.find(|device| device.report.outcome == Outcome::Failed)
}

fn remove(report: &mut Value, keys: &[&str]) {
    if let Value::Object(fields) = report {
        fields.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// Whether two paths are one folder that is there.
fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::super::report::DeviceReport;
    use records::json::Dialect;

    use super::*;

    struct Case {
        folder: tempfile::TempDir,
    }

    impl Case {
        fn with(mut report: Value) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for name in ["run", "lake", "other"] {
                fs::create_dir(folder.path().join(name)).unwrap();
            }
            if report.get("lake").is_some() {
                report["lake"] = json!(folder.path().join("lake"));
            }
            let path = folder.path().join("run").join(REPORT_FILE);
            fs::write(path, report.to_string()).unwrap();
            Self { folder }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn replay(&self, documents: &str, lake: &str, outcome: Outcome) -> MadeGood {
            let replayed = Replayed {
                device: "a".to_owned(),
                report: DeviceReport {
                    outcome,
                    ..DeviceReport::default()
                },
                dialect: Dialect::Documented,
            };
            let (documents, lake) = (self.path(documents), self.path(lake));
            make_good(&self.path("run"), &documents, &lake, &[replayed]).unwrap()
        }

        fn report(&self) -> Value {
            let json = fs::read(self.path("run").join(REPORT_FILE)).unwrap();
            serde_json::from_slice(&json).unwrap()
        }
    }

    #[test]
    fn rows_that_reach_the_lake_that_lacked_them_make_the_run_delivered() {
        let case = Case::with(json!({"lake_error": "no room", "lake": "", "of_later": 1}));
        let made_good = case.replay("other", "run/../lake", Outcome::Delivered);
        assert_eq!(made_good.now_there, ["the rows in the lake"]);
        assert_eq!(made_good.still_missing, [""; 0]);
        assert_eq!(
            case.report(),
            json!({"of_later": 1}),
            "and nothing else goes"
        );
    }

    #[test]
    fn rows_that_go_elsewhere_or_only_in_part_do_not() {
        for (lake, outcome, says) in [
            ("other", Outcome::Delivered, "was meant for the lake"),
            ("gone", Outcome::Delivered, "was meant for the lake"),
            ("lake", Outcome::Failed, "a could not be read again"),
        ] {
            let case = Case::with(json!({"lake_error": "no room", "lake": ""}));
            let before = case.report();
            let made_good = case.replay("other", lake, outcome);
            assert!(made_good.still_missing[0].contains(says), "{made_good:?}");
            assert_eq!(case.report(), before);
        }
        let case = Case::with(json!({"lake_error": "no room"}));
        let made_good = case.replay("other", "lake", Outcome::Delivered);
        assert!(made_good.still_missing[0].contains("does not name the lake"));
        assert_eq!(case.report(), json!({"lake_error": "no room"}));
    }

    #[test]
    fn documents_are_made_good_in_the_folder_of_the_run() {
        let case = Case::with(json!({"documents_error": "no room"}));
        let made_good = case.replay("other", "lake", Outcome::Delivered);
        assert!(made_good.still_missing[0].contains("documents are missing"));
        let made_good = case.replay("run", "other", Outcome::Delivered);
        assert_eq!(made_good.now_there, ["the JSON documents"]);
        assert_eq!(case.report(), json!({}));
    }

    #[test]
    fn a_run_that_lacked_nothing_is_not_written_again() {
        let case = Case::with(json!({"lake_error": null}));
        assert_eq!(
            case.replay("run", "lake", Outcome::Delivered),
            MadeGood::default()
        );
        assert_eq!(case.report(), json!({"lake_error": null}));
    }

    #[test]
    fn a_killed_run_is_marked_once_all_that_came_is_in_its_lake() {
        let case = Case::with(json!({"lake": "", "of_later": 1}));
        let [ended, unfinished] =
            [REPORT_FILE, UNFINISHED_REPORT_FILE].map(|name| case.path("run").join(name));
        fs::rename(ended, &unfinished).unwrap();
        let report = || serde_json::from_slice::<Value>(&fs::read(&unfinished).unwrap()).unwrap();
        let before = report();
        for (lake, outcome, says) in [
            ("other", Outcome::Delivered, "wrote to the lake"),
            ("lake", Outcome::Failed, "a could not be read again"),
        ] {
            let made_good = case.replay("other", lake, outcome);
            assert!(made_good.still_missing[0].contains(says), "{made_good:?}");
            assert_eq!(report(), before);
        }
        let made_good = case.replay("other", "lake", Outcome::Delivered);
        assert_eq!(made_good.now_there, ["the rows in the lake"]);
        assert_eq!(report()["replayed"], true);
        assert_eq!(report()["of_later"], 1);
    }
}
