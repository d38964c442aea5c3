//! Faults of replies: late, slow, truncated, huge, endless, with a wrong message id, behind other text, or garbage.

use std::time::Duration;

use netconf::{
    Framing,
    framing::END_OF_MESSAGE,
    server::{ServerError, ServerSession},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep,
};

use super::{Fault, Faults, stream::byte_interval};

/// Bytes that are valid in no framing: a chunk header with too many digits (RFC 6242 allows ten), then neither chunks nor XML.
const GARBAGE: &[u8] = b"\n#99999999999\n\x00\xff\xfe#\n]]> ##\n";

/// What may come before a reply: BEL, as some releases send it, and a line of a log.
const TEXT_BEFORE: &[u8] = b"\x07Fan Tray 1 Failed\n";

/// The comment that pads replies.
const FILLER: &[u8] = b"<!-- This device has more to say than anybody asked for. -->\n";

/// Filler goes out in pieces of about this size, in bytes.
const PIECE_BYTES: usize = 32 * 1024;

/// The shortest time between two writes; a faster rate writes more bytes at a time.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// Whether the session continues after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterReply {
    Continue,
    Disconnect,
}

/// Sends a reply with the given faults.
pub(crate) async fn send<S>(
    server: &mut ServerSession<S>,
    reply: &[u8],
    faults: &Faults,
) -> Result<AfterReply, ServerError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    if let Some(late) = faults.size(|fault| match fault {
        Fault::LateReply { seconds } => Some(Duration::from_secs(seconds)),
        _ => None,
    }) {
        sleep(late).await;
    }
    if faults.has(Fault::GarbageFraming) {
        server.send_unframed(GARBAGE).await?;
        return Ok(AfterReply::Continue);
    }
    let with_text;
    let reply = if faults.has(Fault::TextBeforeReply) {
        with_text = [TEXT_BEFORE, reply].concat();
        with_text.as_slice()
    } else {
        reply
    };
    let needs_reply_writer = |fault| {
        matches!(
            fault,
            Fault::SlowReply { .. }
                | Fault::CutReply { .. }
                | Fault::EndlessReply { .. }
                | Fault::HugeReply { .. }
        )
    };
    if !faults.iter().any(needs_reply_writer) {
        server.reply(reply).await?;
        return Ok(AfterReply::Continue);
    }
    match ReplyWriter::new(server, reply, faults).send(reply).await {
        Ok(()) => Ok(AfterReply::Continue),
        Err(SendError::Cut) => Ok(AfterReply::Disconnect),
        Err(SendError::Failed(error)) => Err(error),
    }
}

/// The attributes of a request with another message-id.
pub(crate) fn with_wrong_message_id(attributes: &str) -> String {
    let Some((before, id)) = attributes.split_once("message-id=") else {
        return attributes.to_owned();
    };
    let mut characters = id.chars();
    match characters.next() {
        Some(quote @ ('"' | '\'')) => {
            format!("{before}message-id={quote}not-{}", characters.as_str())
        }
        _ => attributes.to_owned(),
    }
}

/// Why a reply was not sent completely.
enum SendError {
    Cut,
    Failed(ServerError),
}

impl From<ServerError> for SendError {
    fn from(error: ServerError) -> Self {
        Self::Failed(error)
    }
}

/// Writes one reply with faults.
struct ReplyWriter<'s, S> {
    server: &'s mut ServerSession<S>,
    /// Bytes sent so far, framing included.
    sent: u64,
    /// The slow part.
    slow: Option<Slow>,
    /// The number of bytes after which the reply is cut.
    cut: Option<u64>,
    filler: Filler,
}

struct Slow {
    from: u64,
    bytes_per_second: u64,
}

enum Filler {
    Bytes(u64),
    Endless,
}

