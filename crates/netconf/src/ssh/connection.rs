//! Opening and holding one connection.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use russh::Disconnect;
use russh::client::{self, DisconnectReason, Handle};
use russh::keys::PublicKeyOrCertificate;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::authentication::{self, Attempt, AttemptOutcome, Credentials, Login};
use super::host_keys::{self, HostKeyError, HostKeyPolicy, Verifier};
use super::preferences;
use super::socket::{self, Owner, Socket};
use super::subsystem::{LastWords, Refusal, Subsystem};
use super::target::{Endpoint, Target};
use crate::error::{Error, Phase};
use crate::hello::Hello;
use crate::message::Reply;
use crate::options::Options;
use crate::session::{Session, after};

/// An open session over SSH. Dropping it cuts the connection at once and leaves no task behind;
/// [`close`](Self::close) takes leave first.
pub struct Connection {
    session: Session<Subsystem>,
    handle: Handle<Watcher>,
    /// Ends the SSH library's task with us.
    owner: Owner<TcpStream>,
    last_words: LastWords,
    close: Duration,
}

/// Connects, checks the host key, logs in, opens the `netconf` subsystem and exchanges hellos.
///
/// # Errors
///
/// Each step has its own variant of [`Error`]; see [`Error::phase`].
pub async fn connect(target: &Target, options: &Options) -> Result<Connection, Error> {
    let Target {
        endpoint,
        credentials,
        host_keys,
    } = target;
    let peer: Arc<str> = endpoint.to_string().into();
    let verifier = look_up(endpoint, &peer, host_keys, options.timeouts.connect).await?;
    let stream = dial(endpoint, &peer, options.timeouts.connect).await?;
    let (owner, socket) = socket::owned(stream);
    let last_words = LastWords::default();
    let watcher = Watcher {
        verifier,
        last_words: last_words.clone(),
    };
    let opening = Opening {
        peer,
        options,
        owner,
        last_words,
    };
    let mut handle = opening.shake_hands(socket, watcher).await?;
    opening.log_in(&mut handle, credentials).await?;
    let session = opening.start_session(&handle).await?;
    Ok(Connection {
        session,
        handle,
        owner: opening.owner,
        last_words: opening.last_words,
        close: options.timeouts.close,
    })
}

impl Connection {
    /// What the device announced.
    pub fn peer(&self) -> &Hello {
        self.session.peer()
    }

    /// See [`Session::request`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn request(&mut self, operation: &str) -> Result<Reply, Error> {
        let reply = self.session.request(operation).await;
        reply.map_err(|error| with_words(error, &self.last_words))
    }

    /// Ends the session and then the connection, in good order if the device takes part before the deadline.
    ///
    /// # Errors
    ///
    /// As [`Session::close`]. The connection is gone in any case.
    pub async fn close(self) -> Result<(), Error> {
        let deadline = after(Instant::now(), self.close);
        let closed = self.session.close().await;
        let farewell = async {
            let sent = self.handle.disconnect(Disconnect::ByApplication, "", "en");
            if sent.await.is_ok() {
                // Whatever the transport still had to say, we have left.
                drop(self.handle.await);
            }
        };
        drop(timeout_at(deadline, farewell).await);
        drop(self.owner);
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

/// What the steps after dialling have in common.
struct Opening<'o> {
    peer: Arc<str>,
    options: &'o Options,
    owner: Owner<TcpStream>,
    last_words: LastWords,
}

