//! The lake beside the Python that it takes over from: writing 1.6 million lane rows, and bringing 5,000 small files to S3.
//!
//! Both writers write the same rows: ours come from memory device by device, pyarrow's from one table in memory that was read
//! from our files. Each is a process of its own, so that its peak memory is its own. The store is s3s-fs on this machine
//! (`cargo xtask test` builds it), so that what is measured is the client.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use records::table::{DATASETS, Dataset, Table};
use sinks::RunIdentity;
use sinks::lake::sync::{Access, Options, Remote};
use sinks::lake::{Compression, Writer};

const DEVICES: usize = 3_125;
const INTERFACES: usize = 64;
const LANES: usize = 8;
/// Devices whose rows are made; the others have the same readings under another name.
const KINDS: usize = 125;
const FILES: usize = 5_000;

/// What the benchmark tells a process of its own to do.
const WRITE: &str = "write-in-this-process";
const SYNC: &str = "sync-in-this-process";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..3) {
        Some([task, folder]) if task == WRITE => return write_in_this_process(Path::new(folder)),
        Some([task, folder]) if task == SYNC => return sync_in_this_process(Path::new(folder)),
        _ => {}
    }
    let python = std::env::var_os("LANEWATCH_BENCH_PYTHON").map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    println!(
        "{:<34} {:>12} {:>12} {:>14} {:>12}",
        "", "seconds", "per second", "size", "peak memory"
    );
    write(folder.path(), python.as_deref())?;
    sync(folder.path(), python.as_deref())
}

/// What a writing process says of itself: `seconds bytes peak-kilobytes`.
struct Written {
    seconds: f64,
    bytes: f64,
    peak_kb: f64,
}

