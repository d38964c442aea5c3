//! One NETCONF session over any byte stream: hello, one request at a time, close.
//!
//! Every wait has a deadline. A request that timed out does not spoil the next one: a late reply is recognised by its message
//! id and dropped. After a framing error or a partly sent request, the session refuses further requests instead of misreading
//! replies.
//!
//! Some servers overlook a request that they read together with our hello, until more bytes come. So the first byte of the next
//! message is sent early when the first reply is late, see [`early_bytes`](crate::early_bytes).
//!
//! Pipelined requests and notifications are not supported. [`ssh`](crate::ssh) opens the stream.

use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, debug, debug_span, trace};

use crate::early_bytes::EarlyBytes;
use crate::error::{Error, Phase, SessionStep};
use crate::framing::{Decoder, END_OF_MESSAGE, Framing, FramingError};
use crate::hello::Hello;
use crate::message::{self, Reply, RpcError};
use crate::options::{Options, Timeouts};
use crate::text::excerpt;

/// The size limit of a hello, in bytes.
const MAX_HELLO_BYTES: usize = 4 * 1024 * 1024;

/// The errors in a reply of this size or more, in bytes, are read on a blocking thread: it takes a few milliseconds.
const LARGE_REPLY_BYTES: usize = 1024 * 1024;

/// How long sending an early byte may take.
const EARLY_BYTE_LIMIT: Duration = Duration::from_secs(1);

