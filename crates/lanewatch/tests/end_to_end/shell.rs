//! Completions and manual pages: what a shell and `man` make of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{lanewatch, run};

/// Whether a program is on this machine.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// What bash proposes for the last of these words, in a folder.
fn completed(folder: &Path, words: &[&str]) -> Vec<String> {
    let script = lanewatch(folder, &["completions", "bash"]).expect(0).stdout;
    fs::write(folder.join("lanewatch.bash"), script).unwrap();
    let (last, quoted) = (words.len() - 1, words.join(" "));
    let asked = format!(
        "set -e; source ./lanewatch.bash; COMP_WORDS=({quoted}); COMP_CWORD={last}; COMP_TYPE=9; \
         _clap_complete_lanewatch lanewatch '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words[last],
        words[last - 1]
    );
    let program = Path::new(env!("CARGO_BIN_EXE_lanewatch")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &asked])
        .env("PATH", path)
        .current_dir(folder);
    let proposed = run(&mut bash).expect(0).stdout;
    proposed.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_proposes_commands_flags_choices_rpcs_hosts_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = "spines: {hosts: {spine-01: , spine-02: }}\nleaves: {hosts: {leaf-01: }}\n";
    fs::write(folder.path().join("fleet.yaml"), inventory).unwrap();
    for (words, expected) in [
        (&["lanewatch", "col"][..], &["collect"][..]),
        (
            &["lanewatch", "collect", "--keep-"],
            &["--keep-runs", "--keep-runs-for", "--keep-runs-size"],
        ),
        (&["lanewatch", "collect", "--host-keys", "s"], &["strict"]),
        (&["lanewatch", "config", "sh"], &["show"]),
        (&["lanewatch", "parse", "opt"], &["optics_diagnostics"]),
        (
            &["lanewatch", "plan", "-i", "fleet.yaml", "--limit", "sp"],
            &["spine-01", "spine-02", "spines"],
        ),
        (
            &["lanewatch", "inventory", "host", "-i", "fleet.yaml", "le"],
            &["leaf-01", "leaves"],
        ),
    ] {
        assert_eq!(completed(folder.path(), words), expected, "{words:?}");
    }
    // The settings name the inventory where the command line does not.
    fs::write(
        folder.path().join("lanewatch.toml"),
        "inventory = 'fleet.yaml'\n",
    )
    .unwrap();
    assert_eq!(
        completed(folder.path(), &["lanewatch", "collect", "--limit", "leaf"]),
        ["leaf-01"]
    );
}

#[test]
fn zsh_and_fish_take_the_completions_where_they_are_installed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["zsh", "fish"] {
        let script = lanewatch(folder.path(), &["completions", shell])
            .expect(0)
            .stdout;
        assert!(
            script.contains("lanewatch") && script.contains("COMPLETE"),
            "{shell}"
        );
        if has(shell) {
            let path = folder.path().join("script");
            fs::write(&path, script).unwrap();
            run(Command::new(shell).arg("-n").arg(&path)).expect(0);
        }
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_flags() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["man", "--out", "man1"])
        .expect(0)
        .says(&["man1"]);
    let page = fs::read_to_string(folder.path().join("man1/lanewatch-collect.1")).unwrap();
    for part in ["keep\\-runs", "Login and host keys", "Exit status"] {
        assert!(
            page.to_lowercase().contains(&part.to_lowercase()),
            "{part}: {page}"
        );
    }
    assert!(folder.path().join("man1/lanewatch-config-show.1").is_file());
    let first = lanewatch(folder.path(), &["man"]).expect(0).stdout;
    assert!(first.contains(".TH lanewatch 1"), "{first}");
}
