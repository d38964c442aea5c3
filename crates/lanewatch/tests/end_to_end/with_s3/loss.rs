//! Nothing is lost: processes killed at random moments, stores that go away, wires that are cut, a disk that fills up.
//!
//! After each trial everything is let run to its end once, and a judge asks the remote lake: has it every row that a `run.json`
//! claims, exactly once? `LOSS_TRIALS` says how many trials of each kind there are; each prints its number and its losses.

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{SYNC, TO};
use crate::harness::{
    BUCKET, Fleet, Python, RUN, S3, Wire, judge, lanewatch_with_keys, program, read_back, run,
    stop, with_keys, write_documents, write_run,
};

fn trials(usual: usize) -> usize {
    let asked = std::env::var("LOSS_TRIALS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A number below `bound`, as random as the moment.
fn random(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    let mut urandom = std::fs::File::open("/dev/urandom").unwrap();
    std::io::Read::read_exact(&mut urandom, &mut bytes).unwrap();
    u64::from_le_bytes(bytes) % bound
}

fn quiet(mut command: std::process::Command) -> Child {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Syncs until nothing is left to do, then asks whether the remote has what was claimed.
#[track_caller]
fn recovers(folder: &Path, server: &S3) {
    lanewatch_with_keys(folder, &server.endpoint(), &SYNC)
        .expect(0)
        .says(&["has everything"]);
    lanewatch_with_keys(folder, &server.endpoint(), &read_back(TO)).expect(0);
    let arguments = [
        server.endpoint(),
        format!("{BUCKET}/data/lake"),
        folder.display().to_string(),
    ];
    judge(Python::Readers, "claims.py", &arguments);
}

#[expect(
    clippy::print_stdout,
    reason = "how many trials there were is what the test has to say"
)]
fn report(kind: &str, trials: usize, remark: &str) {
    println!("{kind}: {trials} trials, 0 losses{remark}");
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_collector_killed_at_any_moment_loses_nothing_that_it_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let collect = [
        "collect",
        "-i",
        fleet.inventory(),
        "--lake",
        "lake",
        "--sync-to",
        TO,
        "--keep-runs",
        "100",
    ];
    let began = Instant::now();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &collect).expect(0);
    let usual = u64::try_from(began.elapsed().as_millis()).unwrap();
    let trials = trials(12);
    for _ in 0..trials {
        let mut killed = quiet(with_keys(folder.path(), &server.endpoint(), &collect));
        // Most of what can go wrong goes wrong towards the end.
        thread::sleep(Duration::from_millis(usual / 3 + random(usual)));
        stop(&mut killed);
    }
    lanewatch_with_keys(folder.path(), &server.endpoint(), &collect).expect(0);
    recovers(folder.path(), &server);
    report("collector killed", trials, "");
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn two_runners_write_into_one_lake_and_one_is_killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 12, 16, 3);
    let write = |runner: &str, at: i64| {
        let arguments = [
            "lake",
            "write",
            "--metrics-dir",
            documents.to_str().unwrap(),
            "--base-dir",
            "lake",
            "--runner-name",
            runner,
            "--run-timestamp",
            &at.to_string(),
        ];
        program(folder.path(), &arguments)
    };
    let trials = trials(30);
    for trial in 0..trials {
        let at = RUN + i64::try_from(trial).unwrap() * 60; // over the hour, and on
        let mut steady = write("steady", at);
        let mut killed = quiet(write("killed", at));
        let steady = thread::spawn(move || run(&mut steady));
        thread::sleep(Duration::from_millis(random(150)));
        stop(&mut killed);
        steady.join().unwrap().expect(0);
        if trial % 3 == 0 {
            run(&mut write("killed", at)).expect(0); // its rerun
        }
    }
    // A clock that jumps back over the hour: the run before is there already, and is the same.
    write_run(folder.path(), &documents, "steady", RUN);
    recovers(folder.path(), &server);
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
    for hour in 0..20 {
        write_run(folder.path(), &documents, "runner01", RUN + hour * 3600);
    }
    let trials = trials(25);
    for trial in 0..trials {
        let mut killed = quiet(with_keys(folder.path(), &server.endpoint(), &SYNC));
        thread::sleep(Duration::from_millis(10 + random(200)));
        stop(&mut killed);
        let hours = i64::try_from(trial).unwrap() + 20;
        write_run(folder.path(), &documents, "runner01", RUN + hours * 3600);
        if random(5) == 0 {
            std::fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).ok();
        }
    }
    recovers(folder.path(), &server);
    report("sync killed", trials, ", its state lost in every fifth");
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_store_that_goes_away_and_wires_that_are_cut_cost_time_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = S3::start(folder.path());
    let wire = Wire::to(server.port());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 5);
    let trials = trials(15);
    let sync = [&SYNC[..], &["--attempts", "2"]].concat();
    for trial in 0..trials {
        let hours = i64::try_from(trial).unwrap();
        write_run(folder.path(), &documents, "runner01", RUN + hours * 3600);
        // Some bytes into an upload, in the head or the body of a request.
        wire.cut_after(usize::try_from(random(60_000)).unwrap());
        let mut syncing = quiet(with_keys(folder.path(), &wire.endpoint(), &sync));
        thread::sleep(Duration::from_millis(random(300)));
        if trial % 2 == 0 {
            server.kill();
            thread::sleep(Duration::from_millis(random(300)));
            server.resume();
        }
        if trial % 3 == 0 {
            wire.cut_after(usize::MAX);
        }
        syncing.wait().unwrap();
    }
    recovers(folder.path(), &server);
    report(
        "store stopped or wire cut",
        trials,
        &format!(", {} connections cut", wire.cuts()),
    );
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_disk_that_fills_up_costs_that_run_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    std::fs::create_dir_all(&lake).unwrap();
    let mounted = run(std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=700k", "tmpfs"])
        .arg(&lake));
    if mounted.status != Some(0) {
        println!(
            "skipped: mounting a small disk needs root: {}",
            mounted.stderr
        );
        return;
    }
    let _unmount = Unmount(&lake);
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 8, 32, 6);
    let (mut whole, mut refused) = (0, 0);
    for hour in 0..30_i64 {
        let arguments = [
            "lake",
            "write",
            "--metrics-dir",
            documents.to_str().unwrap(),
            "--base-dir",
            "lake",
            "--runner-name",
            "r",
            "--run-timestamp",
            &(RUN + hour * 3600).to_string(),
            "--min-free-space",
            "0",
        ];
        let ran = run(&mut program(folder.path(), &arguments));
        match ran.status {
            Some(0) => whole += 1,
            _ => {
                ran.says(&["No space left on device"]);
                refused += 1;
            }
        }
    }
    assert!(whole > 0 && refused > 0, "{whole} whole, {refused} refused");
    lanewatch_with_keys(
        folder.path(),
        &server.endpoint(),
        &["lake", "verify", "--lake", "lake"],
    )
    .expect(0)
    .says(&[&format!("{} files", whole * 3)]);
    recovers(folder.path(), &server);
    // The limit says it before anything is begun.
    let early = [
        "lake",
        "write",
        "--metrics-dir",
        documents.to_str().unwrap(),
        "--base-dir",
        "lake",
        "--min-free-space",
        "1MB",
    ];
    run(&mut program(folder.path(), &early))
        .expect(2)
        .says(&["are free for"]);
    report(
        "disk full",
        30,
        &format!(", {whole} runs whole, {refused} refused as a whole"),
    );
}

/// Takes the small disk away again.
struct Unmount<'p>(&'p Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        run(std::process::Command::new("umount")
            .arg("--lazy")
            .arg(self.0));
    }
}