/// A session whose hellos have been exchanged.
#[derive(Debug)]
pub struct Session<S> {
    stream: S,
    /// The peer's name in error messages: usually `host:port`.
    name: Arc<str>,
    peer: Hello,
    framing: Framing,
    decoder: Decoder,
    timeouts: Timeouts,
    last_id: u64,
    /// The ids of requests without a reply: the current one, and those that timed out.
    unanswered: Vec<u64>,
    /// Why no further request may be sent.
    unusable: Option<&'static str>,
    early: EarlyBytes,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Exchanges hellos over `stream`, within the deadline for it.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], [`Error::Disconnected`], [`Error::Framing`] or [`Error::Hello`].
    pub async fn start(stream: S, options: &Options) -> Result<Self, Error> {
        Self::start_named(stream, "the peer".into(), options, Instant::now()).await
    }

    /// The same for a named peer, with a deadline that counts from `began`.
    pub(crate) async fn start_named(
        stream: S,
        name: Arc<str>,
        options: &Options,
        began: Instant,
    ) -> Result<Self, Error> {
        let mut session = Self {
            stream,
            name,
            peer: Hello::default(),
            framing: Framing::EndOfMessage,
            decoder: Decoder::new(MAX_HELLO_BYTES),
            timeouts: options.timeouts.bounded(),
            last_id: 0,
            unanswered: Vec::new(),
            unusable: None,
            early: EarlyBytes::default(),
        };
        let limit = Deadline::new(Phase::Hello, "no hello", began, session.timeouts.hello);
        let ours = Hello::of_client(options.offer);
        session.send(ours.to_xml().as_bytes(), limit).await?;
        let theirs = loop {
            if let Some(message) = session.decoded(limit)? {
                break message;
            }
            session.read(limit).await?;
        };
        session.peer = Hello::parse(&theirs).map_err(|reason| Error::Hello {
            step: session.step(limit),
            reason: reason.into(),
        })?;
        session.framing = ours.framing_with(&session.peer);
        session.decoder.set_framing(session.framing);
        session.decoder.set_limit(options.max_reply_bytes);
        debug!(
            capabilities = session.peer.capabilities().count(),
            session_id = session.peer.session_id,
            framing = ?session.framing,
            elapsed = ?began.elapsed(),
            "hellos exchanged"
        );
        Ok(session)
    }

    /// What the peer announced.
    pub fn peer(&self) -> &Hello {
        &self.peer
    }

    /// The framing that the two hellos led to.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Sends one operation, the XML inside `<rpc>`, and waits for its reply.
    ///
    /// A reply with errors in it is a reply: see [`Reply::errors`]. The session stays usable after [`Error::Timeout`], and if this
    /// call is cancelled while it waits.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], [`Error::Disconnected`], [`Error::Framing`] or [`Error::Reply`]; [`Error::Operation`] and
    /// [`Error::Unusable`] if nothing was sent.
    pub async fn request(&mut self, operation: &str) -> Result<Reply, Error> {
        let (first_byte, whole) = (self.timeouts.first_byte, self.timeouts.reply);
        let span = self.rpc_span(operation);
        let exchange = self.exchange(operation, Phase::Request, first_byte, whole);
        exchange.instrument(span).await
    }

    /// Sends `<close-session/>` and waits for the reply. A peer that disconnects without a reply has complied. A session that is
    /// unusable is closed without a request.
    ///
    /// # Errors
    ///
    /// As for [`request`](Self::request). The stream is closed all the same.
    pub async fn close(mut self) -> Result<(), Error> {
        let limit = self.timeouts.close;
        let deadline = Instant::now() + limit;
        let answer = match self.unusable {
            Some(_) => Ok(()),
            None => {
                let operation = "<close-session/>";
                let span = self.rpc_span(operation);
                let answer = self.exchange(operation, Phase::Close, limit, limit);
                answer.instrument(span).await.map(drop)
            }
        };
        // The result of the request is what matters: if the shutdown fails, the stream is closed already.
        drop(timeout_at(deadline, self.stream.shutdown()).await);
        match answer {
            Err(Error::Disconnected { .. }) => Ok(()),
            answer => answer,
        }
    }

    fn rpc_span(&self, operation: &str) -> tracing::Span {
        debug_span!(
            "rpc",
            peer = &*self.name,
            operation = operation_name(operation)
        )
    }

    async fn exchange(
        &mut self,
        operation: &str,
        phase: Phase,
        first_byte: Duration,
        whole: Duration,
    ) -> Result<Reply, Error> {
        let started = Instant::now();
        let first_byte = first_byte.min(whole);
        let first_byte = Deadline::new(phase, "no first byte of the reply", started, first_byte);
        let whole_reply = Deadline::new(phase, "no complete reply", started, whole);
        let mut limit = first_byte;
        self.check(operation, limit)?;
        self.last_id += 1;
        let id = self.last_id;
        // Before the first await: if this call is cancelled, a later call must drop the late reply.
        self.unanswered.push(id);
        let rpc = format!(
            "<rpc xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"{id}\">{operation}</rpc>"
        );
        self.send(rpc.as_bytes(), limit).await?;
        self.early.start();
        debug!(message_id = id, bytes = rpc.len(), "request sent");
        loop {
            while let Some(mut bytes) = self.decoded(limit)? {
                let before_chunks = self.decoder.take_skipped();
                let skipped = message::skip_to_root(&mut bytes, "rpc-reply");
                let skipped = skipped.or_else(|| {
                    (!before_chunks.is_empty()).then(|| excerpt(&before_chunks).into())
                });
                if let Some(skipped) = &skipped {
                    debug!(%skipped, "bytes before a reply skipped");
                }
                if self.is_answer_to(id, &bytes, limit)? {
                    let received = Instant::now();
                    let elapsed = received - started;
                    let (bytes, errors) = read_errors(bytes).await;
                    debug!(
                        message_id = id,
                        bytes = bytes.len(),
                        errors = errors.len(),
                        ?elapsed,
                        "reply received"
                    );
                    self.early.stop();
                    return Ok(Reply {
                        errors,
                        bytes,
                        skipped,
                        received: received.into_std(),
                        elapsed,
                    });
                }
                debug!(
                    bytes = bytes.len(),
                    "late reply to an earlier request dropped"
                );
            }
            // A late reply to an earlier request is not the beginning of this one.
            limit = match self.decoder.pending_bytes() {
                0 => first_byte,
                _ => whole_reply,
            };
            self.read_or_nudge(limit).await?;
        }
    }

    /// Reads some bytes. While the first reply of the session is due, sends an early byte of the next message now and then.
    async fn read_or_nudge(&mut self, limit: Deadline) -> Result<(), Error> {
        let Some(at) = self.early.next_at().filter(|at| *at < limit.at) else {
            return self.read(limit).await;
        };
        let read = self.stream.read_buf(self.decoder.room());
        let Ok(read) = timeout_at(at, read).await else {
            self.send_early_byte(limit).await;
            return Ok(());
        };
        match read {
            Ok(0) => Err(self.disconnected(limit, None)),
            Ok(bytes) => {
                trace!(bytes, pending = self.decoder.pending_bytes(), "bytes read");
                self.early.stop();
                Ok(())
            }
            Err(error) => Err(self.disconnected(limit, Some(error))),
        }
    }

    /// Best effort: an error of the stream is reported by the next read.
    async fn send_early_byte(&mut self, limit: Deadline) {
        let Some(byte) = self.early.byte(self.framing) else {
            return;
        };
        debug!("no reply yet: a byte of the next message is sent early");
        let until = limit.at.min(Instant::now() + EARLY_BYTE_LIMIT);
        if let Ok(Ok(1)) = timeout_at(until, self.stream.write(&[byte])).await {
            self.early.sent(self.framing);
        }
        if let Ok(Err(error)) = timeout_at(until, self.stream.flush()).await {
            debug!(%error, "the byte was not sent");
        }
    }

    /// Refuses an operation that would damage the stream or get no reply.
    fn check(&self, operation: &str, limit: Deadline) -> Result<(), Error> {
        let step = self.step(limit);
        if let Some(reason) = self.unusable {
            return Err(Error::Unusable { step, reason });
        }
        if operation.trim().is_empty() {
            let reason = "it is empty";
            return Err(Error::Operation { step, reason });
        }
        if memmem::find(operation.as_bytes(), END_OF_MESSAGE).is_some() {
            let reason = "it holds the end-of-message mark ]]>]]>";
            return Err(Error::Operation { step, reason });
        }
        Ok(())
    }

    /// Whether `message` is the reply to request `id`. A late reply to an earlier request is `false`.
    fn is_answer_to(&mut self, id: u64, message: &[u8], limit: Deadline) -> Result<bool, Error> {
        let wrong = |reason: String| Error::Reply {
            step: self.step(limit),
            reason: reason.into(),
            received: message.to_vec(),
        };
        let root = message::root(message).map_err(wrong)?;
        if root.local_name != "rpc-reply" {
            let found = excerpt(message);
            return Err(wrong(format!("expected <rpc-reply>, found \"{found}\"")));
        }
        let position = match &root.message_id {
            Some(theirs) => self
                .unanswered
                .iter()
                .position(|ours| ours.to_string() == theirs.trim()),
            // Replies come in the order of the requests, so one without an id answers the oldest.
            None => Some(0),
        };
        let Some(position) = position else {
            let theirs = root.message_id.unwrap_or_default();
            let theirs = excerpt(theirs.as_bytes());
            return Err(wrong(format!(
                "expected the reply with message-id \"{id}\", found message-id \"{theirs}\""
            )));
        };
        Ok(self.unanswered.remove(position) == id)
    }

    /// The next whole message among the received bytes.
    fn decoded(&mut self, limit: Deadline) -> Result<Option<Vec<u8>>, Error> {
        self.decoder.next_message().map_err(|cause| {
            self.unusable = Some("an earlier message could not be read");
            let received = match cause {
                FramingError::TooLarge { .. } => Vec::new(),
                _ => self.decoder.take_pending(),
            };
            Error::Framing {
                step: self.step(limit),
                cause,
                received,
            }
        })
    }

    async fn send(&mut self, message: &[u8], limit: Deadline) -> Result<(), Error> {
        // One write for the whole message, so that a small request is one packet.
        let framed = self.early.frame(message, self.framing);
        // Stays set if this call is cancelled or fails before everything is written.
        self.unusable = Some("an earlier request was only sent in part");
        let written = timeout_at(limit.at, async {
            self.stream.write_all(&framed).await?;
            self.stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => {
                trace!(bytes = framed.len(), framing = ?self.framing, "message written");
                self.unusable = None;
                Ok(())
            }
            Ok(Err(error)) => Err(self.disconnected(limit, Some(error))),
            Err(_) => Err(self.timed_out(Deadline {
                waited_for: "the message could not be sent",
                ..limit
            })),
        }
    }

    /// Reads some bytes. Safe to cancel.
    async fn read(&mut self, limit: Deadline) -> Result<(), Error> {
        let read = self.stream.read_buf(self.decoder.room());
        match timeout_at(limit.at, read).await {
            Ok(Ok(0)) => Err(self.disconnected(limit, None)),
            Ok(Ok(bytes)) => {
                trace!(bytes, pending = self.decoder.pending_bytes(), "bytes read");
                Ok(())
            }
            Ok(Err(error)) => Err(self.disconnected(limit, Some(error))),
            Err(_) => Err(self.timed_out(limit)),
        }
    }

    fn disconnected(&mut self, limit: Deadline, cause: Option<std::io::Error>) -> Error {
        self.unusable = Some("the connection has ended");
        Error::Disconnected {
            step: self.step(limit),
            received_bytes: self.pending_bytes(),
            words: cause.map(|error| error.to_string().into()),
        }
    }

    fn timed_out(&self, limit: Deadline) -> Error {
        Error::Timeout {
            step: self.step(limit),
            waited_for: limit.waited_for,
            limit: limit.duration,
            received_bytes: self.pending_bytes(),
            words: None,
        }
    }

    fn step(&self, limit: Deadline) -> SessionStep {
        SessionStep {
            peer: self.name.clone(),
            phase: limit.phase,
            elapsed: limit.began.elapsed(),
        }
    }

    fn pending_bytes(&self) -> u64 {
        u64::try_from(self.decoder.pending_bytes()).unwrap_or(u64::MAX)
    }
}

/// The name of an operation's element, without its content.
fn operation_name(operation: &str) -> &str {
    let name = operation.trim_start().trim_start_matches('<');
    let is_end = |c: char| c.is_whitespace() || c == '>' || c == '/';
    name.split(is_end).next().unwrap_or_default()
}

/// Reads the errors in a reply; those of a large reply on a blocking thread.
async fn read_errors(bytes: Vec<u8>) -> (Vec<u8>, Vec<RpcError>) {
    let read = |bytes: Vec<u8>| {
        let errors = message::rpc_errors(&bytes);
        (bytes, errors)
    };
    if bytes.len() < LARGE_REPLY_BYTES {
        return read(bytes);
    }
    match tokio::task::spawn_blocking(move || read(bytes)).await {
        Ok(read) => read,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A deadline, with the text for its error.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    phase: Phase,
    waited_for: &'static str,
    began: Instant,
    at: Instant,
    duration: Duration,
}

impl Deadline {
    /// `duration` must be bounded by [`Timeouts::bounded`], so that the sum does not overflow.
    fn new(phase: Phase, waited_for: &'static str, began: Instant, duration: Duration) -> Self {
        Self {
            phase,
            waited_for,
            began,
            at: began + duration,
            duration,
        }
    }
}
