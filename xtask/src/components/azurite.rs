//! Azurite: Azure's blob storage, by Microsoft, from the npm registry. It checks signatures and keeps its blobs in a folder.
//!
//! Installed once into `tools` under the target folder; without Node.js as root from Debian.

use std::process::Command;

use super::{Availability, debian, python};
use crate::process;
use crate::workspace::Workspace;

const VERSION: &str = "3.35.0";

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    // Who judges with it is a script.
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    let folder = workspace.target.join("tools/azurite");
    let server = folder.join("node_modules/.bin/azurite-blob");
    let is_there = || {
        server.is_file()
            && process::capture(Command::new(&server).arg("--version"))
                .is_ok_and(|says| says.contains(VERSION))
    };
    if is_there() {
        return Availability::Ready;
    }
    if debian::program("npm").is_none()
        && let Err(message) = debian::install(&["nodejs", "npm"])
    {
        return Availability::Missing(format!("Node.js could not be installed: {message}."));
    }
    println!("installing azurite {VERSION} into {}", folder.display());
    let mut install = Command::new("npm");
    install
        .args(["install", "--silent", "--no-audit", "--no-fund"])
        .args(["--ignore-scripts", "--no-package-lock", "--prefix"])
        .arg(&folder)
        .arg(format!("azurite@{VERSION}"));
    match process::run(&mut install) {
        Ok(()) if is_there() => Availability::Ready,
        Ok(()) => Availability::Missing(format!(
            "azurite is installed but {} does not run.",
            server.display()
        )),
        Err(message) => {
            Availability::Missing(format!("azurite could not be installed: {message}."))
        }
    }
}
