//! From bytes to a connection that has let us in: version exchange, key exchange, host key check, login.
//!
//! The same for a device and for a jump host.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, DisconnectReason, Handle};
use russh::keys::PublicKeyOrCertificate;
use tokio::time::{Instant, timeout, timeout_at};

use super::authentication::{self, Login};
use super::credentials::{Attempt, AttemptOutcome};
use super::host_key_error::HostKeyError;
use super::host_keys::Verifier;
use super::last_words::LastWords;
use super::preferences::Choice;
use super::shared::Shared;
use super::socket::{self, Identification, Owner, Socket};
use super::target::Door;
use super::transport::Transport;
use crate::error::{Error, Phase, Step};
use crate::text::excerpt;

/// An SSH connection on which we are logged in. It ends with `owner`.
pub(super) struct Admission {
    pub(super) handle: Handle<Watcher>,
    /// Ends the SSH library's task with us.
    pub(super) owner: Owner<Transport>,
    pub(super) last_words: LastWords,
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").finish_non_exhaustive()
    }
}

/// One server, and what is needed to log in to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'v> {
    pub(super) door: Door<'v>,
    pub(super) peer: &'v Arc<str>,
    pub(super) shared: &'v Shared,
}

impl<'v> Visit<'v> {
    /// Reads what is on record about the host. The file may lie on a network too, so this has the deadline for connecting.
    pub(super) async fn look_up(self) -> Result<Verifier, Error> {
        let clock = self.clock(Phase::HostKey);
        let limit = self.shared.options.timeouts.connect;
        let records = Arc::clone(&self.shared.known_hosts);
        let looking = Verifier::look_up(records, self.door.host_keys, self.door.endpoint);
        match timeout(limit, looking).await {
            Ok(verifier) => verifier.map_err(|cause| clock.untrusted(cause)),
            Err(_) => Err(clock.timeout("the known_hosts file could not be read", limit)),
        }
    }

    /// Shakes hands over `transport` and logs in. `last_words` may hold the reason for the end of the transport.
    pub(super) async fn enter(
        self,
        verifier: Verifier,
        transport: Transport,
        last_words: LastWords,
    ) -> Result<Admission, Error> {
        let waits_for_command = matches!(transport, Transport::Command(_));
        let (owner, socket) = socket::owned(transport);
        let watcher = Watcher {
            verifier: Box::new(verifier),
            last_words: last_words.clone(),
        };
        let mut entry = Entry {
            visit: self,
            owner,
            last_words,
        };
        let handle = entry.shake_hands(socket, watcher, waits_for_command);
        let mut handle = handle.await?;
        entry.log_in(&mut handle).await?;
        Ok(Admission {
            handle,
            owner: entry.owner,
            last_words: entry.last_words,
        })
    }

    /// Begins a phase.
    pub(super) fn clock(self, phase: Phase) -> Clock<'v> {
        Clock {
            peer: self.peer,
            phase,
            began: Instant::now(),
        }
    }
}

struct Entry<'v> {
    visit: Visit<'v>,
    owner: Owner<Transport>,
    last_words: LastWords,
}

