//! `query/`, the workspace of `lanewatch query`: a query engine that the product's own build never sees.
//!
//! It is checked in the dev profile, in a folder of its own under the target folder. From nothing that takes some minutes; after
//! that, seconds.

use std::process::Command;

use crate::libtest::Tally;
use crate::process;
use crate::workspace::{Workspace, linted};

const MANIFEST: &str = "query/Cargo.toml";

/// Lints and tests. Answers with what the tests said.
pub(crate) fn check(workspace: &Workspace, tally: &mut Tally) -> Result<String, String> {
    let before = tally.passed;
    process::run_watched(&mut cargo(workspace, "test"), |line| tally.see(line))?;
    Ok(format!("{} passed", tally.passed - before))
}

/// Builds the program that the tests hand over to.
pub(crate) fn build(workspace: &Workspace) -> Result<(), String> {
    process::run(&mut cargo(workspace, "build"))
}

/// Builds the program as it is installed, and its example that asks again and again: for benchmarks.
pub(crate) fn build_for_speed(workspace: &Workspace) -> Result<(), String> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--bins", "--examples"]);
    cargo.args(["--manifest-path", MANIFEST]);
    cargo
        .arg("--target-dir")
        .arg(workspace.target.join("query"));
    process::run(&mut cargo)
}

fn cargo(workspace: &Workspace, command: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args([command, "--manifest-path", MANIFEST, "--target-dir"]);
    cargo.arg(workspace.target.join("query"));
    linted(&mut cargo);
    cargo
}
