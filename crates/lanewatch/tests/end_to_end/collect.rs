//! `collect` against a simulated fleet, when all is well and when one device is not.

use std::fs;

use crate::harness::{
    Fleet, Host, RunFolder, assert_nothing_half_written, closed_port, files_below, lanewatch,
    write_inventory,
};

const DATASETS: [&str; 3] = ["intf-dom", "lane-dom", "intf-counters"];

#[test]
fn a_run_leaves_replies_documents_rows_and_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--runner-name",
        "runner01",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(0);
    ran.says(&["4 of 4 devices delivered"]);

    let found = RunFolder::latest(&folder.path().join("output"));
    assert!(
        found.path.to_str().unwrap().ends_with("_runner01"),
        "{:?}",
        found.path
    );
    assert_eq!(found.with_outcome("delivered").len(), 4);
    for device in found.devices() {
        for rpc in [
            "system_information",
            "chassis_inventory",
            "optics_diagnostics",
            "interface_statistics",
        ] {
            let raw = fs::read(found.path.join(format!("{device}_{rpc}_raw.xml"))).unwrap();
            assert!(
                raw.starts_with(b"<rpc-reply"),
                "{device} {rpc}: {}",
                String::from_utf8_lossy(&raw[..40])
            );
            assert!(
                found
                    .json(&format!("{device}_{rpc}_metrics.json"))
                    .is_object()
            );
            assert_eq!(found.device(device)["rpcs"][rpc]["outcome"], "ok");
        }
        assert!(
            found
                .json(&format!("{device}_pic_detail_metrics.json"))
                .is_object()
        );
        let prefix = format!("{device}_pic_detail_");
        assert!(
            found
                .files("_raw.xml")
                .iter()
                .any(|name| name.starts_with(&prefix)),
            "no PIC detail of {device}"
        );
    }
    assert_eq!(found.report["runner_name"], "runner01");

    let lake = files_below(&folder.path().join("raw_ml_data"));
    assert_eq!(lake.len(), DATASETS.len(), "one file a dataset: {lake:?}");
    for dataset in DATASETS {
        let file = lake
            .iter()
            .find(|path| path.parent().unwrap().ends_with(dataset))
            .unwrap();
        let text = file.to_str().unwrap();
        assert!(
            text.contains("/dt=") && text.contains("/hr=") && text.ends_with(".parquet"),
            "{text}"
        );
        let bytes = fs::read(file).unwrap();
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"),
            "{text} is not a whole Parquet file"
        );
        let rows = found
            .devices()
            .into_iter()
            .map(|device| found.device(device)["rows"][dataset].as_u64().unwrap());
        assert!(rows.min().unwrap() > 0, "a device has no {dataset} rows");
    }
    assert_nothing_half_written(folder.path());
}