impl<'s, S: AsyncRead + AsyncWrite + Unpin + Send> ReplyWriter<'s, S> {
    fn new(server: &'s mut ServerSession<S>, reply: &[u8], faults: &Faults) -> Self {
        let own = in_u64(reply.len());
        let wanted = faults.size(|fault| match fault {
            Fault::HugeReply { megabytes } => Some(megabytes.saturating_mul(1_000_000)),
            _ => None,
        });
        let filler_bytes = wanted.unwrap_or(0).saturating_sub(own);
        let mut filler = Filler::Bytes(filler_bytes);
        let mut slow = faults.size(|fault| match fault {
            Fault::SlowReply { bytes_per_second } => Some(Slow {
                from: own.saturating_add(filler_bytes) / 2,
                bytes_per_second,
            }),
            _ => None,
        });
        let endless = faults.size(|fault| match fault {
            Fault::EndlessReply { bytes_per_second } => Some(bytes_per_second),
            _ => None,
        });
        if let Some(bytes_per_second) = endless {
            filler = Filler::Endless;
            slow = slow.or(Some(Slow {
                from: own,
                bytes_per_second,
            }));
        }
        Self {
            server,
            sent: 0,
            slow,
            cut: faults.size(|fault| match fault {
                Fault::CutReply { after_bytes } => Some(after_bytes),
                _ => None,
            }),
            filler,
        }
    }

    async fn send(mut self, reply: &[u8]) -> Result<(), SendError> {
        // Filler goes before the last end tag, where it stays inside the document.
        let inside = reply.windows(2).rposition(|two| two == b"</");
        let (head, tail) = reply.split_at(inside.unwrap_or(reply.len()));
        self.part(head).await?;
        let comments = FILLER.repeat(PIECE_BYTES / FILLER.len());
        loop {
            match &mut self.filler {
                Filler::Endless => self.part(&comments).await?,
                Filler::Bytes(left) if *left >= in_u64(comments.len()) => {
                    *left -= in_u64(comments.len());
                    self.part(&comments).await?;
                }
                Filler::Bytes(left) => {
                    // White space where no whole piece fits any more.
                    let blank = vec![b' '; usize::try_from(*left).unwrap_or(0)];
                    self.part(&blank).await?;
                    break;
                }
            }
        }
        self.part(tail).await?;
        match self.server.framing() {
            Framing::EndOfMessage => self.raw(END_OF_MESSAGE).await,
            Framing::Chunked => self.raw(b"\n##\n").await,
        }
    }

    /// Writes a part of the message, as a chunk if the framing has chunks.
    async fn part(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        if self.server.framing() == Framing::Chunked && !bytes.is_empty() {
            let header = format!("\n#{}\n", bytes.len());
            self.raw(header.as_bytes()).await?;
        }
        self.raw(bytes).await
    }

    /// Writes bytes at the current rate, up to the cut.
    async fn raw(&mut self, mut bytes: &[u8]) -> Result<(), SendError> {
        while !bytes.is_empty() {
            let mut most = in_u64(bytes.len());
            if let Some(cut) = self.cut {
                most = most.min(cut.saturating_sub(self.sent));
            }
            if most == 0 {
                return Err(SendError::Cut);
            }
            match &self.slow {
                Some(slow) if self.sent >= slow.from => {
                    let gap = byte_interval(slow.bytes_per_second).max(SHORTEST_INTERVAL);
                    let burst = gap.as_secs_f64() * slow.bytes_per_second as f64;
                    most = most.min(burst.round() as u64).max(1);
                    sleep(gap).await;
                }
                Some(slow) => most = most.min(slow.from - self.sent),
                None => {}
            }
            let now = usize::try_from(most).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at_checked(now).unwrap_or((bytes, &[]));
            self.server.send_unframed(now).await?;
            self.sent += in_u64(now.len());
            bytes = later;
        }
        Ok(())
    }
}