fn write(folder: &Path, python: Option<&Path>) -> Outcome<()> {
    let lake = folder.join("lake");
    let rows = (DEVICES * INTERFACES * (LANES + 2)) as f64;
    let show = |name: &str, written: &Written| {
        println!(
            "{name:<34} {:>12.2} {:>7.0}k rows {:>11.1} MB {:>8.0} MiB",
            written.seconds,
            rows / written.seconds / 1e3,
            written.bytes / 1e6,
            written.peak_kb / 1024.0
        );
    };
    let mut ours = Command::new(std::env::current_exe()?);
    let ours = said(ours.arg(WRITE).arg(&lake))?;
    show("three tables, lanewatch", &ours);
    let Some(python) = python else {
        return Ok(());
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lake.py");
    let theirs = said(
        Command::new(python)
            .args(["-B", script])
            .arg(&lake)
            .arg(folder.join("pyarrow")),
    )?;
    show("three tables, pyarrow", &theirs);
    println!(
        "bars: faster than pyarrow {}, no larger {}, under 300 MiB {}\n",
        met(ours.seconds < theirs.seconds),
        met(ours.bytes <= theirs.bytes),
        met(ours.peak_kb < 300.0 * 1024.0)
    );
    Ok(())
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

fn write_in_this_process(lake: &Path) -> Outcome<()> {
    let kinds: Vec<Vec<Table>> = (0..KINDS)
        .map(|kind| {
            DATASETS
                .iter()
                .map(|dataset| rows(dataset, kind))
                .collect::<Outcome<_>>()
        })
        .collect::<Outcome<_>>()?;
    let names: Vec<String> = (0..DEVICES)
        .map(|number| format!("leaf-{number:05}.dc1.example.net"))
        .collect();
    let run = RunIdentity {
        runner_name: "bench".to_owned(),
        run_id: "00000001".to_owned(),
        run_timestamp: 1_770_132_645,
    };
    let began = Instant::now();
    let mut writer = Writer::begin(lake, run, names.iter().cloned(), Compression::Snappy)?;
    for (number, name) in names.iter().enumerate() {
        let tables = kinds.get(number % KINDS).ok_or("no such kind")?;
        let tables = tables
            .iter()
            .map(|table| renamed(table, name))
            .collect::<Outcome<_>>()?;
        writer.add(name, tables)?;
    }
    let written = writer.finish()?;
    let seconds = began.elapsed().as_secs_f64();
    let bytes: u64 = written.iter().map(|file| file.bytes).sum();
    println!("{seconds} {bytes} {}", peak_kb()?);
    Ok(())
}

fn peak_kb() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// The same readings under another device's name.
fn renamed(table: &Table, device: &str) -> Outcome<Table> {
    let schema = table.dataset.schema();
    let mut columns = table.batch.columns().to_vec();
    for name in ["device", "hostname"] {
        columns[schema.index_of(name)?] = Arc::new(StringArray::from_iter_values(
            std::iter::repeat_n(device, table.batch.num_rows()),
        ));
    }
    Ok(Table {
        dataset: Arc::clone(&table.dataset),
        batch: RecordBatch::try_new(schema, columns)?,
    })
}

/// Readings as modules give them: powers to a hundredth of a dBm, few vendors, counters that are all different.
fn rows(dataset: &Arc<Dataset>, kind: usize) -> Outcome<Table> {
    let is_lane = dataset.name == "lane-dom";
    let count = if is_lane {
        INTERFACES * LANES
    } else {
        INTERFACES
    };
    let port = |row: usize| if is_lane { row / LANES } else { row };
    let noise = |row: usize, salt: usize| {
        let mixed = (kind * 7_919 + row * 104_729 + salt * 1_299_709 + 12_345) as u64;
        mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
    };
    let schema = dataset.schema();
    let columns = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(salt, field)| -> ArrayRef {
            match (field.name().as_str(), field.data_type()) {
                ("if_name", _) => Arc::new(StringArray::from_iter_values(
                    (0..count).map(|row| format!("et-0/0/{:02}", port(row))),
                )),
                ("lane", _) => Arc::new(Int32Array::from_iter_values(
                    (0..count).map(|row| (row % LANES) as i32),
                )),
                ("timestamp" | "run_timestamp", _) => Arc::new(Int64Array::from_iter_values(
                    std::iter::repeat_n(1_770_132_645 + (kind % 30) as i64, count),
                )),
                ("serial_number", _) => Arc::new(StringArray::from_iter_values(
                    (0..count).map(|row| format!("1ACP{:09}", kind * 1000 + port(row))),
                )),
                ("pre_fec_ber", _) => {
                    Arc::new(StringArray::from_iter_values((0..count).map(|row| {
                        format!(
                            "{}.{:02}e-0{}",
                            noise(row, 1) % 9 + 1,
                            noise(row, 2) % 100,
                            noise(row, 3) % 4 + 6
                        )
                    })))
                }
                (_, DataType::Float64) => {
                    Arc::new(Float64Array::from_iter((0..count).map(|row| {
                        (noise(row, salt) % 50 != 0)
                            .then(|| (noise(row, salt + 7) % 800) as f64 / 100.0 - 8.0)
                    })))
                }
                (_, DataType::Int64) => Arc::new(Int64Array::from_iter((0..count).map(|row| {
                    (noise(row, salt) % 50 != 0).then(|| noise(row, salt + 9) as i64 * 1_000)
                }))),
                (_, DataType::Int32) => Arc::new(Int32Array::from_iter_values(
                    (0..count).map(|row| port(row) as i32),
                )),
                _ => Arc::new(StringArray::from_iter_values((0..count).map(|row| {
                    format!("{}-{}", field.name(), noise(port(row), salt) % 5)
                }))),
            }
        });
    Ok(Table {
        batch: RecordBatch::try_new(dataset.schema(), columns.collect())?,
        dataset: Arc::clone(dataset),
    })
}

/// The store, stopped when dropped.
struct Store(Child);

impl Drop for Store {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn sync(folder: &Path, python: Option<&Path>) -> Outcome<()> {
    // The benchmark is target/release/deps/lake-…
    let target = std::env::current_exe()?
        .ancestors()
        .nth(3)
        .map(Path::to_owned)
        .ok_or("no target folder")?;
    let server = target.join("tools/bin/s3s-fs");
    if !server.is_file() {
        println!(
            "without the sync, because {} is not there: `cargo xtask test` builds it",
            server.display()
        );
        return Ok(());
    }
    let lake = folder.join("small");
    let mut bytes = 0_u64;
    for number in 0..FILES {
        let partition = lake.join(format!(
            "dt=2026-02-{:02}/hr={:02}/lane-dom",
            number / 240 + 1,
            number % 24
        ));
        std::fs::create_dir_all(&partition)?;
        let content: Vec<u8> = (0..4_000_usize)
            .map(|at| (at * number % 251) as u8)
            .collect();
        bytes += content.len() as u64;
        std::fs::write(
            partition.join(format!("lane_dom_{number}.parquet")),
            content,
        )?;
    }
    std::fs::create_dir_all(folder.join("store/lake"))?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let (key, secret) = ("AKIABENCH", "secretofthebench");
    let store = Command::new(server)
        .args([
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--access-key",
            key,
            "--secret-key",
            secret,
        ])
        .arg(folder.join("store"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let _store = Store(store);
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
        && began.elapsed() < Duration::from_secs(20)
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    let endpoint = format!("http://127.0.0.1:{port}");
    let show = |name: &str, seconds: f64| {
        println!(
            "{name:<34} {seconds:>12.2} {:>6.0} files {:>11.1} MB",
            FILES as f64 / seconds,
            bytes as f64 / 1e6
        );
    };
    let mut ours = Command::new(std::env::current_exe()?);
    let ours = ours
        .arg(SYNC)
        .arg(&lake)
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", secret);
    let ours = said(ours)?.seconds;
    show("5,000 files, lanewatch lake sync", ours);
    let aws = python.and_then(Path::parent).map(|bin| bin.join("aws"));
    let Some(aws) = aws.filter(|aws| aws.is_file()) else {
        return Ok(());
    };
    let began = Instant::now();
    let status = Command::new(aws)
        .args([
            "s3",
            "sync",
            "--only-show-errors",
            "--exclude",
            ".lanewatch/*",
            "--endpoint-url",
            &endpoint,
        ])
        .arg(&lake)
        .arg("s3://lake/theirs")
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .status()?;
    if !status.success() {
        return Err("`aws s3 sync` failed".into());
    }
    let theirs = began.elapsed().as_secs_f64();
    show("5,000 files, aws s3 sync", theirs);
    println!(
        "bar: 3 times as fast {} ({:.1} times)",
        met(theirs > 3.0 * ours),
        theirs / ours
    );
    Ok(())
}

/// Brings the lake to the store named in the environment; says how long it took.
fn sync_in_this_process(lake: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let began = Instant::now();
    let remote = Remote::open("s3://lake/ours", &Access::default())?;
    let outcome = runtime.block_on(sinks::lake::sync::sync(
        lake,
        &remote,
        &Options::default(),
        &|_| {},
    ))?;
    if outcome.uploaded != FILES {
        return Err(format!("not all files went up: {outcome:?}").into());
    }
    println!("{} 0 {}", began.elapsed().as_secs_f64(), peak_kb()?);
    Ok(())
}
