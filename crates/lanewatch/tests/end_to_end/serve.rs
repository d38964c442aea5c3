//! `lanewatch serve` against simulated devices: passes, scrapes, probes, reload, stop.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{
    Daemon, Fleet, Host, assert_nothing_half_written, lanewatch, write_inventory,
    write_silent_device,
};

fn is_ready(daemon: &Daemon) {
    daemon.until("/readyz", |status, _| status == 200);
}

/// The lines of a text that are samples of devices' lanes.
fn lanes(text: &str) -> usize {
    let lines = text.lines();
    lines
        .filter(|line| line.starts_with("junos_optics_rx_power_dbm{"))
        .count()
}

#[test]
fn each_pass_leaves_what_collect_leaves_and_its_series_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let mut daemon = Daemon::start(
        folder.path(),
        &fleet.inventory,
        "2s",
        &["--metrics-file", "junos.prom"],
    );
    is_ready(&daemon);
    let list: Value = serde_json::from_str(&daemon.get("/sd").1).unwrap();
    let names: Vec<_> = list.as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    let name = names[0]["labels"]["__param_target"].as_str().unwrap();
    assert_eq!(names[0]["targets"][0], *daemon.address);
    let (status, one) = daemon.get(&format!("/metrics?device={name}"));
    assert_eq!(status, 200);
    assert!(
        one.contains(&format!("junos_up{{device=\"{name}\"}} 1\n")),
        "{one}"
    );
    assert!(lanes(&one) > 0);
    assert!(one.contains("junos_collection_interval_seconds{"), "{one}");
    let (_, all) = daemon.get("/metrics?device=*");
    assert!(lanes(&all) > lanes(&one));
    assert_eq!(all.matches("# TYPE junos_optics_rx_power_dbm ").count(), 1);
    // What was just collected is young enough.
    let (status, probed) = daemon.get(&format!("/probe?target={name}"));
    assert_eq!((status, lanes(&probed)), (200, lanes(&one)));
    assert_eq!(daemon.get("/probe?target=192.0.2.7").0, 404);
    let two_passes = "lanewatch_runs_total{outcome=\"complete\"} 2\n";
    let own = daemon.until("/metrics", |_, text| text.contains(two_passes));
    assert!(
        own.contains("lanewatch_devices{state=\"delivered\"} 2\n"),
        "{own}"
    );
    assert!(
        own.contains("lanewatch_probes_total{result=\"cached\"} 1\n"),
        "{own}"
    );
    daemon.signal("TERM");
    let (status, took) = daemon.wait();
    // Whether a pass was at work just then is chance.
    assert!(matches!(status, Some(0 | 7)), "{status:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let written = fs::read_to_string(folder.path().join("junos.prom")).unwrap();
    assert_eq!(lanes(&written), lanes(&all));
    assert!(folder.path().join("output/latest/run.json").is_file());
    assert_nothing_half_written(folder.path());
}

#[test]
fn a_probe_collects_one_device_and_leaves_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let mut daemon = Daemon::start(
        folder.path(),
        &fleet.inventory,
        "1h",
        &["--probe-cache", "1ms"],
    );
    is_ready(&daemon);
    let runs = || fs::read_dir(folder.path().join("output")).unwrap().count();
    let before = runs();
    let (_, list) = daemon.get("/sd");
    let list: Value = serde_json::from_str(&list).unwrap();
    let name = list[1]["labels"]["__param_target"].as_str().unwrap();
    let (status, text) = daemon.get(&format!("/probe?target={name}"));
    assert_eq!(status, 200, "{text}");
    assert!(lanes(&text) > 0, "{text}");
    let (_, own) = daemon.get("/metrics");
    assert!(
        own.contains("lanewatch_probes_total{result=\"collected\"} 1\n"),
        "{own}"
    );
    assert_eq!(runs(), before);
    let (status, _) = daemon.get("/metrics?device=*");
    assert_eq!(status, 200, "the other device stays");
    drop(fleet);
    let (status, text) = daemon.get(&format!("/probe?target={name}"));
    assert_eq!(status, 200);
    assert!(
        text.contains(&format!("junos_up{{device=\"{name}\"}} 0\n")),
        "{text}"
    );
    assert!(
        text.contains("junos_last_success_timestamp_seconds{"),
        "{text}"
    );
    assert_eq!(lanes(&text), 0);
    daemon.signal("TERM");
    assert_eq!(daemon.wait().0, Some(0));
    let left = fs::read_dir(folder.path().join("state")).unwrap();
    assert_eq!(left.count(), 1, "the lock alone");
}

