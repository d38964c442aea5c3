//! A run that is asked to stop: it ends in order, with the exit status that shells give the signal.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::harness::{
    Fleet, RunFolder, assert_nothing_half_written, program, signal, write_silent_device,
};

/// Collects one device that answers and one that never does, sends the signal, and expects the status.
fn stopped_by(name: &str, status: i32) {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let inventory = folder.path().join("silent.yaml");
    let _silent = write_silent_device(&inventory);
    let mut command = program(
        folder.path(),
        &[
            "collect",
            "-i",
            fleet.inventory(),
            "-i",
            inventory.to_str().unwrap(),
        ],
    );
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    let answered = || {
        let runs = std::fs::read_dir(folder.path().join("output"))
            .into_iter()
            .flatten();
        let mut files = runs
            .flatten()
            .flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten());
        files.any(|file| {
            file.unwrap()
                .file_name()
                .to_string_lossy()
                .ends_with("_optics_diagnostics_metrics.json")
        })
    };
    while !answered() {
        thread::sleep(Duration::from_millis(20));
    }
    signal(&child, name);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned()
        + &String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(status), "{name}: {said}");
    assert!(said.contains("the run was stopped"), "{name}: {said}");
    let run = RunFolder::latest(&folder.path().join("output"));
    assert_eq!(
        run.with_outcome("delivered").len(),
        1,
        "{name}: what had come is delivered"
    );
    assert_eq!(run.with_outcome("failed"), ["silent-01"]);
    assert_eq!(run.json("run.json")["interrupted"], true);
    assert!(
        !run.json("run.json")["files"].as_array().unwrap().is_empty(),
        "{name}"
    );
    assert_nothing_half_written(folder.path());
}

#[test]
fn control_c() {
    stopped_by("INT", 130);
}

#[test]
fn the_service_manager() {
    stopped_by("TERM", 143);
}

#[test]
fn a_terminal_that_goes_away() {
    stopped_by("HUP", 129);
}
