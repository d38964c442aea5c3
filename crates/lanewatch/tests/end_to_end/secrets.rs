//! No command shows a secret: not in its answer, not in its errors, not in its log at its most talkative, not in a file, not when it falls over.
//!
//! Each command is run with the log of all libraries at `trace`, with the right and the wrong password, from each place that a secret can come from, and with
//! a panic in its middle. Looked for are the secrets and their usual disguises. Files that are there to hold one belong to their owner alone.

mod commands;
mod sources;
mod vault;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::harness::{Ran, files_below, lanewatch, panicking, panicking_program, program, run};

/// Asks the example `rehearse_panic` for a panic.
const REHEARSE_PANIC: &str = "REHEARSE_PANIC";

const RIGHT: &str = "Tr0ub4dor-and-3";
const WRONG: &str = "C0rrect-h0rse-9";
/// Of the vault, the right one and another.
const VAULT: &str = "Vau1t-0f-the-lab";
const OTHER_VAULT: &str = "Vau1t-0f-n0b0dy";
/// Of a private key.
const PASSPHRASE: &str = "Batt3ry-stap1e-7";
/// Of the object store.
const S3_SECRET: &str = "wJa1rXUtnFEMI-K7MDENG";
const S3_TOKEN: &str = "FwoGZXIvYXdzEBYaDs7";
const SECRETS: [&str; 7] = [
    RIGHT,
    WRONG,
    VAULT,
    OTHER_VAULT,
    PASSPHRASE,
    S3_SECRET,
    S3_TOKEN,
];

/// Everything that we and our libraries log. A level alone is for our own crates.
const LOUDEST: &str = "trace,russh=trace,ssh_key=trace,reqwest=trace,hyper=trace,hyper_util=trace,h2=trace,rustls=trace,object_store=trace,mio=trace,reqsign=trace";

/// Secrets in the environment of every command, whether it has a use for them or not. Nobody listens at the object store.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("RUST_LOG", LOUDEST),
    ("LANEWATCH_PRIVATE_KEY_PASSPHRASE", PASSPHRASE),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", S3_SECRET),
    ("AWS_SESSION_TOKEN", S3_TOKEN),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_REGION", "eu-central-1"),
];

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
    for secret in SECRETS {
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

/// Runs a shell's script inside a fleet of two devices that take [`RIGHT`], all with the log at its most talkative. The script finds the
/// program as `$0`, and the words as `$@`.
fn beside_fleet(folder: &Path, script: &str, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let is_rehearsal = variables.iter().any(|(name, _)| *name == REHEARSE_PANIC);
    let program_run = if is_rehearsal {
        panicking_program()
    } else {
        PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"))
    };
    let fleet = ["--devices", "2", "--seed", "7", "--password", RIGHT];
    let mut command = program(folder, &["sim"]);
    command
        .args(fleet)
        .args(["--folder", "sim", "--", "sh", "-c", script])
        .arg(program_run)
        .args(words)
        .envs(ENVIRONMENT.iter().copied())
        .envs(variables.iter().copied());
    run(&mut command)
}

#[test]
fn the_program_that_people_run_has_no_switch_for_a_panic() {
    let program = fs::read(env!("CARGO_BIN_EXE_lanewatch")).unwrap();
    let holds = |name: &[u8]| program.windows(name.len()).any(|bytes| bytes == name);
    assert!(holds(b"LANEWATCH_"), "this is not how names are found");
    assert!(!holds(b"LANEWATCH_REHEARSE") && !holds(REHEARSE_PANIC.as_bytes()));
    let example = fs::read(panicking_program()).unwrap();
    assert!(
        example
            .windows(REHEARSE_PANIC.len())
            .any(|bytes| bytes == REHEARSE_PANIC.as_bytes())
    );
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
        let ran = run(command.env("RUST_LOG", LOUDEST)).expect(2);
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

#[test]
fn what_is_started_may_leave_no_core_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new("sh");
    let script = "ulimit -S -c $(ulimit -H -c); \"$0\" sim --devices 1 -- sh -c 'ulimit -S -c'";
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_lanewatch")])
        .current_dir(folder.path());
    assert_eq!(run(&mut command).expect(0).stdout.lines().last(), Some("0"));
}
