//! The log and the messages: what `--log`, `-v`, `--log-format` and `--quiet` write, and what they leave out.

use serde_json::Value;

use crate::harness::{Fleet, lanewatch, program, run};

/// `2026-11-30T22:51:50.123456Z`: whether a text is a time of this form.
fn is_utc_time(text: &str) -> bool {
    let form = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    let fits = |(letter, form): (char, char)| match form {
        'd' => letter.is_ascii_digit(),
        other => letter == other,
    };
    text.chars().count() == form.len() && text.chars().zip(form.chars()).all(fits)
}

#[test]
fn the_log_has_wall_clock_times_and_our_steps_but_no_packets() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let collect = ["collect", "-i", fleet.inventory()];
    let log = |flags: &[&str]| {
        let ran = lanewatch(folder.path(), &[&collect, flags].concat()).expect(0);
        let lines = ran.stderr.lines();
        let lines = lines.filter(|line| !line.starts_with("warning: "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    for flags in [&["--log", "debug"][..], &["-vv"], &["-v", "-v"]] {
        let text = log(flags);
        assert!(
            text.contains(" DEBUG ") && text.contains("collector"),
            "{text}"
        );
        // A target; the simulator's identification names the library too.
        assert!(!text.contains(" russh::"), "{text}");
        for line in text.lines() {
            let time = line.split(' ').next().unwrap();
            assert!(is_utc_time(time), "{line}");
        }
    }
    let info = log(&["-v"]);
    assert!(!info.is_empty() && !info.contains(" DEBUG "), "{info}");
    assert!(log(&["--log", "russh=debug"]).contains("russh"));
    assert_eq!(log(&[]), "");
}

#[test]
fn a_log_in_json_is_an_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--quiet",
        "--log-format",
        "json",
    ];
    let mut command = program(folder.path(), &arguments);
    let ran = run(command.env("RUST_LOG", "debug,russh=trace")).expect(0);
    assert_eq!(ran.stdout, "");
    let lines: Vec<Value> = ran
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    for line in &lines {
        assert!(is_utc_time(&text(line, "timestamp")), "{line}");
        assert!(!text(line, "level").is_empty(), "{line}");
    }
    for target in ["collector", "russh"] {
        let of_target = |line: &&Value| text(line, "target").starts_with(target);
        assert!(lines.iter().any(|line| of_target(&line)), "{target}");
    }
}

#[test]
fn quiet_prints_errors_and_answers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let quiet = |arguments: &[&str], status| {
        let mut command = program(folder.path(), &[arguments, &["--quiet"]].concat());
        run(command.env("LANEWATCH_NO_SETTING", "a warning")).expect(status)
    };
    let ran = quiet(&["collect", "-i", fleet.inventory()], 0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = quiet(&["check", "-i", fleet.inventory()], 0);
    assert!(
        ran.stdout.contains("1 of 1 devices are ready"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "");
    let ran = quiet(&["collect", "-i", "nowhere.yaml"], 2);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    drop(fleet);
    let ran = quiet(
        &[
            "replay",
            "output/latest",
            "--output",
            "again",
            "--lake",
            "lake",
        ],
        0,
    );
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}
