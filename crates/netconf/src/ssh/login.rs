//! Sets up SSH over a transport: version exchange, key exchange, host key check, authentication.
//!
//! Devices and jump hosts use the same code.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use russh::Names;
use russh::client::{self, Handle};
use russh::keys::PublicKeyOrCertificate;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, debug};

use super::algorithms::ConfigKey;
use super::authentication::{self, Banners, LoginResult};
use super::credentials::{Attempt, AttemptOutcome};
use super::disconnect_reason::DisconnectReason;
use super::host_key_error::HostKeyError;
use super::host_keys::HostKeyVerifier;
use super::shared::Shared;
use super::socket::{self, Identification, Socket, SocketGuard};
use super::target::SshServer;
use super::transport::Transport;
use crate::error::{Error, Phase, SessionStep};
use crate::text::excerpt;

/// An authenticated SSH connection. It ends when `guard` is dropped.
pub(super) struct SshConnection {
    pub(super) handle: Handle<SshHandler>,
    /// Ends the SSH library's task on drop.
    pub(super) guard: SocketGuard<Transport>,
    pub(super) disconnect_reason: DisconnectReason,
}

impl fmt::Debug for SshConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshConnection").finish_non_exhaustive()
    }
}

/// The inputs of a login to one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'v> {
    pub(super) server: SshServer<'v>,
    pub(super) peer: &'v Arc<str>,
    pub(super) shared: &'v Shared,
}

impl<'v> Login<'v> {
    /// Reads the recorded host keys. The file may be on a network file system, so the deadline for connecting applies.
    pub(super) async fn read_known_hosts(self) -> Result<HostKeyVerifier, Error> {
        let timer = self.timer(Phase::HostKey);
        let limit = self.shared.options.timeouts.connect;
        let records = Arc::clone(&self.shared.known_hosts);
        let reading = HostKeyVerifier::read(records, self.server.host_keys, self.server.endpoint);
        match timeout(limit, reading).await {
            Ok(verifier) => verifier.map_err(|cause| timer.untrusted(cause)),
            Err(_) => Err(timer.timeout("the known_hosts file could not be read", limit)),
        }
    }

    /// Sets up SSH over `transport` and logs in. `disconnect_reason` receives the reason if the transport ends.
    pub(super) async fn open(
        self,
        verifier: HostKeyVerifier,
        transport: Transport,
        disconnect_reason: DisconnectReason,
    ) -> Result<SshConnection, Error> {
        let waits_for_command = matches!(transport, Transport::Command(_));
        let (guard, socket) = socket::guarded(transport);
        let handler = SshHandler {
            verifier: Box::new(verifier),
            disconnect_reason: disconnect_reason.clone(),
            banners: Banners::default(),
            span: Span::current(),
        };
        let banners = handler.banners.clone();
        let mut handshake = Handshake {
            login: self,
            guard,
            disconnect_reason,
        };
        let handle = handshake.exchange_keys(socket, handler, waits_for_command);
        let mut handle = handle.await?;
        handshake.log_in(&mut handle, banners).await?;
        Ok(SshConnection {
            handle,
            guard: handshake.guard,
            disconnect_reason: handshake.disconnect_reason,
        })
    }

    /// Begins a phase.
    pub(super) fn timer(self, phase: Phase) -> PhaseTimer<'v> {
        PhaseTimer {
            peer: self.peer,
            phase,
            began: Instant::now(),
        }
    }
}

struct Handshake<'v> {
    login: Login<'v>,
    guard: SocketGuard<Transport>,
    disconnect_reason: DisconnectReason,
}

