//! Resolves host names, within a deadline and with bounded concurrency.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tracing::debug;

use super::endpoint::Endpoint;
use crate::error::{Error, Phase, SessionStep};

/// The number of concurrent lookups. The system's resolver cannot be interrupted, so lookups that hang must not occupy all
/// blocking threads.
const LOOKUPS_AT_ONCE: usize = 32;

/// The system's resolver, shared by all connections of a run.
#[derive(Debug)]
pub(super) struct Resolver(Arc<Semaphore>);

impl Default for Resolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)))
    }
}

impl Resolver {
    /// The addresses of an endpoint. Only names are looked up, within `limit`. A lookup that has exceeded
    /// it continues in the system's resolver until that gives up.
    pub(super) async fn addresses(
        &self,
        endpoint: &Endpoint,
        peer: &Arc<str>,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = endpoint.host.parse() {
            return Ok(vec![SocketAddr::new(address, endpoint.port)]);
        }
        let began = Instant::now();
        let step = || SessionStep {
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
            Ok(Ok(addresses)) => {
                debug!(addresses = addresses.len(), "host name resolved");
                Ok(addresses)
            }
            Ok(Err(cause)) => Err(Error::Connect {
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
