//! Our metrics, judged by Prometheus' own tool.

use std::fs::{self, File};
use std::process::{Command, Stdio};

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
