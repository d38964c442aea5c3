//! `record`: a run's folder of what devices answer, and what is in it once it has been scrubbed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Fleet, assert_nothing_half_written, files_below, lanewatch};

fn record(folder: &Path, fleet: &Fleet, output: &str, flags: &[&str]) {
    let arguments = ["record", "-i", fleet.inventory(), "--output", output];
    lanewatch(folder, &[&arguments, flags].concat())
        .expect(0)
        .says(&["2 devices are in"]);
    assert_nothing_half_written(folder);
}

/// Everything that stands in the files and in their names.
fn contents(folder: &Path) -> String {
    let files = files_below(folder);
    assert!(files.len() > 10, "{files:?}");
    let text = |path: &std::path::PathBuf| {
        format!(
            "{}\n{}\n",
            path.display(),
            String::from_utf8_lossy(&fs::read(path).unwrap())
        )
    };
    files.iter().map(text).collect()
}

/// The serial numbers that the devices said they sent.
fn serial_numbers(ledger: &Path) -> Vec<String> {
    let mut serials = Vec::new();
    for line in fs::read_to_string(ledger).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let modules = line["transceivers"].as_object().into_iter().flatten();
        serials.extend(modules.map(|(_, serial)| serial.as_str().unwrap().to_owned()));
    }
    assert!(serials.len() > 20);
    serials
}

#[test]
fn a_recording_is_a_run_that_can_be_read_and_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    record(folder.path(), &fleet, "rec", &[]);
    drop(fleet);
    let recording = folder.path().join("rec");
    assert!(
        contents(&recording).contains(&serial_numbers(&folder.path().join("sim/ledger.jsonl"))[0])
    );
    lanewatch(
        folder.path(),
        &["replay", "rec", "--output", "again", "--lake", "lake"],
    )
    .expect(0);
    let documents = files_below(&folder.path().join("again"));
    assert_eq!(documents.len(), 2 * 5);
    for document in documents {
        let name = document.file_name().unwrap();
        assert!(
            fs::read(&document).unwrap() == fs::read(recording.join(name)).unwrap(),
            "{name:?} differs"
        );
    }
    let served = Fleet::serving(&folder.path().join("served"), &recording);
    lanewatch(folder.path(), &["collect", "-i", served.inventory()]).expect(0);
    drop(served);
    lanewatch(folder.path(), &["record", "127.0.0.1", "--output", "rec"])
        .expect(2)
        .says(&["is there and not empty"]);
}

#[test]
fn a_scrubbed_recording_holds_no_serial_number_and_still_joins() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    record(folder.path(), &fleet, "plain", &[]);
    record(
        folder.path(),
        &fleet,
        "scrubbed",
        &["--scrub", "--scrub-names"],
    );
    drop(fleet);
    let scrubbed = contents(&folder.path().join("scrubbed"));
    for serial in serial_numbers(&folder.path().join("sim/ledger.jsonl")) {
        assert!(!scrubbed.contains(&serial), "{serial} is still there");
    }
    for name in ["qfx5220-01", "qfx5240-01", "sim-secret"] {
        assert!(!scrubbed.contains(name), "{name} is still there");
    }
    let known = |name: &str| {
        let report: Value =
            serde_json::from_slice(&fs::read(folder.path().join(name).join("run.json")).unwrap())
                .unwrap();
        let devices = report["devices"].as_object().unwrap().clone();
        let mut known = Vec::new();
        for device in devices.keys() {
            let path = folder
                .path()
                .join(name)
                .join(format!("{device}_optics_diagnostics_metrics.json"));
            let optics: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let lanes = optics["lanes"].as_array().unwrap().iter();
            known.push(
                lanes
                    .filter(|lane| lane.get("serial_number").is_some())
                    .count(),
            );
        }
        known.sort_unstable();
        known
    };
    assert_eq!(known("plain"), known("scrubbed"));
    let lengths = |name: &str| {
        let files = files_below(&folder.path().join(name)).into_iter();
        let raw = files.filter(|path| path.to_string_lossy().contains("chassis_inventory_raw"));
        let mut lengths: Vec<_> = raw.map(|path| fs::metadata(path).unwrap().len()).collect();
        lengths.sort_unstable();
        lengths
    };
    assert_eq!(
        lengths("plain"),
        lengths("scrubbed"),
        "what stands for a value is as long as the value"
    );
}

#[test]
fn a_recording_leaves_the_metrics_file_of_the_fleet_alone() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    fs::write(
        folder.path().join("lanewatch.toml"),
        "metrics_file = 'fleet.prom'\n",
    )
    .unwrap();
    let metrics = folder.path().join("fleet.prom");
    lanewatch(folder.path(), &["collect", "-i", fleet.inventory()]).expect(0);
    let of_fleet = fs::read(&metrics).unwrap();
    assert!(!of_fleet.is_empty());
    record(folder.path(), &fleet, "rec", &[]);
    assert!(fs::read(&metrics).unwrap() == of_fleet);
    fs::remove_file(&metrics).unwrap();
    record(folder.path(), &fleet, "again", &[]);
    assert!(!metrics.exists());
}
