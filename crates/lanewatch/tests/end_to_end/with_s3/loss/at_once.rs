//! Two at once on one folder: collectors, and syncs.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::pruned::prunes_all;
use super::{Claims, collect, millis, quiet, random, recovers, report, trials};
use crate::harness::{
    Fleet, RUN, S3, lanewatch_with_keys, run, stop, with_keys, write_documents, write_run,
};
use crate::with_s3::SYNC;

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn two_collectors_share_lake_and_folder_and_one_is_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 3);
    // So few are kept that each clears away what the other's runs have left.
    let by = |runner| {
        let arguments = collect(&fleet, runner, "output", "2");
        with_keys(folder.path(), &server.endpoint(), &arguments)
    };
    let output = folder.path().join("output");
    let mut claims = Claims::in_folder(folder.path());
    claims.begun("_same_");
    claims.begun("_other_");
    let began = Instant::now();
    run(&mut by("same")).expect(0);
    let usual = millis(began);
    let trials = trials(8);
    for trial in 0..trials {
        let mut steady = by("same");
        let mut killed = quiet(by(["same", "other"][trial % 2]));
        let steady = thread::spawn(move || run(&mut steady));
        // One of the same name waits for the next second.
        let at_most = usual * 3 / 2 + if trial % 2 == 0 { 1000 } else { 0 };
        thread::sleep(Duration::from_millis(random(at_most)));
        stop(&mut killed);
        // It waits for the other's sync, and brings what the other left.
        steady
            .join()
            .unwrap()
            .expect(0)
            .says(&["3 of 3 devices delivered"]);
        claims.note_reports(&output);
    }
    for _ in 0..trials.div_ceil(4) {
        let mut commands = [by("same"), by("other"), by("same")];
        thread::scope(|scope| {
            for command in &mut commands {
                scope.spawn(move || {
                    run(command).expect(0).says(&["has everything"]);
                });
            }
        });
        claims.note_reports(&output);
    }
    let files = claims.files();
    recovers(folder.path(), &server, &claims);
    report(
        "collector killed beside another",
        trials,
        &format!(", {files} files claimed"),
    );
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn two_syncs_at_once_bring_and_prune_everything_once_and_neither_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 8);
    let prune = [&SYNC[..], &["--prune-after", "7d"]].concat();
    let mut claims = Claims::in_folder(folder.path());
    let (trials, mut refused) = (trials(10), 0);
    for trial in 0..trials {
        for runner in ["a", "b"] {
            let at = RUN + i64::try_from(trial).unwrap() * 3600;
            claims.note_answer(&write_run(folder.path(), &documents, runner, at));
        }
        let mut first = with_keys(folder.path(), &server.endpoint(), &prune);
        let mut second = with_keys(folder.path(), &server.endpoint(), &prune);
        let mut third = quiet(with_keys(folder.path(), &server.endpoint(), &prune));
        let first = thread::spawn(move || run(&mut first));
        thread::sleep(Duration::from_millis(random(60)));
        let second = thread::spawn(move || run(&mut second));
        thread::sleep(Duration::from_millis(random(60)));
        stop(&mut third);
        for ran in [first.join().unwrap(), second.join().unwrap()] {
            if ran.status != Some(0) {
                ran.expect(5)
                    .says(&["another sync of", "brings what is new"]);
                refused += 1;
            }
        }
    }
    recovers(folder.path(), &server, &claims);
    prunes_all(folder.path(), &server, &claims);
    report(
        "two syncs at once and a killed one",
        trials,
        &format!(", {refused} found another at work"),
    );
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_sync_that_finds_another_at_work_says_so_at_once_and_a_collector_waits_for_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let documents = write_documents(&folder.path().join("documents"), 1, 2, 9);
    write_run(folder.path(), &documents, "runner01", RUN);
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut first = quiet(with_keys(folder.path(), &endpoint, &SYNC));
    let _asking = silent.accept().unwrap(); // its first request: it is at work

    let server = S3::start(folder.path());
    let began = Instant::now();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC)
        .expect(5)
        .says(&[
            "another sync of lake to the same place is at work",
            "brings what is new",
        ]);
    assert!(began.elapsed() < Duration::from_secs(10));

    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let collect = collect(&fleet, "runner01", "output", "10");
    let briefly = [&collect[..], &["--sync-timeout", "1s"]].concat();
    let began = Instant::now();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &briefly)
        .expect(5)
        .says(&["1 of 1 devices delivered"])
        .says(&["another sync of lake to the same place is at work"]);
    assert!(began.elapsed() >= Duration::from_secs(1));

    let mut waiting = with_keys(folder.path(), &server.endpoint(), &collect);
    let waiting = thread::spawn(move || run(&mut waiting));
    // Its run is over, and the other's sync is not.
    let reports = || {
        let folders = std::fs::read_dir(folder.path().join("output")).unwrap();
        let folders = folders.map(|folder| folder.unwrap().path());
        folders
            .filter(|path| !path.is_symlink() && path.join("run.json").exists())
            .count()
    };
    while reports() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(!waiting.is_finished());
    stop(&mut first);
    waiting
        .join()
        .unwrap()
        .expect(0)
        .says(&["9 files", "has everything"]);
}
