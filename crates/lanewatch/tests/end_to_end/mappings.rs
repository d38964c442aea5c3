//! RPCs without a compiler, end to end: the shipped mappings beside the built-in RPCs, held against what the devices say they sent.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Fleet, RunFolder, files_below, lanewatch};

/// A catalogue of the repository. Tests run in the folder of their package.
fn shipped(name: &str) -> String {
    let path = fs::canonicalize(Path::new("../../mappings").join(name)).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// What the devices wrote down of an RPC, by device.
fn sent(ledger: &Path, rpc: &str) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(ledger).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_rpc = lines.filter(|line| line["rpc"] == rpc);
    of_rpc
        .map(|line| (line["device"].as_str().unwrap().to_owned(), line))
        .collect()
}

#[test]
fn two_catalogues_add_two_tables_and_a_replay_needs_neither() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let (environment, engine) = (
        shipped("chassis_environment.yml"),
        shipped("route_engine.yml"),
    );
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--runner-name",
        "r",
        "--catalogue",
        &environment,
        "--catalogue",
        &engine,
    ];
    lanewatch(folder.path(), &arguments).expect(0);
    drop(fleet);

    let run = RunFolder::latest(&folder.path().join("output"));
    let ledger = folder.path().join("sim/ledger.jsonl");
    let (temperatures, started) = (
        sent(&ledger, "get-environment-information"),
        sent(&ledger, "get-route-engine-information"),
    );
    assert_eq!(
        (run.devices().len(), temperatures.len(), started.len()),
        (4, 4, 4)
    );
    for device in run.devices() {
        let items = |name: &str| {
            run.json(&format!("{device}_{name}_metrics.json"))["items"]
                .as_array()
                .unwrap()
                .clone()
        };
        let mut found = serde_json::Map::new();
        for item in items("chassis_environment")
            .iter()
            .filter(|item| item.get("temperature").is_some())
        {
            let whole = item["temperature"].as_f64().unwrap() as i64;
            found.insert(item["name"].as_str().unwrap().to_owned(), whole.into());
        }
        assert_eq!(
            Value::Object(found),
            temperatures[device]["temperatures"],
            "{device}"
        );
        let mut found = serde_json::Map::new();
        for item in items("route_engine") {
            found.insert(item["slot"].to_string(), item["start_time"].clone());
        }
        assert_eq!(Value::Object(found), started[device]["started"], "{device}");
        assert!(
            run.device(device)["notes"].is_null(),
            "{}",
            run.device(device)["notes"]
        );
    }
    let lake = files_below(&folder.path().join("raw_ml_data"));
    let tables: Vec<_> = lake
        .iter()
        .map(|file| file.parent().unwrap().file_name().unwrap())
        .collect();
    assert_eq!(
        tables,
        [
            "chassis_environment",
            "intf-counters",
            "intf-dom",
            "lane-dom",
            "route_engine"
        ]
    );
    let name = lake[4].file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("route_engine_") && name.contains("_r_"),
        "{name}"
    );

    let run_folder = run.path.to_str().unwrap();
    lanewatch(
        folder.path(),
        &[
            "replay",
            run_folder,
            "--output",
            "again",
            "--lake",
            "lake-again",
        ],
    )
    .expect(0);
    for name in run.files("_metrics.json") {
        let again = fs::read(folder.path().join("again").join(&name)).unwrap();
        assert!(
            fs::read(run.path.join(&name)).unwrap() == again,
            "{name} differs"
        );
    }
    assert_eq!(files_below(&folder.path().join("lake-again")).len(), 5);

    // The lake's commands know them by their files, or by the catalogue where there are none yet.
    let lake = |arguments: &[&str]| lanewatch(folder.path(), &[&["lake"], arguments].concat());
    lake(&["verify"]).expect(0).says(&["5 files", "all whole"]);
    let of_files = lake(&["ddl", "--engine", "athena", "--location", "s3://b"]).expect(0);
    let elsewhere = [
        "ddl",
        "--engine",
        "athena",
        "--location",
        "s3://b",
        "--lake",
        "none",
    ];
    let catalogues = ["--catalogue", &environment, "--catalogue", &engine];
    let of_catalogue = lake(&[&elsewhere[..], &catalogues[..]].concat()).expect(0);
    assert_eq!(of_files.stdout, of_catalogue.stdout);
    assert_eq!(of_files.stdout.matches("CREATE EXTERNAL TABLE").count(), 5);
    of_files.says(&["/hr=${hr}/route_engine/"]);
    assert_eq!(
        lake(&elsewhere)
            .expect(0)
            .stdout
            .matches("CREATE EXTERNAL TABLE")
            .count(),
        3
    );
    // A catalogue that says otherwise than the files.
    let other = fs::read_to_string(shipped("route_engine.yml")).unwrap();
    let other = other.replacen("type: integer", "type: text", 1);
    fs::write(folder.path().join("other.yml"), other).unwrap();
    lake(&["verify", "--catalogue", "other.yml"])
        .expect(1)
        .says(&[
            "route_engine_",
            "its column slot is Int64, and Utf8 was expected",
        ]);
}

#[test]
fn a_mistake_in_a_mapping_ends_the_run_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(shipped("route_engine.yml")).unwrap();
    fs::write(
        folder.path().join("re.yml"),
        good.replacen("type: integer", "type: interger", 1),
    )
    .unwrap();
    fs::write(
        folder.path().join("i.yaml"),
        "all: {hosts: {a: {ansible_user: u}}}\n",
    )
    .unwrap();
    let ran = lanewatch(
        folder.path(),
        &["collect", "-i", "i.yaml", "--catalogue", "re.yml"],
    )
    .expect(2);
    ran.says(&[
        "re.yml:12:",
        "`type` of the field `slot` of `route_engine` cannot be `interger`",
        "did you mean `integer`?",
    ]);
    assert!(!folder.path().join("output").exists());
}
