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
    let ran = lanewatch(
        folder.path(),
        &[
            "collect",
            "-i",
            inventory.to_str().unwrap(),
            "--metrics-file",
            "no/where.prom",
        ],
    )
    .expect(2);
    ran.says(&["no is no folder", "--metrics-file"]);
}
