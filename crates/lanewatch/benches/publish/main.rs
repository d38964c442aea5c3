//! How soon the rows of healthy devices can be read while other devices of the fleet are sick.
//!
//! 500 devices are collected into a lake that DuckDB reads all the while: first all healthy, then with 5 % black holes and 5 % that send
//! their SSH banner a byte a second. Measured is from the start of `lanewatch collect` until DuckDB finds rows of every healthy device in
//! each table. After the run's end each row must be there once. The last run is killed (SIGKILL) between its two parts and replayed,
//! and the rows are counted again.
//!
//! The devices answer from a recording of a simulated fleet, because a simulator that computes its replies takes more of the machine than
//! the collector. It and DuckDB run on the same processors; the load before is printed.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where `cargo xtask bench` says which Python has DuckDB.
const PYTHON: &str = "LANEWATCH_BENCH_PYTHON";
const LANEWATCH: &str = env!("CARGO_BIN_EXE_lanewatch");

const DEVICES: usize = 500;
/// One device in so many is a black hole, and one is slow.
const ONE_IN: usize = 20;
const LIMITS: [&str; 6] = [
    "--device-timeout",
    "45s",
    "--publish-after",
    "3s",
    "--attempts",
    "1",
];

/// The bar that the project set itself.
const READABLE_WITHIN: Duration = Duration::from_secs(8);

fn main() -> Result<()> {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("not measured: the lake is read by DuckDB, and there is no Python that has it");
        return Ok(());
    };
    let python = PathBuf::from(python);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{DEVICES} devices, {}; load before: {load}",
        LIMITS.join(" ")
    );
    println!(
        "{:<44} {:>12} {:>9} {:>9}   rows, of which twice",
        "", "readable, s", "ended, s", "devices"
    );
    let folder = tempfile::tempdir()?;
    let recording = record(folder.path())?;
    measure(&python, &recording, "all healthy", false, false)?;
    let sick = "5 % black holes, 5 % slow";
    let readable = measure(&python, &recording, sick, true, false)?;
    let killed = "the same, killed between its parts";
    measure(&python, &recording, killed, true, true)?;
    let verdict = if readable <= READABLE_WITHIN {
        "reached"
    } else {
        "MISSED"
    };
    println!(
        "bar {verdict}: {:.1} s until the healthy devices' rows are readable, wanted {} s",
        readable.as_secs_f64(),
        READABLE_WITHIN.as_secs()
    );
    Ok(())
}

/// Collects a simulated fleet, and names the run's folder with its replies.
fn record(folder: &Path) -> Result<PathBuf> {
    let (fleet, _) = Fleet::start(folder, &["--devices", &DEVICES.to_string()], false)?;
    let output = folder.join("output");
    let status = Command::new(LANEWATCH)
        .args(["collect", "--quiet", "-i"])
        .arg(&fleet.inventory)
        .arg("--output-dir")
        .arg(&output)
        .arg("--lake")
        .arg(folder.join("lake"))
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("the fleet cannot be recorded".into());
    }
    run_folder(&output)
}

/// Collects the fleet once, prints its line, and says when the healthy devices' rows were readable.
fn measure(
    python: &Path,
    recording: &Path,
    name: &str,
    with_sick: bool,
    is_killed: bool,
) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let recording = recording.to_str().ok_or("a folder that is no UTF-8")?;
    let (fleet, sick) = Fleet::start(folder.path(), &["--serve", recording], with_sick)?;
    let lake = folder.path().join("lake");
    let mut rows = LakeRows::watch(python, &lake, DEVICES - sick)?;

    let began = Instant::now();
    let output = folder.path().join("output");
    let mut command = Command::new(LANEWATCH);
    command
        .args(["collect", "--quiet", "--raw", "keep", "-i"])
        .arg(&fleet.inventory)
        .args(LIMITS)
        .arg("--output-dir")
        .arg(&output)
        .arg("--lake")
        .arg(&lake)
        .stderr(Stdio::null());
    let mut collect = Process(command.spawn()?);
    rows.expect("readable")?;
    let readable = began.elapsed();
    if is_killed {
        collect.0.kill()?;
    }
    collect.0.wait()?;
    let ended = began.elapsed();
    drop(fleet);
    let print = |name: &str, counts: &Counts| {
        println!(
            "{name:<44} {:>12.1} {:>9.1} {:>9}   {}, {}",
            readable.as_secs_f64(),
            ended.as_secs_f64(),
            counts.devices,
            counts.rows,
            counts.rows - counts.distinct
        );
    };
    let counts = rows.count()?;
    print(name, &counts);
    let run = run_folder(&output)?;
    if is_killed {
        let replayed = Command::new(LANEWATCH)
            .args(["replay", "--quiet", "--output"])
            .arg(folder.path().join("replayed"))
            .arg("--lake")
            .arg(&lake)
            .arg(&run)
            .status()?;
        if !replayed.success() {
            return Err("the killed run cannot be replayed".into());
        }
        let again = rows.count()?;
        print("… and replayed", &again);
        if again.rows != counts.rows {
            return Err("the replay has other rows than the first part".into());
        }
    } else if counts.rows != reported_rows(&run)? {
        return Err("the lake has other rows than the run's report says".into());
    }
    if counts.rows != counts.distinct {
        return Err("rows are in the lake twice".into());
    }
    Ok(readable)
}

