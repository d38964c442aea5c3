//! What a newcomer runs first.

use std::process::Command;

use crate::harness::{Ran, assert_nothing_half_written, files_below, lanewatch, run};

fn demo(folder: &std::path::Path) -> Ran {
    lanewatch(folder, &["demo", "--folder", "shown", "--seed", "7"]).expect(0)
}

#[test]
fn the_demo_shows_three_shards_and_does_not_trip_over_itself() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo(folder.path());
    let second = demo(folder.path());
    for ran in [&first, &second] {
        let control = ran
            .stdout
            .chars()
            .chain(ran.stderr.chars())
            .find(|c| c.is_control() && *c != '\n');
        assert_eq!(
            control, None,
            "control characters without a terminal:\n{}{}",
            ran.stdout, ran.stderr
        );
    }
    assert!(!first.stderr.contains("replaced"), "{}", first.stderr);
    assert!(
        second
            .stderr
            .contains("the earlier demo in shown is replaced"),
        "{}",
        second.stderr
    );
    let runs = std::fs::read_dir(folder.path().join("shown/output")).unwrap();
    let runs = runs.filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_dir());
    assert_eq!(
        runs.count(),
        6,
        "two runs of three shards, and nothing of the earlier demo"
    );
    second
        .says(&["On purpose", "spine-04 does not answer"])
        .says(&["ALARM", "below the alarm threshold"])
        .says(&["ALARM", "no light"])
        .says(&["cannot connect", "refused"]);
    let shown = folder.path().join("shown");
    for shard in 1..=3 {
        assert!(shown.join(format!("inventory-shard{shard}.yaml")).is_file());
    }
    for dataset in ["intf-dom", "lane-dom", "intf-counters"] {
        let files = files_below(&shown.join("lake"));
        assert!(
            files
                .iter()
                .any(|file| file.parent().unwrap().ends_with(dataset)),
            "no {dataset}: {files:?}"
        );
    }
    assert_nothing_half_written(&shown);
    let outside: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(outside, ["shown"], "the demo wrote outside its folder");
}

#[test]
fn a_folder_that_no_demo_made_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("shown/output/mine");
    std::fs::create_dir_all(mine.parent().unwrap()).unwrap();
    std::fs::write(&mine, "mine").unwrap();
    let ran = lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(2);
    assert!(
        ran.stderr
            .contains("shown is there, is not empty and is no earlier demo"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
}

#[test]
fn the_commands_that_the_demo_offers_work_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path());
    let commands: Vec<&str> = offered(&ran.stdout).collect();
    assert_eq!(commands.len(), 3, "{}", ran.stdout);
    for command in commands {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(folder.path())
            .env("HOME", folder.path());
        let ran = run(&mut shell).expect(0);
        assert!(!ran.stdout.is_empty(), "`{command}` says nothing");
        assert_eq!(ran.stderr, "", "`{command}` complains");
    }
}

/// The commands at the end of the demo's report; each has a remark above it.
fn offered(report: &str) -> impl Iterator<Item = &str> {
    let lines = report
        .lines()
        .skip_while(|line| *line != "Try next:")
        .skip(1);
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}
