//! Sends the first bytes of the next message early, so that a server does not overlook the first request.
//!
//! A server may read the client's hello and the first request in one piece. Some (netconfd 2.13) then process the hello, and the request
//! only when more bytes come. A client cannot know when the server has read its hello. So, as long as a session has had no reply, it
//! sends one more byte after a second, and again after two, four and so on. The bytes are the beginning of the next message, which is
//! sent without them later, so they are legal in both framings:
//!
//! - end-of-message: line ends, which are white space before the root element;
//! - chunks: the bytes of a first chunk that holds `<`, since every message begins with it.

use std::time::Duration;

use tokio::time::Instant;

use crate::framing::{Framing, encode};

/// The wait before the first early byte. It doubles for each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The beginning of each message in chunks that may be sent early: a whole chunk.
const FIRST_CHUNK: &[u8] = b"\n#1\n<";

/// When an early byte is due, and how many were sent.
#[derive(Debug, Default)]
pub(crate) struct EarlyBytes {
    /// `None` before the first request, and after the first reply.
    next: Option<(Instant, Duration)>,
    is_done: bool,
    /// Bytes of [`FIRST_CHUNK`] that were sent.
    sent: usize,
}

impl EarlyBytes {
    /// A request was sent.
    pub(crate) fn start(&mut self) {
        if !self.is_done {
            self.next = Some((Instant::now() + FIRST_WAIT, FIRST_WAIT));
        }
    }

    /// The server has replied: it overlooks no request any more.
    pub(crate) fn stop(&mut self) {
        self.is_done = true;
        self.next = None;
    }

    /// When the next byte is due.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.next.map(|(at, _)| at)
    }

    /// The next byte to send. `None` if all that may be sent early was sent.
    pub(crate) fn byte(&mut self, framing: Framing) -> Option<u8> {
        if let Some((_, wait)) = self.next {
            let wait = wait.saturating_mul(2);
            self.next = Instant::now().checked_add(wait).map(|at| (at, wait));
        }
        match framing {
            Framing::EndOfMessage => Some(b'\n'),
            Framing::Chunked => FIRST_CHUNK.get(self.sent).copied(),
        }
    }

    /// The byte was sent.
    pub(crate) fn sent(&mut self, framing: Framing) {
        self.sent += usize::from(framing == Framing::Chunked);
    }

    /// Frames a message, without the bytes of it that were sent early.
    pub(crate) fn frame(&mut self, message: &[u8], framing: Framing) -> Vec<u8> {
        let mut framed = Vec::with_capacity(message.len() + 64);
        let message = match message.strip_prefix(b"<") {
            Some(rest) if self.sent > 0 => {
                framed.extend_from_slice(FIRST_CHUNK.get(self.sent..).unwrap_or_default());
                rest
            }
            _ => message,
        };
        self.sent = 0;
        for piece in encode(message, framing) {
            framed.extend_from_slice(&piece);
        }
        framed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Decoder;

    #[test]
    fn early_bytes_and_the_rest_are_one_message() {
        for framing in [Framing::EndOfMessage, Framing::Chunked] {
            for count in 0..8 {
                let mut early = EarlyBytes::default();
                let mut wire = Vec::new();
                for _ in 0..count {
                    if let Some(byte) = early.byte(framing) {
                        wire.push(byte);
                        early.sent(framing);
                    }
                }
                wire.extend(early.frame(b"<rpc>1</rpc>", framing));
                wire.extend(early.frame(b"<rpc>2</rpc>", framing));
                let mut decoder = Decoder::new(99);
                decoder.set_framing(framing);
                decoder.push(&wire);
                for expected in [b"<rpc>1</rpc>", b"<rpc>2</rpc>"] {
                    let message = decoder.next_message().unwrap().unwrap();
                    assert_eq!(message, expected, "{framing:?}, {count} early bytes");
                }
                assert_eq!(decoder.next_message(), Ok(None));
                if framing == Framing::Chunked {
                    // No white space that the framing of RFC 6242 does not have.
                    assert!(wire.starts_with(b"\n#1") && !wire.starts_with(b"\n\n"));
                }
            }
        }
    }
}
