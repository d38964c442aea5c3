//! Apache Spark: pyspark is in a Python environment of its own, and needs a Java to run on. What it reads is held against `lanewatch query`.

use super::{Availability, debian, python, query};
use crate::workspace::Workspace;

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    match python::prepare_spark(workspace) {
        Availability::Ready => {}
        missing @ Availability::Missing(_) => return missing,
    }
    if debian::program("java").is_none()
        && let Err(message) = debian::install(&["openjdk-17-jre-headless"])
    {
        return Availability::Missing(format!("Spark needs Java: {message}."));
    }
    query::prepare(workspace)
}
