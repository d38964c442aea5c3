//! Everything that can go wrong between asking for a connection and closing it.
//!
//! One variant for each kind of thing the caller can do about it, and each names the peer, so that the sentence can
//! stand alone in the report of a run over thousands of devices. [`Error::phase`] says how far it got,
//! [`Error::is_transient`] whether trying again may help. A message is complete in itself: the cause is part of its
//! text, and typed causes are reached through the fields.
//!
//! Left out: retrying and logging, which are the caller's.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::framing::FramingError;
use crate::ssh::{Attempt, HostKeyError};

/// How far a session had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Finding the address and opening the TCP connection.
    Connect,
    /// SSH banner and key exchange.
    Handshake,
    /// Checking that the host key is the right one.
    HostKey,
    /// Logging in.
    Authentication,
    /// Opening the `netconf` subsystem and exchanging hellos.
    Hello,
    /// Sending a request and reading its reply.
    Request,
    /// Ending the session.
    Close,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connect => "connect",
            Self::Handshake => "SSH handshake",
            Self::HostKey => "host key check",
            Self::Authentication => "authentication",
            Self::Hello => "hello",
            Self::Request => "request",
            Self::Close => "close",
        })
    }
}

/// Why there is no connection, or no reply. `peer` is `host:port` for sessions over SSH.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The TCP connection could not be opened, or the name not resolved.
    #[error("{peer}: cannot connect: {cause} (after {}){}", seconds(*.elapsed), connect_advice(.cause))]
    Connect {
        /// Who was called.
        peer: Arc<str>,
        /// What the operating system said.
        cause: io::Error,
        /// How long it took to say so.
        elapsed: Duration,
    },

    /// A deadline passed.
    #[error("{peer}: {waited_for} within {} ({received_bytes} bytes of it arrived)", seconds(*.limit))]
    Timeout {
        /// Who did not answer.
        peer: Arc<str>,
        /// In which step.
        phase: Phase,
        /// What did not come, as the beginning of a sentence: "no reply".
        waited_for: &'static str,
        /// The deadline that passed.
        limit: Duration,
        /// How much of what was waited for had come.
        received_bytes: u64,
    },

    /// The peer, or the network, ended the connection.
    #[error("{peer}: the connection ended during {phase}{}", ending(*.received_bytes, .words.as_deref()))]
    Disconnected {
        /// Who left.
        peer: Arc<str>,
        /// In which step.
        phase: Phase,
        /// How much of an unfinished message had come.
        received_bytes: u64,
        /// The reason that the peer or the operating system gave.
        words: Option<Box<str>>,
    },

    /// The two sides could not agree on SSH, or the peer does not speak it.
    #[error("{peer}: the SSH handshake failed: {reason}")]
    Handshake {
        /// Who was called.
        peer: Arc<str>,
        /// What the SSH library found, with both lists if there is no common algorithm.
        reason: Box<str>,
    },

    /// The host key is not to be trusted, or could not be checked.
    #[error("{peer}: {cause}")]
    HostKey {
        /// Who was called.
        peer: Arc<str>,
        /// What is wrong with the key, and what to do.
        cause: Box<HostKeyError>,
    },

    /// No method of authentication could be tried: nothing was offered to the peer.
    #[error("{peer}: nothing to log in with as \"{user}\": {}", list(.attempts))]
    Credentials {
        /// Who was called.
        peer: Arc<str>,
        /// The name used.
        user: Box<str>,
        /// What became of each method, in the order given; empty if there was none.
        attempts: Vec<Attempt>,
    },

    /// The peer refused each method that was tried.
    #[error(
        "{peer}: user \"{user}\" was not let in: {}{}",
        list(.attempts),
        accepted(.accepts)
    )]
    Authentication {
        /// Who refused.
        peer: Arc<str>,
        /// The name used.
        user: Box<str>,
        /// What became of each method, in the order given.
        attempts: Vec<Attempt>,
        /// The methods that the peer says it would accept.
        accepts: Vec<String>,
    },

    /// Logged in, but the `netconf` subsystem cannot be had.
    #[error(
        "{peer}: the netconf subsystem was refused ({reason}): \
         is NETCONF enabled on this port, and allowed to this user?"
    )]
    Subsystem {
        /// Who refused.
        peer: Arc<str>,
        /// The SSH library's words.
        reason: Box<str>,
    },

    /// The peer's first message is no hello that can be used.
    #[error("{peer}: {reason}")]
    Hello {
        /// Who sent it.
        peer: Arc<str>,
        /// What was found instead.
        reason: Box<str>,
    },

    /// The messages cannot be told apart any more, or one is too large.
    #[error("{peer}: {cause}")]
    Framing {
        /// Who sent them.
        peer: Arc<str>,
        /// In which step.
        phase: Phase,
        /// What is wrong.
        cause: FramingError,
    },

    /// A message came where the reply was due, and it is not that reply.
    #[error("{peer}: {reason}")]
    Reply {
        /// Who sent it.
        peer: Arc<str>,
        /// What was expected and what was found.
        reason: Box<str>,
    },

    /// The request was not sent: the operation cannot be put into a message.
    #[error("{peer}: the operation cannot be sent: {reason}")]
    Operation {
        /// For whom it was meant.
        peer: Arc<str>,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The request was not sent: an earlier fault left the session in an unknown state. Connect anew.
    #[error("{peer}: the session cannot be used any more: {reason}")]
    Unusable {
        /// For whom it was meant.
        peer: Arc<str>,
        /// What happened before.
        reason: &'static str,
    },
}

