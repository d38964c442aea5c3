//! The errors of the host key check.

use std::io;
use std::path::{Path, PathBuf};

/// Why a host key is not trusted. The fingerprints are those that `ssh-keygen -l` shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyError {
    /// The host is in none of the files.
    #[error(
        "the host key is unknown: {name} ({algorithm} {fingerprint}) is not in {}; \
         compare the fingerprint with the device's own and add the key, or accept new hosts{}",
        .file.display(),
        authority_advice(.authority.as_deref())
    )]
    Unknown {
        /// The name that was looked up.
        name: Box<str>,
        /// The type of the key that the device showed.
        algorithm: String,
        /// Its fingerprint.
        fingerprint: String,
        /// The line that would make the host known: see [`KnownHosts::add`](super::KnownHosts::add).
        entry: Box<str>,
        /// The first of the files that were searched.
        file: PathBuf,
        /// File and line of a certificate authority for this host: certificates are not read.
        authority: Option<Box<str>>,
    },
    /// The host is recorded with another key.
    #[error(
        "the host key has CHANGED: the device shows {algorithm} {fingerprint}, but {} line {line} has \
         {recorded}; if the device was replaced or its keys were made anew, delete that line, \
         otherwise somebody is in between",
        .file.display()
    )]
    Changed {
        /// The type of the key that the device showed.
        algorithm: String,
        /// Its fingerprint.
        fingerprint: String,
        /// The file with the other key.
        file: PathBuf,
        /// The line with the other key, from 1.
        line: usize,
        /// Type and fingerprint of the key on that line.
        recorded: String,
    },
    /// The key is marked `@revoked`.
    #[error("the host key {fingerprint} is revoked by {} line {line}", .file.display())]
    Revoked {
        /// The fingerprint of the key that the device showed.
        fingerprint: String,
        /// The file that revokes it.
        file: PathBuf,
        /// The line that revokes it, from 1.
        line: usize,
    },
    /// The file could not be read or written.
    #[error("the host key cannot be checked: {}: {reason}", .file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the operating system, or the parser, said.
        reason: String,
    },
}

fn authority_advice(place: Option<&str>) -> String {
    place.map_or_else(String::new, |place| {
        format!(
            " ({place} names a certificate authority for it, but host certificates are not read)"
        )
    })
}

pub(super) fn file_error(file: &Path, error: &io::Error) -> HostKeyError {
    HostKeyError::File {
        file: file.to_owned(),
        reason: error.to_string(),
    }
}
