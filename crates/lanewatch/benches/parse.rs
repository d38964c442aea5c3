//! What it costs to read a reply: the two large replies of a simulated QFX5240, by several readers, in one run.
//!
//! "Parsed" is a full extraction into records. Beside it: quick-xml finding the same tags and texts with its end-name check and
//! doing nothing with them, a document tree by roxmltree, and a careful Python reader of the same fields with ElementTree, warm and as
//! a process of its own. Of each the fastest round counts, and the rounds of all readers take turns, so that a machine that is busy
//! is busy for all of them.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use quick_xml::Reader;
use quick_xml::events::Event;
use records::{Context, Snapshot, enrich, json, parsers, tables};
use sim::{Model, Platform};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rounds of which the fastest counts: whatever else the machine does only adds.
const ROUNDS: usize = 60;
const PYTHON_ROUNDS: usize = 15;
const PROCESSES: usize = 5;

/// The bars that the project set itself.
const OF_BARE_TOKENS: f64 = 0.75;
const TIMES_WARM_PYTHON: f64 = 20.0;

/// When the clock started and when the box answers.
const AT: (i64, i64) = (1_770_132_640, 1_770_132_640);

/// RPC and operation.
const REPLIES: [(&str, &str); 2] = [
    (
        "optics_diagnostics",
        "<get-interface-optics-diagnostics-information/>",
    ),
    (
        "interface_statistics",
        "<get-interface-information><extensive/></get-interface-information>",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let model = Model::lived_in(Platform::Qfx5240, 7);
    for (rpc, operation) in REPLIES {
        let ledger = folder.path().join("ledger.jsonl");
        let reply = sim::reply("leaf1", &model, operation, AT, &ledger)?;
        let path = folder.path().join("reply.xml");
        std::fs::write(&path, &reply)?;
        measure(rpc, &reply, &path)?;
    }
    Ok(())
}

fn measure(rpc: &'static str, reply: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let parser = parsers::find(rpc).ok_or("no such parser")?;
    let parse = || {
        let mut snapshot = Snapshot::default();
        black_box(parser.parse(reply.as_bytes(), 1, &mut snapshot));
        snapshot
    };
    let (mut tokens, mut parsed, mut delivered, mut tree) = (MAX, MAX, MAX, MAX);
    for _ in 0..ROUNDS {
        tokens = tokens.min(time(|| bare_tokens(reply)));
        parsed = parsed.min(time(parse));
        tree = tree.min(time(|| {
            roxmltree::Document::parse(reply).map(|tree| {
                black_box(&tree);
            })
        }));
        delivered = delivered.min(time(|| {
            let records = enrich::join(parse(), &Context::default());
            (
                tables::tables(&records).len(),
                json::documents(&records).len(),
            )
        }));
    }

    let region = Region::new(ALLOCATOR);
    let snapshot = parse();
    let counted = region.change();
    let lanes: usize = snapshot.optics.iter().map(|port| port.lanes.len()).sum();
    let rows = if lanes > 0 {
        lanes
    } else {
        snapshot.statistics.len()
    };
    let allocations = counted.allocations + counted.reallocations;

    let python = python(rpc, path)?;
    let megabytes = reply.len() as f64 / 1e6;
    println!("{rpc}: {megabytes:.3} MB, {rows} rows\n");
    println!("{:<44} {:>9} {:>9} {:>9}", "", "MB/s", "ms", "parsed is");
    let line = |name: &str, took: Duration| {
        let times = took.as_secs_f64() / parsed.as_secs_f64();
        println!(
            "{name:<44} {:>9.0} {:>9.3} {times:>8.2}×",
            megabytes / took.as_secs_f64(),
            took.as_secs_f64() * 1e3,
        );
    };
    line("parsed into records", parsed);
    line("parsed, joined, as Arrow tables and JSON", delivered);
    line("quick-xml, bare tokens", tokens);
    line("roxmltree, document tree", tree);
    if let Some((warm, process)) = python {
        line("Python ElementTree, warm", warm);
        line("Python ElementTree, a process", process);
        bar(
            "times as fast as warm Python",
            warm.as_secs_f64() / parsed.as_secs_f64(),
            TIMES_WARM_PYTHON,
        );
    }
    bar(
        "of the speed of bare tokens",
        tokens.as_secs_f64() / parsed.as_secs_f64(),
        OF_BARE_TOKENS,
    );
    println!(
        "{allocations} allocations, {:.2} a row\n",
        allocations as f64 / rows.max(1) as f64
    );
    Ok(())
}

const MAX: Duration = Duration::MAX;

fn bar(what: &str, reached: f64, wanted: f64) {
    let verdict = if reached >= wanted {
        "reached"
    } else {
        "MISSED"
    };
    println!("bar {verdict}: {reached:.2} {what}, wanted {wanted}");
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

/// Every event of the reply, looked at and dropped.
fn bare_tokens(reply: &str) -> Result<usize, quick_xml::Error> {
    let mut reader = Reader::from_str(reply);
    reader.config_mut().trim_text_start = true;
    let mut events = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(events),
            event => {
                black_box(&event);
                events += 1;
            }
        }
    }
}

/// Warm and as a process; nothing where there is no Python.
fn python(rpc: &str, path: &Path) -> Result<Option<(Duration, Duration)>, Box<dyn Error>> {
    let Some(python) = std::env::var_os("LANEWATCH_BENCH_PYTHON") else {
        return Ok(None);
    };
    let command = || {
        let mut command = Command::new(&python);
        command.arg("benches/parse.py").arg(rpc).arg(path);
        command
    };
    let output = command().arg(PYTHON_ROUNDS.to_string()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let milliseconds: f64 = text.split(' ').next().unwrap_or_default().trim().parse()?;
    let mut process = MAX;
    for _ in 0..PROCESSES {
        let began = Instant::now();
        let status = command().stdout(std::process::Stdio::null()).status()?;
        if !status.success() {
            return Err("the Python reader failed".into());
        }
        process = process.min(began.elapsed());
    }
    Ok(Some((Duration::from_secs_f64(milliseconds / 1e3), process)))
}
