//! s3s-fs: an S3 server that checks signatures and keeps its objects in a folder, from crates.io.
//!
//! Built once, for some minutes, into `tools` under the target folder. The AWS tools and boto3, which judge with it, are in the
//! Python environment.

use std::process::Command;

use super::{Availability, python};
use crate::process;
use crate::workspace::Workspace;

const VERSION: &str = "0.14.1";

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    let tools = workspace.target.join("tools");
    let server = tools.join("bin/s3s-fs");
    let is_there = || {
        server.is_file()
            && process::capture(Command::new(&server).arg("--version"))
                .is_ok_and(|says| says.contains(VERSION))
    };
    if is_there() {
        return Availability::Ready;
    }
    println!("building s3s-fs {VERSION} into {}", tools.display());
    let mut install = workspace.cargo();
    install
        .args([
            "install",
            "s3s-fs",
            "--version",
            VERSION,
            "--features",
            "binary",
        ])
        .args(["--locked", "--quiet", "--root"])
        .arg(&tools);
    match process::run(&mut install) {
        Ok(()) if is_there() => Availability::Ready,
        Ok(()) => Availability::Missing(format!(
            "s3s-fs is installed but {} does not run.",
            server.display()
        )),
        Err(message) => Availability::Missing(format!("s3s-fs could not be built: {message}.")),
    }
}
