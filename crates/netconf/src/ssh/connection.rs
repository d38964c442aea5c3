//! One open connection: requests, and the end in good order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use russh::Disconnect;
use tokio::time::{Instant, timeout_at};

use super::channel::ChannelStream;
use super::jump::Jump;
use super::last_words::LastWords;
use super::login::Admission;
use crate::error::Error;
use crate::framing::Framing;
use crate::hello::Hello;
use crate::message::Reply;
use crate::session::Session;

/// An open session over SSH. Dropping it cuts the connection at once and leaves no task behind;
/// [`close`](Self::close) takes leave first.
pub struct Connection {
    session: Session<ChannelStream>,
    admission: Admission,
    /// What the connection runs through, for as long as it lasts.
    jump: Option<Arc<Jump>>,
    close: Duration,
}

impl Connection {
    pub(super) fn new(
        session: Session<ChannelStream>,
        admission: Admission,
        jump: Option<Arc<Jump>>,
        close: Duration,
    ) -> Self {
        Self {
            session,
            admission,
            jump,
            close,
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
        let reply = self.session.request(operation).await;
        reply.map_err(|error| with_words(error, &self.admission.last_words))
    }

    /// Ends the session and then the connection, in good order if the device takes part before the deadline.
    ///
    /// # Errors
    ///
    /// As [`Session::close`]. The connection is gone in any case.
    pub async fn close(self) -> Result<(), Error> {
        let deadline = Instant::now() + self.close;
        let closed = self.session.close().await;
        let Admission { handle, owner, .. } = self.admission;
        let farewell = async {
            let sent = handle.disconnect(Disconnect::ByApplication, "", "en");
            if sent.await.is_ok() {
                // Whatever the transport still had to say, we have left.
                drop(handle.await);
            }
        };
        drop(timeout_at(deadline, farewell).await);
        drop(owner);
        drop(self.jump);
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

/// Adds the reason for a lost connection, if the transport heard one.
pub(super) fn with_words(error: Error, last_words: &LastWords) -> Error {
    match error {
        Error::Disconnected {
            step,
            received_bytes,
            words: None,
        } => Error::Disconnected {
            step,
            received_bytes,
            words: last_words.get(),
        },
        error => error,
    }
}
