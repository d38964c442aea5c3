//! `cargo xtask test`: the steps that work must pass before it is handed in. CI runs this and nothing else.
//!
//! There are two sizes. Without `--full` it does a small case of everything; with it, all trials of the tests at random moments, longer
//! fuzzing, and the components that take long to bring here or to run.
//!
//! The cheap steps come first and the first failure ends the run. Tests that are judged by an outside program are marked
//! `#[ignore]` in the source, so that a plain `cargo test` shows them as left out; here they are run as soon as their
//! program is there. Where it is not, they are named as skipped with the reason, except under `CI=true`, where a missing
//! program is a failure.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::components::{Availability, COMPONENTS, Component, Size};
use crate::fuzz;
use crate::libtest::{Tally, in_ci};
use crate::process;
use crate::query;
use crate::report::Report;
use crate::source_tools;
use crate::tidy;
use crate::workspace::{MANIFESTS, Workspace};

/// The test binary that holds the tests against outside programs, one module for each [`Component`].
const COMPONENT_TESTS: &str = "end_to_end";

/// What tells the tests how many trials at random moments to make, and what the full gate says there. Without it each test has a number
/// of its own, between 8 and 30.
const TRIALS: &[(&str, &str)] = &[("LOSS_TRIALS", "40")];

/// How long a parser is fuzzed: at a developer's desk, in CI, and in the full gate.
const FUZZ_AT_DESK: Duration = Duration::from_secs(10);
const FUZZ_IN_CI: Duration = Duration::from_secs(20);
const FUZZ_IN_FULL: Duration = Duration::from_secs(120);

