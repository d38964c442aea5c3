//! Apache Spark: pyspark is in the Python environment, and needs a Java to run on.

use super::{Availability, debian, python};
use crate::workspace::Workspace;

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    if debian::program("java").is_some() {
        return Availability::Ready;
    }
    match debian::install(&["openjdk-17-jre-headless"]) {
        Ok(()) => Availability::Ready,
        Err(message) => Availability::Missing(format!("Spark needs Java: {message}.")),
    }
}