impl Error {
    /// How far the session had come.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Connect { .. } => Phase::Connect,
            Self::Timeout { phase, .. }
            | Self::Disconnected { phase, .. }
            | Self::Framing { phase, .. } => *phase,
            Self::Handshake { .. } => Phase::Handshake,
            Self::HostKey { .. } => Phase::HostKey,
            Self::Credentials { .. } | Self::Authentication { .. } => Phase::Authentication,
            Self::Subsystem { .. } | Self::Hello { .. } => Phase::Hello,
            Self::Reply { .. } | Self::Operation { .. } | Self::Unusable { .. } => Phase::Request,
        }
    }

    /// Whether the same call may succeed later with nothing changed here: the network or a busy device is to blame.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { cause, .. } => !matches!(
                cause.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
            ),
            Self::Timeout { .. } | Self::Disconnected { .. } | Self::Unusable { .. } => true,
            Self::Handshake { .. }
            | Self::HostKey { .. }
            | Self::Credentials { .. }
            | Self::Authentication { .. }
            | Self::Subsystem { .. }
            | Self::Hello { .. }
            | Self::Framing { .. }
            | Self::Reply { .. }
            | Self::Operation { .. } => false,
        }
    }
}

/// The first bytes of something foreign, made fit for one line of text.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let head = bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii();
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("{head}{more}")
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration.subsec_millis() == 0 && duration.as_secs() > 0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.2} s")
    }
}

fn connect_advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => {
            ": nothing listens on that port; is NETCONF over SSH enabled there?"
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ": check the address and the route to it"
        }
        _ => "",
    }
}

fn ending(received_bytes: u64, words: Option<&str>) -> String {
    let mut text = String::new();
    if received_bytes > 0 {
        text.push_str(&format!(", {received_bytes} bytes into a message"));
    }
    if let Some(words) = words {
        text.push_str(&format!(": \"{}\"", excerpt(words.as_bytes())));
    }
    text
}

fn list(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "no method of authentication is configured".to_owned();
    }
    let attempts: Vec<String> = attempts.iter().map(Attempt::to_string).collect();
    attempts.join("; ")
}

fn accepted(methods: &[String]) -> String {
    if methods.is_empty() {
        String::new()
    } else {
        format!(" (the device accepts: {})", methods.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_bytes_are_escaped_and_cut() {
        assert_eq!(excerpt(b"a\r\n\x1b[1m\xff"), r"a\r\n\x1b[1m\xff");
        let long = excerpt(&[b'x'; 200]);
        assert_eq!(long.chars().count(), 81);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_message_names_the_peer_the_deadline_and_how_far_it_got() {
        let error = Error::Timeout {
            peer: "r1:830".into(),
            phase: Phase::Request,
            waited_for: "no complete reply",
            limit: Duration::from_secs(60),
            received_bytes: 12,
        };
        assert_eq!(
            error.to_string(),
            "r1:830: no complete reply within 60 s (12 bytes of it arrived)"
        );
        assert!(error.is_transient());
        assert_eq!(error.phase(), Phase::Request);
    }

    #[test]
    fn a_refused_port_comes_with_advice() {
        let error = Error::Connect {
            peer: "r1:830".into(),
            cause: io::ErrorKind::ConnectionRefused.into(),
            elapsed: Duration::from_millis(3),
        };
        let text = error.to_string();
        assert!(text.starts_with("r1:830: cannot connect: "), "{text}");
        assert!(text.contains("is NETCONF over SSH enabled"), "{text}");
    }

    #[test]
    fn the_peers_last_words_are_quoted() {
        let error = Error::Disconnected {
            peer: "r1:830".into(),
            phase: Phase::Authentication,
            received_bytes: 0,
            words: Some("Too many sessions\n".into()),
        };
        assert_eq!(
            error.to_string(),
            r#"r1:830: the connection ended during authentication: "Too many sessions\n""#
        );
    }
}
