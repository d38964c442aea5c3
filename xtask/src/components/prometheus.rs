//! Prometheus' promtool, which reads the exposition format as the server does.

use super::{Availability, debian};
use crate::workspace::Workspace;

/// Installs it if it is missing and we are root; otherwise says so.
pub(super) fn prepare(_workspace: &Workspace) -> Availability {
    if debian::program("promtool").is_some() {
        return Availability::Ready;
    }
    match debian::install(&["prometheus"]) {
        Err(message) => {
            Availability::Missing(format!("promtool could not be installed: {message}."))
        }
        Ok(()) if debian::program("promtool").is_some() => Availability::Ready,
        Ok(()) => {
            Availability::Missing("prometheus is installed but brings no `promtool`.".to_owned())
        }
    }
}
