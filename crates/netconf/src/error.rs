//! The errors of a connection, from name resolution to close.
//!
//! There is one variant for each reaction that a caller may have. Each message begins with peer, phase and elapsed time, so
//! that it can stand alone in the report of a run over thousands of devices. [`Error::phase`] says how far the connection got,
//! and [`Error::is_transient`] whether a retry may help. A message is complete: it includes its cause, and typed causes are in
//! the fields.
//!
//! Retries and logging are left to the caller.

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

/// The place of an error: the peer, the phase, and the time since the phase began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStep {
    /// `host:port` for sessions over SSH.
    pub peer: Arc<str>,
    /// How far the session had come.
    pub phase: Phase,
    /// The time since the phase began.
    pub elapsed: Duration,
}

impl fmt::Display for SessionStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (peer, phase) = (&self.peer, self.phase);
        write!(f, "{peer}: {phase}, after {}", seconds(self.elapsed))
    }
}

/// Why there is no connection, or no reply. Each message begins with its [`SessionStep`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection could not be opened, or the name not resolved.
    #[error("{step}: cannot connect: {cause}{}", connect_advice(.step.phase, .cause))]
    Connect {
        /// Where it happened.
        step: SessionStep,
        /// What the operating system, or the jump host, said.
        cause: io::Error,
    },

    /// A jump host could not be used. Its own error is inside, shared by all connections that needed it.
    #[error("{peer}: no way through the jump host: {cause}")]
    Jump {
        /// The device behind the jump host.
        peer: Arc<str>,
        /// What went wrong with the jump host.
        cause: Arc<Self>,
    },

    /// A deadline passed.
    #[error("{step}: {waited_for} within {} ({received_bytes} bytes of it arrived{})", seconds(*.limit), quoted(.words.as_deref()))]
    Timeout {
        /// Where it happened.
        step: SessionStep,
        /// What was missing, as the beginning of a sentence: "no reply".
        waited_for: &'static str,
        /// The deadline that passed.
        limit: Duration,
        /// The number of bytes received of it.
        received_bytes: u64,
        /// The text that the peer sent instead, if there was any.
        words: Option<Box<str>>,
    },

    /// The peer, or the network, ended the connection.
    #[error("{step}: the connection ended{}", ending(.step.phase, *.received_bytes, .words.as_deref()))]
    Disconnected {
        /// Where it happened.
        step: SessionStep,
        /// The number of bytes received of an unfinished message.
        received_bytes: u64,
        /// The reason that the peer or the operating system gave.
        words: Option<Box<str>>,
    },

    /// The two sides could not agree on SSH, or the peer does not speak it.
    #[error("{step}: the SSH handshake failed: {reason}")]
    Handshake {
        /// Where it happened.
        step: SessionStep,
        /// What the SSH library found, with both lists if there is no common algorithm, and what to do about it.
        reason: Box<str>,
    },

    /// The host key is not to be trusted, or could not be checked.
    #[error("{step}: {cause}")]
    HostKey {
        /// Where it happened.
        step: SessionStep,
        /// What is wrong with the key, and what to do.
        cause: Box<HostKeyError>,
    },

    /// No method of authentication could be tried: nothing was offered to the peer.
    #[error("{step}: nothing to log in with as \"{user}\": {}{}", list(.attempts), accepted(.accepts))]
    Credentials {
        /// Where it happened.
        step: SessionStep,
        /// The name used.
        user: Box<str>,
        /// The outcome of each method, in the order given; empty if there was none.
        attempts: Vec<Attempt>,
        /// The methods that the peer says it would accept.
        accepts: Vec<String>,
    },

    /// The peer refused each method that was tried, now or earlier in the run.
    #[error("{step}: user \"{user}\" was not let in: {}{}", list(.attempts), accepted(.accepts))]
    Authentication {
        /// Where it happened.
        step: SessionStep,
        /// The name used.
        user: Box<str>,
        /// The outcome of each method, in the order tried.
        attempts: Vec<Attempt>,
        /// The methods that the peer says it would accept.
        accepts: Vec<String>,
    },

    /// The login succeeded, but the `netconf` subsystem is not available.
    #[error(
        "{step}: the netconf subsystem was refused ({reason}): \
         is NETCONF enabled on this port, and allowed to this user?"
    )]
    Subsystem {
        /// Where it happened.
        step: SessionStep,
        /// What the peer did, with its message if there was one.
        reason: Box<str>,
    },

    /// The peer's first message is not a usable hello.
    #[error("{step}: {reason}")]
    Hello {
        /// Where it happened.
        step: SessionStep,
        /// What was found instead.
        reason: Box<str>,
    },

    /// The framing is wrong, or a message is too large.
    #[error("{step}: {cause}")]
    Framing {
        /// Where it happened.
        step: SessionStep,
        /// What is wrong.
        cause: FramingError,
        /// The bytes from there on; empty if the message is too large.
        received: Vec<u8>,
    },

    /// A message came that is not the expected reply.
    #[error("{step}: {reason}")]
    Reply {
        /// Where it happened.
        step: SessionStep,
        /// What was expected and what was found.
        reason: Box<str>,
        /// The whole message.
        received: Vec<u8>,
    },

    /// The request was not sent: the operation cannot be put into a message.
    #[error("{step}: the operation cannot be sent: {reason}")]
    Operation {
        /// Where it happened.
        step: SessionStep,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The request was not sent: an earlier error left the session in an unknown state. Open a new connection.
    #[error("{step}: the session cannot be used any more: {reason}")]
    Unusable {
        /// Where it happened.
        step: SessionStep,
        /// What happened before.
        reason: &'static str,
    },
}

impl Error {
    /// Where it happened. For a jump host, the step of its own session.
    pub fn step(&self) -> &SessionStep {
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

    /// The bytes of a message that could not be read, for a record of what the device sent.
    pub fn received(&self) -> Option<&[u8]> {
        match self {
            Self::Framing { received, .. } | Self::Reply { received, .. } => {
                Some(received.as_slice()).filter(|received| !received.is_empty())
            }
            _ => None,
        }
    }

    /// How far the session had come.
    pub fn phase(&self) -> Phase {
        self.step().phase
    }

    /// Whether a retry may succeed without a change of configuration, because the network or a busy device failed.
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

fn ending(phase: Phase, received_bytes: u64, words: Option<&str>) -> String {
    let mut text = String::new();
    if received_bytes > 0 {
        text.push_str(&format!(", {received_bytes} bytes into a message"));
    } else if phase == Phase::VersionExchange && words.is_none() {
        // All that a peer does that takes no more sessions.
        text.push_str(" without a word: it may limit how many connections it takes, or how often (`rate-limit`)");
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

    fn step(phase: Phase, milliseconds: u64) -> SessionStep {
        SessionStep {
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
    fn a_peer_that_hangs_up_without_a_word_may_limit_its_connections() {
        let error = |words: Option<&str>| Error::Disconnected {
            step: step(Phase::VersionExchange, 10),
            received_bytes: 0,
            words: words.map(Into::into),
        };
        let text = error(None).to_string();
        assert!(
            text.contains("the connection ended without a word: it may limit"),
            "{text}"
        );
        let text = error(Some("Exceeded MaxStartups")).to_string();
        assert!(
            text.ends_with("the connection ended: \"Exceeded MaxStartups\""),
            "{text}"
        );
    }

    #[test]
    fn a_jump_hosts_error_names_both() {
        let cause = Error::Connect {
            step: SessionStep {
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
