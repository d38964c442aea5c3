//! What `plan` says before anything is touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::{closed_port, files_below, lanewatch};

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
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     leaf-01   192.0.2.11:830     telemetry   password, keyboard-interactive   strict: known   direct   et-0/0/1     host, lab.yaml:4
     leaf-02   [2001:db8::2]:22   telemetry   password, keyboard-interactive   off             direct   xe-*         setting `interfaces`
     leaf-03   leaf-03:830        telemetry   password, keyboard-interactive   strict: known   direct   xe-*         setting `interfaces`

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
    assert_eq!(
        leaf["interface_filter_set_by"],
        serde_json::json!({"kind": "host", "place": "lab.yaml:4"})
    );
    assert_eq!(json["devices"][1]["port"], 22);
    assert_eq!(json["devices"][1]["host_keys"], "off");
    assert_eq!(
        json["devices"][2]["interface_filter_set_by"],
        serde_json::json!({"kind": "setting", "name": "interfaces"})
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

#[test]
fn the_plan_says_where_each_interface_filter_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = "all:
  vars: {ansible_password: x}
  children:
    spines:
      hosts: {spine-01: , spine-02: {interface_filter: et-0/0/1}, spine-03: {interface_filter: ''}}
    leafs:
      vars: {interface_filter: xe-*}
      hosts: {leaf-01: }
    edge:
      hosts: {edge-01: }
";
    fs::write(folder.path().join("lab.yaml"), inventory).unwrap();
    fs::create_dir(folder.path().join("group_vars")).unwrap();
    let spines = folder.path().join("group_vars/spines.yml");
    fs::write(spines, "---\ninterface_filter: et-*\n").unwrap();
    let shown = |more: &[&str]| {
        let all = [&["plan", "-i", "lab.yaml"], more].concat();
        let ran = lanewatch(folder.path(), &all).expect(0);
        let json = plan(folder.path(), more);
        let devices = json["devices"].as_array().unwrap().iter();
        let lines = devices.map(|device| {
            let name = device["name"].as_str().unwrap();
            let in_table = ran.stdout.lines().find(|line| line.contains(name)).unwrap();
            let (_, in_table) = in_table.split_once("direct").unwrap();
            format!(
                "{name} |{} | {}\n",
                in_table.trim_end(),
                device["interface_filter_set_by"]
            )
        });
        lines.collect::<String>()
    };
    insta::assert_snapshot!(shown(&[]), @r#"
    edge-01 |   all          – | null
    leaf-01 |   xe-*         group leafs, lab.yaml:7 | {"kind":"group","name":"leafs","place":"lab.yaml:7"}
    spine-01 |   et-*         group spines, group_vars/spines.yml:2 | {"kind":"group","name":"spines","place":"group_vars/spines.yml:2"}
    spine-02 |   et-0/0/1     host, lab.yaml:5 | {"kind":"host","place":"lab.yaml:5"}
    spine-03 |   all          host, lab.yaml:5 | {"kind":"host","place":"lab.yaml:5"}
    "#);
    insta::assert_snapshot!(shown(&["--interfaces", "et-0/0/*", "--limit", "edge,leaf-01"]), @r#"
    edge-01 |   et-0/0/*     setting `interfaces` | {"kind":"setting","name":"interfaces"}
    leaf-01 |   xe-*         group leafs, lab.yaml:7 | {"kind":"group","name":"leafs","place":"lab.yaml:7"}
    "#);
    insta::assert_snapshot!(shown(&["-e", "interface_filter=et-9/*", "--limit", "leaf-01"]), @r#"leaf-01 |   et-9/*       `-e` | {"kind":"extra vars"}"#);
}

#[test]
fn a_host_in_two_inventories_is_told_once_and_planned_once() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |hosts: &str| format!("all:\n  vars: {{ansible_password: x}}\n  hosts:\n{hosts}");
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    let nobody = format!(
        "{{ansible_host: 127.0.0.1, ansible_port: {}}}",
        closed_port()
    );
    write(
        "a.yaml",
        shard(&format!("    leaf-[01:40]:\n    spine-01: {nobody}\n")),
    );
    write("b.yaml", shard("    spine-02:\n    spine-01:\n"));
    write("c.yaml", shard("    leaf-[01:50]:\n"));
    let said = |command: &[&str], inventories: &[&str]| {
        let sources = inventories.iter().flat_map(|file| ["-i", file]);
        let all: Vec<&str> = command.iter().copied().chain(sources).collect();
        let ran = lanewatch(folder.path(), &all).expect(0);
        let lines = ran.stderr.lines().filter(|line| line.contains(" too;"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let all = ["a.yaml", "b.yaml", "c.yaml"];
    let warned = said(&["plan"], &all);
    insta::assert_snapshot!(warned, @"
    warning: b.yaml:5: `spine-01` is in a.yaml:5 too; it is one device with the variables of both files, and runners that read one file each collect it twice
    warning: c.yaml:4: `leaf-01`, `leaf-02`, `leaf-03` … and 37 more are in a.yaml:4 too; each is one device with the variables of both files, and runners that read one file each collect it twice
    ");
    assert_eq!(said(&["inventory", "list"], &all), warned);
    for command in ["collect", "check"] {
        let flags = ["-i", "a.yaml", "-i", "b.yaml", "--limit", "spine-01"];
        let ran = lanewatch(folder.path(), &[&[command][..], &flags].concat()).expect(4);
        ran.says(&["`spine-01` is in a.yaml:5 too;"]);
    }
    assert_eq!(
        said(&["plan"], &["a.yaml", "./a.yaml"]),
        "",
        "the same file given twice is one inventory"
    );
    assert_eq!(said(&["plan"], &["a.yaml"]), "");
}

#[test]
fn what_many_hosts_meet_at_one_place_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = "all:
  vars: {ansible_password: '{{ vault_pasword }}', lanewatch_host_keys: lose}
  hosts: {'leaf-[0001:3000]': }
";
    fs::write(folder.path().join("lab.yaml"), inventory).unwrap();
    let ran = lanewatch(folder.path(), &["plan", "-i", "lab.yaml"]).expect(2);
    insta::assert_snapshot!(ran.stderr, @"
    error: lab.yaml:2: leaf-0001 and 2999 more hosts: `lanewatch_host_keys` is `strict`, `accept-new` or `off`; found `lose`
      2 |   vars: {ansible_password: …
        |   ^^^^^^^^^^^^^^^^^^^^^^^^^^
    error: lab.yaml:2: leaf-0001 and 2999 more hosts: `ansible_password`: the template refers to `vault_pasword`, which is set nowhere
      2 |   vars: {ansible_password: …
        |          ^^^^^^^^^^^^^^^^
    2 mistakes; nothing was contacted
    ");
}

/// Takes the variables that [`seal`] wrote.
const SEALED: [&str; 4] = [
    "-e",
    "@sealed.yml",
    "--vault-password-file",
    "vault-password",
];

/// Writes variables and encrypts them.
fn seal(folder: &Path, variables: &str) {
    fs::write(folder.join("vault-password"), "correct horse\n").unwrap();
    fs::write(folder.join("sealed.yml"), variables).unwrap();
    let encrypt = [&["vault", "encrypt", "sealed.yml"], &SEALED[2..]].concat();
    lanewatch(folder, &encrypt).expect(0);
}

#[test]
fn what_a_vault_gives_is_used_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    seal(
        folder.path(),
        "vault_host: 192.0.2.77\nvault_user: sealed-user\nvault_jump: sealed-gate\nvault_filter: et-7/*\n",
    );
    fs::write(folder.path().join("lab.yaml"), "all:
  vars: {ansible_password: x}
  hosts:
    leaf-01: {ansible_host: '{{ vault_host }}', ansible_user: '{{ vault_user }}'}
    leaf-02: {ansible_user: open, lanewatch_jump: '{{ vault_jump }}', interface_filter: '{{ vault_filter }}'}
    leaf-03: {ansible_ssh_common_args: '-l {{ vault_user }} -J {{ vault_jump }}'}
").unwrap();
    let asked = [&["plan", "-i", "lab.yaml"], &SEALED[..]].concat();
    let ran = lanewatch(folder.path(), &asked).expect(0);
    let table: Vec<_> = ran.stdout.lines().take(5).collect();
    insta::assert_snapshot!(table.join("\n"), @"
     Device    Address            User           Login                            Host keys                  Route          Interfaces     Set by
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     leaf-01   (from vault):830   (from vault)   password, keyboard-interactive   strict: .ssh/known_hosts   direct         all            –
     leaf-02   leaf-02:830        open           password, keyboard-interactive   strict: .ssh/known_hosts   (from vault)   (from vault)   host, lab.yaml:5
     leaf-03   leaf-03:830        (from vault)   password, keyboard-interactive   strict: .ssh/known_hosts   (from vault)   all            –
    ");
    let json = plan(folder.path(), &SEALED);
    for secret in ["192.0.2.77", "sealed-user", "sealed-gate", "et-7"] {
        assert!(
            !ran.stdout.contains(secret) && !json.to_string().contains(secret),
            "{secret}"
        );
    }
    assert_eq!(json["devices"][0]["port"], 830);
    assert_eq!(json["devices"][1]["user"], "open");
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    let folder = tempfile::tempdir().unwrap();
    seal(folder.path(), "vault_x: sesame open\n");
    fs::write(
        folder.path().join("lab.yaml"),
        "all:
  hosts:
    leaf-01:
      ansible_password: x
      ansible_port: '{{ vault_x }}'
      lanewatch_jump: '{{ vault_x }}'
      interface_filter: '{{ vault_x }}'
      lanewatch_host_keys: '{{ vault_x }}'
      lanewatch_auth_order: '{{ vault_x }}'
      ansible_ssh_common_args: '{{ vault_x }}'
      ansible_ssh_private_key_file: '{{ vault_x }}'
    leaf-02: {password_file: '{{ vault_x }}'}
    leaf-03: {ansible_ssh_extra_args: 'sshpass -p sesame'}
",
    )
    .unwrap();
    let asked = [&["plan", "-i", "lab.yaml"], &SEALED[..]].concat();
    let ran = lanewatch(folder.path(), &asked).expect(2);
    assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
    let messages: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    error: lab.yaml:5: leaf-01: `ansible_port` must be a port from 1 to 65535; found a secret value
    error: lab.yaml:6: leaf-01: `lanewatch_jump` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:7: leaf-01: `interface_filter` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:8: leaf-01: `lanewatch_host_keys` is `strict`, `accept-new` or `off`; found a secret value
    error: lab.yaml:9: leaf-01: `lanewatch_auth_order` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:10: leaf-01: `ansible_ssh_common_args` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:11: leaf-01: the private key that a vault names cannot be read: No such file or directory (os error 2)
    error: lab.yaml:12: leaf-02: `password_file` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:13: leaf-03: `ansible_ssh_extra_args` cannot be used as it is; why is not told, for the value holds a secret
    error: lab.yaml:13: leaf-03: there is no way to log in: set `ansible_ssh_private_key_file` or `ansible_password` in the inventory, give `--private-key` or `--password-file`, or start an SSH agent
    ");
}
