//! Ways through jump hosts: one SSH connection for each, shared by all who pass.
//!
//! A fleet behind one jump host would otherwise log in there once for each device, which is slow, and more than many
//! servers allow. The connection is opened by the first who needs it, while the others wait; if that fails, those who
//! waited get the same error and do not queue up for the same deadline one after another. Nobody waits longer than opening it
//! may take, should those in front be given up one by one. It stays until the run's [`Connector`](super::Connector) and all
//! connections through it are gone.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, timeout};

use super::channel::{ChannelStream, Refusal};
use super::endpoint::Endpoint;
use super::last_words::LastWords;
use super::login::{Admission, Clock, Visit};
use super::shared::Shared;
use super::target::{Hop, name_of};
use super::transport::{Transport, dial};
use crate::error::{Error, Phase};
use crate::options::Timeouts;

/// The jump hosts of a run, by the way to them.
#[derive(Debug, Default)]
pub(super) struct JumpHosts(Mutex<HashMap<String, Arc<Turn<Slot>>>>);

#[derive(Debug, Default)]
struct Slot {
    open: Option<Arc<Jump>>,
    /// When opening it failed the last time, and why.
    failed: Option<(Instant, Arc<Error>)>,
}

/// A connection to a jump host.
pub(super) struct Jump {
    admission: Admission,
    /// The one that this one runs through.
    _before: Option<Arc<Self>>,
}

impl fmt::Debug for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jump").finish_non_exhaustive()
    }
}

impl JumpHosts {
    /// A way to `endpoint` through all of `hops`, and what has to be kept as long as it is used.
    pub(super) async fn open(
        &self,
        shared: &Shared,
        hops: &[Hop],
        endpoint: &Endpoint,
        peer: &Arc<str>,
    ) -> Result<(Transport, Option<Arc<Jump>>), Error> {
        let mut last: Option<Arc<Jump>> = None;
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
        let clock = Clock {
            peer,
            phase: Phase::Connect,
            began: Instant::now(),
        };
        let transport = through(shared, last.as_deref(), endpoint, clock).await?;
        Ok((transport, last))
    }

    /// The connection to `hop`, opened through the hop before it unless it is there.
    async fn jump(
        &self,
        shared: &Shared,
        before: &[Hop],
        hop: &Hop,
        last: Option<Arc<Jump>>,
    ) -> Result<Arc<Jump>, Arc<Error>> {
        let way = name_of(before);
        let key = format!("{way},{}@{}", hop.credentials.user, hop.endpoint);
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(key).or_default().clone()
        };
        let name: Arc<str> = hop.endpoint.to_string().into();
        let visit = Visit {
            door: hop.door(&way),
            peer: &name,
            shared,
        };
        let waiting = visit.clock(Phase::Connect);
        let asked = waiting.began;
        let limit = longest_opening(&shared.options.timeouts);
        let Ok(mut slot) = timeout(limit, slot.lock()).await else {
            let waited_for = "those in front did not open the connection to the jump host";
            return Err(Arc::new(waiting.timeout(waited_for, limit)));
        };
        if let Some(jump) = &slot.open {
            if !jump.admission.handle.is_closed() {
                return Ok(jump.clone());
            }
            slot.open = None;
        }
        if let Some((_, error)) = slot.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        let opened = async {
            let verifier = visit.look_up().await?;
            let clock = visit.clock(Phase::Connect);
            let transport = through(shared, last.as_deref(), &hop.endpoint, clock).await?;
            visit.enter(verifier, transport, LastWords::default()).await
        };
        match opened.await {
            Ok(admission) => {
                let jump = Arc::new(Jump {
                    admission,
                    _before: last,
                });
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

/// What the steps of opening a connection to a jump host may take together.
fn longest_opening(timeouts: &Timeouts) -> Duration {
    // The first for reading known_hosts, which has the deadline for connecting.
    timeouts.connect
        + timeouts.resolve
        + timeouts.connect
        + timeouts.version_exchange
        + timeouts.key_exchange
        + timeouts.authentication
}

/// The way to `endpoint`: through a jump host, or by TCP if there is none.
async fn through(
    shared: &Shared,
    jump: Option<&Jump>,
    endpoint: &Endpoint,
    clock: Clock<'_>,
) -> Result<Transport, Error> {
    let timeouts = &shared.options.timeouts;
    let Some(jump) = jump else {
        return dial(&shared.resolver, endpoint, clock.peer, timeouts).await;
    };
    let handle = &jump.admission.handle;
    match timeout(
        timeouts.connect,
        ChannelStream::open_tunnel(handle, endpoint),
    )
    .await
    {
        Ok(Ok(stream)) => Ok(Transport::Tunnel(Box::new(stream))),
        Ok(Err(Refusal::Refused(reason))) => {
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
                step: clock.step(),
                cause: io::Error::new(kind, cause),
            })
        }
        Ok(Err(Refusal::Ssh(error))) => {
            let words = jump.admission.last_words.get();
            let words = words.unwrap_or_else(|| error.to_string().into());
            let cause = format!("the connection to the jump host ended ({words})");
            Err(Error::Connect {
                step: clock.step(),
                cause: io::Error::other(cause),
            })
        }
        Err(_) => Err(clock.timeout("no connection through the jump host", timeouts.connect)),
    }
}
