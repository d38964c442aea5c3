//! Clocks that jump, by libfaketime: forwards and backwards over the hour, before a run and in the middle of it.
//!
//! The store keeps the right time, and refuses what is signed at another. Limits are measured in time that only passes: a
//! clock that jumps by hours ends none of them.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{
    Fleet, RUN, Ran, S3, WallClock, files_below, run, verify, with_keys, write_command,
    write_documents, write_run,
};
use crate::with_s3::loss::{Claims, collect, millis, quiet, random, recovers, report, trials};
use crate::with_s3::{SYNC, TO};

const HOUR_SECONDS: i64 = 3600;

/// By more than an hour and less than three, so that every jump goes over an hour and is longer than every limit.
fn hours() -> i64 {
    HOUR_SECONDS + i64::try_from(random(2 * HOUR_SECONDS.unsigned_abs())).unwrap()
}

/// A run under a wrong clock is whole here; the store takes it as long as the clock is right, and says what is wrong otherwise.
#[track_caller]
fn delivers(ran: Ran, devices: usize) -> bool {
    ran.says(&[&format!("{devices} of {devices} devices delivered")]);
    if ran.status == Some(0) {
        return true;
    }
    ran.expect(5)
        .says(&[
            "the clock of this machine is too far from the store's",
            "RequestTimeTooSkewed",
        ])
        .says(&["are safe in"]);
    false
}

#[test]
#[ignore = "needs libfaketime and s3s-fs: run by `cargo xtask test`"]
fn a_clock_that_jumps_over_the_hour_in_mid_run_costs_no_row_and_splits_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 3);
    let clock = WallClock::right(folder.path());
    let collect = collect(&fleet, "runner01", "output", "1000");
    let limits = ["--device-timeout", "60s", "--run-timeout", "120s"];
    let collect = [&collect[..], &limits].concat();
    let under_clock = || clock.over(with_keys(folder.path(), &server.endpoint(), &collect));
    let mut claims = Claims::in_folder(folder.path());
    claims.begun("_runner01_");
    let began = Instant::now();
    assert!(delivers(run(&mut under_clock()), 3), "its clock is right");
    let usual = millis(began);

    let (trials, mut behind) = (trials(10), 0);
    for trial in 0..trials {
        // Right and then wrong, or wrong and then put right, forwards and backwards.
        let (from, to) = match trial % 4 {
            0 => (0, hours()),
            1 => (hours(), 0),
            2 => (0, -hours()),
            _ => (-hours(), 0),
        };
        clock.jump(from);
        let mut command = under_clock();
        if trial % 3 == 2 {
            let mut killed = quiet(command);
            thread::sleep(Duration::from_millis(random(usual)));
            clock.jump(to);
            thread::sleep(Duration::from_millis(random(usual)));
            WallClock::stop(&mut killed);
        } else {
            let running = thread::spawn(move || run(&mut command));
            thread::sleep(Duration::from_millis(random(usual)));
            clock.jump(to);
            behind += usize::from(!delivers(running.join().unwrap(), 3));
        }
        claims.note_reports(&folder.path().join("output"));
    }
    recovers(folder.path(), &server, &claims);
    report(
        "clock jumped in mid-run",
        trials,
        &format!(", {behind} runs ended too far from the store's clock, a third was killed"),
    );
}

#[test]
#[ignore = "needs libfaketime and s3s-fs: run by `cargo xtask test`"]
fn a_second_that_comes_again_overwrites_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let clock = WallClock::right(folder.path());
    let last_second = "2026-02-03 15:59:59";
    let prune = [&SYNC[..], &["--prune-after", "7d"]].concat();
    let mut claims = Claims::in_folder(folder.path());
    claims.begun("_runner01_");
    let (trials, mut ended) = (trials(9), 0);
    for trial in 0..trials {
        // One run is kept here, and the other folder's runs know nothing of it: what the lake has is what keeps them apart.
        let output = ["output", "other"][trial % 2];
        let arguments = collect(&fleet, "runner01", output, "1");
        clock.begin_at(last_second);
        let mut command = clock.over(with_keys(folder.path(), &server.endpoint(), &arguments));
        if trial % 4 == 1 {
            let mut killed = quiet(command);
            thread::sleep(Duration::from_millis(random(1500)));
            WallClock::stop(&mut killed);
        } else {
            assert!(
                !delivers(run(&mut command), 2),
                "its clock is months behind"
            );
            ended += 1;
        }
        for output in ["output", "other"] {
            claims.note_reports(&folder.path().join(output));
        }
        let here = files_below(&folder.path().join("lake"));
        let here = here.iter().filter_map(|path| path.to_str());
        let here = seconds(here.filter(|path| path.contains("/lane-dom/")));
        let different: BTreeSet<_> = here.iter().collect();
        assert_eq!(here.len(), different.len(), "a second twice: {here:?}");
        // And now and then the lake has nothing any more, so that the same second is given out again.
        if trial % 3 == 2 {
            clock.jump(0);
            let mut command = clock.over(with_keys(folder.path(), &server.endpoint(), &prune));
            run(&mut command).expect(0).says(&["Pruned"]);
        }
    }
    let runs = seconds(claims.of_table("lane-dom"));
    let different: BTreeSet<_> = runs.iter().collect();
    assert!(runs.len() >= ended, "{ended} ended well: {runs:?}");
    assert!(different.len() < runs.len(), "none came again: {runs:?}");
    recovers(folder.path(), &server, &claims);
    report(
        "second that came again",
        trials,
        &format!(", {} runs in {} seconds", runs.len(), different.len()),
    );
}

