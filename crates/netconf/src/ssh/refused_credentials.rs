//! Remembers which credentials were refused, so that a run does not lock accounts.
//!
//! There is one cache for a run. Its key is a keyed hash of server, route, user and secret, so that it holds no secret. If
//! several sessions use the same credential for the first time at once, one of them tries it. The others wait for the verdict
//! and use the credential only if it was accepted.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::target::SshServer;

/// The cache: one state for each credential and server.
#[derive(Debug, Default)]
pub(super) struct RefusedCredentials {
    hash_key: RandomState,
    verdicts: Mutex<HashMap<u64, Arc<CredentialState>>>,
}

#[derive(Debug, Default)]
struct CredentialState {
    verdict: Mutex<Option<CredentialVerdict>>,
    lock: Arc<AsyncMutex<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CredentialVerdict {
    Accepted,
    Refused,
}

/// The permission to send one credential once.
#[derive(Debug)]
pub(super) struct Permit {
    state: Arc<CredentialState>,
    /// Held until there is a verdict.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl RefusedCredentials {
    /// Requests permission to send `credential` to this server. `None` if it was refused there before.
    pub(super) async fn permit(&self, server: SshServer<'_>, credential: &[u8]) -> Option<Permit> {
        let host = server.endpoint.host.to_lowercase();
        let user = &server.credentials.user;
        let key = (
            server.route_name,
            host,
            server.endpoint.port,
            user,
            credential,
        );
        let key = self.hash_key.hash_one(key);
        let state = {
            let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.entry(key).or_default().clone()
        };
        let lock = match state.verdict() {
            Some(CredentialVerdict::Refused) => return None,
            Some(CredentialVerdict::Accepted) => None,
            None => {
                let lock = Arc::clone(&state.lock).lock_owned().await;
                match state.verdict() {
                    Some(CredentialVerdict::Refused) => return None,
                    Some(CredentialVerdict::Accepted) => None,
                    None => Some(lock),
                }
            }
        };
        Some(Permit { state, _turn: lock })
    }
}

impl CredentialState {
    fn verdict(&self) -> Option<CredentialVerdict> {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Records that the server accepted it, also as the first of several methods.
    pub(super) fn accepted(self) {
        self.decide(CredentialVerdict::Accepted);
    }

    /// Records that the server refused it: it is not sent again.
    pub(super) fn refused(self) {
        self.decide(CredentialVerdict::Refused);
    }

    fn decide(self, verdict: CredentialVerdict) {
        let mut decided = self
            .state
            .verdict
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *decided = Some(verdict);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::{Credentials, Endpoint, HostKeyPolicy};
    use std::time::Duration;
    use tokio::time::timeout;

    struct TestServer(Endpoint, Credentials);

    impl TestServer {
        fn new(host: &str, port: u16, user: &str) -> Self {
            let host = host.to_owned();
            let user = user.to_owned();
            let credentials = Credentials {
                user,
                methods: Vec::new(),
            };
            Self(Endpoint { host, port }, credentials)
        }

        fn ssh_server<'h>(&'h self, route_name: &'h str) -> SshServer<'h> {
            SshServer {
                endpoint: &self.0,
                credentials: &self.1,
                host_keys: &HostKeyPolicy::Off,
                legacy: false,
                route_name,
            }
        }
    }

    #[tokio::test]
    async fn what_was_refused_is_refused_there_and_only_there() {
        let refused = RefusedCredentials::default();
        let device = TestServer::new("R1", 830, "lab");
        let permit = refused
            .permit(device.ssh_server(""), b"guess")
            .await
            .unwrap();
        permit.refused();
        let again = TestServer::new("r1", 830, "lab");
        assert!(
            refused
                .permit(again.ssh_server(""), b"guess")
                .await
                .is_none()
        );
        for (device, route_name, secret) in [
            (TestServer::new("r1", 830, "lab"), "", b"other"),
            (TestServer::new("r1", 830, "root"), "", b"guess"),
            (TestServer::new("r1", 22, "lab"), "", b"guess"),
            (TestServer::new("r2", 830, "lab"), "", b"guess"),
            (TestServer::new("r1", 830, "lab"), "jump:22", b"guess"),
        ] {
            assert!(
                refused
                    .permit(device.ssh_server(route_name), secret)
                    .await
                    .is_some()
            );
        }
    }

    #[tokio::test]
    async fn the_second_waits_for_the_verdict_on_the_first() {
        let refused = RefusedCredentials::default();
        let device = TestServer::new("r1", 830, "lab");
        let first = refused
            .permit(device.ssh_server(""), b"guess")
            .await
            .unwrap();
        let waiting = refused.permit(device.ssh_server(""), b"guess");
        assert!(timeout(Duration::from_millis(10), waiting).await.is_err());
        first.refused();
        assert!(
            refused
                .permit(device.ssh_server(""), b"guess")
                .await
                .is_none()
        );
        // A login that ended without a verdict passes the lock to the next.
        drop(
            refused
                .permit(device.ssh_server(""), b"right")
                .await
                .unwrap(),
        );
        let second = refused
            .permit(device.ssh_server(""), b"right")
            .await
            .unwrap();
        second.accepted();
        let (one, two) = tokio::join!(
            refused.permit(device.ssh_server(""), b"right"),
            refused.permit(device.ssh_server(""), b"right")
        );
        assert!(one.is_some() && two.is_some(), "many at once from then on");
    }
}
