//! How Ansible calls `ssh` for a host, against how the plan says that the host is reached.
//!
//! A stub in place of `ssh` writes its arguments down. What OpenSSH makes of them is decided here by its rule: of options
//! that are given twice the first counts.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Python, program, run};

/// Each host in a way of its own, as the `ssh` plugin reads its variables.
const HOSTS: &str = r#"
all:
  vars: {site: ams, jumps: "-J oper@gw1.example:2022,gw2.example"}
  hosts:
    named.example:
    plain: {ansible_host: 192.0.2.1, ansible_port: 2201, ansible_user: telemetry}
    old-names: {ansible_ssh_host: 192.0.2.2, ansible_ssh_port: 2202, ansible_ssh_user: ops}
    both-names: {ansible_ssh_host: 192.0.2.3, ansible_host: 192.0.2.33, ansible_ssh_port: 2203, ansible_port: 33, ansible_ssh_user: ops, ansible_user: no}
    jumps: {ansible_host: 192.0.2.4, ansible_ssh_common_args: "{{ jumps }}"}
    jump-option: {ansible_ssh_extra_args: -o ProxyJump=gw3.example}
    proxy: {ansible_ssh_common_args: "-o ProxyCommand='ssh -W %h:%p -q gw.example'"}
    proxy-quoted: {ansible_ssh_args: '-o "ProxyCommand=nc -X connect %h %p"'}
    unchecked: {ansible_host_key_checking: false}
    unchecked-ssh: {ansible_ssh_host_key_checking: 'no'}
    checked: {ansible_host_key_checking: true}
    accepted: {ansible_ssh_common_args: -o StrictHostKeyChecking=accept-new}
    unchecked-first: {ansible_host_key_checking: false, ansible_ssh_common_args: -o StrictHostKeyChecking=yes}
    checked-first: {ansible_host_key_checking: false, ansible_ssh_args: -o StrictHostKeyChecking=yes}
    options: {ansible_ssh_extra_args: -p 2204 -l argued}
    options-late: {ansible_user: telemetry, ansible_port: 2205, ansible_ssh_common_args: -oUser=argued -o Port=99}
    options-early: {ansible_user: telemetry, ansible_port: 2206, ansible_ssh_args: -o User=argued -o Port=2207}
    key: {ansible_ssh_private_key_file: ./key}
    key-old-name: {ansible_private_key_file: ./key}
    key-argument: {ansible_ssh_common_args: -i ./key}
    omitted: {ansible_host: "{{ nowhere | default(omit) }}", ansible_port: "{{ nothing | default(omit) }}", ansible_user: "{{ site }}"}
    emptied: {ansible_host: ~, ansible_port: ~, ansible_user: ~}
    computed: {ansible_host: "{{ inventory_hostname }}.{{ site }}.example", ansible_port: "{{ 2200 + 8 }}"}
    renamed: {ansible_host: leaf9, ansible_ssh_common_args: -o HostName=%h-mgmt.example}
    patient: {ansible_ssh_timeout: 33}
    patient-too: {ansible_timeout: 44}
    patient-argument: {ansible_timeout: 45, ansible_ssh_args: -o ConnectTimeout=5}
"#;

/// The name of the user who runs both programs.
const WHO: &str = "runner";

/// What `ssh` makes of its arguments, in the words of the plan; without a word about what they leave open.
fn understood(arguments: &[&str]) -> BTreeMap<&'static str, Value> {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let mut first = |name: &str, value: &str| {
        let name = name.to_ascii_lowercase();
        _ = options
            .entry(name)
            .or_insert_with(|| value.trim_matches('"').to_owned());
    };
    let mut words = arguments.iter();
    let mut host = None;
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            host = Some(*word);
            break;
        };
        let (flag, joined) = flag.split_at(1);
        if !"oplJiF".contains(flag) {
            continue;
        }
        let value = match joined {
            "" => words.next().unwrap(),
            joined => joined,
        };
        match flag {
            "o" => {
                let (name, value) = value.split_once('=').unwrap();
                first(name, value);
            }
            "p" => first("port", value),
            "l" => first("user", value),
            "J" => first("proxyjump", value),
            "i" => first("identityfile", value),
            _ => {}
        }
    }
    let host = host.unwrap();
    let address = options
        .get("hostname")
        .map_or(host.to_owned(), |name| name.replace("%h", host));
    let mut found = BTreeMap::from([("address", json!(address))]);
    let user = options.get("user").map_or(WHO, String::as_str);
    found.insert("user", json!(user));
    // Without a port it is that of NETCONF, not that of SSH.
    let port = options
        .get("port")
        .map_or(830, |port| port.parse().unwrap());
    found.insert("port", json!(port));
    let route = match (options.get("proxyjump"), options.get("proxycommand")) {
        (Some(jumps), _) => jumps.split(',').map(hop).collect(),
        (None, Some(command)) => {
            vec![format!(
                "proxy command {}",
                command.split(' ').next().unwrap()
            )]
        }
        (None, None) => vec!["direct".to_owned()],
    };
    found.insert("route", json!(route));
    let host_keys = match options.get("stricthostkeychecking").map(String::as_str) {
        Some("no" | "off") => "off",
        Some("accept-new") => "accept-new",
        _ => "strict",
    };
    found.insert("host_keys", json!(host_keys));
    if let Some(key) = options.get("identityfile") {
        found.insert("key", json!(format!("key file {key}")));
    }
    // Ansible always gives one; its own default is 10.
    if let Some(seconds) = options
        .get("connecttimeout")
        .filter(|seconds| *seconds != "10")
    {
        found.insert(
            "connect_timeout_seconds",
            json!(seconds.parse::<f64>().unwrap()),
        );
    }
    found
}

