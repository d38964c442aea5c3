//! s3s-fs: an S3 server that checks signatures and keeps its objects in a folder, from crates.io.
//!
//! Built once, for some minutes, into `tools` under the target folder: of the servers that come as packages none checks signatures, takes
//! conditional writes and checks checksums (moto and ministack accept a wrong secret, nanio knows no conditions). The AWS tools and boto3, which judge with it, are in the
//! Python environment.

use super::server::Server;
use super::{Availability, python};
use crate::workspace::Workspace;

const VERSION: &str = "0.14.1";

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    let tools = workspace.target.join("tools");
    let server = Server {
        name: "s3s-fs",
        version: VERSION,
        program: tools.join("bin/s3s-fs"),
    };
    server.bring(|| {
        let mut install = workspace.cargo();
        install
            .args(["install", "s3s-fs", "--version", VERSION])
            .args(["--features", "binary", "--locked", "--quiet", "--root"])
            .arg(&tools);
        Ok(install)
    })
}
