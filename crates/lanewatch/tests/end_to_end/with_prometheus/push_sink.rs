//! `collect --push-to`, with a real Pushgateway and a Prometheus that scrapes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use collector::Clock;
use serde_json::Value;

use super::Pushgateway;
use super::server::Prometheus;
use crate::harness::{Fleet, Ran, RunFolder, closed_port, lanewatch, values};

/// Longer than any step takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Device, interface and lane, with the light that came.
type Lanes = BTreeMap<(String, String, String), f64>;

/// What the devices sent, by the simulator's ledger.
fn sent(ledger: &Path) -> Lanes {
    let mut lanes = Lanes::new();
    for line in fs::read_to_string(ledger).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let device = line["device"].as_str().unwrap();
        let Some(interfaces) = line["interfaces"].as_object() else {
            continue;
        };
        for (interface, said) in interfaces {
            for lane in said["lanes"].as_array().into_iter().flatten() {
                let place = (
                    device.to_owned(),
                    interface.clone(),
                    lane["lane"].to_string(),
                );
                if let Some(power) = lane["rx_power_dbm"].as_f64() {
                    lanes.insert(place, power);
                }
            }
        }
    }
    lanes
}

/// What Prometheus has of a family now: by these labels.
fn found(prometheus: &Prometheus, expr: &str, labels: &[&str]) -> BTreeMap<Vec<String>, f64> {
    let found = prometheus.query(expr, Clock::default().now(), false);
    let series = found.iter().map(|series| {
        let label = |name: &&str| series["metric"][*name].as_str().unwrap_or("").to_owned();
        let value = series["value"][1].as_str().unwrap().parse().unwrap();
        (labels.iter().map(label).collect(), value)
    });
    series.collect()
}

/// Waits until Prometheus has scraped what makes this true.
#[track_caller]
fn wait(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < until, "Prometheus never had {what}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// The inventory without a device, or with another port of it.
fn changed(inventory: &str, device: &str, port: Option<u16>) -> String {
    let mut changed = String::new();
    let mut is_of_device = false;
    for line in inventory.lines() {
        if !line.starts_with("          ") {
            is_of_device = line.trim() == format!("\"{device}\":");
        }
        match port {
            _ if !is_of_device => {}
            None => continue,
            Some(port) if line.trim().starts_with("ansible_port:") => {
                changed += &format!("          ansible_port: {port}\n");
                continue;
            }
            Some(_) => {}
        }
        changed += line;
        changed.push('\n');
    }
    assert_ne!(inventory, changed);
    changed
}

#[test]
#[ignore = "needs prometheus and prometheus-pushgateway, which `cargo xtask test` installs"]
fn a_group_is_what_its_device_sent_until_it_fails_or_leaves_and_no_other_group_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 3);
    let gateway = Pushgateway::start();
    let prometheus = Prometheus::start(
        folder.path(),
        &format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: pushgateway, honor_labels: true, static_configs: [{{targets: \
             ['{}']}}]}}]\n",
            gateway.address
        ),
    );
    // Groups that are none of this runner's, or none of this shard's.
    let push = |job: &str, instance: &str, text: &str| {
        fs::write(folder.path().join("other.prom"), text).unwrap();
        let to = ["push", "--pushgateway", &gateway.address, "--job", job];
        let what = ["--instance", instance, "--metrics-file", "other.prom"];
        lanewatch(folder.path(), &[&to[..], &what].concat()).expect(0);
    };
    let info = |runner: &str, shard: &str| {
        let family = "lanewatch_push_info";
        format!(
            "# TYPE {family} gauge\n{family}{{device=\"x\",runner=\"{runner}\",shard=\"{shard}\"}} 1\n"
        )
    };
    push("lanewatch", "by-hand", "junos_by_hand 1\n");
    push("batch", "night", &info("r", "sim"));
    push("lanewatch", "of-another-runner", &info("s", "sim"));
    push("lanewatch", "of-another-shard", &info("r", "sim 2/2"));
    // As this runner left it, before it was taken out of the inventory.
    push("lanewatch", "gone/1", &info("r", "sim"));
    let others = || found(&prometheus, "push_time_seconds", &["job", "instance"]).into_keys();
    let others = || others().map(|key| key.join(" ")).collect::<Vec<_>>();

    let collect = |more: &[&str]| -> Ran {
        let to = ["--push-to", &gateway.address, "--attempts", "1"];
        let all = ["collect", "-i", fleet.inventory(), "--runner-name", "r"];
        lanewatch(folder.path(), &[&all, &to[..], more].concat())
    };
    let ran = collect(&["--limit", "*"]).expect(0);
    ran.says(&[&format!("Pushed   http://{}  3 devices", gateway.address)]);
    let run = RunFolder::latest(&folder.path().join("output"));
    let devices: Vec<String> = run.devices().into_iter().map(str::to_owned).collect();
    let up = || found(&prometheus, "junos_up", &["instance"]);
    wait("each device", || up().len() == 3);
    let light = || {
        let labels = ["device", "interface", "lane"];
        let lanes = found(&prometheus, "junos_optics_rx_power_dbm", &labels).into_iter();
        let lanes = lanes.map(|(labels, value)| {
            let [device, interface, lane] = labels.try_into().unwrap();
            ((device, interface, lane), value)
        });
        lanes.collect::<Lanes>()
    };
    let ledger = sent(&folder.path().join("sim/ledger.jsonl"));
    assert!(ledger.len() > 100);
    assert_eq!(light(), ledger);
    assert!(up().values().all(|up| *up == 1.0));
    let report = run.json("run.json");
    assert_eq!(report["push"]["pushed"], 3);
    assert_eq!(report["push"]["deleted"], serde_json::json!(["gone/1"]));
    wait("one group less", || {
        !others().contains(&"lanewatch gone/1".to_owned())
    });

    // One is killed: its lanes go, and when it last succeeded stays.
    let last = "junos_last_success_timestamp_seconds";
    let before = found(&prometheus, last, &["device"]);
    let inventory = fs::read_to_string(fleet.inventory()).unwrap();
    let dead = changed(&inventory, &devices[0], Some(closed_port()));
    fs::write(fleet.inventory(), &dead).unwrap();
    collect(&[]).expect(3);
    let dead = vec![devices[0].clone()];
    wait("a device that is down", || up().get(&dead) == Some(&0.0));
    assert!(light().keys().all(|(device, ..)| *device != devices[0]));
    assert!(!light().is_empty());
    let after = found(&prometheus, last, &["device"]);
    assert_eq!(after.get(&dead), before.get(&dead));
    assert_ne!(after, before, "the others succeeded again");

    // A run of part of the inventory removes nothing. Then one leaves the inventory.
    let without = changed(&inventory, &devices[1], None);
    fs::write(fleet.inventory(), without).unwrap();
    collect(&["--limit", &devices[0]]).expect(0);
    wait("the device again", || up().get(&dead) == Some(&1.0));
    assert_eq!(up().len(), 3);
    let ran = collect(&[]).expect(0);
    ran.says(&["2 devices, 1 removed"]);
    wait("one device less", || up().len() == 2);
    let mut expected: Vec<String> = [
        "batch night",
        "lanewatch by-hand",
        "lanewatch of-another-runner",
        "lanewatch of-another-shard",
    ]
    .map(str::to_owned)
    .into();
    expected.extend([&devices[0], &devices[2]].map(|device| format!("lanewatch {device}")));
    expected.sort();
    assert_eq!(others(), expected);
}

