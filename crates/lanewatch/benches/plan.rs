//! `cargo xtask bench plan`: ten thousand hosts with group variables, templates and a vaulted password, read and planned by the program as a
//! process.
//!
//! The bar for each of our rows: under a second, under 100 MiB. Beside it stands `ansible-inventory --list` on the same files, where `cargo xtask test` has
//! made an environment with ansible-core.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HOSTS: usize = 10_000;
const PODS: usize = 50;
const ROUNDS: usize = 5;
const MOST_MS: u128 = 1_000;
const MOST_MIB: u64 = 100;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let size = write(folder.path());
    println!(
        "{HOSTS} hosts in {PODS} groups below two more, {size} kB of YAML, best of {ROUNDS}\n"
    );
    println!("{:<44} {:>9} {:>9}  bar", "command", "wall ms", "MiB");
    let lanewatch = Path::new(env!("CARGO_BIN_EXE_lanewatch"));
    for arguments in [
        &["inventory", "list"][..],
        &["inventory", "list", "--json"],
        &["inventory", "list", "--json", "--resolved"],
        &["inventory", "host", "leaf-00007", "--resolved"],
        &["plan"],
        &["plan", "--json"],
    ] {
        report(
            &format!("lanewatch {}", arguments.join(" ")),
            ROUNDS,
            || {
                let mut command = Command::new(lanewatch);
                command.args(arguments);
                command
            },
            folder.path(),
        );
    }
    let ansible = lanewatch
        .ancestors()
        .nth(2)
        .unwrap()
        .join("venv-ansible/bin/ansible-inventory");
    if ansible.is_file() {
        report(
            "ansible-inventory --list",
            1,
            || {
                let mut command = Command::new(&ansible);
                command.arg("--list").env("ANSIBLE_HOME", folder.path());
                command
            },
            folder.path(),
        );
    } else {
        println!("without ansible-inventory: `cargo xtask test` makes its environment");
    }
}

fn report(name: &str, rounds: usize, command: impl Fn() -> Command, folder: &Path) {
    let runs: Vec<(Duration, u64)> = (0..rounds).map(|_| measured(command(), folder)).collect();
    let wall = runs.iter().map(|(wall, _)| *wall).min().unwrap_or_default();
    let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or_default();
    let (wall, peak) = (wall.as_millis(), peak / 1024);
    let bar = match (wall < MOST_MS, peak < MOST_MIB) {
        _ if !name.starts_with("lanewatch") => "",
        (true, true) => "met",
        (false, true) => "missed: time",
        (true, false) => "missed: memory",
        (false, false) => "missed: time and memory",
    };
    println!("{name:<44} {wall:>9} {peak:>9}  {bar}");
}

/// How long a command takes, and the most memory it held, in KiB, as the system says while it runs.
fn measured(mut command: Command, folder: &Path) -> (Duration, u64) {
    let command = command
        .args(["-i", "hosts.yaml", "--vault-password-file", "password"])
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let held = text.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        });
        peak = peak.max(held.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}: {status}");
            return (began.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The files; gives their size in kB.
fn write(folder: &Path) -> usize {
    let mut text = "all:\n  children:\n    fabric:\n      vars: {ansible_user: '{{ vault_user }}', level: fabric}\n      children:\n".to_owned();
    for pod in 0..PODS {
        writeln!(text, "        pod_{pod:02}:\n          vars: {{pod: {pod}, rack_prefix: r{pod}}}\n          hosts:").unwrap();
        for host in (pod..HOSTS).step_by(PODS) {
            writeln!(text, "            leaf-{host:05}: {{ansible_host: 10.{}.{}.{}, hardware_model: qfx5220-32cd, rack: {}}}", pod, host / 250, host % 250 + 1, host % 40).unwrap();
        }
    }
    text += "    edge:\n      children: {pod_00: , pod_01: }\n";
    fs::write(folder.join("hosts.yaml"), &text).unwrap();
    fs::write(folder.join("password"), "correct horse\n").unwrap();
    let variables = folder.join("group_vars");
    fs::create_dir(&variables).unwrap();
    fs::create_dir(variables.join("all")).unwrap();
    let mut common = "ansible_password: '{{ vault_password }}'\nfqdn: '{{ inventory_hostname }}.{{ domain | default(\"example.net\") }}'\nwhere: '{{ rack_prefix }}-{{ rack }}'\n".to_owned();
    for at in 0..20 {
        writeln!(common, "setting_{at}: value {at}").unwrap();
    }
    fs::write(variables.join("all/main.yml"), common).unwrap();
    fs::write(
        variables.join("all/vault.yml"),
        "vault_user: telemetry\nvault_password: sesame\n",
    )
    .unwrap();
    let sealed = Command::new(env!("CARGO_BIN_EXE_lanewatch"))
        .args([
            "vault",
            "encrypt",
            "group_vars/all/vault.yml",
            "--vault-password-file",
            "password",
        ])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status();
    if !sealed.is_ok_and(|status| status.success()) {
        panic!("the secrets cannot be encrypted");
    }
    text.len() / 1000
}
