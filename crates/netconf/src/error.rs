//! Everything that can go wrong between asking for a connection and closing it.
//!
//! One variant for each kind of thing the caller can do about it. Each begins with peer, phase and time, so that the
//! sentence can stand alone in the report of a run over thousands of devices. [`Error::phase`] says how far it got,
//! [`Error::is_transient`] whether trying again may help. A message is complete in itself: the cause is part of its
//! text, and typed causes are reached through the fields.
//!
//! Left out: retrying and logging, which are the caller's.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::framing::FramingError;
use crate::ssh::credentials::Attempt;
use crate::ssh::host_key_error::HostKeyError;
use crate::text::excerpt;

/// How far a session had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Finding the address.
    Resolve,
    /// Opening the TCP connection, the channel through a jump host, or the proxy command.
    Connect,
    /// Waiting for the peer's SSH identification line.
    VersionExchange,
    /// Agreeing on algorithms and keys.
    KeyExchange,
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
            Self::Resolve => "name resolution",
            Self::Connect => "connect",
            Self::VersionExchange => "SSH version exchange",
            Self::KeyExchange => "SSH key exchange",
            Self::HostKey => "host key check",
            Self::Authentication => "authentication",
            Self::Hello => "hello",
            Self::Request => "request",
            Self::Close => "close",
        })
    }
}

/// Where it went wrong: with whom, in which phase, how long after the phase began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `host:port` for sessions over SSH, with the jump host's purpose if it is one.
    pub peer: Arc<str>,
    /// How far the session had come.
    pub phase: Phase,
    /// How long this phase had taken by then.
    pub elapsed: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (peer, phase) = (&self.peer, self.phase);
        write!(f, "{peer}: {phase}, after {}", seconds(self.elapsed))
    }
}

/// Why there is no connection, or no reply. Each message begins with its [`Step`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection could not be opened, or the name not resolved.
    #[error("{step}: cannot connect: {cause}{}", connect_advice(.step.phase, .cause))]
    Connect {
        /// Where it happened.
        step: Step,
        /// What the operating system, or the jump host, said.
        cause: io::Error,
    },

    /// A jump host could not be used. Its own error is inside, shared by all who wanted to pass through it.
    #[error("{peer}: no way through the jump host: {cause}")]
    Jump {
        /// Who was to be reached.
        peer: Arc<str>,
        /// What went wrong with the jump host.
        cause: Arc<Self>,
    },

    /// A deadline passed.
    #[error("{step}: {waited_for} within {} ({received_bytes} bytes of it arrived{})", seconds(*.limit), quoted(.words.as_deref()))]
    Timeout {
        /// Where it happened.
        step: Step,
        /// What did not come, as the beginning of a sentence: "no reply".
        waited_for: &'static str,
        /// The deadline that passed.
        limit: Duration,
        /// How much of what was waited for had come.
        received_bytes: u64,
        /// What the peer had said by then, if it was not what was waited for.
        words: Option<Box<str>>,
    },

    /// The peer, or the network, ended the connection.
    #[error("{step}: the connection ended{}", ending(*.received_bytes, .words.as_deref()))]
    Disconnected {
        /// Where it happened.
        step: Step,
        /// How much of an unfinished message had come.
        received_bytes: u64,
        /// The reason that the peer or the operating system gave.
        words: Option<Box<str>>,
    },

    /// The two sides could not agree on SSH, or the peer does not speak it.
    #[error("{step}: the SSH handshake failed: {reason}")]
    Handshake {
        /// Where it happened.
        step: Step,
        /// What the SSH library found, with both lists if there is no common algorithm, and what to do about it.
        reason: Box<str>,
    },

    /// The host key is not to be trusted, or could not be checked.
    #[error("{step}: {cause}")]
    HostKey {
        /// Where it happened.
        step: Step,
        /// What is wrong with the key, and what to do.
        cause: Box<HostKeyError>,
    },

    /// No method of authentication could be tried: nothing was offered to the peer.
    #[error("{step}: nothing to log in with as \"{user}\": {}{}", list(.attempts), accepted(.accepts))]
    Credentials {
        /// Where it happened.
        step: Step,
        /// The name used.
        user: Box<str>,
        /// What became of each method, in the order given; empty if there was none.
        attempts: Vec<Attempt>,
        /// The methods that the peer says it would accept.
        accepts: Vec<String>,
    },

    /// The peer refused each method that was tried, now or earlier in the run.
    #[error("{step}: user \"{user}\" was not let in: {}{}", list(.attempts), accepted(.accepts))]
    Authentication {
        /// Where it happened.
        step: Step,
        /// The name used.
        user: Box<str>,
        /// What became of each method, in the order tried.
        attempts: Vec<Attempt>,
        /// The methods that the peer says it would accept.
        accepts: Vec<String>,
    },

    /// Logged in, but the `netconf` subsystem cannot be had.
    #[error(
        "{step}: the netconf subsystem was refused ({reason}): \
         is NETCONF enabled on this port, and allowed to this user?"
    )]
    Subsystem {
        /// Where it happened.
        step: Step,
        /// What the peer did, and its words if it had any.
        reason: Box<str>,
    },

    /// The peer's first message is no hello that can be used.
    #[error("{step}: {reason}")]
    Hello {
        /// Where it happened.
        step: Step,
        /// What was found instead.
        reason: Box<str>,
    },

    /// The messages cannot be told apart any more, or one is too large.
    #[error("{step}: {cause}")]
    Framing {
        /// Where it happened.
        step: Step,
        /// What is wrong.
        cause: FramingError,
    },

    /// A message came where the reply was due, and it is not that reply.
    #[error("{step}: {reason}")]
    Reply {
        /// Where it happened.
        step: Step,
        /// What was expected and what was found.
        reason: Box<str>,
    },

    /// The request was not sent: the operation cannot be put into a message.
    #[error("{step}: the operation cannot be sent: {reason}")]
    Operation {
        /// Where it happened.
        step: Step,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The request was not sent: an earlier fault left the session in an unknown state. Connect anew.
    #[error("{step}: the session cannot be used any more: {reason}")]
    Unusable {
        /// Where it happened.
        step: Step,
        /// What happened before.
        reason: &'static str,
    },
}

