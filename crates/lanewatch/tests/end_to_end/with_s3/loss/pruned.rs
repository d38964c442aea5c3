//! A disk that is freed of what the remote has: pruning that is killed, and stores that go away meanwhile.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::{Claims, has_what_was_claimed, quiet, random, recovers, report, trials};
use crate::harness::{
    BUCKET, RUN, S3, files_below, lanewatch_with_keys, signal, stop, verify, with_keys,
    write_documents, write_run,
};
use crate::with_s3::{SYNC, TO};

/// A sync that then removes what is old, as all runs of these tests are.
pub(super) const PRUNE: [&str; 10] = [
    SYNC[0],
    SYNC[1],
    SYNC[2],
    SYNC[3],
    SYNC[4],
    SYNC[5],
    "--prune-after",
    "7d",
    "--attempts",
    "2",
];

/// Prunes what is left, and asks again whether the remote has everything, now that nothing is here.
#[track_caller]
pub(super) fn prunes_all(folder: &Path, server: &S3, claims: &Claims) {
    lanewatch_with_keys(folder, &server.endpoint(), &PRUNE).expect(0);
    let mut left = files_below(&folder.join("lake"));
    left.retain(|path| path.extension().is_some_and(|end| end == "parquet"));
    assert!(left.is_empty(), "not pruned: {left:?}");
    has_what_was_claimed(server, claims);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn pruning_killed_at_any_moment_removes_nothing_that_the_remote_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 10);
    let write = |hours| write_run(folder.path(), &documents, "runner01", RUN + hours * 3600);
    let mut claims = Claims::in_folder(folder.path());
    let (trials, mut lost) = (trials(10), 0);
    for trial in 0..trials {
        let hours = i64::try_from(trial).unwrap() * 3;
        claims.note_answer(&write(hours));
        claims.note_answer(&write(hours + 1));
        if trial % 2 == 0 {
            lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC).expect(0);
            lost += usize::from(loses_one(&server, &folder.path().join("lake")));
        }
        let mut killed = quiet(with_keys(folder.path(), &server.endpoint(), &PRUNE));
        // A run that ends while files go up and go away, and one that is written again when it may have been pruned.
        claims.note_answer(&write(hours + 2));
        claims.note_answer(&write(
            i64::try_from(random(hours.unsigned_abs() + 3)).unwrap(),
        ));
        if trial % 3 == 0 {
            thread::sleep(Duration::from_millis(random(80)));
            server.kill();
            thread::sleep(Duration::from_millis(random(100)));
            server.resume();
        }
        if trial % 4 != 3 {
            thread::sleep(Duration::from_millis(random(80)));
            stop(&mut killed);
        }
        killed.wait().unwrap();
        if random(6) == 0 {
            std::fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).ok();
        }
    }
    let here = files_below(&folder.path().join("lake")).len();
    assert!(lost > 0, "the store lost nothing");
    // What it has lost since the last sync is found by a look.
    lanewatch_with_keys(folder.path(), &server.endpoint(), &verify(TO));
    recovers(folder.path(), &server, &claims);
    prunes_all(folder.path(), &server, &claims);
    assert!(
        here < claims.files() / 2,
        "{here} of {} files were never pruned: the trials tried nothing",
        claims.files()
    );
    report(
        "pruning killed",
        trials,
        &format!(
            ", {} files claimed, {lost} lost by the store, {here} left before the last sync",
            claims.files()
        ),
    );
}

/// The store loses the object of a file that is on this disk: that one must not go from here as well.
fn loses_one(server: &S3, lake: &Path) -> bool {
    let mut here = files_below(lake);
    here.retain(|path| path.extension().is_some_and(|end| end == "parquet"));
    if here.is_empty() {
        return false;
    }
    let at = usize::try_from(random(here.len() as u64)).unwrap();
    let there = server.folder.join(BUCKET).join("data/lake");
    std::fs::remove_file(there.join(here[at].strip_prefix(lake).unwrap())).is_ok()
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn pruning_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 1, 2, 11);
    write_run(folder.path(), &documents, "runner01", RUN);
    lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC).expect(0);
    // The sync has nothing to ask; the first question of pruning is never answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut pruning = with_keys(folder.path(), &endpoint, &PRUNE);
    let pruning = pruning.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut pruning = pruning.spawn().unwrap();
    let _asking = silent.accept().unwrap();
    signal(&pruning, "TERM");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = pruning.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > Duration::from_secs(10) {
            stop(&mut pruning);
            panic!("it goes on");
        }
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
    let warning = std::io::read_to_string(pruning.stderr.take().unwrap()).unwrap();
    assert!(warning.contains("pruning was stopped"), "{warning}");
}
