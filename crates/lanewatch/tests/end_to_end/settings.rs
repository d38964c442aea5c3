//! Where settings come from, as a user sees it.

use std::fs;

use crate::harness::{lanewatch, program, run};

#[test]
fn config_show_says_each_value_and_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let file = "# ours\nkeep_runs = 7\nlake = \"data/lake\"\nconcurrency = 5\n";
    fs::write(folder.path().join("lanewatch.toml"), file).unwrap();
    let mut command = program(folder.path(), &["config", "show", "--concurrency", "9"]);
    command.env("LANEWATCH_PASSWORD", "sesame-open");
    command.env("LANEWATCH_DEVICE_TIMEOUT", "90");
    command.env("LANEWATCH_KEEP_RUN", "1");
    let ran = run(&mut command).expect(0);
    ran.says(&["concurrency", "9", "flag --concurrency"]);
    ran.says(&[
        "device_timeout",
        "90s",
        "environment LANEWATCH_DEVICE_TIMEOUT",
    ]);
    ran.says(&["keep_runs", "7", "lanewatch.toml:2"]);
    ran.says(&["lake", "data/lake", "lanewatch.toml:3"]);
    ran.says(&["output_dir", "output", "default"]);
    ran.says(&["password", "(set)", "environment LANEWATCH_PASSWORD"]);
    ran.says(&["The file of settings is lanewatch.toml."]);
    ran.says(&[
        "warning",
        "LANEWATCH_KEEP_RUN ",
        "did you mean `LANEWATCH_KEEP_RUNS`?",
    ]);
    assert!(!ran.stdout.contains("sesame") && !ran.stderr.contains("sesame"));
}

#[test]
fn a_file_that_is_named_is_read_in_place_of_the_usual_ones() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join(".config/lanewatch");
    fs::create_dir_all(&users).unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(users.join("lanewatch.toml"), "keep_runs = 2\n").unwrap();
    fs::write(
        folder.path().join("etc/named.toml"),
        "keep_runs = 3\nlake = 'lake'\n",
    )
    .unwrap();
    let show = |more: &[&str]| {
        let ran = lanewatch(
            folder.path(),
            &[&["config", "show", "--json"], more].concat(),
        )
        .expect(0);
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()
    };
    assert_eq!(show(&[])["settings"]["keep_runs"]["value"], "2");
    let named = show(&["--config", "etc/named.toml"]);
    assert_eq!(named["file"], "etc/named.toml");
    assert_eq!(named["settings"]["keep_runs"]["origin"], "etc/named.toml:1");
    assert_eq!(
        named["settings"]["lake"]["value"], "etc/lake",
        "a path begins at its file's folder"
    );
    fs::write(folder.path().join("lanewatch.toml"), "keep_runs = 4\n").unwrap();
    assert_eq!(show(&[])["settings"]["keep_runs"]["value"], "4");
    let missing = lanewatch(
        folder.path(),
        &["config", "show", "--config", "nowhere.toml"],
    )
    .expect(2);
    missing.says(&["cannot read the settings nowhere.toml"]);
}

#[test]
fn what_is_wrong_with_flags_environment_file_and_inventory_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("lanewatch.toml"),
        "concurency = 5\nkeep_runs = 0\n",
    )
    .unwrap();
    fs::write(folder.path().join("lab.yaml"), "all:\n  hots:\n").unwrap();
    let mut command = program(
        folder.path(),
        &["collect", "-i", "lab.yaml", "--attempts", "x"],
    );
    command.env("LANEWATCH_RAW", "keeps");
    let ran = run(&mut command).expect(2);
    insta::assert_snapshot!(ran.complaint(), @"
    error: `--attempts` must be a whole number from 1 up; found `x`
    error: `LANEWATCH_RAW` must be `keep`, `zstd` or `drop`; found `keeps`; did you mean `keep`?
    error: lanewatch.toml:1: unknown setting `concurency`; did you mean `concurrency`?
      1 | concurency = 5
        | ^^^^^^^^^^
    error: lanewatch.toml:2: `keep_runs` must be a whole number from 1 up; found `0`
      2 | keep_runs = 0
        |             ^
    error: lab.yaml:2: unknown key `hots` in the group `all`: a group has `hosts`, `vars` and `children`; did you mean `hosts`?
      2 |   hots:
        |   ^^^^
    5 mistakes; nothing was contacted
    ");
    assert!(!folder.path().join("output").exists());
}
