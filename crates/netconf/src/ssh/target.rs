//! Whom to call, and all that has to be known to be let in.

use std::fmt;

use super::authentication::Credentials;
use super::host_keys::HostKeyPolicy;

/// Where a device listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// 830 by convention; many devices also answer on 22.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One SSH server and the way in. Secrets do not show in `Debug` output.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// Who logs in, and how.
    pub credentials: Credentials,
    /// Which host keys are trusted.
    pub host_keys: HostKeyPolicy,
}

impl Target {
    /// A target that is reached directly.
    pub fn new(endpoint: Endpoint, credentials: Credentials, host_keys: HostKeyPolicy) -> Self {
        Self {
            endpoint,
            credentials,
            host_keys,
        }
    }
}
