//! Prometheus with promtool, Alertmanager with amtool, and the Pushgateway: they judge the series, the rules, the dashboards and what is
//! pushed.

use super::{Availability, debian};
use crate::workspace::Workspace;

/// Each program with the Debian package that brings it.
const PROGRAMS: [(&str, &str); 5] = [
    ("prometheus", "prometheus"),
    ("promtool", "prometheus"),
    ("prometheus-alertmanager", "prometheus-alertmanager"),
    ("amtool", "prometheus-alertmanager"),
    ("prometheus-pushgateway", "prometheus-pushgateway"),
];

/// Installs what is missing if we are root; otherwise says so.
pub(super) fn prepare(_workspace: &Workspace) -> Availability {
    let missing = || {
        let programs = PROGRAMS.iter();
        programs.filter(|(program, _)| debian::program(program).is_none())
    };
    let mut packages: Vec<&str> = missing().map(|(_, package)| *package).collect();
    packages.dedup();
    if packages.is_empty() {
        return Availability::Ready;
    }
    let named = packages.join(" and ");
    if let Err(message) = debian::install(&packages) {
        return Availability::Missing(format!("{named} could not be installed: {message}."));
    }
    match missing().next() {
        None => Availability::Ready,
        Some((program, package)) => {
            Availability::Missing(format!("{package} is installed but brings no `{program}`."))
        }
    }
}
