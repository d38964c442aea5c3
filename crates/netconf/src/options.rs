//! How long to wait, how much to accept, what to offer: the settings of one session.

use std::time::Duration;

use crate::framing::Framing;

/// See [`Timeouts::connect`].
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// See [`Timeouts::handshake`].
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// See [`Timeouts::authentication`]. Long enough for a RADIUS server that is tried twice.
pub const DEFAULT_AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(20);
/// See [`Timeouts::hello`].
pub const DEFAULT_HELLO_TIMEOUT: Duration = Duration::from_secs(20);
/// See [`Timeouts::first_byte`]. A full chassis may gather its answer for a while before it says a word.
pub const DEFAULT_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(60);
/// See [`Timeouts::reply`].
pub const DEFAULT_REPLY_TIMEOUT: Duration = Duration::from_secs(180);
/// See [`Timeouts::close`].
pub const DEFAULT_CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// See [`Options::max_reply_bytes`].
pub const DEFAULT_MAX_REPLY_BYTES: usize = 256 * 1024 * 1024;

/// How long each step may take. There is no step without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Finding the address and opening the TCP connection.
    pub connect: Duration,
    /// SSH banner, key exchange and host key check.
    pub handshake: Duration,
    /// All methods of authentication together.
    pub authentication: Duration,
    /// Opening the subsystem and exchanging hellos.
    pub hello: Duration,
    /// From sending a request to the first byte that comes back.
    pub first_byte: Duration,
    /// From sending a request to the last byte of its reply.
    pub reply: Duration,
    /// Ending the session in good order. When it has passed, the connection is cut.
    pub close: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: DEFAULT_CONNECT_TIMEOUT,
            handshake: DEFAULT_HANDSHAKE_TIMEOUT,
            authentication: DEFAULT_AUTHENTICATION_TIMEOUT,
            hello: DEFAULT_HELLO_TIMEOUT,
            first_byte: DEFAULT_FIRST_BYTE_TIMEOUT,
            reply: DEFAULT_REPLY_TIMEOUT,
            close: DEFAULT_CLOSE_TIMEOUT,
        }
    }
}

/// The settings of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// A larger reply is an error, and its memory is never asked for.
    pub max_reply_bytes: usize,
    /// The best framing to offer the peer. The default is [`Framing::EndOfMessage`], that is `base:1.0` alone: every
    /// peer speaks it, and it spares us those that announce `base:1.1` and do not keep to it.
    pub offer: Framing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            max_reply_bytes: DEFAULT_MAX_REPLY_BYTES,
            offer: Framing::EndOfMessage,
        }
    }
}