#[test]
fn a_changed_inventory_counts_after_sighup_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let host = |name| Host {
        name,
        port: crate::harness::closed_port(),
        variables: &[("ansible_password", "x")],
    };
    let inventory = folder.path().join("inventory.yaml");
    write_inventory(&inventory, &[host("a")]);
    let mut daemon = Daemon::start(folder.path(), &inventory, "1h", &["--attempts", "1"]);
    is_ready(&daemon);
    let (_, own) = daemon.get("/metrics");
    assert!(
        own.contains("lanewatch_devices{state=\"failed\"} 1\n"),
        "{own}"
    );
    assert_eq!(daemon.get("/probe?target=b").0, 404);
    write_inventory(&inventory, &[host("a"), host("b")]);
    daemon.signal("HUP");
    daemon.until("/sd", |_, list| list.contains("\"b\""));
    // The second one is told who has the state folder.
    let second = lanewatch(folder.path(), &["serve", "-i", inventory.to_str().unwrap()]).expect(6);
    second.says(&["another `lanewatch serve` (process ", "--state-dir"]);
    fs::write(&inventory, "all: [").unwrap();
    daemon.signal("HUP");
    let failed = "lanewatch_config_reload_successful 0\n";
    daemon.until("/metrics", |_, text| text.contains(failed));
    assert!(daemon.get("/sd").1.contains("\"b\""));
    let said = daemon.said();
    assert!(
        said.contains("error: the inventory stays as it was: "),
        "{said}"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.wait().0, Some(0));
}

#[test]
fn a_pass_at_work_is_stopped_in_order_and_told_by_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("silent.yaml");
    let _silent = write_silent_device(&inventory);
    let mut daemon = Daemon::start(
        folder.path(),
        &inventory,
        "1s",
        &["--version-exchange-timeout", "1h"],
    );
    let skipped = "lanewatch_runs_skipped_total 1\n";
    daemon.until("/metrics", |_, text| text.contains(skipped));
    assert_eq!(daemon.get("/readyz").0, 503);
    assert_eq!(daemon.get("/healthz").0, 200);
    daemon.signal("TERM");
    let (status, took) = daemon.wait();
    assert_eq!(status, Some(7), "{}", daemon.said());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_nothing_half_written(folder.path());
}

#[test]
fn what_is_wrong_is_told_before_anything_is_contacted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("web.yml"),
        "tls_server_config:\n  certfile: x\n",
    )
    .unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let serve = |more: &[&str]| {
        let arguments = [
            &[
                "serve",
                "-i",
                "a,",
                "--user",
                "x",
                "--password-file",
                "password",
            ],
            more,
        ]
        .concat();
        lanewatch(folder.path(), &arguments)
    };
    fs::write(folder.path().join("password"), "x").unwrap();
    let wrong = serve(&["--web-config-file", "web.yml"]).expect(2);
    wrong.says(&["web.yml:2: unknown key `certfile`; did you mean `cert_file`?"]);
    let wrong = serve(&["--listen", &taken]).expect(2);
    wrong.says(&["cannot listen on ", &taken, "--listen"]);
    let wrong = serve(&["--listen", "everywhere"]).expect(2);
    wrong.says(&["`--listen` must be an address with a port"]);
    assert!(!folder.path().join("output").exists());
}
