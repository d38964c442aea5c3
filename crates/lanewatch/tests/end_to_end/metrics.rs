//! `collect --metrics-file`: each measurement as one sample, nothing that was not measured, and how each device went.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::harness::{Fleet, RunFolder, lanewatch};

/// Every sample by its name with labels; a sample that comes twice fails the test.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(
            samples.insert(name, value.parse().unwrap()).is_none(),
            "{name} comes twice"
        );
    }
    samples
}

#[test]
fn every_measurement_is_a_sample_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let catalogue = fs::canonicalize("../../mappings/route_engine.yml").unwrap();
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--metrics-file",
        "junos.prom",
        "--metric-names",
        "both",
        "--catalogue",
        catalogue.to_str().unwrap(),
    ];
    lanewatch(folder.path(), &arguments).expect(0);
    let text = fs::read_to_string(folder.path().join("junos.prom")).unwrap();
    let samples = samples(&text);
    let run = RunFolder::latest(&folder.path().join("output"));
    let mut expected = 0;
    for device in run.devices() {
        let optics = run.json(&format!("{device}_optics_diagnostics_metrics.json"));
        let has_port = |row: &&Value| row.get("port").is_some();
        for lane in optics["lanes"].as_array().unwrap().iter().filter(has_port) {
            let labels = format!(
                "{{device=\"{device}\",interface=\"{}\",lane=\"{}\"}}",
                lane["if_name"].as_str().unwrap(),
                lane["lane"]
            );
            for (key, name) in [
                ("rx_power", "junos_optics_rx_power_dbm"),
                ("tx_bias", "junos_optics_tx_bias_current_milliamps"),
            ] {
                let sample = samples.get(format!("{name}{labels}").as_str()).copied();
                assert_eq!(
                    sample,
                    lane.get(key).and_then(Value::as_f64),
                    "{key} {labels}"
                );
                expected += usize::from(sample.is_some());
            }
            let amperes = samples
                .get(format!("junos_optics_tx_bias_current_amperes{labels}").as_str())
                .copied();
            assert_eq!(
                amperes,
                lane.get("tx_bias")
                    .and_then(Value::as_f64)
                    .map(|bias| bias * 1e-3)
            );
        }
        let statistics = run.json(&format!("{device}_interface_statistics_metrics.json"));
        for (interface, row) in statistics
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, row)| has_port(row))
        {
            let labels = format!("{{device=\"{device}\",interface=\"{interface}\"}}");
            for (key, name) in [
                ("fec_ccw", "junos_interface_fec_ccw"),
                ("fec_ccw", "junos_interface_fec_corrected_codewords_total"),
                ("pre_fec_ber_value", "junos_interface_pre_fec_ber"),
                ("histogram_bin_3", "junos_interface_histogram_bin_3"),
            ] {
                let sample = samples.get(format!("{name}{labels}").as_str()).copied();
                assert_eq!(
                    sample,
                    row.get(key).and_then(Value::as_f64),
                    "{key} {labels}"
                );
                expected += usize::from(sample.is_some());
            }
        }
        assert_eq!(
            samples[format!("junos_up{{device=\"{device}\"}}").as_str()],
            1.0
        );
        assert_eq!(
            samples[format!("junos_rpc_success{{device=\"{device}\",rpc=\"optics_diagnostics\"}}")
                .as_str()],
            1.0
        );
        assert!(
            samples.contains_key(
                format!("junos_route_engine_cpu_idle_percent{{device=\"{device}\",slot=\"0\"}}")
                    .as_str()
            ),
            "{text}"
        );
    }
    assert!(expected > 1500, "{expected}");
    // Facts and thresholds once a module, also where a port is broken out.
    let modules = samples
        .keys()
        .filter(|name| name.starts_with("junos_optics_info{"))
        .count();
    let thresholds = samples
        .keys()
        .filter(|name| name.starts_with("junos_optics_rx_power_threshold_dbm{"));
    assert!(modules > 100 && thresholds.count() <= modules * 4);
    assert!(
        !samples
            .keys()
            .any(|name| name.starts_with("junos_optics_info{") && name.contains(":0\""))
    );
}