impl Opening<'_> {
    async fn shake_hands(
        &self,
        socket: Socket<TcpStream>,
        watcher: Watcher,
    ) -> Result<Handle<Watcher>, Error> {
        let limit = self.options.timeouts.handshake;
        let config = preferences::config(&watcher.verifier.known_types());
        let connected = timeout(limit, client::connect_stream(config, socket, watcher)).await;
        match connected {
            Ok(Ok(handle)) => Ok(handle),
            Ok(Err(WatcherError::HostKey(cause))) => Err(untrusted(&self.peer, cause)),
            Ok(Err(WatcherError::Ssh(error))) => Err(self.failed(Phase::Handshake, error)),
            Err(_) => Err(Error::Timeout {
                peer: self.peer.clone(),
                phase: Phase::Handshake,
                waited_for: "the SSH handshake was not done",
                limit,
                received_bytes: self.owner.received_bytes(),
            }),
        }
    }

    async fn log_in(
        &self,
        handle: &mut Handle<Watcher>,
        credentials: &Credentials,
    ) -> Result<(), Error> {
        let limit = self.options.timeouts.authentication;
        let login = timeout(limit, authentication::log_in(handle, credentials)).await;
        let peer = self.peer.clone();
        let user = credentials.user.as_str().into();
        match login {
            Ok(Ok(Login::Accepted)) => Ok(()),
            Ok(Ok(Login::Disconnected)) => Err(self.disconnected(Phase::Authentication, None)),
            Ok(Ok(Login::Refused { attempts, accepts })) => {
                let was_tried =
                    |attempt: &Attempt| !matches!(attempt.outcome, AttemptOutcome::NotTried(_));
                Err(if !attempts.iter().any(was_tried) {
                    Error::Credentials {
                        peer,
                        user,
                        attempts,
                    }
                } else {
                    Error::Authentication {
                        peer,
                        user,
                        attempts,
                        accepts,
                    }
                })
            }
            Ok(Err(error)) => Err(self.failed(Phase::Authentication, error)),
            Err(_) => Err(Error::Timeout {
                peer,
                phase: Phase::Authentication,
                waited_for: "no answer to the login",
                limit,
                received_bytes: 0,
            }),
        }
    }

    async fn start_session(&self, handle: &Handle<Watcher>) -> Result<Session<Subsystem>, Error> {
        let limit = self.options.timeouts.hello;
        let deadline = after(Instant::now(), limit);
        let opened = timeout_at(deadline, Subsystem::open(handle, self.last_words.clone())).await;
        let stream = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(Refusal::Subsystem(reason))) => {
                return Err(Error::Subsystem {
                    peer: self.peer.clone(),
                    reason: reason.into(),
                });
            }
            Ok(Err(Refusal::Ssh(error))) => return Err(self.failed(Phase::Hello, error)),
            Err(_) => {
                return Err(Error::Timeout {
                    peer: self.peer.clone(),
                    phase: Phase::Hello,
                    waited_for: "the netconf subsystem was not opened",
                    limit,
                    received_bytes: 0,
                });
            }
        };
        let started = Session::start_named(stream, self.peer.clone(), self.options, deadline).await;
        started.map_err(|error| with_words(error, &self.last_words))
    }

    fn failed(&self, phase: Phase, error: russh::Error) -> Error {
        match error {
            russh::Error::IO(error) => self.disconnected(phase, Some(error)),
            russh::Error::Disconnect
            | russh::Error::HUP
            | russh::Error::SendError
            | russh::Error::RecvError
            | russh::Error::Join(_) => self.disconnected(phase, None),
            error if phase == Phase::Handshake => Error::Handshake {
                peer: self.peer.clone(),
                reason: error.to_string().into(),
            },
            error => self.disconnected(phase, Some(io::Error::other(error))),
        }
    }

    fn disconnected(&self, phase: Phase, cause: Option<io::Error>) -> Error {
        let error = Error::Disconnected {
            peer: self.peer.clone(),
            phase,
            received_bytes: 0,
            words: cause.map(|error| error.to_string().into()),
        };
        with_words(error, &self.last_words)
    }
}

/// Reads what is on record about the host. The file may lie on a network too, so this has the deadline for connecting.
async fn look_up(
    endpoint: &Endpoint,
    peer: &Arc<str>,
    host_keys: &HostKeyPolicy,
    limit: Duration,
) -> Result<Verifier, Error> {
    let reading = host_keys::read(host_keys.clone(), endpoint.clone());
    match timeout(limit, reading).await {
        Ok(verifier) => verifier.map_err(|cause| untrusted(peer, cause)),
        Err(_) => Err(Error::Timeout {
            peer: peer.clone(),
            phase: Phase::HostKey,
            waited_for: "the known_hosts file could not be read",
            limit,
            received_bytes: 0,
        }),
    }
}

/// Opens the TCP connection: all addresses of the name in turn, within one deadline.
async fn dial(endpoint: &Endpoint, peer: &Arc<str>, limit: Duration) -> Result<TcpStream, Error> {
    let started = Instant::now();
    let address = (endpoint.host.as_str(), endpoint.port);
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(stream) => stream
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|cause| Error::Connect {
                peer: peer.clone(),
                cause,
                elapsed: started.elapsed(),
            }),
        Err(_) => Err(Error::Timeout {
            peer: peer.clone(),
            phase: Phase::Connect,
            waited_for: "no TCP connection",
            limit,
            received_bytes: 0,
        }),
    }
}

fn untrusted(peer: &Arc<str>, cause: HostKeyError) -> Error {
    Error::HostKey {
        peer: peer.clone(),
        cause: Box::new(cause),
    }
}

/// Adds the reason for a lost connection, if the transport heard one.
fn with_words(error: Error, last_words: &LastWords) -> Error {
    match error {
        Error::Disconnected {
            peer,
            phase,
            received_bytes,
            words: None,
        } => Error::Disconnected {
            peer,
            phase,
            received_bytes,
            words: last_words.get().cloned(),
        },
        error => error,
    }
}

/// Our part in the SSH library's task: checks the host key and remembers why the connection ended.
struct Watcher {
    verifier: Verifier,
    last_words: LastWords,
}

/// What can stop that task.
#[derive(Debug)]
enum WatcherError {
    HostKey(HostKeyError),
    Ssh(russh::Error),
}

impl From<russh::Error> for WatcherError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for Watcher {
    type Error = WatcherError;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let verified = self.verifier.verify(&key.public_key());
        verified.map(|()| true).map_err(WatcherError::HostKey)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let words = match &reason {
            DisconnectReason::ReceivedDisconnect(info) if info.message.trim().is_empty() => {
                Some(format!("{:?}", info.reason_code))
            }
            DisconnectReason::ReceivedDisconnect(info) => Some(info.message.trim().to_owned()),
            // The peer just left: that the connection ended says as much.
            DisconnectReason::Error(WatcherError::Ssh(
                russh::Error::Disconnect | russh::Error::HUP,
            )) => None,
            DisconnectReason::Error(WatcherError::Ssh(error)) => Some(error.to_string()),
            DisconnectReason::Error(WatcherError::HostKey(error)) => Some(error.to_string()),
        };
        if let Some(words) = words {
            self.last_words.get_or_init(|| words.into());
        }
        match reason {
            DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            DisconnectReason::Error(error) => Err(error),
        }
    }
}
