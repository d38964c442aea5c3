//! The program that `lanewatch query` hands over to, built beside the product.

use super::{Availability, s3s};
use crate::query;
use crate::workspace::Workspace;

/// Builds it in the dev profile. Its tests are judged in Python, and one of them asks a lake in a bucket.
pub(super) fn prepare(workspace: &Workspace) -> Availability {
    match query::build(workspace) {
        Ok(()) => s3s::prepare(workspace),
        Err(message) => Availability::Missing(format!("{message}.")),
    }
}
