//! `lanewatch lake write` beside the Python script that it takes over from: the JSON documents of 10, 50 and 100 QFX5240 → three tables.
//!
//! The script is a stand-in with the same steps (`hourly.py`): it reads the documents with rows, gathers the rows and writes Parquet with
//! pyarrow. It writes the two dozen columns of the script, and we write all of ours. Both read the scripts' own documents first, which the
//! bar is about, and then those of a `collect`, which hold four times as much. Each is a process of its own, from its start to its end, and
//! the fastest of the rounds counts, which take turns.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod documents;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const LANEWATCH: &str = env!("CARGO_BIN_EXE_lanewatch");
const DEVICES: [usize; 3] = [10, 50, 100];
const ROUNDS: usize = 3;

/// The bar that the project set itself, for the largest fleet and the scripts' documents.
const TIMES_PYTHON: f64 = 4.0;

type Generator = fn(&Path, usize) -> Outcome<()>;

fn main() -> Outcome<()> {
    let python = std::env::var_os("LANEWATCH_BENCH_PYTHON").map(PathBuf::from);
    if python.is_none() {
        println!("without the script: there is no Python that has pyarrow");
    }
    println!(
        "{:<28} {:>8} {:>7} {:>14} {:>12} {:>9} {:>10}",
        "documents", "devices", "MB", "lake write, s", "of CPU, s", "script, s", "times"
    );
    let kinds: [(&str, Generator); 2] = [
        ("of the scripts", documents::of_scripts),
        ("of collect", documents::of_collect),
    ];
    let mut reached = None;
    for (kind, generate) in kinds {
        for devices in DEVICES {
            let folder = tempfile::tempdir()?;
            let documents = folder.path().join(format!("leafs_{}", documents::RUN));
            generate(&documents, devices)?;
            let (mut ours, mut theirs) = (Took::default(), Took::default());
            for round in 0..ROUNDS {
                let lake = folder.path().join(format!("ours-{round}"));
                let mut write = Command::new(LANEWATCH);
                write.args(["lake", "write", "--quiet", "--runner-name", "bench"]);
                write.arg("--metrics-dir").arg(&documents);
                ours = ours.or(timed(write.arg("--lake").arg(lake))?);
                let Some(python) = &python else { continue };
                let mut write = Command::new(python);
                write.args([
                    "-B",
                    concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lake-write/hourly.py"),
                ]);
                let lake = folder.path().join(format!("theirs-{round}"));
                theirs = theirs.or(timed(write.arg(&documents).arg(lake))?);
            }
            let times = theirs.seconds / ours.seconds;
            if reached.is_none() && devices == DEVICES[DEVICES.len() - 1] {
                reached = Some(times);
            }
            let (script, times) = match python {
                Some(_) => (format!("{:.2}", theirs.seconds), format!("{times:.2}×")),
                None => (String::new(), String::new()),
            };
            println!(
                "{kind:<28} {devices:>8} {:>7.1} {:>14.3} {:>12.3} {script:>9} {times:>10}",
                bytes(&documents)? as f64 / 1e6,
                ours.seconds,
                ours.cpu
            );
        }
    }
    if let Some(times) = reached.filter(|_| python.is_some()) {
        let verdict = if times >= TIMES_PYTHON {
            "reached"
        } else {
            "MISSED"
        };
        println!("bar {verdict}: {times:.2} times as fast as the script, wanted {TIMES_PYTHON}");
    }
    Ok(())
}

/// What a process took.
struct Took {
    seconds: f64,
    /// Of all its threads, user and system.
    cpu: f64,
}

impl Default for Took {
    fn default() -> Self {
        Self {
            seconds: f64::INFINITY,
            cpu: f64::INFINITY,
        }
    }
}

impl Took {
    fn or(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.min(other.seconds),
            cpu: self.cpu.min(other.cpu),
        }
    }
}

fn timed(command: &mut Command) -> Outcome<Took> {
    let (before, began) = (cpu_of_children()?, Instant::now());
    let status = command.stdout(Stdio::null()).status()?;
    let took = Took {
        seconds: began.elapsed().as_secs_f64(),
        cpu: (cpu_of_children()? - before).as_secs_f64(),
    };
    match status.success() {
        true => Ok(took),
        false => Err(format!("{command:?} failed").into()),
    }
}

/// What ended children took of the processors, to a hundredth of a second.
fn cpu_of_children() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the program's name, which may hold anything: state is the third field, the two times of children the 16th and 17th.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks = ticks.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn bytes(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        sum += entry?.metadata()?.len();
    }
    Ok(sum)
}
