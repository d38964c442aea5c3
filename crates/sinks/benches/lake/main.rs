//! The lake beside the tools that it takes over from, in one table: writing 1.6 million lane rows and their interfaces, bringing 5,000
//! small files to S3, and asking three questions.
//!
//! Both writers write the same rows: ours come from memory device by device, pyarrow's from one table in memory that was read
//! from our files. Each is a process of its own, so that its peak memory is its own. The store is s3s-fs on this machine
//! (`cargo xtask test` builds it), so that what is measured is the client. The questions go to the files that were written;
//! `cargo xtask bench lake` builds `lanewatch-query` in the release profile for them.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod query;
mod sync;
mod write;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the benchmark tells a process of its own to do.
const WRITE: &str = "write-in-this-process";
const SYNC: &str = "sync-in-this-process";

/// Ours and theirs take turns so often, and of each the fastest round counts: whatever else the machine does only adds.
const ROUNDS: usize = 3;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..3) {
        Some([task, folder]) if task == WRITE => return write::in_this_process(Path::new(folder)),
        Some([task, folder]) if task == SYNC => return sync::in_this_process(Path::new(folder)),
        _ => {}
    }
    let python = std::env::var_os("LANEWATCH_BENCH_PYTHON").map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    let lake = folder.path().join("lake");
    println!(
        "{:<40} {:>10} {:>14} {:>12} {:>12}",
        "", "seconds", "per second", "size", "peak memory"
    );
    write::compare(&lake, &folder.path().join("pyarrow"), python.as_deref())?;
    query::compare(&lake, python.as_deref())?;
    sync::compare(folder.path(), python.as_deref())
}

/// What a writing process says of itself: `seconds bytes peak-kilobytes`.
struct Written {
    seconds: f64,
    bytes: f64,
    peak_kb: f64,
}

impl Written {
    /// The faster of two rounds, with the larger memory.
    fn or(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        Self {
            seconds: self.seconds.min(other.seconds),
            bytes: self.bytes,
            peak_kb: self.peak_kb.max(other.peak_kb),
        }
    }
}

fn met(bar: bool) -> &'static str {
    if bar { "yes" } else { "NO" }
}

fn said(command: &mut Command) -> Outcome<Written> {
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers.as_slice() {
        [seconds, bytes, peak_kb] => Ok(Written {
            seconds: *seconds,
            bytes: *bytes,
            peak_kb: *peak_kb,
        }),
        _ => Err(format!("{command:?} said `{text}`").into()),
    }
}

fn peak_kb() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// A file beside the benchmark.
macro_rules! script {
    ($name:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lake/", $name)
    };
}
use script;
