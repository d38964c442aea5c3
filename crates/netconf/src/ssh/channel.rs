//! A channel of an SSH connection as a stream of bytes: the `netconf` subsystem (RFC 6242, section 3), or the way through
//! a jump host.
//!
//! The SSH library has such a stream too, but dropping that one spawns a task, which needs a runtime that may be
//! gone, and passes over what the server writes to its error output, which is often the only explanation there is.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use russh::client::{Handle, Handler, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::endpoint::Endpoint;
use super::last_words::LastWords;

/// What is read comes from the channel's output, what is written goes to its input.
pub(super) struct ChannelStream {
    reader: ChannelReadHalf,
    /// A message of data and how much of it has been read.
    data: Option<(ChannelMsg, usize)>,
    /// The peer has sent its last.
    is_at_end: bool,
    writer: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    last_words: LastWords,
    /// What became of the request for a subsystem, if there was one.
    answer: Answer,
    /// To close the channel with, where the connection goes on without it.
    closer: Option<ChannelWriteHalf<Msg>>,
}

/// The answer to a request for a subsystem, which comes while the stream is read. Given once.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer(Arc<OnceLock<Result<(), &'static str>>>);

impl Answer {
    fn is(&self, answer: Result<(), &'static str>) {
        self.0.get_or_init(|| answer);
    }

    /// `None` until there is one.
    pub(super) fn get(&self) -> Option<Result<(), &'static str>> {
        self.0.get().copied()
    }
}

/// Why there is no channel.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server does not want to; a reason, and how long it is.
    Refused(Box<str>),
    /// The connection failed.
    Ssh(russh::Error),
}

impl From<russh::Error> for Refusal {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl ChannelStream {
    /// Opens a channel and asks for the subsystem in it, without waiting for the answer: what is written meanwhile follows
    /// on the heels of the request, as with OpenSSH's client, and saves a round trip. A refusal ends the stream, and is
    /// told by `answer`.
    pub(super) async fn open_subsystem<H: Handler>(
        handle: &Handle<H>,
        last_words: LastWords,
        answer: Answer,
    ) -> Result<Self, Refusal> {
        let channel = match handle.channel_open_session().await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) => {
                let reason = format!("no channel was opened: {reason:?}");
                return Err(Refusal::Refused(reason.into()));
            }
            Err(error) => return Err(error.into()),
        };
        channel.request_subsystem(true, "netconf").await?;
        let (reader, writer) = channel.split();
        let mut stream = Self::new(reader, &writer, last_words);
        stream.answer = answer;
        Ok(stream)
    }

    /// Opens a way to `endpoint` through the server that `handle` is connected to. Dropping the stream closes it.
    pub(super) async fn open_tunnel<H: Handler>(
        handle: &Handle<H>,
        endpoint: &Endpoint,
    ) -> Result<Self, Refusal> {
        let port = u32::from(endpoint.port);
        let opened = handle.channel_open_direct_tcpip(endpoint.host.as_str(), port, "127.0.0.1", 0);
        let channel: Channel<Msg> = match opened.await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) => {
                return Err(Refusal::Refused(format!("{reason:?}").into()));
            }
            Err(error) => return Err(error.into()),
        };
        let (reader, writer) = channel.split();
        let mut stream = Self::new(reader, &writer, LastWords::default());
        stream.closer = Some(writer);
        Ok(stream)
    }

    fn new(reader: ChannelReadHalf, writer: &ChannelWriteHalf<Msg>, last_words: LastWords) -> Self {
        Self {
            reader,
            data: None,
            is_at_end: false,
            writer: Box::pin(writer.make_writer()),
            last_words,
            answer: Answer::default(),
            closer: None,
        }
    }
}

impl AsyncRead for ChannelStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let has_room = buf.remaining() > 0;
        let before = buf.filled().len();
        loop {
            if let Some((ChannelMsg::Data { data }, read)) = &mut self.data {
                let rest = data.get(*read..).unwrap_or_default();
                let now = rest.get(..buf.remaining()).unwrap_or(rest);
                buf.put_slice(now);
                *read += now.len();
                if *read >= data.len() {
                    self.data = None;
                }
            }
            if self.is_at_end || !has_room || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            // All that is there is taken at once. A wait that is dropped and begun anew loses nothing: the library's
            // queue keeps the waker and the messages.
            let message = match pin!(self.reader.wait()).poll(cx) {
                Poll::Ready(message) => message,
                Poll::Pending if buf.filled().len() > before => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            };
            match message {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                    self.data = Some((ChannelMsg::Data { data }, 0));
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    self.last_words.said(&String::from_utf8_lossy(&data));
                }
                Some(ChannelMsg::Success) => self.answer.is(Ok(())),
                Some(ChannelMsg::Failure) => {
                    self.answer.is(Err("the device does not offer it"));
                    self.is_at_end = true;
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) => {
                    self.answer.is(Err("the device closed the channel"));
                    self.is_at_end = true;
                }
                None => self.is_at_end = true,
                _ => {}
            }
        }
    }
}

impl AsyncWrite for ChannelStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writer.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_shutdown(cx)
    }
}

impl Drop for ChannelStream {
    fn drop(&mut self) {
        let Some(closer) = self.closer.take() else {
            return;
        };
        // Usually there is room in the connection's queue, and the word goes out without waiting.
        {
            let mut context = Context::from_waker(Waker::noop());
            if pin!(closer.close()).poll(&mut context).is_ready() {
                return;
            }
        }
        // A busy connection takes it a little later. Without a runtime there is no connection any more either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(closer.close().await) });
        }
    }
}

impl fmt::Debug for ChannelStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelStream").finish_non_exhaustive()
    }
}
