//! Stores that go away, wires that are cut, a disk that fills up.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::pruned::{PRUNE, prunes_all};
use super::{Claims, quiet, random, recovers, report, trials};
use crate::harness::{
    RUN, S3, Wire, lanewatch_with_keys, run, with_keys, write_command, write_documents, write_run,
};
use crate::with_s3::SYNC;

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_store_that_goes_away_and_wires_that_are_cut_cost_time_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = S3::start(folder.path());
    let wire = Wire::to(server.port());
    let documents = write_documents(&folder.path().join("documents"), 2, 4, 5);
    let trials = trials(8);
    let mut claims = Claims::in_folder(folder.path());
    let sync = [&SYNC[..], &["--attempts", "2"]].concat();
    for trial in 0..trials {
        let hours = i64::try_from(trial).unwrap();
        let at = RUN + hours * 3600;
        claims.note_answer(&write_run(folder.path(), &documents, "runner01", at));
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
    recovers(folder.path(), &server, &claims);
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
    let _mounted = match mount(folder.path(), &lake) {
        Ok(mounted) => mounted,
        Err(why) => {
            println!("skipped: mounting a small disk needs root: {why}");
            return;
        }
    };
    let server = S3::start(folder.path());
    let documents = [4, 8, 12].map(|devices| {
        let name = format!("documents-{devices}");
        write_documents(&folder.path().join(name), devices, 32, devices)
    });
    let prune = || lanewatch_with_keys(folder.path(), &server.endpoint(), &PRUNE);
    let (trials, mut whole, mut refused, mut freed) = (trials(20), 0, 0, 0);
    let mut claims = Claims::in_folder(folder.path());
    for trial in 0..trials {
        let documents = &documents[usize::try_from(random(3)).unwrap()];
        let at = RUN + i64::try_from(trial).unwrap() * 3600;
        let mut write = write_command(folder.path(), documents, "r");
        write.args(["--run-timestamp", &at.to_string(), "--min-free-space", "0"]);
        let ran = run(&mut write);
        if ran.status == Some(0) {
            claims.note_answer(&ran);
            whole += 1;
            continue;
        }
        ran.says(&["No space left on device"]);
        refused += 1;
        // What is on a disk without a byte left must be able to leave it.
        if random(3) == 0 {
            fill(&lake.join("filler"));
            prune().expect(0).says(&["has everything"]);
            std::fs::remove_file(lake.join("filler")).unwrap();
            freed += 1;
        }
    }
    lanewatch_with_keys(
        folder.path(),
        &server.endpoint(),
        &["lake", "verify", "--lake", "lake"],
    )
    .expect(0)
    .says(&["all whole"]);
    recovers(folder.path(), &server, &claims);
    fill(&lake.join("filler"));
    prunes_all(folder.path(), &server, &claims);
    std::fs::remove_file(lake.join("filler")).unwrap();
    assert!(whole > 0 && refused > 0, "{whole} whole, {refused} refused");
    // The limit says it before anything is begun.
    let mut early = write_command(folder.path(), &documents[0], "r");
    run(early.args(["--min-free-space", "1MB"]))
        .expect(2)
        .says(&["are free for"]);
    report(
        "disk full",
        trials,
        &format!(", {whole} runs whole, {refused} refused as a whole, freed {freed} times"),
    );
}

/// Takes what room there is.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    while file.write(&[0; 512]).is_ok() {}
}

/// A disk of some hundred kilobytes: ext4, on which a name takes room, or else one in memory. An error where mounting is not allowed.
fn mount<'p>(folder: &Path, at: &'p Path) -> Result<Mounted<'p>, String> {
    let image = folder.join("disk");
    let file = std::fs::File::create(&image).unwrap();
    file.set_len(900 * 1024).unwrap();
    let make = ["-q", "-m", "0", "-b", "1024", "-O", "^has_journal"];
    let made = Command::new("mkfs.ext4").args(make).arg(&image).status();
    let is_made = made.is_ok_and(|status| status.success());
    let mount = |arguments: &[&str], what: &Path| {
        let mounted = run(Command::new("mount").args(arguments).arg(what).arg(at));
        (mounted.status == Some(0))
            .then_some(Mounted(at))
            .ok_or(mounted.stderr)
    };
    let mounted = match is_made {
        true => mount(&["-o", "loop"], &image).ok(),
        false => None,
    };
    let in_memory = || mount(&["-t", "tmpfs", "-o", "size=700k"], Path::new("tmpfs"));
    mounted.map_or_else(in_memory, Ok)
}

/// Taken away again in the end.
struct Mounted<'p>(&'p Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        run(Command::new("umount").arg("--lazy").arg(self.0));
    }
}
