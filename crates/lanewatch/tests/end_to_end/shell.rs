//! Completions and manual pages: what a shell and `man` make of them.

use std::fs;
use std::process::Command;

use crate::harness::{lanewatch, run};

/// Whether a program is on this machine.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// What bash proposes for the last of these words.
fn completed(script: &str, words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lanewatch.bash"), script).unwrap();
    let (last, quoted) = (words.len() - 1, words.join(" "));
    let asked = format!(
        "set -eu; source ./lanewatch.bash; COMP_WORDS=({quoted}); COMP_CWORD={last}; \
         _lanewatch lanewatch '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words[last],
        words[last - 1]
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &asked]).current_dir(&folder);
    run(&mut bash).expect(0).stdout
}

#[test]
fn bash_loads_the_completions_and_proposes_commands_flags_and_choices() {
    let folder = tempfile::tempdir().unwrap();
    let script = lanewatch(folder.path(), &["completions", "bash"])
        .expect(0)
        .stdout;
    assert!(completed(&script, &["lanewatch", "col"]).contains("collect"));
    let flags = completed(&script, &["lanewatch", "collect", "--keep-"]);
    assert_eq!(flags.trim(), "--keep-runs");
    let choices = completed(&script, &["lanewatch", "collect", "--host-keys", "s"]);
    assert_eq!(choices.trim(), "strict");
    let nested = completed(&script, &["lanewatch", "config", "sh"]);
    assert_eq!(nested.trim(), "show");
}

#[test]
fn zsh_and_fish_take_the_completions_where_they_are_installed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["zsh", "fish"] {
        let script = lanewatch(folder.path(), &["completions", shell])
            .expect(0)
            .stdout;
        assert!(
            script.contains("keep-runs") && script.contains("accept-new"),
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
