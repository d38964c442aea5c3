//! Keeps one SSH connection to each jump host, shared by all devices behind it.
//!
//! Otherwise a fleet behind one jump host would log in there once for each device, which is slow and more than many servers
//! allow. The first task that needs the connection opens it, and the others wait. If that fails, those who waited get the same
//! error and do not try again one after another. No task waits longer than opening the connection may take. The connection lasts
//! until the run's [`Connector`](super::Connector) and all connections through it are gone.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, debug, debug_span};

use super::channel::{ChannelError, ChannelStream};
use super::disconnect_reason::DisconnectReason;
use super::endpoint::Endpoint;
use super::login::{Login, PhaseTimer, SshConnection};
use super::shared::Shared;
use super::target::{Hop, name_of};
use super::transport::{Transport, dial};
use crate::error::{Error, Phase};
use crate::options::Timeouts;

/// The connections to the jump hosts of a run, by route.
#[derive(Debug, Default)]
pub(super) struct JumpHosts(Mutex<HashMap<String, Arc<AsyncMutex<JumpSlot>>>>);

#[derive(Debug, Default)]
struct JumpSlot {
    open: Option<Arc<JumpConnection>>,
    /// When the last attempt failed, and why.
    failed: Option<(Instant, Arc<Error>)>,
}

/// A connection to a jump host.
pub(super) struct JumpConnection {
    ssh: SshConnection,
    /// The connection to the hop before, which this one uses.
    _before: Option<Arc<Self>>,
}

impl fmt::Debug for JumpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JumpConnection").finish_non_exhaustive()
    }
}

impl JumpHosts {
    /// Opens a transport to `endpoint` through all of `hops`. The caller keeps the connection that is returned with it.
    pub(super) async fn open(
        &self,
        shared: &Shared,
        hops: &[Hop],
        endpoint: &Endpoint,
        peer: &Arc<str>,
    ) -> Result<(Transport, Option<Arc<JumpConnection>>), Error> {
        let mut last: Option<Arc<JumpConnection>> = None;
        for count in 1..=hops.len() {
            let (before, hop) = match hops.get(..count) {
                Some([before @ .., hop]) => (before, hop),
                _ => break,
            };
            let opened = self.jump(shared, before, hop, last).await;
            last = Some(opened.map_err(|cause| Error::Jump {
                peer: peer.clone(),
                cause,
            })?);
        }
        let timer = PhaseTimer {
            peer,
            phase: Phase::Connect,
            began: Instant::now(),
        };
        let transport = through(shared, last.as_deref(), endpoint, timer).await?;
        Ok((transport, last))
    }

    /// The connection to `hop`, opened through the hop before it unless it is open already.
    async fn jump(
        &self,
        shared: &Shared,
        before: &[Hop],
        hop: &Hop,
        last: Option<Arc<JumpConnection>>,
    ) -> Result<Arc<JumpConnection>, Arc<Error>> {
        let route_name = name_of(before);
        let key = format!("{route_name},{}@{}", hop.credentials.user, hop.endpoint);
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(key).or_default().clone()
        };
        let name: Arc<str> = hop.endpoint.to_string().into();
        let login = Login {
            server: hop.ssh_server(&route_name),
            peer: &name,
            shared,
        };
        let waiting = login.timer(Phase::Connect);
        let asked = waiting.began;
        let limit = longest_opening(&shared.options.timeouts);
        let Ok(mut slot) = timeout(limit, slot.lock()).await else {
            let waited_for = "those in front did not open the connection to the jump host";
            return Err(Arc::new(waiting.timeout(waited_for, limit)));
        };
        if let Some(jump) = &slot.open {
            if !jump.ssh.handle.is_closed() {
                return Ok(jump.clone());
            }
            slot.open = None;
        }
        if let Some((_, error)) = slot.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        let opened = async {
            let verifier = login.read_known_hosts().await?;
            let timer = login.timer(Phase::Connect);
            let transport = through(shared, last.as_deref(), &hop.endpoint, timer).await?;
            login
                .open(verifier, transport, DisconnectReason::default())
                .await
        };
        let span = debug_span!("jump", peer = %hop.endpoint);
        match opened.instrument(span).await {
            Ok(ssh) => {
                let jump = Arc::new(JumpConnection { ssh, _before: last });
                slot.open = Some(jump.clone());
                Ok(jump)
            }
            Err(error) => {
                let error = Arc::new(error);
                slot.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

/// The sum of the deadlines for opening a connection to a jump host.
fn longest_opening(timeouts: &Timeouts) -> Duration {
    // The first for reading known_hosts, which has the deadline for connecting.
    timeouts.connect
        + timeouts.resolve
        + timeouts.connect
        + timeouts.version_exchange
        + timeouts.key_exchange
        + timeouts.authentication
}

/// Opens a transport to `endpoint`: through a jump host, or by TCP if there is none.
async fn through(
    shared: &Shared,
    jump: Option<&JumpConnection>,
    endpoint: &Endpoint,
    timer: PhaseTimer<'_>,
) -> Result<Transport, Error> {
    let timeouts = &shared.options.timeouts;
    let Some(jump) = jump else {
        return dial(&shared.resolver, endpoint, timer.peer, timeouts).await;
    };
    let handle = &jump.ssh.handle;
    match timeout(
        timeouts.connect,
        ChannelStream::open_tunnel(handle, endpoint),
    )
    .await
    {
        Ok(Ok(stream)) => {
            debug!("tunnel through the jump host opened");
            Ok(Transport::Tunnel(Box::new(stream)))
        }
        Ok(Err(ChannelError::Rejected(reason))) => {
            let (kind, advice) = if reason.contains("Prohibited") {
                (
                    io::ErrorKind::PermissionDenied,
                    ": does it allow TCP forwarding?",
                )
            } else {
                (io::ErrorKind::Other, "")
            };
            let cause = format!("the jump host did not get through ({reason}){advice}");
            Err(Error::Connect {
                step: timer.step(),
                cause: io::Error::new(kind, cause),
            })
        }
        Ok(Err(ChannelError::Ssh(error))) => {
            let words = jump.ssh.disconnect_reason.get();
            let words = words.unwrap_or_else(|| error.to_string().into());
            let cause = format!("the connection to the jump host ended ({words})");
            Err(Error::Connect {
                step: timer.step(),
                cause: io::Error::other(cause),
            })
        }
        Err(_) => Err(timer.timeout("no connection through the jump host", timeouts.connect)),
    }
}
