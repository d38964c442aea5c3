//! The simulator and the lake, judged by clients and readers that nobody here wrote.

use std::path::Path;

use crate::harness::{Fleet, Python, judge, lanewatch};
use crate::replay;

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn ncclient_in_junos_mode_gets_all_five_rpcs_of_each_platform() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(folder.path(), 4);
    let ran = judge(Python::Readers, "ncclient_rpcs.py", &[fleet.inventory()]);
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        4,
        "{}",
        ran.stdout
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn pyez_opens_a_device_with_facts_and_reads_its_optics() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(folder.path(), 4);
    let ran = judge(Python::PyEz, "pyez_facts.py", &[fleet.inventory()]);
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        4,
        "{}",
        ran.stdout
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn the_lake_of_the_demo_holds_what_the_simulator_says_it_sent() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(0);
    let at = |name: &str| folder.path().join("shown").join(name);
    judge(
        Python::Readers,
        "lake_against_ledger.py",
        &[at("lake"), at("sim/ledger.jsonl")],
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn a_run_served_again_and_collected_again_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let first = replay::collect(&folder.path().join("first"), fleet.inventory());
    drop(fleet);
    let fleet = Fleet::serving(&folder.path().join("served"), &first.path);
    replay::collect(&folder.path().join("second"), fleet.inventory());
    let lake = |name: &str| Path::new(folder.path()).join(name).join("raw_ml_data");
    judge(
        Python::Readers,
        "same_rows.py",
        &[lake("first"), lake("second")],
    );
}
