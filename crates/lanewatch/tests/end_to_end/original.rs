//! The files of the original system's newest version: its run folder through `lake write`, `merge` and `replay` gives the rows that its
//! own Parquet files hold.

mod moving_over;
mod options;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::original_run::{self, Device, FOLDER, OriginalCell, OriginalRow, RUN};
use crate::harness::{Cell, Ran, Row, lanewatch, rows_below};

const TABLES: [&str; 3] = ["intf-dom", "lane-dom", "intf-counters"];

/// The rows of a lake of ours, by table.
type Rows = BTreeMap<&'static str, Vec<Row>>;

fn rows_of(lake: &Path) -> Rows {
    let rows = TABLES.map(|table| (table, rows_below(lake, table)));
    for row in rows.iter().flat_map(|(_, rows)| rows) {
        let Some(Cell::Integer(seconds)) = row.get("timestamp") else {
            panic!("a row without a time: {row:?}");
        };
        assert_eq!(row.get("time"), Some(&Cell::Integer(seconds * 1_000_000)));
    }
    rows.into()
}

/// The cell of a row of ours that says what this column of the original says.
fn ours(row: &Row, column: &str) -> Option<Cell> {
    let upper = |cell: &Cell| match cell {
        Cell::Text(model) => Cell::Text(format!("JUNIPER_{}", model.to_uppercase())),
        cell => cell.clone(),
    };
    let name = match column {
        "origin_hostname" => "hostname",
        "origin_name" => "device_serial",
        "inventory_instance" => "device",
        "timestamp" => "run_timestamp",
        "media_type" => "cable_type",
        "fec_ccw_error_rate" => "fec_ccw_rate",
        "fec_nccw_error_rate" => "fec_nccw_rate",
        "pre_fec_ber" => "pre_fec_ber_value",
        // Its Parquet has the inventory's part number, ours the vendor's and that beside it.
        "part_number" => "chassis_part_number",
        "device_profile" => return row.get("model").map(upper),
        "fiber_type" => {
            return row.get("fiber_type").map(|cell| match cell {
                Cell::Text(fiber) if fiber == "SM" => {
                    Cell::Text("FIBER_TYPE_SINGLE_MODE".to_owned())
                }
                Cell::Text(fiber) if fiber == "MM" => {
                    Cell::Text("FIBER_TYPE_MULTI_MODE".to_owned())
                }
                cell => cell.clone(),
            });
        }
        other => other,
    };
    row.get(name).cloned()
}

#[track_caller]
fn assert_same(its: &OriginalRow, row: &Row) {
    for (column, cell) in its {
        let place = format!("{column} of {its:?}");
        match (cell, ours(row, column)) {
            // Our timestamp is a number, and its ISO text the same time.
            (OriginalCell::Text(text), None) if *column == "collection_timestamp" => {
                assert_eq!(text, "2026-02-03T15:30:45Z");
                assert_eq!(row["run_timestamp"], Cell::Integer(RUN));
            }
            // What it does not know it leaves empty, and we may know it.
            (OriginalCell::Text(text), known) if text.is_empty() => {
                assert!(
                    *column == "fiber_type" || known.is_none(),
                    "{place}: {known:?}"
                );
            }
            (OriginalCell::Text(text), Some(Cell::Text(own))) => {
                assert_eq!(own, text.trim_end(), "{place}");
            }
            (OriginalCell::Number(number), Some(Cell::Integer(own))) => {
                assert_eq!(own as f64, *number, "{place}");
            }
            (OriginalCell::Number(number), Some(Cell::Float(own))) => {
                assert_eq!(own, *number, "{place}");
            }
            (OriginalCell::Dark, None) => {
                let state = Cell::Text("no_light".to_owned());
                assert_eq!(row[&format!("{column}_state")], state, "{place}");
            }
            (OriginalCell::Null, None) => {
                let state = Cell::Text("not_present".to_owned());
                assert_eq!(row[&format!("{column}_state")], state, "{place}");
            }
            (its, own) => panic!("{place}: {its:?} is {own:?} here"),
        }
    }
}

/// What tells the rows of a table apart.
fn key(row: &Row) -> String {
    format!(
        "{:?} {:?} {:?}",
        row.get("device"),
        row.get("if_name"),
        row.get("lane")
    )
}

