//! Whom to call, by which way, and all that has to be known to be let in.

use std::time::Duration;

use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::host_keys::HostKeyPolicy;
use crate::framing::Framing;

/// One SSH server and the way to it. Secrets do not show in `Debug` output.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens, as seen from the end of the route.
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
}

impl Target {
    /// A target that is reached directly, with today's algorithms.
    pub fn new(endpoint: Endpoint, credentials: Credentials, host_keys: HostKeyPolicy) -> Self {
        Self {
            endpoint,
            credentials,
            host_keys,
            route: Route::Direct,
            legacy: false,
            offer: None,
            connect_timeout: None,
        }
    }
}

/// How a target is reached.
#[derive(Debug, Clone)]
pub enum Route {
    /// By a TCP connection from here.
    Direct,
    /// Through these SSH servers, the nearest first, as `ssh -J` does. Targets that share a way share its connections.
    Jump(Vec<Hop>),
    /// Over the standard input and output of this command, run by `/bin/sh`. `%h`, `%p`, `%r` and `%n` in it stand for
    /// the endpoint's host and port, the user, and the host again; `%%` for `%`.
    ProxyCommand(String),
}

/// One SSH server on the way.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Where it listens, as seen from the hop before.
    pub endpoint: Endpoint,
    /// Who logs in, and how.
    pub credentials: Credentials,
    /// Which host keys are trusted.
    pub host_keys: HostKeyPolicy,
    /// Whether algorithms are offered that only old servers need: group exchange, CBC, and all that rests on SHA-1.
    pub legacy: bool,
}

/// What a target and a hop have in common: a server to log in to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door<'t> {
    pub(super) endpoint: &'t Endpoint,
    pub(super) credentials: &'t Credentials,
    pub(super) host_keys: &'t HostKeyPolicy,
    pub(super) legacy: bool,
    /// What tells two servers apart that have the same address on different networks: the way to them.
    pub(super) way: &'t str,
}

impl Target {
    pub(super) fn door<'t>(&'t self, way: &'t str) -> Door<'t> {
        Door {
            endpoint: &self.endpoint,
            credentials: &self.credentials,
            host_keys: &self.host_keys,
            legacy: self.legacy,
            way,
        }
    }
}

impl Hop {
    pub(super) fn door<'t>(&'t self, way: &'t str) -> Door<'t> {
        Door {
            endpoint: &self.endpoint,
            credentials: &self.credentials,
            host_keys: &self.host_keys,
            legacy: self.legacy,
            way,
        }
    }
}

impl Route {
    /// A name for the way: the same for two targets that are reached in the same way.
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
