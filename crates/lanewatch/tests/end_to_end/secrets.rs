//! No command shows a secret: not in its answer, not in its errors, not in its log at its most talkative, not in a file.
//!
//! Each command is run with `RUST_LOG=trace`, with the right and the wrong password, from each place that a password can come from.
//! Looked for are the secret and its usual disguises. Files that are there to hold it belong to their owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::harness::{Ran, files_below, lanewatch, program, run, values};

const RIGHT: &str = "Tr0ub4dor-and-3";
const WRONG: &str = "C0rrect-h0rse-9";
const NEVER_ASKED: &str = "Batt3ry-stap1e-7";

/// What each command is called with here; `LAB` is an inventory whose devices answer.
const COMMANDS: &[&[&str]] = &[
    &["collect", "-i", "LAB", "--attempts", "1"],
    &["check", "-i", "LAB"],
    &["plan", "-i", "LAB"],
    &["plan", "-i", "LAB", "--json"],
    &["lake", "status"],
    &["config", "show"],
    &["config", "show", "--json"],
    &["inventory", "list", "-i", "LAB"],
    &["inventory", "list", "--json", "-i", "LAB"],
    &["inventory", "list", "--json", "--resolved", "-i", "LAB"],
    &["inventory", "graph", "-i", "LAB"],
    &[
        "replay",
        "output/latest",
        "--output",
        "again",
        "--lake",
        "again",
    ],
    &[
        "record",
        "-i",
        "LAB",
        "--attempts",
        "1",
        "--output",
        "recording",
    ],
    &[
        "parse",
        "system_information",
        "--input",
        "output/latest",
        "--output",
        "parsed",
    ],
    &[
        "merge",
        "--system-info",
        "again/qfx5220-01_system_information_metrics.json",
        "--chassis-inventory",
        "again/qfx5220-01_chassis_inventory_metrics.json",
        "--optics-metrics",
        "again/qfx5220-01_optics_diagnostics_metrics.json",
        "--output",
        "merged.json",
    ],
];
/// Commands that are given no secret, and those that these tests run in another way.
const OTHERS: &[&str] = &["completions", "demo", "man", "query", "sim", "vault"];

/// The secret itself and what bytes become when they are printed without thought.
fn disguises(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let spaced: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        secret.to_owned(),
        secret.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        list.join(", "),
        list.join(","),
        spaced.join(" "),
        base64(bytes),
    ]
}

/// The part of base64 that does not depend on what follows.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks_exact(3) {
        let bits = three
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for at in [18, 12, 6, 0] {
            text.push(char::from(LETTERS[bits >> at & 63]));
        }
    }
    text
}

#[track_caller]
fn assert_hidden(what: &str, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for secret in [RIGHT, WRONG, NEVER_ASKED] {
        for shape in disguises(secret) {
            let at = text.find(&shape);
            let near = at.map(|at| {
                text[..at]
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .to_owned()
            });
            assert_eq!(near, None, "{what} shows a secret after this");
        }
    }
}

/// Neither what was said nor any file but these holds a secret; these can be read by their owner alone.
#[track_caller]
fn assert_nothing_leaked(folder: &Path, ran: &Ran, keepers: &[&Path]) {
    assert_hidden("standard output", ran.stdout.as_bytes());
    assert_hidden("standard error", ran.stderr.as_bytes());
    for file in files_below(folder)
        .into_iter()
        .filter(|file| file.is_file())
    {
        if keepers.contains(&file.as_path()) {
            let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.display());
        } else {
            assert_hidden(&file.display().to_string(), &fs::read(&file).unwrap());
        }
    }
}

/// A file that only its owner reads.
fn write_private(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// Runs a command inside a fleet whose devices take [`RIGHT`], both with the log at its most talkative.
fn beside_fleet(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let fleet = [
        "sim",
        "--devices",
        "2",
        "--seed",
        "7",
        "--password",
        RIGHT,
        "--folder",
        "sim",
        "--",
    ];
    let mut command = program(folder, &fleet);
    command.arg(env!("CARGO_BIN_EXE_lanewatch")).args(arguments);
    command
        .env("RUST_LOG", "trace")
        .envs(variables.iter().copied());
    run(&mut command)
}

#[test]
fn every_command_is_among_those_that_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let help = lanewatch(folder.path(), &["--help"]).expect(0).stdout;
    let listed = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1);
    let names = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    let missing: Vec<_> = names
        .filter(|name| !OTHERS.contains(name) && COMMANDS.iter().all(|command| command[0] != *name))
        .collect();
    assert_eq!(missing, [""; 0], "say in COMMANDS how they are called here");
}

