//! An SSH channel as a byte stream: the `netconf` subsystem (RFC 6242, section 3), or a tunnel through a jump host.
//!
//! The SSH library's own stream does not do. When it is dropped it spawns a task, which needs a runtime that may be gone, and
//! it ignores the server's error output, which is often the only explanation of a failure.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use russh::client::{Handle, Handler, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::disconnect_reason::DisconnectReason;
use super::endpoint::Endpoint;

/// A channel as a stream: reads the channel's output and writes to its input.
pub(super) struct ChannelStream {
    reader: ChannelReadHalf,
    /// A data message, and how many of its bytes were read.
    data: Option<(ChannelMsg, usize)>,
    /// The peer has closed its side.
    is_at_end: bool,
    writer: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    disconnect_reason: DisconnectReason,
    /// The reply to the request for a subsystem, if there was one.
    answer: SubsystemReply,
    /// Closes the channel on drop, for a connection that outlives the channel.
    closer: Option<ChannelWriteHalf<Msg>>,
}

/// The reply to a request for a subsystem. It is set once, while the stream is read.
#[derive(Debug, Clone, Default)]
pub(super) struct SubsystemReply(Arc<OnceLock<Result<(), &'static str>>>);

impl SubsystemReply {
    fn set(&self, answer: Result<(), &'static str>) {
        self.0.get_or_init(|| answer);
    }

    /// `None` until it has come.
    pub(super) fn get(&self) -> Option<Result<(), &'static str>> {
        self.0.get().copied()
    }
}

/// Why no channel was opened.
#[derive(Debug)]
pub(super) enum ChannelError {
    /// The server rejected the request, for this reason.
    Rejected(Box<str>),
    /// The connection failed.
    Ssh(russh::Error),
}

impl From<russh::Error> for ChannelError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl ChannelStream {
    /// Opens a channel and requests the subsystem in it, without waiting for the reply. Bytes that are written meanwhile follow
    /// the request at once, as with OpenSSH's client, which saves a round trip. A rejection ends the stream and is
    /// stored in `answer`.
    pub(super) async fn open_subsystem<H: Handler>(
        handle: &Handle<H>,
        disconnect_reason: DisconnectReason,
        answer: SubsystemReply,
    ) -> Result<Self, ChannelError> {
        let channel = match handle.channel_open_session().await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) => {
                let reason = format!("no channel was opened: {reason:?}");
                return Err(ChannelError::Rejected(reason.into()));
            }
            Err(error) => return Err(error.into()),
        };
        channel.request_subsystem(true, "netconf").await?;
        let (reader, writer) = channel.split();
        let mut stream = Self::new(reader, &writer, disconnect_reason);
        stream.answer = answer;
        Ok(stream)
    }

    /// Opens a tunnel to `endpoint` through the server that `handle` is connected to. Dropping the stream closes it.
    pub(super) async fn open_tunnel<H: Handler>(
        handle: &Handle<H>,
        endpoint: &Endpoint,
    ) -> Result<Self, ChannelError> {
        let port = u32::from(endpoint.port);
        let opened = handle.channel_open_direct_tcpip(endpoint.host.as_str(), port, "127.0.0.1", 0);
        let channel: Channel<Msg> = match opened.await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) => {
                return Err(ChannelError::Rejected(format!("{reason:?}").into()));
            }
            Err(error) => return Err(error.into()),
        };
        let (reader, writer) = channel.split();
        let mut stream = Self::new(reader, &writer, DisconnectReason::default());
        stream.closer = Some(writer);
        Ok(stream)
    }

    fn new(
        reader: ChannelReadHalf,
        writer: &ChannelWriteHalf<Msg>,
        disconnect_reason: DisconnectReason,
    ) -> Self {
        Self {
            reader,
            data: None,
            is_at_end: false,
            writer: Box::pin(writer.make_writer()),
            disconnect_reason,
            answer: SubsystemReply::default(),
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
            // All available data is taken at once. A wait that is dropped and started again loses nothing: the library's
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
                    self.disconnect_reason
                        .set_by_peer(&String::from_utf8_lossy(&data));
                }
                Some(ChannelMsg::Success) => self.answer.set(Ok(())),
                Some(ChannelMsg::Failure) => {
                    self.answer.set(Err("the device does not offer it"));
                    self.is_at_end = true;
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) => {
                    self.answer.set(Err("the device closed the channel"));
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
        // Usually there is room in the connection's queue, and the close message is queued without waiting.
        {
            let mut context = Context::from_waker(Waker::noop());
            if pin!(closer.close()).poll(&mut context).is_ready() {
                return;
            }
        }
        // A busy connection takes it a little later. Without a runtime there is no connection left.
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
