//! What can go wrong before the daemon serves.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use inventory::Problem;

/// Why the daemon does not start, or does not take a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another daemon has the state folder.
    #[error("{holder} has the state folder {}; a second daemon needs another `--state-dir`", folder.display())]
    Held {
        /// The state folder.
        folder: PathBuf,
        /// Who has it, as the begin of a sentence.
        holder: String,
    },
    /// The state folder cannot be used.
    #[error("the state folder {} cannot be used: {source}; choose a folder that can be written with `--state-dir`", folder.display())]
    State {
        /// The state folder.
        folder: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with `--listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The web configuration file or a file that it names is wrong.
    #[error("{0}")]
    Web(Box<Problem>),
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