impl Handshake<'_> {
    async fn exchange_keys(
        &mut self,
        socket: Socket<Transport>,
        handler: SshHandler,
        waits_for_command: bool,
    ) -> Result<Handle<SshHandler>, Error> {
        let Login { server, shared, .. } = self.login;
        let options = &shared.options;
        let timeouts = &options.timeouts;
        let mut timer = self.login.timer(Phase::VersionExchange);
        let config = shared.configs.get(ConfigKey {
            known: handler.verifier.known_types(),
            legacy: server.legacy,
            keepalive: options.keepalive,
        });
        let config = config.map_err(|error| self.failed(timer, error))?;
        let mut connecting = pin!(client::connect_stream(config, socket, handler));
        // A proxy command connects first, and does not report when it has.
        let limit = timeouts.version_exchange
            + if waits_for_command {
                timeouts.connect
            } else {
                Duration::ZERO
            };
        let early = tokio::select! {
            biased;
            connected = &mut connecting => Some(connected),
            identified = timeout(limit, self.guard.identified()) => match identified {
                Ok(Identification::Known) => None,
                Ok(Identification::Foreign(line)) => return Err(foreign(timer, &line)),
                Err(_) => {
                    let mut error = timer.timeout("no SSH identification line", limit);
                    if let Error::Timeout { received_bytes, words, .. } = &mut error {
                        *received_bytes = self.guard.received_bytes();
                        *words = self.preamble_text();
                    }
                    return Err(error);
                }
            },
        };
        let connected = match early {
            Some(connected) => match self.guard.identification() {
                Some(Identification::Foreign(line)) => return Err(foreign(timer, &line)),
                _ => connected,
            },
            None => {
                timer = self.login.timer(Phase::KeyExchange);
                let limit = timeouts.key_exchange;
                match timeout_at(timer.began + limit, connecting).await {
                    Ok(connected) => connected,
                    Err(_) => {
                        let mut error = timer.timeout("the keys were not agreed", limit);
                        if let Error::Timeout { received_bytes, .. } = &mut error {
                            *received_bytes = self.guard.received_bytes();
                        }
                        return Err(error);
                    }
                }
            }
        };
        connected.map_err(|error| match error {
            SshHandlerError::HostKey(cause) => {
                timer.phase = Phase::HostKey;
                timer.untrusted(cause)
            }
            SshHandlerError::Ssh(error) => self.failed(timer, error),
        })
    }

    async fn log_in(
        &mut self,
        handle: &mut Handle<SshHandler>,
        banners: Banners,
    ) -> Result<(), Error> {
        let Login { server, shared, .. } = self.login;
        let timer = self.login.timer(Phase::Authentication);
        let limit = shared.options.timeouts.authentication;
        let login =
            authentication::log_in(handle, server, shared, &self.disconnect_reason, banners);
        match timeout(limit, login).await {
            Ok(Ok(LoginResult::Accepted)) => {
                let user = server.credentials.user.as_str();
                debug!(user, elapsed = ?timer.began.elapsed(), "logged in");
                Ok(())
            }
            Ok(Ok(LoginResult::Disconnected)) => Err(self.disconnected(timer, None)),
            Ok(Ok(LoginResult::Refused { attempts, accepts })) => {
                let was_tried =
                    |attempt: &Attempt| !matches!(attempt.outcome, AttemptOutcome::NotTried(_));
                let step = timer.step();
                let user = server.credentials.user.as_str().into();
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
            Ok(Err(error)) => Err(self.failed(timer, error)),
            Err(_) => Err(timer.timeout("no answer to the login", limit)),
        }
    }

    fn failed(&self, timer: PhaseTimer<'_>, error: russh::Error) -> Error {
        let is_handshake = matches!(timer.phase, Phase::VersionExchange | Phase::KeyExchange);
        match error {
            russh::Error::IO(error) => self.disconnected(timer, Some(error)),
            russh::Error::Disconnect
            | russh::Error::HUP
            | russh::Error::SendError
            | russh::Error::RecvError
            | russh::Error::Join(_) => self.disconnected(timer, None),
            error if is_handshake => Error::Handshake {
                step: timer.step(),
                reason: self.explain(&error).into(),
            },
            error => self.disconnected(timer, Some(io::Error::other(error))),
        }
    }

    /// The error's text, with advice where there is some.
    fn explain(&self, error: &russh::Error) -> String {
        let is_legacy = self.login.server.legacy;
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
            russh::Error::Version => match self.preamble_text() {
                Some(words) => {
                    let found = excerpt(words.as_bytes());
                    format!("expected an SSH identification line, found \"{found}\"")
                }
                None => error.to_string(),
            },
            error => error.to_string(),
        }
    }

    fn preamble_text(&self) -> Option<Box<str>> {
        let head = self.guard.preamble();
        let text = String::from_utf8_lossy(&head);
        let text = text.trim();
        (!text.is_empty()).then(|| text.into())
    }

    fn disconnected(&self, timer: PhaseTimer<'_>, cause: Option<io::Error>) -> Error {
        // An end of file alone is no explanation.
        let cause = cause.filter(|error| error.kind() != io::ErrorKind::UnexpectedEof);
        let words = self
            .disconnect_reason
            .get()
            .or_else(|| self.preamble_text())
            .or_else(|| cause.map(|error| error.to_string().into()));
        Error::Disconnected {
            step: timer.step(),
            received_bytes: 0,
            words,
        }
    }
}

