//! A recorded run is a simulator script and an input to read again: the same replies give the same documents and rows.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Fleet, RunFolder, files_below, lanewatch, program};

/// A document without the times of the run that made it.
fn timeless(mut document: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("timestamp");
                fields.remove("run_timestamp");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut document);
    document
}

/// Collects a fleet into a folder, as the runner `recorder`.
pub(crate) fn collect(folder: &Path, inventory: &str) -> RunFolder {
    fs::create_dir_all(folder).unwrap();
    let arguments = ["collect", "-i", inventory, "--runner-name", "recorder"];
    lanewatch(folder, &arguments).expect(0);
    RunFolder::latest(&folder.join("output"))
}

#[test]
fn a_run_served_again_and_collected_again_gives_the_same_documents() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let first = collect(&folder.path().join("first"), fleet.inventory());
    drop(fleet);
    let fleet = Fleet::serving(&folder.path().join("served"), &first.path);
    let second = collect(&folder.path().join("second"), fleet.inventory());

    assert_eq!(first.devices(), second.devices());
    let documents = first.files("_metrics.json");
    assert_eq!(documents, second.files("_metrics.json"));
    assert_eq!(documents.len(), 4 * 5, "{documents:?}");
    for name in documents {
        assert_eq!(
            timeless(first.json(&name)),
            timeless(second.json(&name)),
            "{name}"
        );
    }
    for device in first.devices() {
        assert_eq!(
            first.device(device)["rows"],
            second.device(device)["rows"],
            "{device}"
        );
    }
}

#[test]
fn replay_gives_the_same_bytes_as_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let recorded = collect(folder.path(), fleet.inventory());
    drop(fleet);
    let run_folder = recorded.path.to_str().unwrap();
    let arguments = [
        "replay",
        run_folder,
        "--output",
        "again",
        "--lake",
        "lake-again",
    ];
    lanewatch(folder.path(), &arguments).expect(0);

    let documents = recorded.files("_metrics.json");
    assert!(!documents.is_empty());
    for name in documents {
        let again = fs::read(folder.path().join("again").join(&name)).unwrap();
        assert!(
            fs::read(recorded.path.join(&name)).unwrap() == again,
            "{name} differs"
        );
    }
    // The same rows in the same order by the same writer are the same bytes under the same names.
    let (lake, lake_again) = (
        folder.path().join("raw_ml_data"),
        folder.path().join("lake-again"),
    );
    let files = files_below(&lake);
    assert_eq!(files.len(), 3);
    for file in files {
        let again = lake_again.join(file.strip_prefix(&lake).unwrap());
        assert!(
            fs::read(&file).unwrap() == fs::read(&again).unwrap(),
            "{} differs",
            again.display()
        );
    }
}

