//! `lake metrics`: the series of the lake over time, and `sim --lake`, which writes one to try it on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::harness::{Fleet, RunFolder, lanewatch};

/// Series and values of a text: of a run, or with the same time behind each.
fn samples<'t>(text: &'t str, time: Option<&str>) -> BTreeMap<&'t str, &'t str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let line = match time {
            None => line,
            Some(time) => line.strip_suffix(time).unwrap_or_else(|| panic!("{line}")),
        };
        line.trim_end().rsplit_once(' ').unwrap()
    });
    samples.collect()
}

fn name(series: &str) -> &str {
    series.split('{').next().unwrap()
}

#[test]
fn the_lake_says_of_a_run_what_its_metrics_file_said() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let collect = [
        "collect",
        "-i",
        fleet.inventory(),
        "--metrics-file",
        "junos.prom",
    ];
    lanewatch(folder.path(), &collect).expect(0);
    let run = RunFolder::latest(&folder.path().join("output"));
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(run.path.join("run.json")).unwrap()).unwrap();
    let time = report["run_timestamp"].as_i64().unwrap().to_string();
    let write = |more: &[&str]| {
        let write = ["lake", "metrics", "--output", "history.om"];
        let ran = lanewatch(folder.path(), &[&write, more].concat()).expect(0);
        (
            ran,
            fs::read_to_string(folder.path().join("history.om")).unwrap(),
        )
    };

    let now = fs::read_to_string(folder.path().join("junos.prom")).unwrap();
    let (ran, all) = write(&["--all-series"]);
    ran.says(&["samples of 1 runs"]);
    let (now, then) = (samples(&now, None), samples(&all, Some(&time)));
    assert!(then.len() > 1_000, "{}", then.len());
    let is_measured = |series: &str| {
        series.starts_with("junos_optics_") || series.starts_with("junos_interface_")
    };
    for (series, value) in &now {
        if is_measured(series) {
            assert_eq!(then.get(series), Some(value), "{series}");
        }
    }
    // The lake knows the runner in place of the shard, and the begin of the run in place of the end.
    let differ = ["junos_device_info", "junos_last_delivery_timestamp_seconds"];
    for (series, value) in &then {
        if differ.contains(&name(series)) {
            continue;
        }
        assert_eq!(now.get(series), Some(value), "{series}");
    }
    assert!(all.ends_with("\n# EOF\n"));
    let families: Vec<&str> = all
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let names: BTreeSet<&&str> = families.iter().collect();
    assert_eq!(names.len(), families.len(), "each family in one piece");
    let told: BTreeSet<&str> = then.keys().map(|series| name(series)).collect();
    for expected in [
        "junos_up",
        "junos_last_delivery_timestamp_seconds",
        "junos_device_info",
        "junos_device_software_info",
    ] {
        assert!(told.contains(expected), "{expected}");
    }
    for unknown in [
        "junos_collection_duration_seconds",
        "junos_rpc_success",
        "junos_findings",
    ] {
        assert!(!told.contains(unknown), "{unknown} is not in a lake");
    }

    // Unless all are asked for, those that rules and dashboards read.
    let (_, watched) = write(&[]);
    let watched = samples(&watched, Some(&time));
    assert!(
        watched.len() > 500 && watched.len() < then.len(),
        "{}",
        watched.len()
    );
    assert!(
        watched
            .iter()
            .all(|(series, value)| then.get(series) == Some(value))
    );
    assert!(
        watched
            .keys()
            .all(|series| metrics::is_watched(name(series)))
    );

    // The names are those of the setting, and the times those that were asked for.
    let (_, conventional) = write(&["--metric-names", "conventional", "--from", &time]);
    assert!(
        conventional.contains("junos_interface_fec_codewords_total{")
            && !conventional.contains("histogram_bin")
    );
    let (ran, none) = write(&["--to", &time]);
    ran.says(&["no run in that time"]);
    assert_eq!(none, "# EOF\n");
}

#[test]
fn what_is_no_time_and_a_lake_that_is_not_empty_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lake")).unwrap();
    lanewatch(
        folder.path(),
        &["lake", "metrics", "--lake", "lake", "--from", "yesterday"],
    )
    .expect(2)
    .says(&["it must be a time"]);
    lanewatch(
        folder.path(),
        &[
            "lake",
            "metrics",
            "--lake",
            "lake",
            "--from",
            "2026-12-02",
            "--to",
            "2026-12-01",
        ],
    )
    .expect(2)
    .says(&["`--from` must be before `--to`"]);
    lanewatch(folder.path(), &["lake", "metrics", "--lake", "none"])
        .expect(2)
        .says(&["is not there"]);
    fs::write(folder.path().join("lake/notes"), "").unwrap();
    lanewatch(folder.path(), &["sim", "--lake", "lake"])
        .expect(2)
        .says(&["is not empty"]);
    lanewatch(folder.path(), &["sim", "--lake", "new", "--devices", "40"])
        .expect(2)
        .says(&["fewer `--devices` or `--days`"]);
    lanewatch(folder.path(), &["sim", "--lake", "other", "--every", "1s"])
        .expect(2)
        .says(&["a minute at least"]);
    lanewatch(folder.path(), &["sim", "--days", "3"])
        .expect(2)
        .says(&["--lake"]);
}
