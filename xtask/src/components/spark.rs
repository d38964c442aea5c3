//! Apache Spark: pyspark is in the Python environment, and needs a Java to run on. What it reads is held against `lanewatch query`.

use super::{Availability, debian, python, query};
use crate::workspace::Workspace;

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    if let Err(message) = python::with_clients_and_readers(workspace) {
        return Availability::Missing(message);
    }
    if debian::program("java").is_none()
        && let Err(message) = debian::install(&["openjdk-17-jre-headless"])
    {
        return Availability::Missing(format!("Spark needs Java: {message}."));
    }
    query::prepare(workspace)
}