/// Every row of the original is among ours, with its values; ours has no more of those tables that it has whole.
#[track_caller]
fn assert_holds_its_rows(rows: &Rows, devices: &[Device], whole: &[&str]) {
    for table in TABLES {
        let mut found: BTreeMap<_, _> = rows[table].iter().map(|row| (key(row), row)).collect();
        assert_eq!(found.len(), rows[table].len(), "{table}: a row doubled");
        for its in devices
            .iter()
            .flat_map(|device| device.rows().remove(table).unwrap_or_default())
        {
            let text = |column: &str| match &its[column] {
                OriginalCell::Text(text) => Cell::Text(text.clone()),
                other => panic!("{other:?}"),
            };
            let lane = its.get("lane").map(|lane| match lane {
                OriginalCell::Number(lane) => Cell::Integer(*lane as i64),
                other => panic!("{other:?}"),
            });
            let name = [
                ("device", Some(text("inventory_instance"))),
                ("if_name", Some(text("if_name"))),
                ("lane", lane),
            ];
            let name = name
                .into_iter()
                .filter_map(|(key, cell)| Some((key.to_owned(), cell?)));
            let name = key(&name.collect());
            let row = found
                .remove(&name)
                .unwrap_or_else(|| panic!("{table}: {name} is lost"));
            assert_same(&its, row);
        }
        assert!(
            found.is_empty() || !whole.contains(&table),
            "{table}: {:?}",
            found.keys()
        );
    }
}

fn write_lake(folder: &Path, metrics: &Path, lake: &str) -> Ran {
    let metrics = metrics.to_str().unwrap();
    let write = [
        "lake",
        "write",
        "--metrics-dir",
        metrics,
        "--base-dir",
        lake,
        "--runner-name",
        "runner01",
    ];
    lanewatch(folder, &write)
}

#[test]
fn lake_write_holds_what_its_own_parquet_holds_merged_or_not_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    for (name, is_merged) in [("merged", true), ("apart", false)] {
        let run = original_run::write(&folder.join(name), &devices, is_merged);
        let ran = write_lake(folder, &run, &format!("lake-{name}")).expect(0);
        let said = "these documents are of the original's newest version";
        assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        let rows = rows_of(&folder.join(format!("lake-{name}")));
        assert_holds_its_rows(&rows, &devices, &TABLES);
        for row in rows.values().flatten() {
            assert_eq!(row["runner_name"], Cell::Text("runner01".to_owned()));
            let Cell::Integer(time) = row["timestamp"] else {
                panic!("{row:?}")
            };
            assert!(
                (RUN..RUN + 60).contains(&time),
                "seconds, not microseconds: {time}"
            );
        }
    }
    // Its merge adds nothing that the other documents do not say.
    assert_eq!(
        rows_of(&folder.join("lake-merged")),
        rows_of(&folder.join("lake-apart"))
    );
}

#[test]
fn replay_of_its_folder_holds_its_rows_and_takes_pic_detail_from_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    let run = original_run::write(folder, &devices, true);
    let replay = [
        "replay",
        run.to_str().unwrap(),
        "--output-dir",
        "documents",
        "--lake",
        "lake",
        "--runner-name",
        "runner01",
    ];
    let ran = lanewatch(folder, &replay).expect(0);
    let said = "the pic_detail documents are of the original's newest version";
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
    let rows = rows_of(&folder.join("lake"));
    // Its statistics leave out interfaces without FEC; ours have them.
    assert_holds_its_rows(&rows, &devices, &["intf-dom", "lane-dom"]);
    assert_eq!(rows["intf-counters"].len(), 6);
    // The documents of the replay give the same rows again.
    let again = [
        "lake",
        "write",
        "--metrics-dir",
        "documents",
        "--base-dir",
        "again",
        "--runner-name",
        "runner01",
        "--run-timestamp",
        "1770132645",
    ];
    lanewatch(folder, &again).expect(0);
    assert_eq!(rows_of(&folder.join("again")), rows);
}

