//! What an SSH session runs over: a TCP connection, a channel through a jump host, or a command.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use super::channel::ChannelStream;
use super::proxy_command::ProxyCommand;
use super::target::Endpoint;
use crate::error::{Error, Phase, Step};
use crate::options::Timeouts;

/// So many names are looked up at once. The system's resolver cannot be interrupted, so those that hang must not take all
/// threads that block.
const LOOKUPS_AT_ONCE: usize = 32;

/// The bytes below SSH. The usual one is small, for as many idle sessions as there may be.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Tunnel(Box<ChannelStream>),
    Command(Box<ProxyCommand>),
}

/// What all connections of a run share in finding addresses.
#[derive(Debug)]
pub(super) struct Resolver(Arc<Semaphore>);

impl Default for Resolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)))
    }
}

impl Resolver {
    /// The addresses of an endpoint. Only names are looked up, each within the deadline for it; a lookup that has passed
    /// it goes on in the system's resolver until that gives up.
    async fn addresses(
        &self,
        endpoint: &Endpoint,
        peer: &Arc<str>,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = endpoint.host.parse() {
            return Ok(vec![SocketAddr::new(address, endpoint.port)]);
        }
        let began = Instant::now();
        let step = || Step {
            peer: peer.clone(),
            phase: Phase::Resolve,
            elapsed: began.elapsed(),
        };
        let lookup = async {
            let permit = Arc::clone(&self.0).acquire_owned().await;
            let (host, port) = (endpoint.host.clone(), endpoint.port);
            let found = tokio::task::spawn_blocking(move || {
                let addresses = (host.as_str(), port).to_socket_addrs();
                drop(permit);
                addresses.map(Iterator::collect::<Vec<_>>)
            });
            found.await.map_err(io::Error::other)?
        };
        match timeout(limit, lookup).await {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(Error::Connect {
                step: step(),
                cause: io::Error::new(io::ErrorKind::NotFound, "the name has no address"),
            }),
            Ok(found) => found.map_err(|cause| Error::Connect {
                step: step(),
                cause,
            }),
            Err(_) => Err(Error::Timeout {
                step: step(),
                waited_for: "no address for the name",
                limit,
                received_bytes: 0,
                words: None,
            }),
        }
    }
}

/// Opens a TCP connection: all addresses of the name in turn, within one deadline, of which each gets an equal part of
/// what is left.
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
    let step = || Step {
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
                Ok(()) => return Ok(Transport::Tcp(stream)),
                Err(cause) => failure = Some(cause),
            },
            Ok(Err(cause)) => failure = Some(cause),
            Err(_) => {}
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
