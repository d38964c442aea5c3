//! Azurite: Azure's blob storage, by Microsoft, from the npm registry. It checks signatures and keeps its blobs in a folder.
//!
//! Installed once into `tools` under the target folder; without Node.js as root from Debian.

use std::process::Command;

use super::server::Server;
use super::{Availability, debian, python};
use crate::workspace::Workspace;

const VERSION: &str = "3.35.0";

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    // Who judges with it is a script.
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    let folder = workspace.target.join("tools/azurite");
    let server = Server {
        name: "azurite",
        version: VERSION,
        program: folder.join("node_modules/.bin/azurite-blob"),
    };
    server.bring(|| {
        if debian::program("npm").is_none() {
            debian::install(&["nodejs", "npm"])?;
        }
        let mut install = Command::new("npm");
        install
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .args(["--ignore-scripts", "--no-package-lock", "--prefix"])
            .arg(&folder)
            .arg(format!("azurite@{VERSION}"));
        Ok(install)
    })
}
