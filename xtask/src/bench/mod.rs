//! `cargo xtask bench NAME`: the project's benchmarks, each a program that prints one table.
//!
//! A benchmark belongs to the crate it measures: `crates/<crate>/benches/<name>.rs`, or a folder of that name with a `main.rs`,
//! a `[[bench]]` with `harness = false`, and its line in [`BENCHES`]. It is built in cargo's bench profile, which is the release profile by another name, with the
//! features of the whole workspace, so that it links the same compiled dependencies as the product and its tests.
//!
//! Figures are for people to compare: a bar that was missed is said in the table and ends nothing. A benchmark that sets
//! itself beside a Python program finds an interpreter with the packages of `xtask/python-requirements.txt` in
//! `LANEWATCH_BENCH_PYTHON`; where that cannot be had the variable is not set, and the table leaves those rows out.

use std::process::ExitCode;

use crate::components;
use crate::process;
use crate::query;
use crate::workspace::Workspace;

/// Where a benchmark finds its Python.
const PYTHON_VARIABLE: &str = "LANEWATCH_BENCH_PYTHON";

/// A benchmark.
struct Bench {
    /// On the command line, and of the file. No two crates may have one of the same name: cargo is asked for it by the name
    /// alone.
    name: &'static str,
    /// The crate whose `benches/` holds it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "says where the file is; tests see to it")
    )]
    of: &'static str,
    /// What the table compares.
    about: &'static str,
    /// Whether it sets us beside Python programs.
    with_python: bool,
    /// Whether it asks the lake: the query engine is built in the release profile, which takes long the first time.
    with_query: bool,
}

/// All benchmarks, in the order of the flow of data.
const BENCHES: &[Bench] = &[
    Bench {
        name: "framing",
        of: "netconf",
        about: "CPU time of a 5 MB reply through each framing, by how finely it is cut",
        with_python: false,
        with_query: false,
    },
    Bench {
        name: "netconf",
        of: "sim",
        about: "sessions, a 5 MB reply and idle memory of our client, beside ncclient and OpenSSH",
        with_python: true,
        with_query: false,
    },
    Bench {
        name: "parse",
        of: "lanewatch",
        about: "time to read the large replies of a QFX5240, beside quick-xml, roxmltree and Python's ElementTree",
        with_python: true,
        with_query: false,
    },
    Bench {
        name: "metrics",
        of: "metrics",
        about: "1.7 million series as text, OpenMetrics and remote write: bytes a second, first byte, memory",
        with_python: false,
        with_query: false,
    },
    Bench {
        name: "lake",
        of: "sinks",
        about: "1.6 million lane rows beside pyarrow, three questions beside DuckDB, 5,000 small files to S3 beside the AWS tools",
        with_python: true,
        with_query: true,
    },
    Bench {
        name: "lake-write",
        of: "lanewatch",
        about: "the documents of 10, 50 and 100 QFX5240 to Parquet, beside a script with json and pyarrow",
        with_python: true,
        with_query: false,
    },
    Bench {
        name: "publish",
        of: "lanewatch",
        about: "500 devices, a tenth of them sick: when DuckDB can read the healthy devices' rows, and each row once",
        with_python: true,
        with_query: false,
    },
    Bench {
        name: "plan",
        of: "lanewatch",
        about: "time and memory to read an inventory of ten thousand hosts and plan a run, beside ansible-inventory",
        with_python: false,
        with_query: false,
    },
];

/// Runs the benchmark that is named first, with the other arguments; without a name, lists them.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let Some((name, its_own)) = arguments.split_first() else {
        println!("Usage: cargo xtask bench NAME [ARGUMENT…]\n\n{}", list());
        return ExitCode::SUCCESS;
    };
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        eprintln!("There is no benchmark `{name}`. There are:\n\n{}", list());
        return ExitCode::from(2);
    };
    let mut command = workspace.cargo();
    // The whole workspace, as in the gate: another selection would mean other features, and everything built anew.
    command
        .args(["bench", "--workspace", "--bench", bench.name, "--"])
        .args(its_own)
        .env_remove(PYTHON_VARIABLE);
    if bench.with_python {
        match components::python_with_clients_and_readers(workspace) {
            Ok(python) => _ = command.env(PYTHON_VARIABLE, python),
            Err(why) => println!("without the rows of Python programs because {why}\n"),
        }
    }
    if bench.with_query
        && let Err(why) = query::build_for_speed(workspace)
    {
        println!("without the questions to the lake because {why}\n");
    }
    match process::run(&mut command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> String {
    let width = BENCHES.iter().map(|bench| bench.name.len()).max();
    let width = width.unwrap_or_default();
    let lines = BENCHES
        .iter()
        .map(|bench| format!("  {:<width$}  {}", bench.name, bench.about));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// `(crate, benchmark)` of every file in a `benches` folder.
    fn on_disk() -> BTreeSet<(String, String)> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        let name_of = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut found = BTreeSet::new();
        for folder in std::fs::read_dir(crates).unwrap() {
            let folder = folder.unwrap().path();
            let Ok(benches) = std::fs::read_dir(folder.join("benches")) else {
                continue;
            };
            for file in benches.map(|file| file.unwrap().path()) {
                let is_file = file.extension().is_some_and(|extension| extension == "rs");
                if is_file || file.join("main.rs").is_file() {
                    found.insert((name_of(&folder), name_of(&file)));
                }
            }
        }
        found
    }

    #[test]
    fn every_benchmark_is_listed_once_and_lies_where_it_is_said_to_lie() {
        let listed: BTreeSet<_> = BENCHES
            .iter()
            .map(|bench| (bench.of.to_owned(), bench.name.to_owned()))
            .collect();
        assert_eq!(listed, on_disk());
        let names: BTreeSet<_> = BENCHES.iter().map(|bench| bench.name).collect();
        assert_eq!(names.len(), BENCHES.len(), "two have the same name");
    }
}
