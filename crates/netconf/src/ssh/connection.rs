//! An open connection: sends requests, and closes session and connection in order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use russh::Disconnect;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span, debug};

use super::channel::ChannelStream;
use super::disconnect_reason::DisconnectReason;
use super::jump::JumpConnection;
use super::login::SshConnection;
use crate::error::Error;
use crate::framing::Framing;
use crate::hello::Hello;
use crate::message::Reply;
use crate::session::Session;

/// An open session over SSH. Dropping it cuts the connection at once and leaves no task behind;
/// [`close`](Self::close) ends the session first.
pub struct Connection {
    session: Session<ChannelStream>,
    ssh: SshConnection,
    /// The connection to the jump host, kept as long as this one.
    jump: Option<Arc<JumpConnection>>,
    close: Duration,
    /// The connection's span, the parent of those of its requests.
    span: Span,
}

impl Connection {
    pub(super) fn new(
        session: Session<ChannelStream>,
        ssh: SshConnection,
        jump: Option<Arc<JumpConnection>>,
        close: Duration,
        span: Span,
    ) -> Self {
        Self {
            session,
            ssh,
            jump,
            close,
            span,
        }
    }

    /// What the device announced.
    pub fn peer(&self) -> &Hello {
        self.session.peer()
    }

    /// The framing that the two hellos led to.
    pub fn framing(&self) -> Framing {
        self.session.framing()
    }

    /// See [`Session::request`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn request(&mut self, operation: &str) -> Result<Reply, Error> {
        let reply = self.session.request(operation);
        let reply = reply.instrument(self.span.clone()).await;
        reply.map_err(|error| with_reason(error, &self.ssh.disconnect_reason))
    }

    /// Closes the session and then the connection, in order if the device answers before the deadline.
    ///
    /// # Errors
    ///
    /// As [`Session::close`]. The connection is gone in any case.
    pub async fn close(self) -> Result<(), Error> {
        let deadline = Instant::now() + self.close;
        let closed = self.session.close().instrument(self.span.clone()).await;
        let SshConnection { handle, guard, .. } = self.ssh;
        let farewell = async {
            let sent = handle.disconnect(Disconnect::ByApplication, "", "en");
            if sent.await.is_ok() {
                // The session is over: a late error of the transport does not matter.
                drop(handle.await);
            }
        };
        drop(timeout_at(deadline, farewell).await);
        drop(guard);
        drop(self.jump);
        self.span.in_scope(|| debug!("connection closed"));
        closed
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", self.session.peer())
            .finish_non_exhaustive()
    }
}

/// Adds the recorded reason to the error of a lost connection.
pub(super) fn with_reason(error: Error, disconnect_reason: &DisconnectReason) -> Error {
    match error {
        Error::Disconnected {
            step,
            received_bytes,
            words: None,
        } => Error::Disconnected {
            step,
            received_bytes,
            words: disconnect_reason.get(),
        },
        error => error,
    }
}
