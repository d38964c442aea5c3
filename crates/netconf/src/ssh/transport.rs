//! The transport under SSH: a TCP connection, a channel through a jump host, or a proxy command.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::channel::ChannelStream;
use super::endpoint::Endpoint;
use super::proxy_command::ProxyCommand;
use super::resolver::Resolver;
use crate::error::{Error, Phase, SessionStep};
use crate::options::Timeouts;

/// The stream under SSH. The common variant is small, because idle sessions are many.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Tunnel(Box<ChannelStream>),
    Command(Box<ProxyCommand>),
}

/// Opens a TCP connection: tries all addresses of the name in turn, within one deadline. Each gets an equal part of
/// the remaining time.
pub(super) async fn dial(
    resolver: &Resolver,
    endpoint: &Endpoint,
    peer: &Arc<str>,
    timeouts: &Timeouts,
) -> Result<Transport, Error> {
    let addresses = resolver.addresses(endpoint, peer, timeouts.resolve).await?;
    let began = Instant::now();
    let limit = timeouts.connect;
    let deadline = began + limit;
    let step = || SessionStep {
        peer: peer.clone(),
        phase: Phase::Connect,
        elapsed: began.elapsed(),
    };
    let mut failure = None;
    let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
        left = left.saturating_sub(1);
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => match stream.set_nodelay(true) {
                Ok(()) => {
                    debug!(%address, "TCP connected");
                    return Ok(Transport::Tcp(stream));
                }
                Err(cause) => failure = Some(cause),
            },
            Ok(Err(cause)) => {
                debug!(%address, error = %cause, "TCP connection failed");
                failure = Some(cause);
            }
            Err(_) => debug!(%address, "TCP connection timed out"),
        }
    }
    Err(match failure {
        Some(cause) => Error::Connect {
            step: step(),
            cause,
        },
        None => Error::Timeout {
            step: step(),
            waited_for: "no TCP connection",
            limit,
            received_bytes: 0,
            words: None,
        },
    })
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tunnel(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
            Self::Command(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tunnel(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            Self::Command(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tunnel(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Command(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tunnel(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Command(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