/// The peer's identification line is not one of SSH 2.
fn foreign(timer: PhaseTimer<'_>, line: &str) -> Error {
    let found = excerpt(line.as_bytes());
    let reason = format!("expected a device that speaks SSH-2.0, found \"{found}\"");
    Error::Handshake {
        step: timer.step(),
        reason: reason.into(),
    }
}

/// The current phase of a connection and its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseTimer<'p> {
    pub(super) peer: &'p Arc<str>,
    pub(super) phase: Phase,
    pub(super) began: Instant,
}

impl PhaseTimer<'_> {
    pub(super) fn step(self) -> SessionStep {
        SessionStep {
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

/// The callbacks of the SSH library's task: checks the host key and records why the connection ended.
pub(super) struct SshHandler {
    /// Boxed, because the library's task reserves space for its handler more than once.
    verifier: Box<HostKeyVerifier>,
    disconnect_reason: DisconnectReason,
    banners: Banners,
    /// The connection's span: the library's task runs outside of it.
    span: Span,
}

/// Why that task failed.
#[derive(Debug)]
pub(super) enum SshHandlerError {
    HostKey(HostKeyError),
    Ssh(russh::Error),
}

impl From<russh::Error> for SshHandlerError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for SshHandler {
    type Error = SshHandlerError;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let key = key.public_key();
        let verified = self.verifier.verify(&key);
        let verified = verified.instrument(self.span.clone()).await;
        verified.map(|()| true).map_err(SshHandlerError::HostKey)
    }

    async fn auth_banner(
        &mut self,
        banner: &str,
        _session: &mut client::Session,
    ) -> Result<(), Self::Error> {
        self.banners.push(banner);
        Ok(())
    }

    async fn kex_done(
        &mut self,
        _shared_secret: Option<&[u8]>,
        names: &Names,
        session: &mut client::Session,
    ) -> Result<(), Self::Error> {
        let _entered = self.span.enter();
        debug!(
            server = excerpt(session.remote_sshid()),
            key_exchange = names.kex.as_ref(),
            host_key = names.key.as_str(),
            cipher = names.cipher.as_ref(),
            mac = names.client_mac.as_ref(),
            "keys exchanged"
        );
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: client::DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let words = &self.disconnect_reason;
        match &reason {
            client::DisconnectReason::ReceivedDisconnect(info)
                if info.message.trim().is_empty() =>
            {
                words.set_by_peer(&format!("{:?}", info.reason_code));
            }
            client::DisconnectReason::ReceivedDisconnect(info) => words.set_by_peer(&info.message),
            client::DisconnectReason::Error(SshHandlerError::Ssh(error)) => match error {
                // No reason: the error says already that the connection ended.
                russh::Error::Disconnect | russh::Error::HUP => {}
                russh::Error::IO(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                russh::Error::IO(error) => words.set_by_network(&error.to_string()),
                russh::Error::KeepaliveTimeout => {
                    words.set_by_network("it did not answer keepalives any more");
                }
                error => words.set_by_peer(&error.to_string()),
            },
            client::DisconnectReason::Error(SshHandlerError::HostKey(error)) => {
                words.set_by_peer(&error.to_string())
            }
        }
        match reason {
            client::DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            client::DisconnectReason::Error(error) => Err(error),
        }
    }
}
