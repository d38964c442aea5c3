//! The program that `lanewatch query` hands over to, built beside the product.

use super::Availability;
use crate::query;
use crate::workspace::Workspace;

/// Builds it in the dev profile.
pub(super) fn prepare(workspace: &Workspace) -> Availability {
    match query::build(workspace) {
        Ok(()) => Availability::Ready,
        Err(message) => Availability::Missing(format!("{message}.")),
    }
}
