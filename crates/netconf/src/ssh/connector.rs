//! What the connections of one run share: settings, the memory of refused credentials, keys, and the ways through jump
//! hosts.

use std::fmt;
use std::sync::Arc;

use tokio::time::timeout_at;

use super::channel::{Answer, ChannelStream, Refusal};
use super::connection::{Connection, with_words};
use super::jump::JumpHosts;
use super::last_words::LastWords;
use super::login::{Admission, Visit};
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

    /// Goes the target's way, checks the host key, logs in, opens the `netconf` subsystem and exchanges hellos.
    ///
    /// # Errors
    ///
    /// Each step has its own variant of [`Error`]; see [`Error::phase`].
    pub async fn connect(&self, target: &Target) -> Result<Connection, Error> {
        let way = target.route.name();
        let peer: Arc<str> = target.endpoint.to_string().into();
        let visit = Visit {
            door: target.door(&way),
            peer: &peer,
            shared: &self.shared,
        };
        let verifier = visit.look_up().await?;
        let last_words = LastWords::default();
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
                let clock = visit.clock(Phase::Connect);
                let user = &target.credentials.user;
                let words = last_words.clone();
                let started = ProxyCommand::start(command, &target.endpoint, user, words);
                let command = started.map_err(|cause| Error::Connect {
                    step: clock.step(),
                    cause,
                })?;
                (Transport::Command(Box::new(command)), None)
            }
        };
        let admission = visit.enter(verifier, transport, last_words).await?;
        let options = Options {
            offer: target.offer.unwrap_or(self.shared.options.offer),
            ..self.shared.options.clone()
        };
        let session = start_session(visit, &admission, &options).await?;
        let close = self.shared.options.timeouts.close;
        Ok(Connection::new(session, admission, jump, close))
    }
}

async fn start_session(
    visit: Visit<'_>,
    admission: &Admission,
    options: &Options,
) -> Result<Session<ChannelStream>, Error> {
    let Admission {
        handle, last_words, ..
    } = admission;
    let clock = visit.clock(Phase::Hello);
    let limit = options.timeouts.hello;
    let answer = Answer::default();
    let not_opened = || clock.timeout("the netconf subsystem was not opened", limit);
    let refused = |reason| Error::Subsystem {
        step: clock.step(),
        reason,
    };
    let opening = ChannelStream::open_subsystem(handle, last_words.clone(), answer.clone());
    let stream = match timeout_at(clock.began + limit, opening).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(Refusal::Refused(reason))) => return Err(refused(reason)),
        Ok(Err(Refusal::Ssh(error))) => {
            let words = last_words.get();
            return Err(Error::Disconnected {
                step: clock.step(),
                received_bytes: 0,
                words: words.or_else(|| Some(error.to_string().into())),
            });
        }
        Err(_) => return Err(not_opened()),
    };
    let peer = visit.peer.clone();
    let started = Session::start_named(stream, peer, options, clock.began).await;
    started.map_err(|error| match (answer.get(), error) {
        (Some(Err(reason)), Error::Disconnected { .. }) => refused(reason.into()),
        (None, Error::Timeout { .. }) => not_opened(),
        (_, error) => with_words(error, last_words),
    })
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

/// One connection with a [`Connector`] of its own, for those who need no second one.
///
/// # Errors
///
/// As [`Connector::connect`].
pub async fn connect(target: &Target, options: &Options) -> Result<Connection, Error> {
    // The way through a jump host is kept by the connection, so the connector may go.
    Connector::new(options.clone()).connect(target).await
}
