//! `query/`, the workspace of `lanewatch query`: a query engine that the product's own build never sees.
//!
//! It is checked in the dev profile, in a folder of its own under the target folder. From nothing that takes some minutes; after
//! that, seconds. The engine is compiled once: `cargo clippy` would check all of it a second time, so clippy stands in for the
//! compiler of the one package that is ours instead.

use std::process::Command;

use crate::libtest::Tally;
use crate::process;
use crate::workspace::Workspace;

const MANIFEST: &str = "query/Cargo.toml";

/// What `cargo clippy` hands to its driver for `-D warnings`.
const LINTS: (&str, &str) = (
    "CLIPPY_ARGS",
    "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
);

/// Format, lints and tests. Answers with what the tests said.
pub(crate) fn check(workspace: &Workspace, tally: &mut Tally) -> Result<String, String> {
    let mut format = workspace.cargo();
    format.args(["fmt", "--manifest-path", MANIFEST, "--check"]);
    process::run(&mut format).map_err(|_| {
        format!("the lines above are not formatted: run `cargo fmt --manifest-path {MANIFEST}`.")
    })?;
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
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    cargo.env(LINTS.0, LINTS.1);
    cargo
}
