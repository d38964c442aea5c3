//! Opens connections that share settings, refused credentials, keys and jump hosts.

use std::fmt;
use std::sync::Arc;

use tokio::time::timeout_at;
use tracing::{Instrument as _, Span, debug, debug_span};

use super::channel::{ChannelError, ChannelStream, SubsystemReply};
use super::connection::{Connection, with_reason};
use super::disconnect_reason::DisconnectReason;
use super::jump::JumpHosts;
use super::login::{Login, SshConnection};
use super::proxy_command::ProxyCommand;
use super::shared::Shared;
use super::target::{Route, Target};
use super::transport::{Transport, dial};
use crate::error::{Error, Phase};
use crate::options::Options;
use crate::session::Session;

/// Opens connections. One for a run: a credential that a device has refused to one connection is not presented to that
/// device again by another, devices behind the same jump host share the connection to it, and files with keys are read once.
pub struct Connector {
    shared: Shared,
    jump_hosts: JumpHosts,
}

impl Connector {
    /// A connector whose connections have these settings.
    pub fn new(options: Options) -> Self {
        Self {
            shared: Shared::new(options),
            jump_hosts: JumpHosts::default(),
        }
    }

    /// The settings, with bounded timeouts.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Connects by the target's route, checks the host key, logs in, opens the `netconf` subsystem and exchanges hellos.
    ///
    /// # Errors
    ///
    /// Each step has its own variant of [`Error`]; see [`Error::phase`].
    pub async fn connect(&self, target: &Target) -> Result<Connection, Error> {
        let span = debug_span!("connection", peer = %target.endpoint);
        self.open(target).instrument(span).await
    }

    async fn open(&self, target: &Target) -> Result<Connection, Error> {
        let route_name = target.route.name();
        let peer: Arc<str> = target.endpoint.to_string().into();
        let login = Login {
            server: target.ssh_server(&route_name),
            peer: &peer,
            shared: &self.shared,
        };
        let verifier = login.read_known_hosts().await?;
        let disconnect_reason = DisconnectReason::default();
        let (transport, jump) = match &target.route {
            Route::Direct => {
                let mut timeouts = self.shared.options.timeouts.clone();
                timeouts.connect = target.connect_timeout.unwrap_or(timeouts.connect);
                let timeouts = timeouts.bounded();
                let dialled = dial(&self.shared.resolver, &target.endpoint, &peer, &timeouts);
                (dialled.await?, None)
            }
            Route::Jump(hops) => {
                let jumps = &self.jump_hosts;
                jumps
                    .open(&self.shared, hops, &target.endpoint, &peer)
                    .await?
            }
            Route::ProxyCommand(command) => {
                let timer = login.timer(Phase::Connect);
                let user = &target.credentials.user;
                let words = disconnect_reason.clone();
                let started = ProxyCommand::start(command, &target.endpoint, user, words);
                let command = started.map_err(|cause| Error::Connect {
                    step: timer.step(),
                    cause,
                })?;
                debug!("proxy command started");
                (Transport::Command(Box::new(command)), None)
            }
        };
        let ssh = login.open(verifier, transport, disconnect_reason).await?;
        let mut timeouts = self.shared.options.timeouts.clone();
        if let Some(limit) = target.reply_timeout {
            timeouts.first_byte = limit;
            timeouts.reply = limit;
        }
        let options = Options {
            timeouts,
            offer: target.offer.unwrap_or(self.shared.options.offer),
            ..self.shared.options.clone()
        };
        let session = start_session(login, &ssh, &options).await?;
        let close = self.shared.options.timeouts.close;
        let span = Span::current();
        Ok(Connection::new(session, ssh, jump, close, span))
    }
}

async fn start_session(
    login: Login<'_>,
    ssh: &SshConnection,
    options: &Options,
) -> Result<Session<ChannelStream>, Error> {
    let SshConnection {
        handle,
        disconnect_reason,
        ..
    } = ssh;
    let timer = login.timer(Phase::Hello);
    let limit = options.timeouts.hello;
    let answer = SubsystemReply::default();
    let not_opened = || timer.timeout("the netconf subsystem was not opened", limit);
    let refused = |reason| Error::Subsystem {
        step: timer.step(),
        reason,
    };
    let opening = ChannelStream::open_subsystem(handle, disconnect_reason.clone(), answer.clone());
    let stream = match timeout_at(timer.began + limit, opening).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(ChannelError::Rejected(reason))) => return Err(refused(reason)),
        Ok(Err(ChannelError::Ssh(error))) => {
            let words = disconnect_reason.get();
            return Err(Error::Disconnected {
                step: timer.step(),
                received_bytes: 0,
                words: words.or_else(|| Some(error.to_string().into())),
            });
        }
        Err(_) => return Err(not_opened()),
    };
    let peer = login.peer.clone();
    let started = Session::start_named(stream, peer, options, timer.began).await;
    started.map_err(|error| match (answer.get(), error) {
        (Some(Err(reason)), Error::Disconnected { .. }) => refused(reason.into()),
        (None, Error::Timeout { .. }) => not_opened(),
        (_, error) => with_reason(error, disconnect_reason),
    })
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

/// Opens one connection with a [`Connector`] of its own.
///
/// # Errors
///
/// As [`Connector::connect`].
pub async fn connect(target: &Target, options: &Options) -> Result<Connection, Error> {
    // The connection keeps its jump host, so the connector may be dropped.
    Connector::new(options.clone()).connect(target).await
}