#[test]
fn no_command_shows_the_password_of_the_inventory() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("sim/inventory.yaml");
    for arguments in COMMANDS {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|word| word.replace("LAB", "sim/inventory.yaml"))
            .collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let ran = beside_fleet(
            folder.path(),
            &arguments,
            &[("LANEWATCH_PASSWORD", NEVER_ASKED)],
        )
        .expect(0);
        let is_logged = arguments[0] != "collect" || ran.stderr.contains("TRACE russh");
        assert!(is_logged, "the SSH library's log is not there");
        assert_nothing_leaked(folder.path(), &ran, &[&inventory]);
    }
}

#[test]
fn a_wrong_password_is_shown_no_more_than_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let password_file = write_private(folder.path().join("password"), &format!("{WRONG}\n"));
    let inventory = folder.path().join("sim/inventory.yaml");
    // The fleet's inventory with all but the password, made once the ports are known.
    let script = "sed -e '/ansible_password/d' sim/inventory.yaml > lab.yaml && exec \"$0\" collect -i lab.yaml \"$@\"";
    let collect = |arguments: &[&str], variables: &[(&str, &str)]| {
        let fleet = [
            "sim",
            "--devices",
            "1",
            "--password",
            RIGHT,
            "--folder",
            "sim",
            "--",
            "sh",
            "-c",
            script,
        ];
        let mut command = program(folder.path(), &fleet);
        command.arg(env!("CARGO_BIN_EXE_lanewatch")).args(arguments);
        command
            .env("RUST_LOG", "trace")
            .envs(variables.iter().copied());
        let ran = run(&mut command);
        assert_eq!(
            values(&folder.path().join("lab.yaml"), "ansible_password"),
            [""; 0]
        );
        assert_nothing_leaked(folder.path(), &ran, &[&inventory, &password_file]);
        ran
    };
    collect(&["--password-file", "password"], &[])
        .expect(4)
        .says(&["was not let in"]);
    collect(&[], &[("LANEWATCH_PASSWORD", WRONG)])
        .expect(4)
        .says(&["was not let in"]);
    collect(&[], &[("LANEWATCH_PASSWORD", RIGHT)]).expect(0);
}

#[test]
fn a_mistake_beside_a_password_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("lab.yaml");
    for text in [
        format!("all:\n  hosts:\n    a: {{ansible_prot: 1, ansible_password: {RIGHT}}}\n"),
        format!("all:\n  hosts:\n    a:\n      ansible_password: \"{RIGHT}\n"),
        format!("all:\n  hosts:\n    a:\n      ansible_password:\n        {RIGHT}: x\n"),
        format!("all:\n  hosts:\n    a:\n      ansible_pasword: {RIGHT}\n"),
        format!("all:\n  hosts:\n    a:\n      ansible_ssh_private_key_file: nowhere # {RIGHT}\n"),
        format!("ansible_password={RIGHT} : [\n"),
    ] {
        write_private(inventory.clone(), &text);
        let mut command = program(folder.path(), &["collect", "-i", "lab.yaml"]);
        let ran = run(command.env("RUST_LOG", "trace")).expect(2);
        assert_nothing_leaked(folder.path(), &ran, &[&inventory]);
    }
    for text in [
        format!("password = \"{RIGHT}\"\n"),
        format!("pasword_file = 1\npassword = \"{RIGHT}\n"),
    ] {
        let settings = write_private(folder.path().join("lanewatch.toml"), &text);
        let ran = lanewatch(folder.path(), &["config", "show"]).expect(2);
        assert_nothing_leaked(folder.path(), &ran, &[&settings, &inventory]);
    }
}
