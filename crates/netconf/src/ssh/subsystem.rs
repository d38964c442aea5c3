//! The `netconf` subsystem of an SSH connection as a stream of bytes (RFC 6242, section 3).
//!
//! The SSH library has such a stream too, but dropping that one spawns a task, which needs a runtime that may be
//! gone, and passes over what the server writes to its error output, which is often the only explanation there is.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use russh::client::{Handle, Handler};
use russh::{ChannelMsg, ChannelReadHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Why the transport or the subsystem ended, in the peer's words or the system's. Written once, by whoever hears first.
pub(super) type LastWords = Arc<OnceLock<Box<str>>>;

type NextMessage =
    Pin<Box<dyn Future<Output = (Option<ChannelMsg>, ChannelReadHalf)> + Send + Sync>>;

/// What is read comes from the subsystem's output, what is written goes to its input.
pub(super) struct Subsystem {
    /// The wait for the next message; `None` once the peer has sent its last.
    next: Option<NextMessage>,
    /// A message of data and how much of it has been read.
    data: Option<(ChannelMsg, usize)>,
    writer: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    last_words: LastWords,
}

/// Why there is no subsystem.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server does not want to.
    Subsystem(&'static str),
    /// The connection failed.
    Ssh(russh::Error),
}

impl Subsystem {
    /// Opens a channel and starts the subsystem in it.
    pub(super) async fn open<H: Handler>(
        handle: &Handle<H>,
        last_words: LastWords,
    ) -> Result<Self, Refusal> {
        let mut channel = match handle.channel_open_session().await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(_)) => {
                return Err(Refusal::Subsystem("no channel was opened"));
            }
            Err(error) => return Err(Refusal::Ssh(error)),
        };
        let asked = channel.request_subsystem(true, "netconf").await;
        asked.map_err(Refusal::Ssh)?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::Failure) => {
                    return Err(Refusal::Subsystem("the device does not offer it"));
                }
                Some(ChannelMsg::Close | ChannelMsg::Eof) => {
                    return Err(Refusal::Subsystem("the device closed the channel"));
                }
                None => return Err(Refusal::Ssh(russh::Error::Disconnect)),
                // Window adjustments may come first.
                Some(_) => {}
            }
        }
        let (reader, writer) = channel.split();
        Ok(Self {
            next: Some(next_message(reader)),
            data: None,
            writer: Box::pin(writer.make_writer()),
            last_words,
        })
    }
}

fn next_message(mut reader: ChannelReadHalf) -> NextMessage {
    Box::pin(async move { (reader.wait().await, reader) })
}

impl AsyncRead for Subsystem {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some((ChannelMsg::Data { data }, read)) = &mut self.data {
                let rest = data.get(*read..).unwrap_or_default();
                let now = rest.get(..buf.remaining()).unwrap_or(rest);
                buf.put_slice(now);
                *read += now.len();
                if *read >= data.len() {
                    self.data = None;
                }
                return Poll::Ready(Ok(()));
            }
            let Some(next) = &mut self.next else {
                return Poll::Ready(Ok(()));
            };
            let (message, reader) = ready!(next.as_mut().poll(cx));
            self.next = match &message {
                None | Some(ChannelMsg::Eof | ChannelMsg::Close) => None,
                Some(_) => Some(next_message(reader)),
            };
            match message {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                    self.data = Some((ChannelMsg::Data { data }, 0));
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    let words = String::from_utf8_lossy(&data).trim().into();
                    self.last_words.get_or_init(|| words);
                }
                _ => {}
            }
        }
    }
}

impl AsyncWrite for Subsystem {
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

impl fmt::Debug for Subsystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subsystem").finish_non_exhaustive()
    }
}