#[test]
fn a_device_that_fails_is_down_and_keeps_the_time_of_its_last_success() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let collect = |inventory: &str, status| {
        lanewatch(
            folder.path(),
            &[
                "collect",
                "-i",
                inventory,
                "--metrics-file",
                "junos.prom",
                "--attempts",
                "1",
            ],
        )
        .expect(status);
        fs::read_to_string(folder.path().join("junos.prom")).unwrap()
    };
    let first = collect(fleet.inventory(), 0);
    drop(fleet);
    let last = first
        .lines()
        .find(|line| line.starts_with("junos_last_success_timestamp_seconds{"))
        .unwrap();
    let inventory = folder.path().join("sim/inventory.yaml");
    let second = collect(inventory.to_str().unwrap(), 4);
    assert!(second.contains(last), "{second}");
    assert!(
        second
            .lines()
            .any(|line| line.starts_with("junos_up{") && line.ends_with(" 0"))
    );
    assert!(
        !second.contains("junos_optics_rx_power_dbm"),
        "nothing was measured"
    );
    fs::create_dir(folder.path().join("textfiles")).unwrap();
    for (file, said) in [
        ("no/where.prom", "no is no folder"),
        ("textfiles", "textfiles is a folder"),
    ] {
        let inventory = inventory.to_str().unwrap();
        let collect = ["collect", "-i", inventory, "--metrics-file", file];
        let ran = lanewatch(folder.path(), &collect).expect(2);
        ran.says(&[said, "nothing was contacted", "--metrics-file"]);
    }
}

/// The lines of a family, without its name.
fn family<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    lines.filter(|line| line.starts_with('{')).collect()
}

#[test]
fn the_series_say_what_the_inventory_knows_and_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let variables = folder.path().join("sim/host_vars");
    fs::create_dir(&variables).unwrap();
    let listed = lanewatch(folder.path(), &["plan", "-i", fleet.inventory(), "--json"]).expect(0);
    let plan: Value = serde_json::from_str(&listed.stdout).unwrap();
    let names: Vec<&str> = plan["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| device["name"].as_str().unwrap())
        .collect();
    let (one, two) = (names[0], names[1]);
    let work = "lanewatch_maintenance: {until: '2099-01-01', reason: new panel, interfaces: ['*-0/0/1', et-7/7/7]}\n";
    fs::write(variables.join(format!("{one}.yml")), work).unwrap();
    let over = "lanewatch_maintenance: {until: 2001-02-03 04:05}\n";
    fs::write(variables.join(format!("{two}.yml")), over).unwrap();
    let port = crate::harness::closed_port();
    let dead = format!(
        "other:\n  children:\n    lab:\n      hosts:\n        dead: {{ansible_host: 127.0.0.1, ansible_port: {port}, ansible_password: x, lanewatch_maintenance: {{until: 4102444800}}}}\n"
    );
    fs::write(folder.path().join("dead.yaml"), dead).unwrap();
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "-i",
        "dead.yaml",
        "--metrics-file",
        "junos.prom",
        "--collection-interval",
        "10m",
        "--attempts",
        "1",
    ];
    lanewatch(folder.path(), &arguments).expect(3);
    let text = fs::read_to_string(folder.path().join("junos.prom")).unwrap();

    let info = family(&text, "junos_device_info");
    let shard = "shard=\"sim+dead\"";
    assert_eq!(info.len(), 3, "{info:?}");
    assert!(info.iter().all(|line| line.contains(shard)), "{info:?}");
    let of_dead = format!("{{device=\"dead\",{shard},groups=\"lab,other\"}} 1");
    assert!(info.contains(&of_dead.as_str()), "{info:?}");
    let software = family(&text, "junos_device_software_info");
    assert_eq!(software.len(), 2, "the dead one said nothing: {software:?}");
    for fact in ["hostname=", "model=", "version=", "serial_number="] {
        assert!(
            software.iter().all(|line| line.contains(fact)),
            "{software:?}"
        );
    }

    let working = family(&text, "junos_maintenance");
    let of_one = format!("{{device=\"{one}\",interface=\"");
    let ports: Vec<_> = working
        .iter()
        .filter_map(|line| line.strip_prefix(&of_one))
        .collect();
    assert!(
        ports.contains(&"et-7/7/7\",reason=\"new panel\"} 1"),
        "{working:?}"
    );
    assert!(
        ports.len() > 1 && ports.len() < 10,
        "the pattern meets a port: {working:?}"
    );
    assert!(
        !working.iter().any(|line| line.contains(two)),
        "{working:?}"
    );
    assert!(working.contains(&"{device=\"dead\"} 1"), "{working:?}");
    let ends = family(&text, "junos_maintenance_end_timestamp_seconds");
    assert!(ends.contains(&"{device=\"dead\"} 4102444800"), "{ends:?}");
    assert_eq!(ends.len(), working.len());

    let intervals = family(&text, "junos_collection_interval_seconds");
    assert_eq!(intervals.len(), 3);
    assert!(
        intervals.iter().all(|line| line.ends_with(" 600")),
        "{intervals:?}"
    );
    let answered = family(&text, "junos_rpc_last_success_timestamp_seconds");
    let asked = family(&text, "junos_rpc_success");
    assert_eq!((answered.len(), answered.is_empty()), (asked.len(), false));

    let run = RunFolder::latest(&folder.path().join("output"));
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for device in run.devices() {
        for finding in run.device(device)["findings"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let (kind, severity) = (&finding["kind"], &finding["severity"]);
            let name = format!("{{device=\"{device}\",kind={kind},severity={severity}}}");
            *counts.entry(name).or_default() += 1.0;
        }
    }
    let told: BTreeMap<String, f64> = family(&text, "junos_findings")
        .into_iter()
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, count)| (name.to_owned(), count.parse().unwrap()))
        .collect();
    assert!(!counts.is_empty());
    assert_eq!(told, counts, "as run.json has them");
}

