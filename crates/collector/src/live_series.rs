//! The newest series of each device, shared by runs and those who serve them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{Detail, Fleet, MetricNames};

/// Where runs leave the newest series of each device. Its clones are one and the same.
#[derive(Debug, Clone)]
pub struct LiveSeries {
    fleet: Arc<Mutex<Fleet>>,
    /// The time from one run to the next, for the series that tells it.
    pub interval: Duration,
}

impl LiveSeries {
    /// No series yet.
    pub fn new(names: MetricNames, detail: Detail, interval: Duration) -> Self {
        Self {
            fleet: Arc::new(Mutex::new(Fleet::new(names, detail))),
            interval,
        }
    }

    /// The series, for as long as it takes to put some in or to take a [`metrics::FleetSeries`]; never while a client is waited for.
    pub fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
