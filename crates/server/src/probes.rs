//! Probes: the series of one device, collected now unless they are young enough.
//!
//! Two probes of a device at the same time are one collection. It goes on when the client that asked for it has gone: the next one has
//! its result.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use collector::LiveSeries;
use metrics::FleetSeries;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::collect::Collect;
use crate::status::{ProbeResult, Status};

/// How a collection ended, once it has.
type Ended = Option<Result<(), String>>;

/// Collects devices on request.
pub(crate) struct Probes {
    collect: Arc<dyn Collect>,
    live: LiveSeries,
    status: Arc<Status>,
    /// How old series may be.
    cache: Duration,
    at_work: Arc<Mutex<HashMap<String, watch::Receiver<Ended>>>>,
    permits: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// What a probe comes to.
#[derive(Debug)]
pub(crate) enum Probed {
    /// The series. They say themselves whether the device answered.
    Series(FleetSeries),
    /// The deadline came first: for whoever asks, the device is down.
    TimedOut,
    /// Not now, and why.
    Refused(String),
}

impl Probes {
    pub(crate) fn new(
        collect: Arc<dyn Collect>,
        live: LiveSeries,
        status: Arc<Status>,
        cache: Duration,
        most: usize,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            collect,
            live,
            status,
            cache,
            at_work: Arc::default(),
            permits: Arc::new(Semaphore::new(most)),
            stop,
        }
    }

    /// The series of a device that the inventory has.
    pub(crate) async fn probe(&self, device: &str, deadline: Duration) -> Probed {
        let until = Instant::now() + deadline;
        let (probed, result) = self.probe_until(device, until).await;
        self.status.count_probe(result);
        probed
    }

    async fn probe_until(&self, device: &str, until: Instant) -> (Probed, ProbeResult) {
        if let Some(series) = self.young_enough(device) {
            return (Probed::Series(series), ProbeResult::Cached);
        }
        let (mut result, way) = match self.join_or_begin(device) {
            Ok(begun) => begun,
            Err(why) => return (Probed::Refused(why), ProbeResult::Refused),
        };
        let waited = tokio::time::timeout_at(until, result.wait_for(Option::is_some)).await;
        let failure = match waited {
            Err(_) => return (Probed::TimedOut, ProbeResult::TimedOut),
            Ok(Ok(ended)) => ended.clone().and_then(Result::err),
            Ok(Err(_)) => Some("a defect of Lanewatch stopped the collection".to_owned()),
        };
        if let Some(why) = failure {
            return (Probed::Refused(why), ProbeResult::Refused);
        }
        match self.live.fleet().of(device) {
            Some(series) => (Probed::Series(series), way),
            None => {
                let why = "the collection was stopped".to_owned();
                (Probed::Refused(why), ProbeResult::Refused)
            }
        }
    }

    fn young_enough(&self, device: &str) -> Option<FleetSeries> {
        let series = self.live.fleet().of(device)?;
        let age = self
            .status
            .clock
            .now()
            .saturating_sub(series.oldest_second()?);
        let is_young = u64::try_from(age).is_ok_and(|age| age < self.cache.as_secs());
        is_young.then_some(series)
    }

    fn join_or_begin(&self, device: &str) -> Result<(watch::Receiver<Ended>, ProbeResult), String> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = at_work.get(device) {
            return Ok((result.clone(), ProbeResult::Joined));
        }
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        let permit = permit.map_err(|_| "too many probes are at work".to_owned())?;
        let (sender, receiver) = watch::channel(None);
        at_work.insert(device.to_owned(), receiver.clone());
        let entry = Entry {
            device: device.to_owned(),
            at_work: Arc::clone(&self.at_work),
        };
        let (collect, stop) = (Arc::clone(&self.collect), self.stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let ended = collect.probe(&entry.device, stop).await;
            // First the entry: who comes now reads the new series.
            drop(entry);
            sender.send_replace(Some(ended));
        });
        Ok((receiver, ProbeResult::Collected))
    }
}

/// A device's place among those at work, given back also by a panic.
struct Entry {
    device: String,
    at_work: Arc<Mutex<HashMap<String, watch::Receiver<Ended>>>>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        at_work.remove(&self.device);
    }
}
