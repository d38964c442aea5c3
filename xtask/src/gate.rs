//! `cargo xtask test`: the steps that work must pass before it is handed in. CI runs this and nothing else.
//!
//! The cheap steps come first and the first failure ends the run. Tests that are judged by an outside program are marked
//! `#[ignore]` in the source, so that a plain `cargo test` shows them as left out; here they are run as soon as their
//! program is there. Where it is not, they are named as skipped with the reason, except under `CI=true`, where a missing
//! program is a failure: a gate that silently tests less is no gate.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::components::{Availability, COMPONENTS, Component};
use crate::fuzz;
use crate::libtest::Tally;
use crate::process;
use crate::query;
use crate::report::Report;
use crate::tidy;
use crate::workspace::Workspace;

/// The test binary that holds the tests against outside programs, one module for each [`Component`].
const COMPONENT_TESTS: &str = "end_to_end";

/// How long a parser is fuzzed, in CI and at a developer's desk.
const FUZZ_IN_CI: Duration = Duration::from_secs(120);
const FUZZ_AT_DESK: Duration = Duration::from_secs(10);

/// Runs all steps and prints the summary.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut report = Report::default();
    let mut tally = Tally::default();
    let passed = steps(workspace, &mut report, &mut tally).is_some();
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
fn steps(workspace: &Workspace, report: &mut Report, tally: &mut Tally) -> Option<()> {
    report.step("format", || {
        let check = process::run(workspace.cargo().args(["fmt", "--all", "--check"]));
        check
            .map(|()| String::new())
            .map_err(|_| "the lines above are not formatted: run `cargo fmt --all`.".to_owned())
    })?;
    report.step("tidy", || tidy::check(workspace))?;
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

    let mut missing = Vec::new();
    for component in COMPONENTS {
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

    report.step("build of the tests", || {
        let mut command = workspace.cargo();
        command.args(["test", "--release", "--workspace", "--no-run"]);
        process::run(&mut command).map(|()| String::new())
    })?;
    // Much of the time of the tests is waiting; the fuzz targets take the processor meanwhile, and give way when it is wanted.
    let time = if in_ci() { FUZZ_IN_CI } else { FUZZ_AT_DESK };
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let fuzzing = scope.spawn(|| fuzz::all(workspace, time, &[], &ended));
        if tests(workspace, &missing, report, tally).is_none() {
            ended.store(true, Ordering::Relaxed);
            return None;
        }
        let mut left_out = None;
        report.step("fuzz, what is left of it", || match fuzzing.join() {
            Ok(Ok(summary)) => {
                println!("{summary}");
                Ok(format!("{} s a parser", time.as_secs()))
            }
            Ok(Err(fuzz::Failure::Missing(what))) if !in_ci() => {
                left_out = Some(what);
                Ok("missing, the fuzz targets are skipped".to_owned())
            }
            Ok(Err(fuzz::Failure::Missing(what) | fuzz::Failure::Found(what))) => Err(what),
            Err(_) => Err("it panicked: see above.".to_owned()),
        })?;
        if let Some(what) = left_out {
            tally.skipped.push(("the fuzz targets".to_owned(), what));
        }
        Some(())
    })
}

/// All tests: those of the workspace, of `query/`, and those that each component judges. `None` as soon as a step fails.
fn tests(
    workspace: &Workspace,
    missing: &[(&Component, String)],
    report: &mut Report,
    tally: &mut Tally,
) -> Option<()> {
    report.step("tests", || {
        cargo_test(workspace, &["--no-fail-fast"], &[], tally)
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
                || component_tests(workspace, component, tally),
            )?,
        }
    }
    Some(())
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

fn component_tests(
    workspace: &Workspace,
    component: &Component,
    tally: &mut Tally,
) -> Result<String, String> {
    // The whole workspace is named again: another selection would mean other features, and everything built anew.
    let before = tally.passed;
    let result = cargo_test(
        workspace,
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
    let outcome = process::run_watched(&mut command, |line| tally.see(line));
    let (passed, failed) = (tally.passed - passed, tally.failed - failed);
    outcome
        .map(|()| format!("{passed} passed"))
        .map_err(|message| match failed {
            0 => format!("{message}: see above."),
            _ => format!("{failed} tests failed, named above; {passed} passed."),
        })
}
