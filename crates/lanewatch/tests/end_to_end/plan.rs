//! What `plan` says before anything is touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::{files_below, lanewatch};

const INVENTORY: &str = "all:
  vars: {ansible_user: telemetry, ansible_password: sesame-open}
  hosts:
    leaf-01: {ansible_host: 192.0.2.11, interface_filter: et-0/0/1}
    leaf-02: {ansible_host: 2001:db8::2, ansible_port: 22, lanewatch_host_keys: 'off'}
    leaf-03:
";

fn plan(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let all = [&["plan", "-i", "lab.yaml", "--json"], arguments].concat();
    let ran = lanewatch(folder, &all).expect(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn each_device_is_shown_as_it_would_be_reached_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lab.yaml"), INVENTORY).unwrap();
    let arguments = [
        "plan",
        "-i",
        "lab.yaml",
        "--interfaces",
        "xe-*",
        "--runner-name",
        "r",
        "--known-hosts",
        "known",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(0);
    insta::assert_snapshot!(ran.stdout, @"
     Device    Address            User        Login                            Host keys       Route    Interfaces   Set by
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     leaf-01   192.0.2.11:830     telemetry   password, keyboard-interactive   strict: known   direct   et-0/0/1     lab.yaml:4
     leaf-02   [2001:db8::2]:22   telemetry   password, keyboard-interactive   off             direct   xe-*         `interfaces`
     leaf-03   leaf-03:830        telemetry   password, keyboard-interactive   strict: known   direct   xe-*         `interfaces`

     RPC                    Operation                                                             Asked
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     system_information     <get-system-information/>                                             once a run
     chassis_inventory      <get-chassis-inventory/>                                              once a run
     optics_diagnostics     <get-interface-optics-diagnostics-information/>                       once a run
     interface_statistics   <get-interface-information><extensive/></get-interface-information>   once a run
     pic_detail             <get-pic-detail/>                                                     once a run for each PIC with transceivers

    3 devices, 100 at a time, by runner r; replies and documents go to output, rows to raw_ml_data. Nothing was contacted.
    ");
    assert!(!ran.stdout.contains("sesame"), "a secret is shown");
    assert_eq!(
        files_below(folder.path()),
        [folder.path().join("lab.yaml")],
        "something was written"
    );

    let json = plan(folder.path(), &["--interfaces", "xe-*"]);
    let leaf = &json["devices"][0];
    assert_eq!(leaf["interface_filter_set_by"], "lab.yaml:4");
    assert_eq!(json["devices"][1]["port"], 22);
    assert_eq!(json["devices"][1]["host_keys"], "off");
    assert_eq!(
        json["devices"][2]["interface_filter_set_by"],
        "`interfaces`"
    );
    assert_eq!(
        leaf["rpcs"][3]["operation"],
        "<get-interface-information><extensive/></get-interface-information>"
    );
}

#[test]
fn the_shards_of_an_inventory_hold_each_device_once() {
    let folder = tempfile::tempdir().unwrap();
    let hosts: String = (0..40).map(|at| format!("    leaf-{at:02}:\n")).collect();
    let inventory = format!("all:\n  vars: {{ansible_password: x}}\n  hosts:\n{hosts}");
    fs::write(folder.path().join("lab.yaml"), inventory).unwrap();
    let mut seen = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let json = plan(folder.path(), &["--shard", shard]);
        let devices = json["devices"].as_array().unwrap();
        assert_eq!(
            devices.len() as u64 + json["devices_in_other_shards"].as_u64().unwrap(),
            40
        );
        for device in devices {
            assert!(
                seen.insert(device["name"].to_string()),
                "{device} is in two shards"
            );
        }
    }
    assert_eq!(seen.len(), 40);
    let wrong = lanewatch(folder.path(), &["plan", "-i", "lab.yaml", "--shard", "4/3"]).expect(2);
    wrong.says(&["`--shard` must be one of several shards, such as `2/5`; found `4/3`"]);
}
