//! Connections: accepted up to a number, encrypted as the web configuration says, and cut off when the other end is too slow.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::routes::Routes;
use crate::stop;
use crate::web_files::WebFiles;
use crate::write_timeout::WriteTimeout;

/// Connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 256;
/// The time for a handshake, and for a request's headers. It also ends a connection without requests.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is sent.
const TAKES_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a request's headers.
const MOST_HEADER_BYTES: usize = 16 * 1024;
/// Lines of a request's headers.
const MOST_HEADERS: usize = 64;
/// How long answers may take to end once the daemon stops.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Accepts connections until `stop` turns true, then lets answers come to their end for a moment.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Arc<Routes>,
    files: Arc<WebFiles>,
    stop: watch::Receiver<bool>,
) {
    let mut stopped = std::pin::pin!(stop::told(stop.clone()));
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            // It is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            biased;
            () = &mut stopped => break,
            Some(_) = connections.join_next() => continue,
            accepted = accepted => accepted,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: others must end first.
                tracing::warn!("a connection cannot be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = Connection {
            routes: Arc::clone(&routes),
            files: Arc::clone(&files),
            stop: stop.clone(),
        };
        connections.spawn(async move {
            connection.routes.status.facts().connections += 1;
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%client, "the connection ended: {error}");
            }
            connection.routes.status.facts().connections -= 1;
            drop(permit);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(END_WITHIN, ended).await.ok();
}

struct Connection {
    routes: Arc<Routes>,
    files: Arc<WebFiles>,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let address = stream.local_addr()?;
        let tls = self.files.current().tls.clone();
        let stream = WriteTimeout::new(stream, TAKES_WITHIN);
        let Some(tls) = tls else {
            return self.answer(stream, address).await;
        };
        let handshake = TlsAcceptor::from(tls).accept(stream);
        let stream = tokio::time::timeout(HEADERS_WITHIN, handshake).await??;
        self.answer(stream, address).await
    }

    async fn answer(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        address: SocketAddr,
    ) -> io::Result<()> {
        let address = address.to_string();
        let service = service_fn(|request| {
            let address = &address;
            async move {
                let web = self.files.current();
                Ok::<_, std::convert::Infallible>(self.routes.answer(request, &web, address).await)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_buf_size(MOST_HEADER_BYTES)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop::told(self.stop.clone()) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended.map_err(io::Error::other)
    }
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
