//! Three questions to the lake, beside DuckDB: engine with engine, each in one process that is asked again and again; and process
//! with process, each of which starts, opens the lake and answers once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use records::tables::DATASETS;
use sinks::lake::{Engine, ddl};

use super::{Outcome, ROUNDS, met, script};

/// What is asked: one device, a summary of all rows, and lanes with the counters of their interface.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "the lanes of one device",
        "SELECT if_name, lane, rx_power, tx_power, tx_bias FROM lane_dom \
         WHERE device = 'leaf-01500.dc1.example.net' AND rx_power < -4 ORDER BY rx_power, if_name, lane",
    ),
    (
        "power by vendor and lane",
        "SELECT vendor, lane, count(*) AS n, count(rx_power) AS lit, min(rx_power) AS lowest, max(rx_power) AS highest FROM lane_dom \
         GROUP BY vendor, lane ORDER BY vendor, lane",
    ),
    (
        "lanes with their interface's FEC",
        "SELECT c.oper_status, count(*) AS n, min(l.rx_power) AS lowest, max(c.fec_nccw) AS most FROM lane_dom l \
         JOIN intf_counters c ON c.device = l.device AND c.if_name = l.if_name AND c.run_timestamp = l.run_timestamp \
         WHERE l.rx_power < -6 GROUP BY c.oper_status ORDER BY c.oper_status",
    ),
];
/// Each is asked so often in a round, and the fastest answer counts.
const TIMES: usize = 5;

/// Asks both and compares the answers.
pub(super) fn compare(lake: &Path, python: Option<&Path>) -> Outcome<()> {
    // The benchmark is target/release/deps/lake-…
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).ok_or("no target folder")?;
    let engine = target.join("query/release/lanewatch-query");
    if !engine.is_file() {
        let place = engine.display();
        println!(
            "without the questions, because {place} is not there: `cargo xtask bench lake` builds it\n"
        );
        return Ok(());
    }
    let answers = tempfile::tempdir()?;
    let place = |who: &str, number: usize| answers.path().join(format!("{who}{number}.csv"));
    let mut ours = Vec::new();
    for (number, (name, sql)) in QUESTIONS.iter().enumerate() {
        let seconds = ask(&engine, lake, sql, &place("ours", number))?;
        show(&format!("{name}, lanewatch query, process"), seconds);
        ours.push(seconds);
    }
    let Some(python) = python else {
        return Ok(());
    };
    let views = ddl(
        Engine::DuckDb,
        DATASETS.iter().map(AsRef::as_ref),
        &lake.display().to_string(),
    );
    let (mut warm, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut ask = Command::new(target.join("query/release/examples/ask_again"));
        ask.arg(lake).arg(TIMES.to_string());
        ask.args(QUESTIONS.map(|(_, sql)| sql));
        warm = fastest(&warm, seconds_of(&mut ask)?);
        let mut ask = Command::new(python);
        ask.args(["-B", script!("query.py"), &TIMES.to_string(), &views]);
        for (number, (_, sql)) in QUESTIONS.iter().enumerate() {
            ask.arg(sql).arg(place("theirs", number));
        }
        theirs = fastest(&theirs, seconds_of(&mut ask)?);
    }
    let mut their_processes = Vec::new();
    for (_, sql) in QUESTIONS {
        let mut fastest = f64::INFINITY;
        for _ in 0..TIMES {
            let mut command = Command::new(python);
            command.args(["-B", "-c", ONE_ANSWER, &views, sql]);
            let began = Instant::now();
            let output = command.output()?;
            fastest = fastest.min(began.elapsed().as_secs_f64());
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
            }
        }
        their_processes.push(fastest);
    }
    for ((name, _), seconds) in QUESTIONS.iter().zip(&their_processes) {
        show(&format!("{name}, DuckDB in Python, process"), *seconds);
    }
    for ((name, _), seconds) in QUESTIONS.iter().zip(&warm) {
        show(&format!("{name}, lanewatch query, warm"), *seconds);
    }
    for (number, ((name, _), seconds)) in QUESTIONS.iter().zip(&theirs).enumerate() {
        show(&format!("{name}, DuckDB, warm"), *seconds);
        let rows = |who: &str| -> Outcome<BTreeSet<String>> {
            let text = std::fs::read_to_string(place(who, number))?;
            // 4.0 and 4 are one number.
            Ok(text.lines().map(|line| line.replace(".0,", ",")).collect())
        };
        if rows("ours")? != rows("theirs")? {
            return Err(format!("the answers to `{name}` differ").into());
        }
    }
    let ratios = |ours: &[f64], theirs: &[f64]| -> Vec<f64> {
        let pairs = ours.iter().zip(theirs);
        pairs.map(|(ours, theirs)| ours / theirs).collect()
    };
    let shown = |ratios: &[f64]| {
        let shown = ratios.iter().map(|ratio| format!("{ratio:.2}"));
        shown.collect::<Vec<_>>().join(", ")
    };
    let warm = ratios(&warm, &theirs);
    println!(
        "bar, engine with engine: the same answers in no more than 1.5 times the time {} ({} times)",
        met(warm.iter().all(|ratio| *ratio <= 1.5)),
        shown(&warm)
    );
    println!(
        "process with process, theirs with Python's start: {} times\n",
        shown(&ratios(&ours, &their_processes))
    );
    Ok(())
}

/// A process that asks DuckDB once.
const ONE_ANSWER: &str = "import sys, duckdb; c = duckdb.connect(); c.execute(sys.argv[1]); print(c.execute(sys.argv[2]).fetchall())";

/// What a process says that asks all questions: the seconds of the fastest answer to each.
fn seconds_of(command: &mut Command) -> Outcome<Vec<f64>> {
    let output = command.output()?;
    let said = String::from_utf8(output.stdout)?;
    let seconds = said.split_whitespace().filter_map(|word| word.parse().ok());
    let seconds: Vec<f64> = seconds.collect();
    if seconds.len() != QUESTIONS.len() {
        return Err(format!(
            "{command:?} said {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(seconds)
}

/// The fastest answer to each question, so far and in another round.
fn fastest(so_far: &[f64], round: Vec<f64>) -> Vec<f64> {
    let so_far = so_far
        .iter()
        .copied()
        .chain(std::iter::repeat(f64::INFINITY));
    round
        .iter()
        .zip(so_far)
        .map(|(new, old)| new.min(old))
        .collect()
}

fn show(name: &str, seconds: f64) {
    println!("{name:<60} {seconds:>10.3}");
}

/// Seconds of the fastest answer, the start of the process included.
fn ask(engine: &Path, lake: &Path, sql: &str, answer: &Path) -> Outcome<f64> {
    let mut fastest = f64::INFINITY;
    for _ in 0..TIMES {
        let mut command = Command::new(engine);
        command
            .arg("--lake")
            .arg(lake)
            .args(["--format", "csv", sql]);
        let began = Instant::now();
        let output = command.output()?;
        fastest = fastest.min(began.elapsed().as_secs_f64());
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        std::fs::write(answer, output.stdout)?;
    }
    Ok(fastest)
}
