//! netconfd behind OpenSSH: a NETCONF server that shares no line with ours.
//!
//! The test starts both itself. It needs root because sshd checks passwords through PAM, for a user that the test
//! creates.

use super::{Availability, debian};
use crate::workspace::Workspace;

/// What must be there, and the package that brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("sshd", "openssh-server"),
    ("ssh-keygen", "openssh-client"),
    ("netconfd", "netconfd"),
    ("netconf-subsystem", "netconfd"),
];

/// Installs what is missing, as root; otherwise says what is.
pub(super) fn prepare(_workspace: &Workspace) -> Availability {
    if !debian::is_root() {
        return Availability::Missing(
            "it needs root, for a system user with a password and an sshd that checks it."
                .to_owned(),
        );
    }
    let absent = absent();
    if absent.is_empty() {
        return Availability::Ready;
    }
    let mut packages: Vec<&str> = absent.iter().map(|(_, package)| *package).collect();
    packages.dedup();
    if let Err(message) = debian::install(&packages) {
        return Availability::Missing(format!(
            "{} could not be installed: {message}.",
            packages.join(", ")
        ));
    }
    match self::absent().first() {
        None => Availability::Ready,
        Some((program, package)) => {
            Availability::Missing(format!("{package} is installed but brings no `{program}`."))
        }
    }
}

fn absent() -> Vec<&'static (&'static str, &'static str)> {
    PROGRAMS
        .iter()
        .filter(|(program, _)| debian::program(program).is_none())
        .collect()
}
