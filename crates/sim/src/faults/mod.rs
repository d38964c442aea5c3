//! Faults of the connection to a device.
//!
//! A fault belongs to the stream, the login or the session. Faults of the optics are [`Condition`](crate::Condition)s. Faults are
//! independent and compose: a device may send its banner slowly, answer with the wrong message-id and close the session after the
//! third reply. Where a fault acts:
//!
//! ```text
//!   port ────────► stream ────────► login ───────────► hello ──────────► reply ─────────────────────► next request
//!   port-closed    black-hole       changed-host-key   no-hello          late-reply, rpc-error,       killed
//!                  slow-banner      refused-login      false-base-1.1    wrong-message-id, …
//!                  cut
//! ```
//!
//! - [`stream`]: faults of the TCP stream, below SSH;
//! - [`reply`]: faults in sending a reply;
//! - [`names`]: the names of the faults, and the list of them for the command line.
//!
//! Two more decide when the others act: [`Fault::PassesAfter`] and [`Fault::SparesReplies`].

pub(crate) mod names;
pub(crate) mod reply;
pub(crate) mod stream;

use std::mem::discriminant;

/// One fault, with its size where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nobody listens: every connection is refused.
    PortClosed,
    /// Connections are accepted, and nothing is sent.
    BlackHole,
    /// The SSH banner comes slowly.
    SlowBanner {
        /// Bytes of it in a second, at least one.
        bytes_per_second: u64,
    },
    /// The TCP connection ends after a number of bytes.
    Cut {
        /// Bytes that the device sends before.
        after_bytes: u64,
    },
    /// The host key is another than the one in the fleet's `known_hosts`.
    ChangedHostKey,
    /// Every password and key is refused.
    RefusedLogin,
    /// The NETCONF subsystem starts and sends nothing.
    NoHello,
    /// The hello announces `base:1.1`, the replies are in the framing of 1.0 all the same.
    FalseBase11,
    /// Each reply waits before its first byte.
    LateReply {
        /// For how long.
        seconds: u64,
    },
    /// Each request is answered by an `<rpc-error>`.
    RpcError,
    /// Each reply carries another message-id than its request.
    WrongMessageId,
    /// A control character and a line of a log come before each reply, within its message.
    TextBeforeReply,
    /// Instead of each reply, bytes are sent that are valid in no framing.
    GarbageFraming,
    /// The second half of each reply comes slowly.
    SlowReply {
        /// Bytes of it in a second, at least one.
        bytes_per_second: u64,
    },
    /// The session ends within each reply.
    CutReply {
        /// Bytes of the reply, framing included, that are sent before.
        after_bytes: u64,
    },
    /// A reply begins and never ends.
    EndlessReply {
        /// Bytes of it in a second, at least one.
        bytes_per_second: u64,
    },
    /// Each reply is padded with comments.
    HugeReply {
        /// Up to so many millions of bytes.
        megabytes: u64,
    },
    /// The session is ended between two requests.
    Killed {
        /// Replies that are sent before.
        after_replies: u64,
    },
    /// The device's other faults are gone after so many connections. A closed port stays closed: it sees none.
    PassesAfter {
        /// Connections that meet them.
        connections: u64,
    },
    /// Faults of replies leave the first replies of each session alone.
    SparesReplies {
        /// So many.
        replies: u64,
    },
}

/// The faults of one device: any number, each kind at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault, in place of one of the same kind.
    pub fn add(&mut self, fault: Fault) {
        self.0
            .retain(|other| discriminant(other) != discriminant(&fault));
        self.0.push(fault);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// The first result of `size` over the faults.
    pub(crate) fn size<T>(&self, size: impl Fn(Fault) -> Option<T>) -> Option<T> {
        self.iter().find_map(size)
    }

    /// The faults of the connection with this number, counted from 0.
    pub(crate) fn on_connection(&self, number: u64) -> Self {
        let last = self.size(|fault| match fault {
            Fault::PassesAfter { connections } => Some(connections),
            _ => None,
        });
        if last.is_some_and(|last| number >= last) {
            Self::default()
        } else {
            self.clone()
        }
    }

    /// The faults of the reply with this number in its session, counted from 0.
    pub(crate) fn on_reply(&self, number: u64) -> Self {
        let spared = self.size(|fault| match fault {
            Fault::SparesReplies { replies } => Some(replies),
            _ => None,
        });
        if spared.is_some_and(|spared| number < spared) {
            Self::default()
        } else {
            self.clone()
        }
    }

    /// Whether the session ends now that so many replies have been sent.
    pub(crate) fn kill_after(&self, sent: u64) -> bool {
        let last = self.size(|fault| match fault {
            Fault::Killed { after_replies } => Some(after_replies),
            _ => None,
        });
        last.is_some_and(|last| sent >= last)
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut all = Self::default();
        faults.into_iter().for_each(|fault| all.add(fault));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_faults_of_a_kind_counts() {
        let cut = |after_bytes| Fault::Cut { after_bytes };
        let faults: Faults = [cut(1), Fault::NoHello, cut(2)].into_iter().collect();
        assert_eq!(faults.iter().collect::<Vec<_>>(), [Fault::NoHello, cut(2)]);
    }

    #[test]
    fn a_fault_that_passes_meets_the_first_connections_only() {
        let passes = Fault::PassesAfter { connections: 2 };
        let faults: Faults = [Fault::NoHello, passes].into_iter().collect();
        let met = |number| faults.on_connection(number).has(Fault::NoHello);
        assert_eq!([met(0), met(1), met(2)], [true, true, false]);
    }

    #[test]
    fn the_first_replies_are_spared_on_request() {
        let spares = Fault::SparesReplies { replies: 1 };
        let faults: Faults = [Fault::RpcError, spares].into_iter().collect();
        let met = |number| faults.on_reply(number).has(Fault::RpcError);
        assert_eq!([met(0), met(1)], [false, true]);
    }
}
