//! The errors of starting a fleet. Once it runs, an error ends one session and nothing else.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::conditions::PortLocation;

/// Why a fleet did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A port could not be taken: try another `first_port`, or none.
    #[error("{device}: cannot listen on {address}: {source}")]
    Listen {
        /// The device whose port it is.
        device: String,
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// There are more devices than ports from `first_port` on.
    #[error("{device}: no port is left above {first_port}")]
    NoPortLeft {
        /// The first device without a port.
        device: String,
        /// The port at which the fleet begins.
        first_port: u16,
    },
    /// Two devices have the same name.
    #[error("two devices are called {0}")]
    SameName(String),
    /// A condition was put on a port that the platform has not.
    #[error("{device}: {platform} has no port {location}")]
    NoSuchPort {
        /// The device.
        device: String,
        /// Its platform.
        platform: &'static str,
        /// The port asked for.
        location: PortLocation,
    },
    /// A recording's operation is not an XML element.
    #[error("{device}: `{operation}` is not an operation: {reason}")]
    Operation {
        /// The device.
        device: String,
        /// The text found.
        operation: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the fleet's folder could not be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key could not be made or written down.
    #[error("ssh key of {owner}: {source}")]
    Key {
        /// Whose key: a device, or the user.
        owner: String,
        /// What the key library says.
        source: russh::keys::ssh_key::Error,
    },
}
