//! The project's own tasks, run as `cargo xtask <task>`.
//!
//! `test` is the gate: what a developer runs before handing work in and what CI runs, the same steps in the same order.
//! `tidy` is the part of it that reads the source text against the house rules and needs no compiler. `bench` runs one of
//! the benchmarks, `fuzz` the fuzz targets by themselves.
//!
//! In flow order: [`workspace`] asks cargo where everything is, [`gate`] lists the steps, [`components`] brings in the
//! outside programs that some tests are judged by, [`libtest`] counts what the tests said, [`report`] says how long each
//! step took and what was skipped, [`tidy`] holds one file per house rule, and [`source_tools`] runs the tools of others over the
//! source and its dependencies. [`repeat`] runs the tests of one component many times.
//! [`query`] does for the workspace in `query/` what the gate does for the product's.
//! [`fuzz`] builds and runs the fuzz targets, as a step of the gate and as a task of its own.
//! [`mod@bench`] lists the benchmarks, [`compare`] sets two builds of the product beside each other; both stand apart.
//!
//! Nothing here is part of the product, and nothing of the product is linked in: a broken crate must not stop the task
//! that says so.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who started it"
)]

mod bench;
mod compare;
mod components;
mod fuzz;
mod gate;
mod libtest;
mod process;
mod query;
mod repeat;
mod report;
mod source_tools;
mod tidy;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

/// A task: its name and arguments on the command line, what `cargo xtask` says about it, and the function that does it.
struct Task {
    name: &'static str,
    /// Empty for a task that takes none.
    arguments: &'static str,
    about: &'static str,
    run: fn(&Workspace, &[String]) -> ExitCode,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        arguments: "[--full]",
        about: "everything CI runs: format, tidy, clippy, documentation, tests, and the tests against outside programs",
        run: gate::run,
    },
    Task {
        name: "repeat",
        arguments: "[--times N] [--busy N] COMPONENT…",
        about: "the tests of a component, 20 times in a row beside six busy loops or as said",
        run: repeat::run,
    },
    Task {
        name: "tidy",
        arguments: "",
        about: "the house rules alone; a second or two, needs no build",
        run: |workspace, _| tidy::run(workspace),
    },
    Task {
        name: "bench",
        arguments: "[NAME [ARGUMENT…]]",
        about: "one of the benchmarks, which prints a table; without a name, lists them",
        run: bench::run,
    },
    Task {
        name: "compare",
        arguments: "OLD_BINARY NEW_BINARY [WORK_FOLDER]",
        about: "what two builds of lanewatch answer differently on the fixtures and a simulated fleet",
        run: compare::run,
    },
    Task {
        name: "fuzz",
        arguments: "[--seconds N] [TARGET…]",
        about: "the fuzz targets, or those named, two at a time, each for 60 seconds or as long as said",
        run: fuzz::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, arguments)) = arguments.split_first() else {
        usage();
        return ExitCode::SUCCESS;
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("There is no task `{name}`.\n");
        usage();
        return ExitCode::from(2);
    };
    if let (true, Some(argument)) = (task.arguments.is_empty(), arguments.first()) {
        eprintln!("The task `{name}` takes no arguments; found `{argument}`.\n");
        usage();
        return ExitCode::from(2);
    }
    match Workspace::find() {
        Ok(workspace) => (task.run)(&workspace, arguments),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    println!("Usage: cargo xtask <task>\n");
    let heads = TASKS
        .iter()
        .map(|task| format!("{} {}", task.name, task.arguments));
    let heads: Vec<String> = heads.collect();
    let width = heads.iter().map(|head| head.chars().count()).max();
    let width = width.unwrap_or_default();
    for (task, head) in TASKS.iter().zip(heads) {
        println!("  {head:<width$}  {}", task.about);
    }
}
