//! The project's own tasks, run as `cargo xtask <task>`.
//!
//! `test` is the gate: what a developer runs before handing work in and what CI runs, the same steps in the same order.
//! `tidy` is the part of it that reads the source text against the house rules and needs no compiler.
//!
//! In flow order: [`workspace`] asks cargo where everything is, [`gate`] lists the steps, [`components`] brings in the
//! outside programs that some tests are judged by, [`libtest`] counts what the tests said, [`report`] says how long each
//! step took and what was skipped, and [`tidy`] holds one file per house rule.
//!
//! Nothing here is part of the product, and nothing of the product is linked in: a broken crate must not stop the task
//! that says so.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who started it"
)]

mod components;
mod gate;
mod libtest;
mod process;
mod report;
mod tidy;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

/// A task: its name on the command line, what `cargo xtask` says about it, and the function that does it.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> ExitCode,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        about: "everything CI runs: format, tidy, clippy, documentation, tests, and the tests against outside programs",
        run: gate::run,
    },
    Task {
        name: "tidy",
        about: "the house rules alone; a second or two, needs no build",
        run: tidy::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name] = arguments.as_slice() else {
        usage();
        return if arguments.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(2)
        };
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("There is no task `{name}`.\n");
        usage();
        return ExitCode::from(2);
    };
    match Workspace::find() {
        Ok(workspace) => (task.run)(&workspace),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    println!("Usage: cargo xtask <task>\n");
    for task in TASKS {
        println!("  {:<6} {}", task.name, task.about);
    }
}