/// A jump host with user and port, as the plan names it.
fn hop(text: &str) -> String {
    let (user, host) = text.split_once('@').unwrap_or((WHO, text));
    let (host, port) = host.split_once(':').unwrap_or((host, "22"));
    format!("{user}@{host}:{port}")
}

/// The arguments of each call of `ssh`, by the host that it was for.
fn calls(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let stub = folder.join("ssh-stub");
    let script = "#!/bin/sh\nlog=\"$CALLS/$$\"\nfor argument in \"$@\"; do printf '%s\\n' \"$argument\" >> \"$log\"; done\nexit 255\n";
    fs::write(&stub, script).unwrap();
    fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
    let log = folder.join("calls");
    fs::create_dir(&log).unwrap();
    let ansible = Python::Ansible.interpreter().with_file_name("ansible");
    let mut command = Command::new(ansible);
    // The last argument of `ssh` is the command, which names the host.
    command
        .args([
            "all",
            "-i",
            "hosts.yml",
            "-m",
            "raw",
            "-a",
            "host {{ inventory_hostname }}",
            "-e",
        ])
        .arg(format!("ansible_ssh_executable={}", stub.display()))
        .current_dir(folder)
        .env("ANSIBLE_HOME", folder.join("ansible-home"))
        .env("HOME", folder)
        .env("USER", WHO)
        .env("CALLS", &log);
    let ran = run(&mut command);
    let mut calls = BTreeMap::new();
    for entry in fs::read_dir(&log).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut words: Vec<_> = text.lines().map(str::to_owned).collect();
        let name = words.pop().unwrap();
        calls.insert(name.trim_start_matches("host ").to_owned(), words);
    }
    assert!(!calls.is_empty(), "{}{}", ran.stdout, ran.stderr);
    calls
}

/// Ansible's calls and our plan in one folder, host by host.
#[track_caller]
fn agree(folder: &Path) {
    let mut command = program(folder, &["plan", "-i", "hosts.yml", "--json"]);
    command.env("USER", WHO).env("LANEWATCH_PASSWORD", "x");
    let plan: Value = serde_json::from_str(&run(&mut command).expect(0).stdout).unwrap();
    let devices = plan["devices"].as_array().unwrap();
    let calls = calls(folder);
    assert_eq!(devices.len(), calls.len());
    let mut differences = Vec::new();
    for device in devices {
        let name = device["name"].as_str().unwrap();
        let arguments: Vec<_> = calls[name].iter().map(String::as_str).collect();
        for (field, theirs) in understood(&arguments) {
            let ours = match field {
                "key" => &device["login"][0],
                field => &device[field],
            };
            // Of a path in `ansible.cfg` Ansible makes an absolute one.
            let absolute = |value: &Value| {
                let text = value.to_string();
                text.replace("key file ./", &format!("key file {}/", folder.display()))
            };
            if absolute(ours) != absolute(&theirs) {
                differences.push(format!(
                    "{name}: {field} is {ours}, for Ansible {theirs}: {arguments:?}"
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A folder with an inventory and a key.
fn folder(hosts: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hosts.yml"), hosts).unwrap();
    let key = folder.path().join("key");
    let mut keygen = Command::new("ssh-keygen");
    run(keygen
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(key))
    .expect(0);
    folder
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn a_host_is_reached_as_ansible_reaches_it() {
    agree(folder(HOSTS).path());
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn ansible_cfg_counts_as_for_ansible() {
    let hosts = "all:\n  hosts:\n    leaf-01:\n    leaf-02: {ansible_user: ops, ansible_port: 2222, ansible_host_key_checking: true, ansible_ssh_timeout: 7}\n";
    let folder = folder(hosts);
    let settings = "[defaults]\nremote_user = fleet\nremote_port = 2201\nprivate_key_file = ./key\nhost_key_checking = False\ntimeout = 21\n";
    fs::write(folder.path().join("ansible.cfg"), settings).unwrap();
    agree(folder.path());
}
