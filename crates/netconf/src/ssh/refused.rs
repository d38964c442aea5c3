//! What has been refused is not presented again: accounts get locked.
//!
//! One memory for a run. It knows a credential by a keyed hash over the server, the way to it, the user and the secret,
//! so that no secret is kept here. Of several sessions that present the same credential for the first time at the same
//! moment one goes ahead; the others wait for the verdict, and present it only if it was accepted.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::target::Door;

/// The memory. Small: one entry for each credential and server.
#[derive(Debug, Default)]
pub(super) struct RefusedCredentials {
    hash_key: RandomState,
    verdicts: Mutex<HashMap<u64, Arc<Entry>>>,
}

#[derive(Debug, Default)]
struct Entry {
    verdict: Mutex<Option<Verdict>>,
    turn: Arc<Turn<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Refused,
}

/// The right to present one credential once.
#[derive(Debug)]
pub(super) struct Permit {
    entry: Arc<Entry>,
    /// Held while there is no verdict yet.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl RefusedCredentials {
    /// Asks to present `credential` at this door. `None` if it was refused there before.
    pub(super) async fn permit(&self, door: Door<'_>, credential: &[u8]) -> Option<Permit> {
        let host = door.endpoint.host.to_lowercase();
        let user = &door.credentials.user;
        let key = (door.way, host, door.endpoint.port, user, credential);
        let key = self.hash_key.hash_one(key);
        let entry = {
            let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.entry(key).or_default().clone()
        };
        let turn = match entry.verdict() {
            Some(Verdict::Refused) => return None,
            Some(Verdict::Accepted) => None,
            None => {
                let turn = Arc::clone(&entry.turn).lock_owned().await;
                match entry.verdict() {
                    Some(Verdict::Refused) => return None,
                    Some(Verdict::Accepted) => None,
                    None => Some(turn),
                }
            }
        };
        Some(Permit { entry, _turn: turn })
    }
}

impl Entry {
    fn verdict(&self) -> Option<Verdict> {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The server let us in with it, or on to the next method.
    pub(super) fn accepted(self) {
        self.decide(Verdict::Accepted);
    }

    /// The server refused it: never again.
    pub(super) fn refused(self) {
        self.decide(Verdict::Refused);
    }

    fn decide(self, verdict: Verdict) {
        let mut decided = self
            .entry
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

    struct House(Endpoint, Credentials);

    impl House {
        fn new(host: &str, port: u16, user: &str) -> Self {
            let host = host.to_owned();
            let user = user.to_owned();
            let credentials = Credentials {
                user,
                methods: Vec::new(),
            };
            Self(Endpoint { host, port }, credentials)
        }

        fn door<'h>(&'h self, way: &'h str) -> Door<'h> {
            Door {
                endpoint: &self.0,
                credentials: &self.1,
                host_keys: &HostKeyPolicy::Off,
                legacy: false,
                way,
            }
        }
    }

    #[tokio::test]
    async fn what_was_refused_is_refused_there_and_only_there() {
        let refused = RefusedCredentials::default();
        let house = House::new("R1", 830, "lab");
        let permit = refused.permit(house.door(""), b"guess").await.unwrap();
        permit.refused();
        let again = House::new("r1", 830, "lab");
        assert!(refused.permit(again.door(""), b"guess").await.is_none());
        for (house, way, secret) in [
            (House::new("r1", 830, "lab"), "", b"other"),
            (House::new("r1", 830, "root"), "", b"guess"),
            (House::new("r1", 22, "lab"), "", b"guess"),
            (House::new("r2", 830, "lab"), "", b"guess"),
            (House::new("r1", 830, "lab"), "jump:22", b"guess"),
        ] {
            assert!(refused.permit(house.door(way), secret).await.is_some());
        }
    }

    #[tokio::test]
    async fn the_second_waits_for_the_verdict_on_the_first() {
        let refused = RefusedCredentials::default();
        let house = House::new("r1", 830, "lab");
        let first = refused.permit(house.door(""), b"guess").await.unwrap();
        let waiting = refused.permit(house.door(""), b"guess");
        assert!(timeout(Duration::from_millis(10), waiting).await.is_err());
        first.refused();
        assert!(refused.permit(house.door(""), b"guess").await.is_none());
        // One that was given up without a verdict leaves the turn to the next.
        drop(refused.permit(house.door(""), b"right").await.unwrap());
        let second = refused.permit(house.door(""), b"right").await.unwrap();
        second.accepted();
        let (one, two) = tokio::join!(
            refused.permit(house.door(""), b"right"),
            refused.permit(house.door(""), b"right")
        );
        assert!(one.is_some() && two.is_some(), "many at once from then on");
    }
}
