//! Nothing is lost: processes killed at random moments, two at once, stores that go away, wires that are cut, a disk that fills up.
//!
//! Each test notes what the runs claimed when they ended. After its trials everything is let run to its end once, and a judge asks
//! the remote lake: has it every row that was claimed, exactly once, and of each run all tables or none? `LOSS_TRIALS` says how
//! many trials of each kind there are; each prints its number and its losses. Clocks that jump are in `with_faketime`.

mod at_once;
mod claims;
mod killed;
mod outages;
mod pruned;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::{SYNC, TO};
use crate::harness::{BUCKET, Fleet, Python, S3, judge, lanewatch_with_keys, read_back};

pub(crate) use claims::Claims;

pub(crate) fn trials(usual: usize) -> usize {
    let asked = std::env::var("LOSS_TRIALS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A number below `bound`, as random as the moment.
pub(crate) fn random(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    let mut urandom = std::fs::File::open("/dev/urandom").unwrap();
    std::io::Read::read_exact(&mut urandom, &mut bytes).unwrap();
    u64::from_le_bytes(bytes) % bound
}

pub(crate) fn quiet(mut command: Command) -> Child {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

pub(crate) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap()
}

/// The arguments of one pass over a fleet, into the folder `output` and the lake `lake`, which is synced.
pub(crate) fn collect<'a>(
    fleet: &'a Fleet,
    runner: &'a str,
    output: &'a str,
    keep_runs: &'a str,
) -> [&'a str; 13] {
    [
        "collect",
        "-i",
        fleet.inventory(),
        "--lake",
        "lake",
        "--sync-to",
        TO,
        "--runner-name",
        runner,
        "--output-dir",
        output,
        "--keep-runs",
        keep_runs,
    ]
}

/// Syncs until nothing is left to do, then asks whether the remote has what was claimed.
#[track_caller]
pub(crate) fn recovers(folder: &Path, server: &S3, claims: &Claims) {
    lanewatch_with_keys(folder, &server.endpoint(), &SYNC)
        .expect(0)
        .says(&["has everything"]);
    lanewatch_with_keys(folder, &server.endpoint(), &read_back(TO)).expect(0);
    has_what_was_claimed(server, claims);
}

/// Asks whether the remote has what was claimed, whatever is on this disk.
#[track_caller]
pub(crate) fn has_what_was_claimed(server: &S3, claims: &Claims) {
    let arguments = [
        server.endpoint(),
        format!("{BUCKET}/data/lake"),
        claims.write().display().to_string(),
    ];
    judge(Python::Readers, "claims.py", &arguments);
}

#[expect(
    clippy::print_stdout,
    reason = "how many trials there were is what the test has to say"
)]
pub(crate) fn report(kind: &str, trials: usize, remark: &str) {
    println!("{kind}: {trials} trials, 0 losses{remark}");
}