#[test]
fn check_counts_the_series_of_a_run_and_plan_estimates_them() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let inventory = ["-i", fleet.inventory()];
    let run = |arguments: &[&str]| lanewatch(folder.path(), &[arguments, &inventory[..]].concat());
    let before = run(&["plan", "--json"]).expect(0);
    let before: Value = serde_json::from_str(&before.stdout).unwrap();
    assert_eq!(before["series"], Value::Null, "nothing is known yet");
    let checked = run(&["check", "--json"]).expect(0);
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    let told = run(&["check", "--metrics-detail", "ports"]).expect(0);
    let mut estimated = Value::Null;
    for (detail, at_least) in [("full", 10_000.0), ("lanes", 4_000.0), ("ports", 500.0)] {
        run(&[
            "collect",
            "--metrics-file",
            "junos.prom",
            "--metrics-detail",
            detail,
            "--collection-interval",
            "1m",
        ])
        .expect(0);
        let text = fs::read_to_string(folder.path().join("junos.prom")).unwrap();
        let written = samples(&text).len() as f64;
        assert!(written > at_least, "{detail}: {written}");
        let devices = checked.as_array().unwrap().iter();
        let counted: f64 = devices
            .map(|device| device["series"][detail].as_f64().unwrap())
            .sum();
        // Each device has one reply of PIC detail for each PIC; check asks for one.
        assert!(
            (written - counted).abs() / written < 0.01,
            "{detail}: {counted} {written}"
        );
        let plan = run(&["plan", "--json"]).expect(0);
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        let count = plan["series"][detail].as_f64().unwrap();
        assert!(
            (written - count).abs() / written < 0.02,
            "{detail}: {count} {written}"
        );
        assert_eq!(plan["series_known_devices"], 4);
        estimated = plan["series"].clone();
    }
    let words = run(&["plan", "--metrics-detail", "lanes"]).expect(0).stdout;
    assert!(
        words.contains("series with `metrics_detail = lanes`")
            && words.contains("4 of these devices"),
        "{words} {estimated}"
    );
    assert!(
        told.stdout.contains("series with `metrics_detail = ports`"),
        "{}",
        told.stdout
    );
}
