//! A store that forgets a request, and files that would not fit into memory together.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{SYNC, of};
use crate::harness::{
    Python, S3, Wire, big_parquet, judge, judge_with, lanewatch_with_keys, with_keys,
};

/// Writes so many large files into one partition of the lake.
fn write_large(folder: &Path, files: usize, numbers: u32) {
    let partition = folder.join("lake/dt=2026-02-03/hr=15/lane-dom");
    fs::create_dir_all(&partition).unwrap();
    let bytes = big_parquet(folder, numbers);
    for number in 0..files {
        fs::write(partition.join(format!("large_{number}.parquet")), &bytes).unwrap();
    }
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_store_that_forgets_to_begin_an_upload_is_asked_again_after_half_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let wire = Wire::to(server.port());
    write_large(folder.path(), 1, 12_500_000);
    wire.swallow("POST /lake/data/lake/dt%3D2026-02-03");
    let began = Instant::now();
    lanewatch_with_keys(folder.path(), &wire.endpoint(), &SYNC)
        .expect(0)
        .says(&["1 files, 50.0 MB", "has everything"]);
    assert!(wire.has_swallowed());
    let took = began.elapsed();
    assert!(took > Duration::from_secs(30), "{took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn files_that_are_large_together_go_up_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    // 31 MB each goes in one piece; 16 at a time would be half a gigabyte.
    write_large(folder.path(), 12, 7_750_000);
    let sync = with_keys(folder.path(), &server.endpoint(), &SYNC);
    let command = [sync.get_program()].into_iter().chain(sync.get_args());
    let most_mib = ["120".as_ref(), folder.path().as_os_str()];
    let arguments: Vec<_> = most_mib.into_iter().chain(command).collect();
    judge_with(Python::Readers, "peak_memory.py", &arguments, |judge| {
        judge.envs(
            sync.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        for (name, _) in sync.get_envs().filter(|(_, value)| value.is_none()) {
            judge.env_remove(name);
        }
    });
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
}