impl Entry<'_> {
    async fn shake_hands(
        &mut self,
        socket: Socket<Transport>,
        watcher: Watcher,
        waits_for_command: bool,
    ) -> Result<Handle<Watcher>, Error> {
        let Visit { door, shared, .. } = self.visit;
        let options = &shared.options;
        let timeouts = &options.timeouts;
        let mut clock = self.visit.clock(Phase::VersionExchange);
        let config = shared.configs.get(Choice {
            known: watcher.verifier.known_types(),
            legacy: door.legacy,
            keepalive: options.keepalive,
        });
        let config = config.map_err(|error| self.failed(clock, error))?;
        let mut connecting = pin!(client::connect_stream(config, socket, watcher));
        // What a proxy command does first is to connect, and there is no seeing when it has.
        let limit = timeouts.version_exchange
            + if waits_for_command {
                timeouts.connect
            } else {
                Duration::ZERO
            };
        let early = tokio::select! {
            biased;
            connected = &mut connecting => Some(connected),
            identified = timeout(limit, self.owner.identified()) => match identified {
                Ok(Identification::Known) => None,
                Ok(Identification::Foreign(line)) => return Err(foreign(clock, &line)),
                Err(_) => {
                    let mut error = clock.timeout("no SSH identification line", limit);
                    if let Error::Timeout { received_bytes, words, .. } = &mut error {
                        *received_bytes = self.owner.received_bytes();
                        *words = self.words_of_head();
                    }
                    return Err(error);
                }
            },
        };
        let connected = match early {
            Some(connected) => match self.owner.identification() {
                Some(Identification::Foreign(line)) => return Err(foreign(clock, &line)),
                _ => connected,
            },
            None => {
                clock = self.visit.clock(Phase::KeyExchange);
                let limit = timeouts.key_exchange;
                match timeout_at(clock.began + limit, connecting).await {
                    Ok(connected) => connected,
                    Err(_) => {
                        let mut error = clock.timeout("the keys were not agreed", limit);
                        if let Error::Timeout { received_bytes, .. } = &mut error {
                            *received_bytes = self.owner.received_bytes();
                        }
                        return Err(error);
                    }
                }
            }
        };
        connected.map_err(|error| match error {
            WatcherError::HostKey(cause) => {
                clock.phase = Phase::HostKey;
                clock.untrusted(cause)
            }
            WatcherError::Ssh(error) => self.failed(clock, error),
        })
    }

    async fn log_in(&mut self, handle: &mut Handle<Watcher>) -> Result<(), Error> {
        let Visit { door, shared, .. } = self.visit;
        let clock = self.visit.clock(Phase::Authentication);
        let limit = shared.options.timeouts.authentication;
        let login = authentication::log_in(handle, door, shared, &self.last_words);
        match timeout(limit, login).await {
            Ok(Ok(Login::Accepted)) => Ok(()),
            Ok(Ok(Login::Disconnected)) => Err(self.disconnected(clock, None)),
            Ok(Ok(Login::Refused { attempts, accepts })) => {
                let was_tried =
                    |attempt: &Attempt| !matches!(attempt.outcome, AttemptOutcome::NotTried(_));
                let step = clock.step();
                let user = door.credentials.user.as_str().into();
                Err(if attempts.iter().any(was_tried) {
                    Error::Authentication {
                        step,
                        user,
                        attempts,
                        accepts,
                    }
                } else {
                    Error::Credentials {
                        step,
                        user,
                        attempts,
                        accepts,
                    }
                })
            }
            Ok(Err(error)) => Err(self.failed(clock, error)),
            Err(_) => Err(clock.timeout("no answer to the login", limit)),
        }
    }

    fn failed(&self, clock: Clock<'_>, error: russh::Error) -> Error {
        let is_handshake = matches!(clock.phase, Phase::VersionExchange | Phase::KeyExchange);
        match error {
            russh::Error::IO(error) => self.disconnected(clock, Some(error)),
            russh::Error::Disconnect
            | russh::Error::HUP
            | russh::Error::SendError
            | russh::Error::RecvError
            | russh::Error::Join(_) => self.disconnected(clock, None),
            error if is_handshake => Error::Handshake {
                step: clock.step(),
                reason: self.explain(&error).into(),
            },
            error => self.disconnected(clock, Some(io::Error::other(error))),
        }
    }

    /// What to do about it, where there is something.
    fn explain(&self, error: &russh::Error) -> String {
        let is_legacy = self.visit.door.legacy;
        match error {
            russh::Error::NoCommonAlgo { kind, ours, theirs } => {
                let (ours, theirs) = (ours.join(", "), theirs.join(", "));
                let advice = if is_legacy {
                    "even with those for legacy devices"
                } else {
                    "if the device is an old one, set `legacy` to true for it"
                };
                format!(
                    "there is no common {kind:?} algorithm ({advice}); ours: {ours}; theirs: {theirs}"
                )
            }
            russh::Error::Version => match self.words_of_head() {
                Some(words) => {
                    let found = excerpt(words.as_bytes());
                    format!("expected an SSH identification line, found \"{found}\"")
                }
                None => error.to_string(),
            },
            error => error.to_string(),
        }
    }

    fn words_of_head(&self) -> Option<Box<str>> {
        let head = self.owner.head();
        let text = String::from_utf8_lossy(&head);
        let text = text.trim();
        (!text.is_empty()).then(|| text.into())
    }

    fn disconnected(&self, clock: Clock<'_>, cause: Option<io::Error>) -> Error {
        // A peer that just left has said nothing by that.
        let cause = cause.filter(|error| error.kind() != io::ErrorKind::UnexpectedEof);
        let words = self
            .last_words
            .get()
            .or_else(|| self.words_of_head())
            .or_else(|| cause.map(|error| error.to_string().into()));
        Error::Disconnected {
            step: clock.step(),
            received_bytes: 0,
            words,
        }
    }
}

/// The device has introduced itself with this line.
fn foreign(clock: Clock<'_>, line: &str) -> Error {
    let found = excerpt(line.as_bytes());
    let reason = format!("expected a device that speaks SSH-2.0, found \"{found}\"");
    Error::Handshake {
        step: clock.step(),
        reason: reason.into(),
    }
}

/// Who is being talked to, about what, since when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'p> {
    pub(super) peer: &'p Arc<str>,
    pub(super) phase: Phase,
    pub(super) began: Instant,
}

impl Clock<'_> {
    pub(super) fn step(self) -> Step {
        Step {
            peer: self.peer.clone(),
            phase: self.phase,
            elapsed: self.began.elapsed(),
        }
    }

    pub(super) fn timeout(self, waited_for: &'static str, limit: Duration) -> Error {
        Error::Timeout {
            step: self.step(),
            waited_for,
            limit,
            received_bytes: 0,
            words: None,
        }
    }

    fn untrusted(self, cause: HostKeyError) -> Error {
        Error::HostKey {
            step: self.step(),
            cause: Box::new(cause),
        }
    }
}

/// Our part in the SSH library's task: checks the host key and remembers why the connection ended.
pub(super) struct Watcher {
    /// In a box, for the library's task keeps room for its handler more than once.
    verifier: Box<Verifier>,
    last_words: LastWords,
}

/// What can stop that task.
#[derive(Debug)]
pub(super) enum WatcherError {
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
        let verified = self.verifier.verify(&key.public_key()).await;
        verified.map(|()| true).map_err(WatcherError::HostKey)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let words = &self.last_words;
        match &reason {
            DisconnectReason::ReceivedDisconnect(info) if info.message.trim().is_empty() => {
                words.said(&format!("{:?}", info.reason_code));
            }
            DisconnectReason::ReceivedDisconnect(info) => words.said(&info.message),
            DisconnectReason::Error(WatcherError::Ssh(error)) => match error {
                // The peer just left: that the connection ended says as much.
                russh::Error::Disconnect | russh::Error::HUP => {}
                russh::Error::IO(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                russh::Error::IO(error) => words.failed(&error.to_string()),
                russh::Error::KeepaliveTimeout => {
                    words.failed("it did not answer keepalives any more");
                }
                error => words.said(&error.to_string()),
            },
            DisconnectReason::Error(WatcherError::HostKey(error)) => words.said(&error.to_string()),
        }
        match reason {
            DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            DisconnectReason::Error(error) => Err(error),
        }
    }
}
