//! Each command as it is called in earnest, all secrets that there are around it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::harness::lanewatch;

/// How each command is called; `LAB` is an inventory whose devices answer. They follow one another in one folder.
const COMMANDS: &[&str] = &[
    "collect -i LAB --attempts 1",
    "check -i LAB",
    "plan -i LAB",
    "plan -i LAB --json",
    "config show",
    "config show --json",
    "inventory list -i LAB",
    "inventory list --json -i LAB",
    "config get concurrency",
    "inventory list --json --resolved -i LAB",
    "inventory host qfx5220-01 -i LAB",
    "inventory host qfx5220-01 --resolved -i LAB",
    "inventory graph -i LAB",
    "findings",
    "replay output/latest --output again --lake again",
    "record -i LAB --attempts 1 --output recording",
    "parse system_information --input output/latest --output parsed",
    "merge --system-info again/qfx5220-01_system_information_metrics.json \
     --chassis-inventory again/qfx5220-01_chassis_inventory_metrics.json \
     --optics-metrics again/qfx5220-01_optics_diagnostics_metrics.json --output merged.json",
    "push --pushgateway http://pusher:sesame@127.0.0.1:9 --metrics-file again/qfx5220-01_optics_diagnostics_metrics.json --attempts 1",
    "lake write --metrics-dir again --base-dir written",
    "lake status",
    "lake sync --to copy",
    "lake sync --to s3://lanewatch/lake --attempts 1",
    "lake metrics --output history.om",
    "lake compact --older-than 1h",
    "lake prune --older-than 1h",
    "lake verify",
    "lake verify --remote --to s3://lanewatch/lake",
    "lake forget copy",
    "lake ddl --engine duckdb --location s3://lanewatch/lake",
    "query SELECT",
    "demo --folder demo",
    "sim --devices 1 --folder inner -- true",
    "serve -i LAB --attempts 1 --listen 127.0.0.1:0 --output-dir served",
    "completions bash",
    "man",
    "vault encrypt notes --vault-password-file vault-password",
    "vault view notes --vault-password-file vault-password",
    "vault edit notes --vault-password-file vault-password",
    "vault create made --vault-password-file vault-password",
    "vault rekey notes --vault-password-file vault-password --new-vault-password-file other-vault-password",
    "vault decrypt notes --vault-password-file other-vault-password",
    "vault encrypt-string x --name a --vault-password-file vault-password",
];
/// Commands whose answer is a file, or another program's.
const WITHOUT_ANSWER: &[&str] = &["query", "sim", "merge", "record", "parse", "push", "serve"];

/// Makes `lab.yaml` out of the fleet's inventory with the password `$FOUND` in it, and runs the words as a command. The daemon is stopped
/// after its first pass.
const SCRIPT: &str = r#"umask 077; sed -e "s/$RIGHT/$FOUND/" sim/inventory.yaml > lab.yaml
[ "$1" = serve ] || exec "$0" "$@"
"$0" "$@" & until ls served/*/run.json || ! kill -0 $!; do sleep 0.1; done > /dev/null 2>&1
sleep 1; kill -TERM $!; wait $!"#;

/// Every command that has none below it, by the words that call it.
fn leaves(folder: &Path, above: &[&str]) -> Vec<String> {
    // Whatever has no help of its own, because it hands all arguments on, has no commands below it either.
    let help = lanewatch(folder, &[above, &["--help"]].concat());
    let listed = help
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"));
    let below: Vec<_> = listed
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !["", "help"].contains(name))
        .collect();
    if below.is_empty() {
        return vec![above.join(" ")];
    }
    let below = below.iter();
    below
        .flat_map(|name| leaves(folder, &[above, &[*name]].concat()))
        .collect()
}

#[test]
fn every_command_is_among_those_that_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let leaves = leaves(folder.path(), &[]);
    assert!(leaves.contains(&"vault rekey".to_owned()), "{leaves:?}");
    let is_called = |name: &String| {
        let mut called = COMMANDS.iter();
        called.any(|command| format!("{command} ").starts_with(&format!("{name} ")))
    };
    let missing: Vec<_> = leaves.iter().filter(|name| !is_called(name)).collect();
    assert_eq!(missing, [""; 0], "say in COMMANDS how they are called");
}

/// Runs them all with the password that the inventory holds, and gives back what each left.
fn run_all(found: &str, variables: &[(&str, &str)], mut look: impl FnMut(&str, &Ran)) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let engine = bin.join("lanewatch-query");
    fs::write(&engine, "#!/bin/sh\necho \"$@\"\n").unwrap();
    fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let file = |name: &str, text: &str| write_private(folder.path().join(name), text);
    let keepers = [
        file("vault-password", VAULT),
        file("other-vault-password", OTHER_VAULT),
        folder.path().join("sim/inventory.yaml"),
        folder.path().join("lab.yaml"),
    ];
    let keepers: Vec<_> = keepers.iter().map(PathBuf::as_path).collect();
    file("notes", "no secret\n");
    fs::create_dir(folder.path().join("copy")).unwrap();
    for command in COMMANDS {
        let words = command.split_whitespace();
        let words = words.map(|word| if word == "LAB" { "lab.yaml" } else { word });
        let words: Vec<_> = words.collect();
        let more = [
            ("RIGHT", RIGHT),
            ("FOUND", found),
            ("PATH", path.as_str()),
            ("VISUAL", "true"), // an editor that changes nothing
        ];
        let variables: Vec<_> = more.iter().chain(variables).copied().collect();
        let ran = beside_fleet(folder.path(), SCRIPT, &words, &variables);
        assert_nothing_leaked(folder.path(), &ran, &keepers);
        look(command, &ran);
    }
}

#[test]
fn no_command_shows_a_secret_where_all_goes_well() {
    run_all(RIGHT, &[], |command, ran| {
        let is_remote = command.contains("s3://") && !command.contains("ddl");
        let status = if is_remote || command.starts_with("push") {
            5
        } else {
            0
        };
        assert_eq!(
            ran.status,
            Some(status),
            "{command}\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
        let is_logged = !command.starts_with("collect") || ran.stderr.contains("TRACE russh");
        assert!(is_logged, "the SSH library's log is not there");
    });
}

#[test]
fn no_command_shows_a_password_that_is_wrong() {
    run_all(WRONG, &[], |command, ran| {
        if command.starts_with("collect") || command.starts_with("record") {
            assert_eq!(ran.status, Some(4), "{command}");
            ran.says(&["was not let in"]);
        }
    });
}

#[test]
fn no_command_shows_a_secret_when_it_falls_over() {
    run_all(RIGHT, &[(REHEARSE_PANIC, "device")], |command, ran| {
        if ["collect", "check", "record"]
            .iter()
            .any(|name| command.starts_with(name))
        {
            ran.says(&["a defect of Lanewatch at ", "its words are not shown"]);
        }
    });
    run_all(RIGHT, &[(REHEARSE_PANIC, "answer")], |command, ran| {
        if !WITHOUT_ANSWER.iter().any(|name| command.starts_with(name)) {
            ran.says(&["a defect of Lanewatch at ", "its words are not shown"]);
            assert_eq!(ran.status, Some(101), "{command}");
        }
    });
}