#[test]
fn merge_writes_its_names_and_values_beside_ours() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    let run = original_run::write(folder, &devices, false);
    for device in &devices {
        let ran = merge(folder, &run, device).expect(0);
        ran.says(&["merged into"]);
        assert!(
            ran.stderr.contains("the original's newest version"),
            "{}",
            ran.stderr
        );
        let path = run.join(format!("{}_optics_diagnostics_metrics.json", device.name));
        let merged = fs::read_to_string(path).unwrap();
        // Its own merge, member for member.
        let documents = device.documents(true);
        let (_, its) = documents
            .iter()
            .find(|(rpc, _)| *rpc == "optics_diagnostics")
            .unwrap();
        let (its, merged) = (json(its), json(&merged));
        for list in ["interfaces", "lanes"] {
            let (its, merged) = (
                its[list].as_array().unwrap(),
                merged[list].as_array().unwrap(),
            );
            assert_eq!(its.len(), merged.len());
            for (its, merged) in its.iter().zip(merged) {
                for (key, value) in its.as_object().unwrap() {
                    let value = match value.as_str() {
                        Some(text) => text.trim_end().into(),
                        None => value.clone(),
                    };
                    assert_eq!(merged[key], value, "{key} of {its}");
                }
                assert_eq!(merged["hostname"], its["origin_hostname"]);
            }
        }
    }
    write_lake(folder, &run, "lake").expect(0);
    assert_holds_its_rows(&rows_of(&folder.join("lake")), &devices, &TABLES);
}

/// Its JSON with a text in place of Python's infinity.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(&text.replace("-Infinity", "\"-Infinity\"")).unwrap()
}

fn merge(folder: &Path, run: &Path, device: &Device) -> Ran {
    let of = |rpc: &str| format!("{}/{}_{rpc}_metrics.json", run.display(), device.name);
    let (system, chassis, pic, optics) = (
        of("system_information"),
        of("chassis_inventory"),
        of("pic_detail"),
        of("optics_diagnostics"),
    );
    let flags = [
        "--system-info",
        "--chassis-inventory",
        "--pic-detail",
        "--optics-metrics",
        "--output",
    ];
    let files = [&system, &chassis, &pic, &optics, &optics];
    let mut arguments = vec!["merge"];
    for (flag, file) in flags.into_iter().zip(files) {
        arguments.extend([flag, file.as_str()]);
    }
    lanewatch(folder, &arguments)
}

#[test]
fn what_has_no_shape_that_is_known_is_an_error_that_names_file_and_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    let run = original_run::write(folder, &devices, true);
    let statistics = run.join("10.0.0.7_interface_statistics_metrics.json");
    fs::write(&statistics, r#"{"data": {"et-0/0/2": {"fec_ccw": 1}}}"#).unwrap();
    write_lake(folder, &run, "lake").expect(3).says(&[
        "error: 10.0.0.7: ",
        "10.0.0.7_interface_statistics_metrics.json: found an object with the key `data`, expected an object of interfaces by their names",
    ]);
    // The other device is there.
    let rows = rows_of(&folder.join("lake"));
    assert_holds_its_rows(&rows, &devices[..1], &TABLES);
    let pic = run.join("10.0.0.7_pic_detail_metrics.json");
    fs::write(&pic, r#"{"ports": [1, 2]}"#).unwrap();
    let replay = [
        "replay",
        run.to_str().unwrap(),
        "--output-dir",
        "documents",
        "--lake",
        "again",
    ];
    lanewatch(folder, &replay).expect(3).says(&[
        "10.0.0.7",
        "pic_detail: found an object with the key `ports`, expected ",
    ]);
    merge(folder, &run, &devices[1]).expect(2).says(&[
        "10.0.0.7_pic_detail_metrics.json",
        "found an object with the key `ports`, expected ",
    ]);
    fs::write(&statistics, "{\"interfaces\": [}").unwrap();
    write_lake(folder, &run, "broken")
        .expect(3)
        .says(&["is not JSON", "line 1, column 17"]);
    // Of documents that hold nothing there is nothing to write, and that is said.
    for name in fs::read_dir(&run)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if name.to_str().unwrap().ends_with("_metrics.json") {
            fs::remove_file(name).unwrap();
        }
    }
    fs::write(
        run.join("a_interface_statistics_metrics.json"),
        r#"{"interfaces": []}"#,
    )
    .unwrap();
    write_lake(folder, &run, "none")
        .expect(4)
        .says(&["holds a row"]);
}

#[test]
fn the_folder_above_its_runs_is_told_from_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    original_run::write(&folder.join("output"), &original_run::devices(), true);
    for arguments in [
        vec![
            "lake",
            "write",
            "--metrics-dir",
            "output",
            "--base-dir",
            "lake",
        ],
        vec![
            "replay",
            "output",
            "--output-dir",
            "documents",
            "--lake",
            "lake",
        ],
    ] {
        lanewatch(folder, &arguments).expect(2).says(&[FOLDER]);
    }
    assert!(!folder.join("lake").exists());
}
