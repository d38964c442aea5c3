//! A process that writes and compacts, killed at random moments.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

const LAKE_OF_THE_KILLED: &str = "LANEWATCH_TEST_LAKE_OF_THE_KILLED";

/// What the test below kills: writes runs, compacts, and writes compacted ones again.
#[test]
#[ignore = "a process that another test starts and kills"]
fn compacts_until_it_is_killed() {
    let lake = PathBuf::from(std::env::var_os(LAKE_OF_THE_KILLED).unwrap());
    let claimed = |number: i64| lake.join(format!("claimed-{number}"));
    let mut number = (0..).find(|number| !claimed(*number).exists()).unwrap();
    loop {
        let minute = number % 50;
        write(&lake, minute, 0);
        fs::write(claimed(number), "").unwrap();
        drop(begin_compaction(&lake));
        if number % 2 == 0 {
            write(&lake, minute / 2, 0);
        }
        number += 1;
    }
}

#[test]
fn a_compaction_killed_at_any_moment_doubles_and_loses_nothing() {
    let trials = std::env::var("LOSS_TRIALS").ok();
    let trials = trials.and_then(|text| text.parse().ok()).unwrap_or(15_u64);
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    let claimed = || (0..).find(|number| !lake.join(format!("claimed-{number}")).exists());
    for trial in 0..trials {
        let before = claimed().unwrap();
        let mut killed = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "killed::compacts_until_it_is_killed",
            ])
            .env(LAKE_OF_THE_KILLED, lake)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while claimed().unwrap() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "it never began");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(trial * 7919 % 50_000));
        killed.kill().unwrap();
        killed.wait().unwrap();
        lake::recover(lake).unwrap();
        all_whole(lake);
        let rows = rows(lake);
        assert!(rows.values().all(|count| *count == 1), "{rows:?}");
        for number in 0..claimed().unwrap().min(50) {
            let of_run = rows.keys().filter(|(_, run, ..)| *run == number);
            assert_eq!(of_run.count(), 12, "run {number} lost rows");
        }
        assert!(is_clean(lake));
    }
    compact(lake);
    assert_eq!(names(lake, "fans").len(), 1);
}