/// `cargo xtask test [--full]`: runs all steps and prints the summary.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let size = match arguments {
        [] => Size::Short,
        [full] if full == "--full" => Size::Full,
        _ => {
            eprintln!(
                "`cargo xtask test` knows --full; found {:?}.",
                arguments.join(" ")
            );
            return ExitCode::from(2);
        }
    };
    let mut report = Report::default();
    let mut tally = Tally::default();
    let passed = steps(workspace, size, &mut report, &mut tally).is_some();
    println!("\n{}\n", report.table());
    for (name, reason) in &tally.skipped {
        println!("skipped: {name} because {reason}");
    }
    println!("{}", tally.totals());
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// `None` as soon as a step fails.
fn steps(workspace: &Workspace, size: Size, report: &mut Report, tally: &mut Tally) -> Option<()> {
    report.step("format", || {
        for manifest in MANIFESTS {
            let arguments = ["fmt", "--all", "--manifest-path", manifest];
            process::run(workspace.cargo().args(arguments).arg("--check")).map_err(|_| {
                let command = arguments.join(" ");
                format!("the lines above are not formatted: run `cargo {command}`.")
            })?;
        }
        Ok(String::new())
    })?;
    report.step("tidy", || tidy::check(workspace))?;
    source_tools::check(workspace, report, tally)?;
    report.step("clippy", || {
        let arguments = [
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        process::run(workspace.cargo().args(arguments)).map(|()| String::new())
    })?;
    report.step("documentation", || {
        let mut command = workspace.cargo();
        command
            .args(["doc", "--release", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        process::run(&mut command).map(|()| String::new())
    })?;

    let (here, later): (Vec<_>, Vec<_>) = COMPONENTS
        .iter()
        .partition(|component| component.size <= size);
    let mut missing = Vec::new();
    for component in here {
        report.step(component.name, || match (component.prepare)(workspace) {
            Availability::Ready => Ok("there".to_owned()),
            Availability::Missing(what) if in_ci() => {
                Err(format!("{what} With CI=true it must be there."))
            }
            Availability::Missing(what) => {
                println!("skipped: the tests of {} because {what}", component.tests);
                missing.push((component, what));
                Ok("missing, its tests are skipped".to_owned())
            }
        })?;
    }
    for component in later {
        let why = "only `cargo xtask test --full` runs them.".to_owned();
        missing.push((component, why));
    }

    report.step("build of the tests", || {
        let mut command = workspace.cargo();
        command.args(["test", "--release", "--workspace", "--no-run"]);
        process::run(&mut command).map(|()| String::new())
    })?;
    // Much of the time of the tests is waiting; the fuzz targets take the processor meanwhile, and give way when it is wanted.
    let time = match size {
        Size::Full => FUZZ_IN_FULL,
        Size::Short if in_ci() => FUZZ_IN_CI,
        Size::Short => FUZZ_AT_DESK,
    };
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let fuzzing = scope.spawn(|| fuzz::all(workspace, time, &[], &ended));
        if tests(workspace, size, &missing, report, tally).is_none() {
            ended.store(true, Ordering::Relaxed);
            return None;
        }
        report.step("fuzz, what is left of it", || match fuzzing.join() {
            Ok(Ok(summary)) => {
                println!("{summary}");
                Ok(format!("{} s a parser", time.as_secs()))
            }
            Ok(Err(fuzz::Failure::Missing(what))) => tally.missing("the fuzz targets", what),
            Ok(Err(fuzz::Failure::Found(what))) => Err(what),
            Err(_) => Err("it panicked: see above.".to_owned()),
        })
    })
}

/// All tests: those of the workspace, of `query/`, and those that each component judges. `None` as soon as a step fails.
fn tests(
    workspace: &Workspace,
    size: Size,
    missing: &[(&Component, String)],
    report: &mut Report,
    tally: &mut Tally,
) -> Option<()> {
    report.step("tests", || {
        cargo_test(workspace, size, &["--no-fail-fast"], &[], tally)
    })?;
    report.step("query", || query::check(workspace, tally))?;
    for component in COMPONENTS {
        match missing
            .iter()
            .find(|(absent, _)| absent.tests == component.tests)
        {
            Some((_, what)) => tally.explain(component.tests, what),
            None => report.step(
                &format!("tests {}", component.tests.trim_end_matches(':')),
                || component_tests(workspace, size, component, tally),
            )?,
        }
    }
    Some(())
}

/// The tests that one component judges. Answers with how many passed.
pub(crate) fn component_tests(
    workspace: &Workspace,
    size: Size,
    component: &Component,
    tally: &mut Tally,
) -> Result<String, String> {
    // The whole workspace is named again: another selection would mean other features, and everything built anew.
    let before = tally.passed;
    let result = cargo_test(
        workspace,
        size,
        &["--test", COMPONENT_TESTS],
        &["--ignored", component.tests],
        tally,
    )?;
    if tally.passed == before {
        return Err(format!(
            "no test of {COMPONENT_TESTS} is called `{}…` and ignored.",
            component.tests
        ));
    }
    Ok(result)
}

fn cargo_test(
    workspace: &Workspace,
    size: Size,
    cargo: &[&str],
    libtest: &[&str],
    tally: &mut Tally,
) -> Result<String, String> {
    let (passed, failed) = (tally.passed, tally.failed);
    let mut command = workspace.cargo();
    command
        .args(["test", "--release", "--workspace"])
        .args(cargo)
        .arg("--")
        .args(libtest);
    for (name, value) in TRIALS {
        if size == Size::Full && std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let outcome = process::run_watched(&mut command, |line| tally.see(line));
    let (passed, failed) = (tally.passed - passed, tally.failed - failed);
    outcome
        .map(|()| format!("{passed} passed"))
        .map_err(|message| match failed {
            0 => format!("{message}: see above."),
            _ => format!("{failed} tests failed, named above; {passed} passed."),
        })
}

/// All tests that need no outside program. Answers with how many passed.
pub(crate) fn plain_tests(workspace: &Workspace, tally: &mut Tally) -> Result<String, String> {
    cargo_test(workspace, Size::Short, &["--no-fail-fast"], &[], tally)
}