/// The seconds of runs, as their files' names have them: `lane_dom_20260203_155959_runner01_…`.
fn seconds<'p>(lanes: impl IntoIterator<Item = &'p str>) -> Vec<&'p str> {
    let names = lanes.into_iter().filter_map(|path| path.rsplit('/').next());
    names.filter_map(|name| name.split('_').nth(3)).collect()
}

#[test]
#[ignore = "needs libfaketime and s3s-fs: run by `cargo xtask test`"]
fn a_run_without_a_timestamp_of_its_own_takes_the_clocks_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 12);
    let clock = WallClock::right(folder.path());
    let mut claims = Claims::in_folder(folder.path());
    let (trials, mut refused) = (trials(10), 0);
    for trial in 0..trials {
        let (forth, back) = (hours(), hours());
        clock.jump(if trial % 2 == 0 { forth } else { -back });
        let runner = format!("runner{trial:02}");
        let write = write_command(folder.path(), &documents, &runner);
        let mut command = clock.over(write);
        let writing = thread::spawn(move || run(&mut command));
        thread::sleep(Duration::from_millis(random(80)));
        clock.jump(if trial % 2 == 0 { -back } else { forth });
        claims.note_answer(&writing.join().unwrap().expect(0));

        // A sync under a clock that jumps, to or from the right time.
        let mut command = clock.over(with_keys(folder.path(), &server.endpoint(), &SYNC));
        let syncing = thread::spawn(move || run(&mut command));
        thread::sleep(Duration::from_millis(random(80)));
        clock.jump(0);
        let ran = syncing.join().unwrap();
        if ran.status != Some(0) {
            ran.expect(5)
                .says(&["RequestTimeTooSkewed"])
                .says(&["are safe in"]);
            refused += 1;
        }
    }
    recovers(folder.path(), &server, &claims);
    report(
        "clock jumped under write and sync",
        trials,
        &format!(", {refused} syncs to {TO} refused"),
    );
}

#[test]
#[ignore = "needs libfaketime and s3s-fs: run by `cargo xtask test`"]
fn a_clock_that_is_wrong_is_named_whatever_is_asked_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 1, 2, 13);
    write_run(folder.path(), &documents, "runner01", RUN);
    let clock = WallClock::right(folder.path());
    let go = |arguments: &[&str]| {
        run(&mut clock.over(with_keys(folder.path(), &server.endpoint(), arguments)))
    };
    let prune = [&SYNC[..], &["--prune-after", "7d"]].concat();
    clock.jump(-2 * HOUR_SECONDS);
    go(&SYNC)
        .expect(5)
        .says(&["RequestTimeTooSkewed"])
        .says(&["are safe in"]);
    clock.jump(0);
    go(&SYNC).expect(0).says(&["3 files"]);
    // From here on nothing need be brought, and the first that is asked is a HEAD, whose refusal has no words.
    for ahead in [2 * HOUR_SECONDS, -2 * HOUR_SECONDS] {
        clock.jump(ahead);
        go(&verify(TO)).expect(5).says(&["clock of this machine"]);
        go(&prune)
            .expect(5)
            .says(&["0 files"])
            .says(&["the rest was not pruned", "clock of this machine"]);
    }
    clock.jump(0);
    go(&prune).expect(0).says(&["Pruned", "3 files"]);
}
