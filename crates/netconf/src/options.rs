//! The settings of a session: timeouts, keepalives, size limit and the framing to offer.

use std::time::Duration;

use crate::framing::Framing;

/// See [`Timeouts::resolve`].
pub const DEFAULT_RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// See [`Timeouts::connect`].
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// See [`Timeouts::version_exchange`].
pub const DEFAULT_VERSION_EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);
/// See [`Timeouts::key_exchange`]. An old routing engine may compute for seconds.
pub const DEFAULT_KEY_EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// See [`Timeouts::authentication`]. Long enough for a RADIUS server that is tried twice.
pub const DEFAULT_AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(20);
/// See [`Timeouts::hello`].
pub const DEFAULT_HELLO_TIMEOUT: Duration = Duration::from_secs(20);
/// See [`Timeouts::first_byte`]. A full chassis may collect data for a while before it sends the first byte.
pub const DEFAULT_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(60);
/// See [`Timeouts::reply`].
pub const DEFAULT_REPLY_TIMEOUT: Duration = Duration::from_secs(180);
/// See [`Timeouts::close`].
pub const DEFAULT_CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The upper bound of all timeouts: a larger value counts as this one.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// See [`Keepalive::interval`].
pub const DEFAULT_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// See [`Keepalive::unanswered`].
pub const DEFAULT_KEEPALIVES_UNANSWERED: usize = 3;
/// See [`Options::max_reply_bytes`].
pub const DEFAULT_MAX_REPLY_BYTES: usize = 256_000_000;

/// The time limit of each step. None is infinite: [`LONGEST_TIMEOUT`] is the upper bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Finding the addresses of a name. A literal address needs none of it.
    pub resolve: Duration,
    /// Opening the TCP connection, or the channel through a jump host: all addresses together.
    pub connect: Duration,
    /// Until the peer has sent its SSH identification line (the "banner").
    pub version_exchange: Duration,
    /// From there until the keys are agreed, the host key check included.
    pub key_exchange: Duration,
    /// All methods of authentication together.
    pub authentication: Duration,
    /// Opening the subsystem and exchanging hellos.
    pub hello: Duration,
    /// From sending a request to the first byte that comes back.
    pub first_byte: Duration,
    /// From sending a request to the last byte of its reply.
    pub reply: Duration,
    /// Closing the session in order. After it, the connection is cut.
    pub close: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: DEFAULT_RESOLVE_TIMEOUT,
            connect: DEFAULT_CONNECT_TIMEOUT,
            version_exchange: DEFAULT_VERSION_EXCHANGE_TIMEOUT,
            key_exchange: DEFAULT_KEY_EXCHANGE_TIMEOUT,
            authentication: DEFAULT_AUTHENTICATION_TIMEOUT,
            hello: DEFAULT_HELLO_TIMEOUT,
            first_byte: DEFAULT_FIRST_BYTE_TIMEOUT,
            reply: DEFAULT_REPLY_TIMEOUT,
            close: DEFAULT_CLOSE_TIMEOUT,
        }
    }
}

impl Timeouts {
    /// The same with no entry above [`LONGEST_TIMEOUT`]. Sessions and connections apply it themselves.
    #[must_use]
    pub fn bounded(&self) -> Self {
        let bounded = |timeout: Duration| timeout.min(LONGEST_TIMEOUT);
        Self {
            resolve: bounded(self.resolve),
            connect: bounded(self.connect),
            version_exchange: bounded(self.version_exchange),
            key_exchange: bounded(self.key_exchange),
            authentication: bounded(self.authentication),
            hello: bounded(self.hello),
            first_byte: bounded(self.first_byte),
            reply: bounded(self.reply),
            close: bounded(self.close),
        }
    }
}

/// Keepalives: how a peer that disappeared is detected, between and within requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keepalive {
    /// A keepalive is sent after this time without data from the peer.
    pub interval: Duration,
    /// The connection is closed after so many unanswered keepalives.
    pub unanswered: usize,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self {
            interval: DEFAULT_KEEPALIVE_INTERVAL,
            unanswered: DEFAULT_KEEPALIVES_UNANSWERED,
        }
    }
}

/// The settings of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// Detection of a silent peer, for sessions over SSH.
    pub keepalive: Keepalive,
    /// The size limit of a reply, in bytes. Memory beyond it is never allocated.
    pub max_reply_bytes: usize,
    /// The best framing to offer the peer. The default is [`Framing::EndOfMessage`], that is `base:1.0` alone: every
    /// peer supports it, and some peers announce `base:1.1` and do not keep to it.
    pub offer: Framing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            keepalive: Keepalive::default(),
            max_reply_bytes: DEFAULT_MAX_REPLY_BYTES,
            offer: Framing::EndOfMessage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_is_infinite() {
        let endless = Timeouts {
            resolve: Duration::MAX,
            connect: Duration::MAX,
            version_exchange: Duration::MAX,
            key_exchange: Duration::MAX,
            authentication: Duration::MAX,
            hello: Duration::MAX,
            first_byte: Duration::MAX,
            reply: Duration::MAX,
            close: Duration::MAX,
        };
        let text = format!("{:?}", endless.bounded());
        assert_eq!(text.matches("86400s").count(), 9, "{text}");
        assert_eq!(Timeouts::default().bounded(), Timeouts::default());
    }
}
