//! Our metrics and rules, judged by the tools of Prometheus.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::alert_rules::{promtool_tests, repository, rule_file};
use crate::harness::{Fleet, lanewatch};

#[test]
#[ignore = "needs promtool, which `cargo xtask test` installs"]
fn promtool_reads_the_text_and_has_remarks_on_known_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let mappings = ["chassis_environment", "route_engine"].map(|name| {
        let path = fs::canonicalize(format!("../../mappings/{name}.yml")).unwrap();
        path.into_os_string().into_string().unwrap()
    });
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--metrics-file",
        "junos.prom",
        "--metric-names",
        "both",
        "--catalogue",
        &mappings[0],
        "--catalogue",
        &mappings[1],
    ];
    lanewatch(folder.path(), &arguments).expect(0);
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::from(
        File::open(folder.path().join("junos.prom")).unwrap(),
    ));
    let judged = promtool.output().expect("promtool cannot be run");
    // 0: nothing to say; 3: remarks on names; anything else: the text cannot be read.
    let said = String::from_utf8_lossy(&judged.stderr).into_owned()
        + &String::from_utf8_lossy(&judged.stdout);
    assert!(matches!(judged.status.code(), Some(0 | 3)), "{said}");
    // The documented names, which stay, and units that are never converted.
    let known = [
        "junos_interface_fec_",
        "junos_interface_histogram_bin_",
        "milliamps",
        "bits_per_second",
        "megabytes",
    ];
    let is_known = |line: &&str| known.iter().any(|name| line.contains(name));
    let others: Vec<_> = said
        .lines()
        .filter(|line| !line.is_empty() && !is_known(line))
        .collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// Runs a tool of Prometheus; what it says when it is content.
#[track_caller]
fn judge(program: &str, arguments: &[&str]) -> String {
    let judged = Command::new(program).args(arguments).output();
    let judged = judged.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&judged.stdout).into_owned()
        + &String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{program} {arguments:?}:\n{said}");
    said
}

#[test]
#[ignore = "needs promtool and amtool, which `cargo xtask test` installs"]
fn prometheus_and_alertmanager_take_the_configuration() {
    let rules = rule_file();
    judge("promtool", &["check", "rules", rules.to_str().unwrap()]);
    let config = repository("infrastructure/prometheus.yml");
    let said = judge("promtool", &["check", "config", config.to_str().unwrap()]);
    assert!(said.contains("1 rule files found"), "{said}");
    let alertmanager = repository("infrastructure/prometheus/alertmanager.yml");
    judge("amtool", &["check-config", alertmanager.to_str().unwrap()]);
}

#[test]
#[ignore = "needs promtool, which `cargo xtask test` installs"]
fn each_alert_fires_and_is_quiet_for_each_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = 0;
    for (at, (tests, count)) in promtool_tests().into_iter().enumerate() {
        let path = folder.path().join(format!("{at}.yml"));
        fs::write(&path, tests).unwrap();
        judge("promtool", &["test", "rules", path.to_str().unwrap()]);
        all += count;
    }
    assert!(all > 150, "{all}");
}