#[test]
#[ignore = "needs prometheus-pushgateway, which `cargo xtask test` installs"]
fn hostile_names_of_a_vendor_are_taken_by_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let gateway = Pushgateway::start();
    lanewatch(folder.path(), &["collect", "-i", fleet.inventory()]).expect(0);
    drop(fleet);
    // The replies with other names in them, served again.
    let run = RunFolder::latest(&folder.path().join("output"));
    let long = "x".repeat(10_000);
    let hostile: [&[u8]; 6] = [
        b"q\"uo\\te",
        b"li\nne",
        b"nu\0l",
        b"in\xff\xfevalid",
        long.as_bytes(),
        b"br}ace{a=\"b\"} 1",
    ];
    let (mut at, mut changed) = (0, 0);
    for file in run.files(".xml") {
        let path = run.path.join(&file);
        let bytes = fs::read(&path).unwrap();
        let (mut text, mut rest) = (Vec::new(), &bytes[..]);
        let tag = b"<sfp-vendor-name>";
        while let Some(place) = rest.windows(tag.len()).position(|bytes| bytes == tag) {
            let (before, after) = rest.split_at(place + tag.len());
            let end = after.iter().position(|byte| *byte == b'<').unwrap();
            text.extend_from_slice(before);
            text.extend_from_slice(hostile[at % hostile.len()]);
            rest = &after[end..];
            (at, changed) = (at + 1, changed + 1);
        }
        text.extend_from_slice(rest);
        fs::write(&path, text).unwrap();
    }
    assert!(changed >= hostile.len(), "{changed}");
    let fleet = Fleet::serving(&folder.path().join("again"), &run.path);
    let to = ["--push-to", &gateway.address, "--output-dir", "hostile"];
    let all = ["collect", "-i", fleet.inventory(), "--lake", "hostile-lake"];
    let ran = lanewatch(folder.path(), &[&all[..], &to].concat());
    ran.says(&["Pushed   http://", "1 device"]);
    let device = values(&fleet.inventory, "ansible_port").len();
    assert_eq!(device, 1);
    let run = RunFolder::latest(&folder.path().join("hostile"));
    let series = gateway.series(run.devices()[0]);
    let names: Vec<_> = series
        .keys()
        .filter(|name| name.starts_with("junos_optics_info"))
        .collect();
    assert!(names.len() >= hostile.len(), "{names:?}");
    for part in [
        "vendor=\"q\\\"uo\\\\te\"",
        "vendor=\"nul\"",
        "in\u{fffd}",
        "br}ace{a=\\\"b\\\"} 1",
        &format!("vendor=\"{}\u{2026}", "x".repeat(111)),
    ] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "{part}: {names:?}"
        );
    }
}
