//! Bringing small files to S3, beside the AWS tools.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field};
use records::table::{Dataset, Table};
use sinks::RunIdentity;
use sinks::lake::sync::{AwsOptions, Remote, SyncOptions};
use sinks::lake::{Compression, Writer};

use super::{Outcome, SYNC, met, peak_kb, said};

const FILES: usize = 5_000;

/// A Parquet file of one row.
fn small_file(lake: &Path) -> Outcome<Vec<u8>> {
    let field = Field::new("x", DataType::Int64, false);
    let dataset = Arc::new(Dataset::found("small", vec![field]));
    let column = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_new(dataset.schema(), vec![column])?;
    let run = RunIdentity {
        runner_name: "bench".to_owned(),
        run_id: "00000001".to_owned(),
        run_timestamp: 1_770_132_645,
    };
    let mut writer = Writer::begin(lake, run, ["a".to_owned()], Compression::Snappy)?;
    writer.add("a", vec![Table { dataset, batch }])?;
    let written = writer.finish()?.files;
    let file = written.first().ok_or("nothing was written")?;
    Ok(std::fs::read(&file.path)?)
}

/// The store, stopped when dropped.
struct Store(Child);

impl Drop for Store {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Brings small files to a store, and again with the AWS tools.
pub(super) fn compare(folder: &Path, python: Option<&Path>) -> Outcome<()> {
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
    let small = small_file(&folder.join("one"))?;
    // Between the pages and the footer there may be anything: each file is another, and all are Parquet.
    let length = small
        .get(small.len() - 8..)
        .and_then(|end| end.first_chunk());
    let length = u32::from_le_bytes(*length.ok_or("no footer")?) as usize + 8;
    let (pages, footer) = small.split_at(small.len() - length);
    let mut bytes = 0_u64;
    for number in 0..FILES {
        let partition = lake.join(format!(
            "dt=2026-02-{:02}/hr={:02}/lane-dom",
            number / 240 + 1,
            number % 24
        ));
        std::fs::create_dir_all(&partition)?;
        let noise = (0..4_000_usize).map(|at| (at * number % 251) as u8);
        let content = [pages, &noise.collect::<Vec<_>>(), footer].concat();
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
            "{name:<40} {seconds:>10.2} {:>8.0} files {:>9.1} MB",
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
pub(super) fn in_this_process(lake: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let began = Instant::now();
    let remote = Remote::open("s3://lake/ours", &AwsOptions::default())?;
    let outcome = runtime.block_on(sinks::lake::sync::sync(
        lake,
        &remote,
        &SyncOptions::default(),
        &|_| {},
    ))?;
    if outcome.uploaded != FILES {
        return Err(format!("not all files went up: {outcome:?}").into());
    }
    println!("{} 0 {}", began.elapsed().as_secs_f64(), peak_kb()?);
    Ok(())
}
