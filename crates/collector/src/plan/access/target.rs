//! A host as a target: its address, its route, how to log in, and which keys are trusted.

use std::time::Duration;

use netconf::Framing;
use netconf::ssh::{Endpoint, HostKeyPolicy, Target};

use super::super::device_plan::FromVault;
use super::super::host_variables::{HostVariables, Names};
use super::super::ssh_config::Arguments;
use super::context::{
    ADDRESS, Access, CONNECT_TIMEOUT, DEFAULT_PORT, PORT, REPLY_TIMEOUT, SSH_ARGUMENTS, USER,
    Written, seconds,
};
use super::route;

const LEGACY: Names = &["lanewatch_legacy"];
const NETCONF_VERSION: Names = &["lanewatch_netconf_version"];

/// The newest version of NETCONF that is offered to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetconfVersion {
    /// NETCONF 1.0: messages end with `]]>]]>`.
    V1_0,
    /// NETCONF 1.1: messages are sent in chunks.
    V1_1,
}

impl NetconfVersion {
    /// How messages are kept apart in it.
    pub fn framing(self) -> Framing {
        match self {
            Self::V1_0 => Framing::EndOfMessage,
            Self::V1_1 => Framing::Chunked,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "1.0" | "1" => Some(Self::V1_0), // YAML may take 1.0 for a number
            "1.1" => Some(Self::V1_1),
            _ => None,
        }
    }
}

/// What of the way to a host comes out of a vault. Of arguments for ssh, what they say counts.
pub(crate) fn from_vault(host: &HostVariables<'_>) -> FromVault {
    let secret = SSH_ARGUMENTS.iter().filter(|names| host.is_secret(names));
    let said: Vec<_> = secret
        .filter_map(|names| Arguments::parse(&host.exposed(names)?).ok())
        .map(|arguments| arguments.options)
        .collect();
    FromVault {
        address: host.is_secret(ADDRESS)
            || said
                .iter()
                .any(|said| said.host_name.is_some() || said.port.is_some()),
        user: host.is_secret(USER) || said.iter().any(|said| said.user.is_some()),
        route: said.iter().any(|said| said.proxy.is_some()) || route::is_from_vault(host),
        ..FromVault::default()
    }
}

impl Access<'_> {
    /// The device as a target. What is wrong goes to the resolver's problems.
    pub(crate) fn target(&mut self, host: &mut HostVariables<'_>) -> Target {
        let written = Written::read(host);
        let known = self.known(host, &written);
        let of_variable = host
            .parsed::<std::num::NonZeroU16>(PORT, "a port from 1 to 65535")
            .map(std::num::NonZeroU16::get);
        let port = known
            .first
            .port
            .or(of_variable)
            .or(known.said.port)
            .or(self.options.port)
            .or(known.all.port);
        let endpoint = Endpoint {
            host: known.all.real_name(&known.name),
            port: port.unwrap_or(DEFAULT_PORT),
        };
        let credentials = self.credentials(host, &written, &known);
        let host_keys = self.host_keys(&written, &known, &credentials.user);
        if host_keys == HostKeyPolicy::Off {
            self.unchecked += 1;
        }
        let route = self.route(host, &written, &known);
        let version = host.text(NETCONF_VERSION);
        let offer = version.and_then(|text| {
            let offer = NetconfVersion::parse(&text).map(NetconfVersion::framing);
            if offer.is_none() {
                let found = host.found(NETCONF_VERSION, &text);
                let message =
                    format!("`lanewatch_netconf_version` is `1.0` or `1.1`; found {found}");
                host.problem(host.first(NETCONF_VERSION), message);
            }
            offer
        });
        let connect_timeout = seconds(host, CONNECT_TIMEOUT);
        let is_legacy = host.parsed::<bool>(LEGACY, "`true` or `false`");
        Target {
            route,
            legacy: is_legacy.unwrap_or(known.all.wants_legacy),
            offer,
            connect_timeout: known
                .first
                .connect_timeout
                .or(connect_timeout)
                .or(known.said.connect_timeout)
                .or(known.all.connect_timeout)
                .filter(|t| *t > Duration::ZERO),
            reply_timeout: seconds(host, REPLY_TIMEOUT),
            ..Target::new(endpoint, credentials, host_keys)
        }
    }
}
