//! The description of a device to connect to: endpoint, credentials, host keys and route.

use std::time::Duration;

use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::host_keys::HostKeyPolicy;
use crate::framing::Framing;

/// A device to connect to. Secrets do not show in `Debug` output.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address, as seen from the end of the route.
    pub endpoint: Endpoint,
    /// Who logs in, and how.
    pub credentials: Credentials,
    /// Which host keys are trusted.
    pub host_keys: HostKeyPolicy,
    /// How it is reached.
    pub route: Route,
    /// Whether old algorithms are offered too, see [`Hop::legacy`].
    pub legacy: bool,
    /// The framing to offer this device, in place of [`Options::offer`](crate::Options::offer).
    pub offer: Option<Framing>,
    /// How long opening a direct TCP connection to it may take, in place of
    /// [`Timeouts::connect`](crate::Timeouts::connect).
    pub connect_timeout: Option<Duration>,
    /// How long a reply of it may take, to its first and to its last byte, in place of
    /// [`Timeouts::first_byte`](crate::Timeouts::first_byte) and [`Timeouts::reply`](crate::Timeouts::reply).
    pub reply_timeout: Option<Duration>,
}

impl Target {
    /// A target with a direct route and without legacy algorithms.
    pub fn new(endpoint: Endpoint, credentials: Credentials, host_keys: HostKeyPolicy) -> Self {
        Self {
            endpoint,
            credentials,
            host_keys,
            route: Route::Direct,
            legacy: false,
            offer: None,
            connect_timeout: None,
            reply_timeout: None,
        }
    }
}

/// How a target is reached.
#[derive(Debug, Clone)]
pub enum Route {
    /// By a direct TCP connection.
    Direct,
    /// Through these SSH servers, the nearest first, as with `ssh -J`. Targets with the same route share its connections.
    Jump(Vec<Hop>),
    /// Over the standard input and output of this command, run by `/bin/sh`. `%h`, `%p`, `%r` and `%n` in it stand for
    /// the endpoint's host and port, the user, and the host again; `%%` for `%`.
    ProxyCommand(String),
}

/// One SSH server on the route.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Its address, as seen from the hop before.
    pub endpoint: Endpoint,
    /// Who logs in, and how.
    pub credentials: Credentials,
    /// Which host keys are trusted.
    pub host_keys: HostKeyPolicy,
    /// Whether algorithms for old servers are offered: group exchange, CBC, and all that needs SHA-1.
    pub legacy: bool,
}

/// An SSH server to log in to: a target or a hop.
#[derive(Debug, Clone, Copy)]
pub(super) struct SshServer<'t> {
    pub(super) endpoint: &'t Endpoint,
    pub(super) credentials: &'t Credentials,
    pub(super) host_keys: &'t HostKeyPolicy,
    pub(super) legacy: bool,
    /// The name of the route. It distinguishes servers with the same address on different networks.
    pub(super) route_name: &'t str,
}

impl Target {
    pub(super) fn ssh_server<'t>(&'t self, route_name: &'t str) -> SshServer<'t> {
        SshServer {
            endpoint: &self.endpoint,
            credentials: &self.credentials,
            host_keys: &self.host_keys,
            legacy: self.legacy,
            route_name,
        }
    }
}

impl Hop {
    pub(super) fn ssh_server<'t>(&'t self, route_name: &'t str) -> SshServer<'t> {
        SshServer {
            endpoint: &self.endpoint,
            credentials: &self.credentials,
            host_keys: &self.host_keys,
            legacy: self.legacy,
            route_name,
        }
    }
}

impl Route {
    /// The name of the route: equal for two targets with the same route.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Direct => String::new(),
            Self::Jump(hops) => name_of(hops),
            Self::ProxyCommand(command) => command.clone(),
        }
    }
}

/// `user@host:port` of each, the nearest first.
pub(super) fn name_of(hops: &[Hop]) -> String {
    let names = hops
        .iter()
        .map(|hop| format!("{}@{}", hop.credentials.user, hop.endpoint));
    names.collect::<Vec<_>>().join(",")
}