#[test]
fn a_run_that_was_killed_between_its_two_parts_is_replayed_as_itself() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::with_faults(&folder.path().join("sim"), 3, &["qfx5240-01=black-hole"]);
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--interfaces",
        "et-0/0/1*",
        "--publish-after",
        "5s",
    ];
    let mut collecting = program(folder.path(), &arguments).spawn().unwrap();
    let lake = folder.path().join("raw_ml_data");
    let parquet = || {
        let files = if lake.is_dir() {
            files_below(&lake)
        } else {
            Vec::new()
        };
        // Files that still grow are in a hidden folder.
        let is_visible = |path: &Path| {
            let path = path.strip_prefix(&lake).unwrap();
            path.to_string_lossy().starts_with("dt=")
        };
        let mut files: Vec<_> = files.into_iter().filter(|path| is_visible(path)).collect();
        files.sort();
        files
    };
    while parquet().len() < 3 {
        assert!(collecting.try_wait().unwrap().is_none(), "it has ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let first_part = parquet();
    let run = fs::read_dir(folder.path().join("output")).unwrap();
    let run = run.map(|entry| entry.unwrap().path()).next().unwrap();
    let replay = [
        "replay",
        run.to_str().unwrap(),
        "--output",
        "again",
        "--lake",
        "raw_ml_data",
    ];
    lanewatch(folder.path(), &replay)
        .expect(2)
        .says(&["is at work"]);
    collecting.kill().unwrap();
    collecting.wait().unwrap();

    lanewatch(folder.path(), &replay)
        .expect(0)
        .says(&["the rows in the lake that the run lacked are there now"]);
    let report = fs::read(run.join("run_unfinished.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["replayed"], true, "its folder may go in its turn");
    assert_eq!(
        parquet(),
        first_part,
        "the same files, and none beside them"
    );
    // The interface filter of the run still holds.
    let again = folder.path().join("again");
    let documents = files_below(&again);
    assert_eq!(documents.len(), 2 * 5, "{documents:?}");
    for path in documents {
        let read = |path: &Path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let first = run.join(path.file_name().unwrap());
        assert_eq!(timeless(read(&first)), timeless(read(&path)), "{first:?}");
    }
}

#[test]
fn a_reply_that_is_gone_fails_its_device_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let recorded = collect(folder.path(), fleet.inventory());
    drop(fleet);
    let devices = recorded.devices();
    let (gone, other) = (&devices[0], &devices[1]);
    let file = format!("{gone}_optics_diagnostics_raw.xml");
    fs::remove_file(recorded.path.join(&file)).unwrap();
    let run_folder = recorded.path.to_str().unwrap();

    let replay_into = |lake| {
        let replay = ["replay", run_folder, "--output", "again", "--lake", lake];
        lanewatch(folder.path(), &replay)
    };
    let ran = replay_into("again-lake").expect(3);
    assert!(ran.stdout.contains(&file), "{}", ran.stdout);
    let written: Vec<_> = files_below(&folder.path().join("again"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(written.len(), 5, "{written:?}");
    assert!(
        written
            .iter()
            .all(|name| name.starts_with(&format!("{other}_"))),
        "{written:?}"
    );
    assert_eq!(files_below(&folder.path().join("again-lake")).len(), 3);

    // Into the run's own lake: that device's rows are there, and stay.
    let lake = folder.path().join("raw_ml_data");
    let contents = |lake| -> Vec<_> {
        files_below(lake)
            .iter()
            .map(|path| fs::read(path).unwrap())
            .collect()
    };
    let before = contents(&lake);
    replay_into("raw_ml_data").says(&[
        &file,
        "nothing in the lake was replaced",
        "another `--lake`",
    ]);
    assert!(!before.is_empty() && contents(&lake) == before);

    let parse = [
        "parse",
        "optics_diagnostics",
        "-i",
        run_folder,
        "-o",
        "parsed",
    ];
    let ran = lanewatch(folder.path(), &parse).expect(3);
    assert!(ran.stderr.contains(&file), "{}", ran.stderr);
    assert_eq!(files_below(&folder.path().join("parsed")).len(), 1);
}

#[test]
fn a_folder_that_no_run_left_is_refused_with_what_to_name_instead() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lanewatch(
        folder.path(),
        &["replay", ".", "--output", "o", "--lake", "l"],
    );
    assert_ne!(ran.status, Some(0));
    ran.says(&["not the folder of a run", "latest"]);
    assert_eq!(files_below(folder.path()).len(), 0);
}

#[test]
fn a_run_report_that_was_tampered_with_reaches_no_file_outside_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let recorded = collect(folder.path(), fleet.inventory());
    drop(fleet);
    let report = recorded.path.join("run.json");
    let untouched = fs::read_to_string(&report).unwrap();
    let device = recorded.devices()[0].to_owned();
    let file = format!("\"file\": \"{device}_system_information_raw.xml\"");
    let run_id = format!("\"run_id\": {}", recorded.report["run_id"]);
    for (from, to, told) in [
        (
            file,
            "\"file\": \"../../secret\"",
            "a file of the run's folder was expected",
        ),
        (
            run_id,
            "\"run_id\": \"x/../y\"",
            "hexadecimal digits were expected",
        ),
    ] {
        let tampered = untouched.replace(&from, to);
        assert_ne!(tampered, untouched, "{from} is not in the report");
        fs::write(&report, tampered).unwrap();
        let arguments = [
            "replay",
            recorded.path.to_str().unwrap(),
            "--output",
            "o",
            "--lake",
            "l",
        ];
        lanewatch(folder.path(), &arguments).expect(2).says(&[told]);
        assert!(!folder.path().join("o").exists());
    }
}

#[test]
fn a_run_whose_rows_did_not_reach_the_lake_is_delivered_by_a_replay_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let run = collect(folder.path(), fleet.inventory());
    let path = run.path.join("run.json");
    let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let lake = folder.path().join("raw_ml_data");
    report["lake_error"] = "the disk is full".into();
    report["lake"] = lake.to_str().unwrap().into();
    fs::write(&path, report.to_string()).unwrap();
    fs::remove_dir_all(&lake).unwrap();
    let replay = |lake: &str| {
        let run = run.path.to_str().unwrap();
        let arguments = ["replay", run, "--output", "again", "--lake", lake];
        lanewatch(folder.path(), &arguments).expect(0)
    };
    let lake_error = || {
        let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        report.get("lake_error").cloned()
    };
    replay("to-look-at").says(&["was meant for the lake", "raw_ml_data"]);
    assert!(lake_error().is_some());
    replay("raw_ml_data").says(&["the rows in the lake that the run lacked are there now"]);
    assert_eq!(lake_error(), None);
    assert!(!files_below(&lake).is_empty());
}