#[test]
fn some_devices_may_fail_and_programs_read_the_sums() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let gone = [Host {
        name: "gone-01",
        port: closed_port(),
        variables: &[
            ("ansible_password", "x"),
            ("lanewatch_host_keys", "accept-new"),
        ],
    }];
    let gone = write_inventory(&folder.path().join("gone.yaml"), &gone);
    let inventories = [
        "collect",
        "-i",
        fleet.inventory(),
        "-i",
        gone.to_str().unwrap(),
    ];
    let collect = |more: &[&str]| lanewatch(folder.path(), &[&inventories, more].concat());
    collect(&["--allow-failed", "33%"]).expect(3); // a third of three is not yet one
    collect(&["--allow-failed", "34%"]).expect(0);
    let ran = collect(&["--allow-failed", "1", "--json"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report,
        RunFolder::latest(&folder.path().join("output")).json("run.json")
    );
    let totals = &report["totals"];
    for (name, expected) in [
        ("devices", 3),
        ("delivered", 2),
        ("degraded", 0),
        ("failed", 1),
    ] {
        assert_eq!(totals[name], expected, "{name}");
    }
    let files = report["files"].as_array().unwrap();
    let rows: u64 = files
        .iter()
        .map(|file| file["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(totals["rows"], rows);
    assert!(
        rows > 0 && totals["bytes"].as_u64().unwrap() > 0,
        "{totals}"
    );
}

#[test]
fn latest_points_at_the_newest_run_and_the_older_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let arguments = ["collect", "-i", fleet.inventory(), "--runner-name", "r"];
    lanewatch(folder.path(), &arguments).expect(0);
    let first = RunFolder::latest(&folder.path().join("output"));
    lanewatch(folder.path(), &arguments).expect(0);
    let second = RunFolder::latest(&folder.path().join("output"));
    assert_ne!(first.path, second.path);
    assert!(first.path.join("run.json").is_file());
}

#[test]
fn raw_replies_can_be_compressed_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    for (raw, kept) in [("zstd", true), ("drop", false)] {
        let output = folder.path().join(raw);
        let arguments = [
            "collect",
            "-i",
            fleet.inventory(),
            "--raw",
            raw,
            "--output-dir",
            output.to_str().unwrap(),
        ];
        lanewatch(folder.path(), &arguments).expect(0);
        let found = RunFolder::latest(&output);
        assert_eq!(found.files("_raw.xml"), [""; 0]);
        assert_eq!(!found.files("_raw.xml.zst").is_empty(), kept, "--raw {raw}");
        assert!(!found.files("_metrics.json").is_empty());
    }
}

#[test]
fn an_unreachable_device_is_its_own_line_and_the_others_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let gone = [Host {
        name: "gone-01",
        port: closed_port(),
        variables: &[
            ("ansible_password", "x"),
            ("lanewatch_host_keys", "accept-new"),
        ],
    }];
    let gone = write_inventory(&folder.path().join("gone.yaml"), &gone);
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "-i",
        gone.to_str().unwrap(),
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(3);
    ran.says(&["2 of 3 devices delivered"])
        .says(&["gone-01", "cannot connect", "refused"]);

    let found = RunFolder::latest(&folder.path().join("output"));
    assert_eq!(found.with_outcome("failed"), ["gone-01"]);
    assert_eq!(found.with_outcome("delivered").len(), 2);
    assert!(
        found.device("gone-01")["error"]
            .as_str()
            .unwrap()
            .contains("refused")
    );
    assert!(
        found
            .files(".json")
            .iter()
            .all(|name| !name.starts_with("gone-01")),
        "{:?}",
        found.files(".json")
    );
    assert_nothing_half_written(folder.path());
}

#[test]
fn a_filter_that_leaves_nothing_is_told_and_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let collect = ["collect", "-i", fleet.inventory(), "--interfaces", "ge-9/*"];
    let ran = lanewatch(folder.path(), &collect).expect(3);
    ran.says(&["The interface filter `ge-9/*` leaves no interface of"]);
    let run = RunFolder::latest(&folder.path().join("output"));
    for device in run.with_outcome("delivered") {
        let notes = run.device(device)["notes"].to_string();
        assert!(notes.contains("leaves no interface"), "{device}: {notes}");
    }
}

#[test]
fn folders_of_runs_go_by_their_size_and_one_always_stays() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let collect = |more: &[&str]| {
        let arguments = ["collect", "-i", fleet.inventory(), "--runner-name", "r"];
        lanewatch(folder.path(), &[&arguments[..], more].concat()).expect(0)
    };
    let runs = || {
        let listed = fs::read_dir(folder.path().join("output")).unwrap();
        let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with("_r")).count()
    };
    let limits = ["--keep-runs-for", "1h", "--keep-runs-size", "1GB"];
    for expected in [1, 2] {
        collect(&limits);
        assert_eq!(runs(), expected);
    }
    collect(&["--keep-runs-size", "1kB"])
        .says(&["more than the limit of 1 kB", "the newest run alone"]);
    assert_eq!(runs(), 1);
    assert!(folder.path().join("output/latest/run.json").is_file());
}