fn in_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, timeout};

    use super::*;

    const HELLO: &str = "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability>\
        </capabilities></hello>";
    const REPLY: &[u8] = b"<rpc-reply message-id=\"1\"><a>0123456789</a></rpc-reply>";

    /// A server that has said its hello, and its client.
    async fn session() -> (ServerSession<DuplexStream>, DuplexStream) {
        let (near, mut far) = duplex(1 << 20);
        let hello = [HELLO.as_bytes(), END_OF_MESSAGE].concat();
        far.write_all(&hello).await.unwrap();
        let server = ServerSession::start(near, HELLO).await.unwrap();
        far.read_exact(&mut vec![0; hello.len()]).await.unwrap();
        (server, far)
    }

    /// What the client gets of [`REPLY`] within an hour, what is left of the session, and after how many seconds.
    async fn sent(faults: &[Fault]) -> (Vec<u8>, Option<AfterReply>, u64) {
        let (mut server, mut far) = session().await;
        let faults = faults.iter().copied().collect();
        let began = Instant::now();
        let hour = Duration::from_secs(3_600);
        let then = timeout(hour, send(&mut server, REPLY, &faults)).await;
        let seconds = began.elapsed().as_secs();
        drop(server);
        let mut received = Vec::new();
        far.read_to_end(&mut received).await.unwrap();
        (received, then.ok().map(Result::unwrap), seconds)
    }

    fn whole() -> Vec<u8> {
        [REPLY, END_OF_MESSAGE].concat()
    }

    #[tokio::test(start_paused = true)]
    async fn late_and_slow_replies_come_whole_in_the_end() {
        let late = Fault::LateReply { seconds: 30 };
        let slow = Fault::SlowReply {
            bytes_per_second: 2,
        };
        assert_eq!(sent(&[]).await, (whole(), Some(AfterReply::Continue), 0));
        assert_eq!(
            sent(&[late]).await,
            (whole(), Some(AfterReply::Continue), 30)
        );
        // The second half and the mark, two bytes a second.
        let seconds = in_u64(REPLY.len().div_ceil(2) + END_OF_MESSAGE.len()) / 2;
        assert_eq!(
            sent(&[slow]).await,
            (whole(), Some(AfterReply::Continue), seconds)
        );
        let both = sent(&[slow, late]).await;
        assert_eq!(both, (whole(), Some(AfterReply::Continue), seconds + 30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_reply_ends_the_session_after_exactly_so_many_bytes() {
        let cut = Fault::CutReply { after_bytes: 20 };
        let (received, then, _) = sent(&[cut]).await;
        assert_eq!(
            (&received[..], then),
            (&REPLY[..20], Some(AfterReply::Disconnect))
        );
        let huge = Fault::HugeReply { megabytes: 1 };
        let cut = Fault::CutReply {
            after_bytes: 100_000,
        };
        let (received, then, _) = sent(&[huge, cut]).await;
        assert_eq!(
            (received.len(), then),
            (100_000, Some(AfterReply::Disconnect))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_reply_has_no_end_and_keeps_its_speed() {
        let endless = Fault::EndlessReply {
            bytes_per_second: 100,
        };
        let (received, then, _) = sent(&[endless]).await;
        assert_eq!(then, None);
        let filler = received.len() - REPLY.len();
        assert!((359_000..=361_000).contains(&filler), "{filler} in an hour");
    }

    #[tokio::test]
    async fn a_huge_reply_is_as_large_as_asked_and_its_end_stays_an_end() {
        let (mut server, mut far) = session().await;
        let faults = [Fault::HugeReply { megabytes: 3 }].into_iter().collect();
        let sending = async {
            let then = send(&mut server, REPLY, &faults).await;
            drop(server);
            then.unwrap()
        };
        let mut received = Vec::new();
        let (then, read) = tokio::join!(sending, far.read_to_end(&mut received));
        read.unwrap();
        assert_eq!(then, AfterReply::Continue);
        assert_eq!(received.len(), 3_000_000 + END_OF_MESSAGE.len());
        let text = String::from_utf8(received).unwrap();
        assert!(text.starts_with("<rpc-reply message-id=\"1\"><a>0123456789</a><!-- "));
        assert!(
            text.ends_with(" </rpc-reply>]]>]]>"),
            "{}",
            &text[2_999_900..]
        );
    }

    #[tokio::test]
    async fn text_before_a_reply_is_in_its_message() {
        let (received, then, _) = sent(&[Fault::TextBeforeReply]).await;
        assert_eq!(received, [TEXT_BEFORE, &whole()].concat());
        assert_eq!(then, Some(AfterReply::Continue));
    }

    #[test]
    fn another_id_is_another() {
        let other = with_wrong_message_id("xmlns=\"urn:x\" message-id=\"7\" a='b'");
        assert_eq!(other, "xmlns=\"urn:x\" message-id=\"not-7\" a='b'");
        assert_eq!(
            with_wrong_message_id("message-id='7'"),
            "message-id='not-7'"
        );
        assert_eq!(with_wrong_message_id("a='b'"), "a='b'");
    }
}