/// The folder of the only run.
fn run_folder(output: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(output)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            return Ok(entry.path());
        }
    }
    Err("the run left no folder".into())
}

/// The rows that `run.json` says the devices have, in all tables.
fn reported_rows(run: &Path) -> Result<u64> {
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("run.json"))?)?;
    let files = report["files"].as_array().ok_or("a report without files")?;
    Ok(files.iter().filter_map(|file| file["rows"].as_u64()).sum())
}

/// A program that ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok(); // it may have ended by itself
        self.0.wait().ok();
    }
}

/// Devices, in a process of their own.
struct Fleet {
    _process: Process,
    inventory: PathBuf,
}

impl Fleet {
    /// Starts the devices, and says how many of them are sick.
    fn start(folder: &Path, which: &[&str], with_sick: bool) -> Result<(Self, usize)> {
        let folder = folder.join("sim");
        let mut command = Command::new(LANEWATCH);
        command.arg("sim").args(which).arg("--folder").arg(&folder);
        let mut sick = 0;
        for (at, device) in sim::spec::mixed(DEVICES, 1).iter().enumerate() {
            let fault = match at % ONE_IN {
                3 => "black-hole",
                13 => "slow-banner",
                _ => continue,
            };
            if with_sick {
                sick += 1;
                command.arg("--fault");
                command.arg(format!("{}={fault}", device.name));
            }
        }
        let mut process = Process(command.stdout(Stdio::piped()).spawn()?);
        let told = process.0.stdout.take().ok_or("no output")?;
        let mut told = BufReader::new(told).lines();
        wait_for(&mut told, "ready")?;
        let fleet = Self {
            _process: process,
            inventory: folder.join("inventory.yaml"),
        };
        Ok((fleet, sick))
    }
}

/// Reads lines until one begins with this word.
fn wait_for(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> Result<()> {
    for line in lines {
        if line?.starts_with(word) {
            return Ok(());
        }
    }
    Err(format!("a program ended before it said `{word}`").into())
}

/// DuckDB, which reads the lake.
struct LakeRows {
    _process: Process,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What is in all tables together.
#[derive(Debug, Default)]
struct Counts {
    /// In the table that has the fewest.
    devices: u64,
    rows: u64,
    distinct: u64,
}

impl LakeRows {
    fn watch(python: &Path, lake: &Path, healthy: usize) -> Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/publish/rows.py");
        let mut process = Process(
            Command::new(python)
                .args(["-B", script])
                .arg(lake)
                .arg(healthy.to_string())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?,
        );
        let output = process.0.stdout.take().ok_or("no output")?;
        let mut rows = Self {
            input: process.0.stdin.take().ok_or("no input")?,
            lines: BufReader::new(output).lines(),
            _process: process,
        };
        rows.expect("ready")?;
        Ok(rows)
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        wait_for(&mut self.lines, word)
    }

    fn count(&mut self) -> Result<Counts> {
        writeln!(self.input, "count")?;
        let line = self.lines.next().ok_or("DuckDB's program has ended")??;
        let mut counts = Counts {
            devices: u64::MAX,
            ..Counts::default()
        };
        for table in line.split(' ') {
            let numbers: std::result::Result<Vec<u64>, _> =
                table.split(':').skip(1).map(str::parse).collect();
            let [devices, rows, distinct] = numbers?[..] else {
                return Err(format!("not understood: {line}").into());
            };
            counts.devices = counts.devices.min(devices);
            counts.rows += rows;
            counts.distinct += distinct;
        }
        Ok(counts)
    }
}
