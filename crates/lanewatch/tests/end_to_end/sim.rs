//! `sim` by itself: devices for as long as a command takes.

use crate::harness::{files_below, lanewatch};

#[test]
fn a_command_finds_the_fleet_answering_and_its_status_becomes_ours() {
    let folder = tempfile::tempdir().unwrap();
    let probe = "test -s fleet/inventory.yaml && test -s fleet/known_hosts && exit 7";
    let arguments = [
        "sim",
        "--devices",
        "2",
        "--folder",
        "fleet",
        "--",
        "sh",
        "-c",
        probe,
    ];
    lanewatch(folder.path(), &arguments)
        .expect(7)
        .says(&["ready: 2 devices"]);
}

#[test]
fn two_devices_of_one_seed_are_the_same_and_of_another_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let serial = |fleet: &str, seed: &str| {
        let inventory = format!("{fleet}/inventory.yaml");
        let collect = [
            env!("CARGO_BIN_EXE_lanewatch"),
            "collect",
            "-i",
            &inventory,
            "--output-dir",
            fleet,
        ];
        let sim = [
            "sim",
            "--devices",
            "1",
            "--seed",
            seed,
            "--folder",
            fleet,
            "--",
        ];
        lanewatch(folder.path(), &[&sim[..], &collect[..]].concat()).expect(0);
        let reply = files_below(&folder.path().join(fleet))
            .into_iter()
            .find(|path| {
                path.to_str()
                    .unwrap()
                    .ends_with("_chassis_inventory_raw.xml")
            });
        let reply = std::fs::read_to_string(reply.unwrap()).unwrap();
        // Message-ids aside, the chassis says the same each time.
        reply.split_once("<chassis").unwrap().1.to_owned()
    };
    let first = serial("first", "1");
    assert!(
        first == serial("again", "1"),
        "the same seed gave another chassis"
    );
    assert!(
        first != serial("other", "2"),
        "another seed gave the same chassis"
    );
}

#[test]
fn a_folder_that_is_no_run_cannot_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lanewatch(folder.path(), &["sim", "--serve", "."]).expect(2);
    ran.says(&["not the folder of a run"]);
}
