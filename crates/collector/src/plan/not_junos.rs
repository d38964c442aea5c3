//! Hosts of an inventory that are no Junos devices: they are left out before a password of theirs is looked for.
//!
//! What Ansible is told counts: `ansible_network_os` says whose device it is, `ansible_connection` how Ansible reaches it. A host that
//! says neither is taken for a Junos device.

use super::host_variables::{HostVariables, Names};

const CONNECTION: Names = &["ansible_connection"];
const NETWORK_OS: Names = &["ansible_network_os"];
const ADDRESS: Names = super::access::ADDRESS;
/// The variables of Ansible that this module reads.
pub(super) const HONOURED: &[Names] = &[CONNECTION, NETWORK_OS];
/// Connections over SSH, and those of the collections for Junos, without the collection's name.
const OVER_SSH: &[&str] = &[
    "netconf",
    "network_cli",
    "ssh",
    "smart",
    "paramiko",
    "paramiko_ssh",
    "libssh",
    "persistent",
    "pyez",
];
/// How many hosts a warning names.
const MOST_NAMED: usize = 5;

/// Hosts that are left out, each with what says that it is no Junos device.
#[derive(Debug, Default)]
pub(super) struct NotJunos(Vec<(String, String)>);

impl NotJunos {
    /// Whether the host is none, and so is left out.
    pub(super) fn leaves_out(&mut self, host: &mut HostVariables<'_>) -> bool {
        let Some(reason) = reason(host) else {
            return false;
        };
        self.0.push((host.name.to_owned(), reason));
        true
    }

    /// One line about all of them.
    pub(super) fn warning(&self) -> Option<String> {
        let Self(hosts) = self;
        let named = hosts.iter().take(MOST_NAMED);
        let named: Vec<_> = named
            .map(|(name, reason)| format!("{name} ({reason})"))
            .collect();
        let more = match hosts.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = hosts.iter().take(MOST_NAMED).map(|(name, _)| name.as_str());
        let limit = format!("all:!{}", names.collect::<Vec<_>>().join(":!"));
        let are = match hosts.len() {
            0 => return None,
            1 => "1 host is no Junos device and is left out".to_owned(),
            count => format!("{count} hosts are no Junos devices and are left out"),
        };
        Some(format!(
            "{are}: {}{more}; leave them out yourself with `--limit '{limit}'`, or set `ansible_network_os: junos` where one is a Junos device",
            named.join(", ")
        ))
    }
}

fn reason(host: &mut HostVariables<'_>) -> Option<String> {
    let said = |host: &mut HostVariables<'_>, names: Names| {
        let text = host.text(names)?;
        let shown = match host.is_secret(names) {
            true => format!("`{}`", host.name_of(names)),
            false => format!("`{}: {text}`", host.name_of(names)),
        };
        Some((text.trim().to_lowercase(), shown))
    };
    if let Some((system, shown)) = said(host, NETWORK_OS) {
        if system.contains("junos") || system.contains("juniper") {
            return None;
        }
        if !matches!(system.as_str(), "" | "auto" | "default") {
            return Some(shown);
        }
    }
    let (connection, shown) = said(host, CONNECTION)?;
    let plugin = connection.rsplit('.').next().unwrap_or_default();
    let is_taken = match plugin {
        "" => true,
        // Juniper's own modules run locally and reach the device by its address.
        "local" => {
            let address = host.text(ADDRESS);
            let is_named = address.is_some();
            is_named && !is_loopback(&address.unwrap_or_default())
        }
        plugin => OVER_SSH.contains(&plugin),
    };
    (!is_taken).then_some(shown)
}

fn is_loopback(address: &str) -> bool {
    let address = address.trim_matches(['[', ']']);
    let number = address.parse::<std::net::IpAddr>();
    number.map_or(address == "localhost", |number| number.is_loopback())
}
