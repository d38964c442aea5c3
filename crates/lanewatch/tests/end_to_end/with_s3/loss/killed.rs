//! Processes killed at random moments.

use std::thread;
use std::time::{Duration, Instant};

use super::{Claims, collect, millis, quiet, random, recovers, report, trials};
use crate::harness::{
    Fleet, RUN, S3, run, stop, with_keys, write_command, write_documents, write_run,
};
use crate::with_s3::SYNC;

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_collector_killed_at_any_moment_loses_nothing_that_it_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let mut claims = Claims::in_folder(folder.path());
    claims.begun("_runner");
    // Each under its own name: a run waits for the second after that of a killed one of its runner.
    let by = |trial: usize| {
        let runner = format!("runner{trial:03}");
        let arguments = collect(&fleet, &runner, "output", "100");
        with_keys(folder.path(), &server.endpoint(), &arguments)
    };
    let trials = trials(15);
    let began = Instant::now();
    run(&mut by(trials)).expect(0);
    let usual = millis(began);
    for trial in 0..trials {
        let mut killed = quiet(by(trial));
        // Most of what can go wrong goes wrong towards the end.
        thread::sleep(Duration::from_millis(usual / 3 + random(usual)));
        stop(&mut killed);
        claims.note_reports(&folder.path().join("output"));
    }
    run(&mut by(0)).expect(0);
    let ended = claims.note_reports(&folder.path().join("output"));
    recovers(folder.path(), &server, &claims);
    report(
        "collector killed",
        trials,
        &format!(", {ended} runs had claimed something"),
    );
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn two_runners_write_into_one_lake_and_one_is_killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 12, 16, 3);
    let write = |runner: &str, at: i64| {
        let mut write = write_command(folder.path(), &documents, runner);
        write.args(["--run-timestamp", &at.to_string()]);
        write
    };
    let trials = trials(30);
    let mut claims = Claims::in_folder(folder.path());
    claims.begun("_killed_");
    for trial in 0..trials {
        let at = RUN + i64::try_from(trial).unwrap() * 60; // over the hour, and on
        let mut steady = write("steady", at);
        let mut killed = quiet(write("killed", at));
        let steady = thread::spawn(move || run(&mut steady));
        thread::sleep(Duration::from_millis(random(150)));
        stop(&mut killed);
        claims.note_answer(&steady.join().unwrap().expect(0));
        if trial % 3 == 0 {
            claims.note_answer(&run(&mut write("killed", at)).expect(0)); // its rerun
        }
    }
    // A clock that jumps back over the hour: the run before is there already, and is the same.
    claims.note_answer(&write_run(folder.path(), &documents, "steady", RUN));
    recovers(folder.path(), &server, &claims);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("lake/.lanewatch/writing"))
        .unwrap()
        .collect();
    assert!(
        left.is_empty(),
        "the last run cleared up behind those that were killed: {left:?}"
    );
    report("runner killed beside another", trials, "");
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_sync_killed_at_any_moment_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 4);
    let mut claims = Claims::in_folder(folder.path());
    let write = |hours| write_run(folder.path(), &documents, "runner01", RUN + hours * 3600);
    for hours in 0..20 {
        claims.note_answer(&write(hours));
    }
    let trials = trials(25);
    for trial in 0..trials {
        let mut killed = quiet(with_keys(folder.path(), &server.endpoint(), &SYNC));
        thread::sleep(Duration::from_millis(10 + random(200)));
        stop(&mut killed);
        claims.note_answer(&write(i64::try_from(trial).unwrap() + 20));
        if random(5) == 0 {
            std::fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).ok();
        }
    }
    recovers(folder.path(), &server, &claims);
    report("sync killed", trials, ", its state lost in every fifth");
}