impl Error {
    /// Where it happened. For a jump host, the step of its own session.
    pub fn step(&self) -> &Step {
        match self {
            Self::Jump { cause, .. } => cause.step(),
            Self::Connect { step, .. }
            | Self::Timeout { step, .. }
            | Self::Disconnected { step, .. }
            | Self::Handshake { step, .. }
            | Self::HostKey { step, .. }
            | Self::Credentials { step, .. }
            | Self::Authentication { step, .. }
            | Self::Subsystem { step, .. }
            | Self::Hello { step, .. }
            | Self::Framing { step, .. }
            | Self::Reply { step, .. }
            | Self::Operation { step, .. }
            | Self::Unusable { step, .. } => step,
        }
    }

    /// How far the session had come.
    pub fn phase(&self) -> Phase {
        self.step().phase
    }

    /// Whether the same call may succeed later with nothing changed here: the network or a busy device is to blame.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { cause, .. } => !matches!(
                cause.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
            ),
            Self::Jump { cause, .. } => cause.is_transient(),
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

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration.subsec_millis() == 0 && duration.as_secs() > 0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.2} s")
    }
}

fn connect_advice(phase: Phase, cause: &io::Error) -> &'static str {
    match cause.kind() {
        _ if phase == Phase::Resolve => ": is the name right, and does the resolver answer?",
        io::ErrorKind::ConnectionRefused => {
            ": nothing listens on that port; is NETCONF over SSH enabled there?"
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ": check the address and the route to it"
        }
        _ => "",
    }
}

fn quoted(words: Option<&str>) -> String {
    words.map_or_else(String::new, |words| {
        format!(": \"{}\"", excerpt(words.as_bytes()))
    })
}

fn ending(received_bytes: u64, words: Option<&str>) -> String {
    let mut text = String::new();
    if received_bytes > 0 {
        text.push_str(&format!(", {received_bytes} bytes into a message"));
    }
    text.push_str(&quoted(words));
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

    fn step(phase: Phase, milliseconds: u64) -> Step {
        Step {
            peer: "r1:830".into(),
            phase,
            elapsed: Duration::from_millis(milliseconds),
        }
    }

    #[test]
    fn a_message_names_the_peer_the_phase_the_time_and_how_far_it_got() {
        let error = Error::Timeout {
            step: step(Phase::Request, 60_010),
            waited_for: "no complete reply",
            limit: Duration::from_secs(60),
            received_bytes: 12,
            words: None,
        };
        assert_eq!(
            error.to_string(),
            "r1:830: request, after 60.01 s: no complete reply within 60 s (12 bytes of it arrived)"
        );
        assert!(error.is_transient());
        assert_eq!(error.phase(), Phase::Request);
    }

    #[test]
    fn a_refused_port_comes_with_advice() {
        let error = Error::Connect {
            step: step(Phase::Connect, 3),
            cause: io::ErrorKind::ConnectionRefused.into(),
        };
        let text = error.to_string();
        assert!(
            text.starts_with("r1:830: connect, after 0.00 s: cannot connect: "),
            "{text}"
        );
        assert!(text.contains("is NETCONF over SSH enabled"), "{text}");
    }

    #[test]
    fn the_peers_last_words_are_quoted() {
        let error = Error::Disconnected {
            step: step(Phase::Authentication, 250),
            received_bytes: 0,
            words: Some("Too many sessions\n".into()),
        };
        assert_eq!(
            error.to_string(),
            r#"r1:830: authentication, after 0.25 s: the connection ended: "Too many sessions\n""#
        );
    }

    #[test]
    fn a_jump_hosts_error_names_both() {
        let cause = Error::Connect {
            step: Step {
                peer: "jump:22".into(),
                ..step(Phase::Connect, 0)
            },
            cause: io::ErrorKind::ConnectionRefused.into(),
        };
        let error = Error::Jump {
            peer: "r1:830".into(),
            cause: Arc::new(cause),
        };
        let text = error.to_string();
        assert!(
            text.starts_with("r1:830: no way through the jump host: jump:22: connect, after"),
            "{text}"
        );
        assert!(error.is_transient() && error.phase() == Phase::Connect);
    }
}
