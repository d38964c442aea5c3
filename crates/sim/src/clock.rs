//! Simulated time, so that a test can pass a day of ageing optics in a second.
//!
//! A [`SimClock`] starts at a given UTC second, follows a monotonic [`Instant`] (or stands still), and jumps forward on request. It never
//! reads the wall clock and never runs backwards, so no counter can shrink.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A clock shared by a fleet and whoever drives it: clones show the same time.
#[derive(Debug, Clone)]
pub struct SimClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// UTC second at which simulated time begins.
    start: i64,
    /// When the clock was made; absent in a clock that moves only when it is advanced.
    running_since: Option<Instant>,
    /// What [`SimClock::advance`] has added, in milliseconds.
    advanced_ms: AtomicU64,
}

impl SimClock {
    /// A clock that shows `utc_seconds` now and goes on with real time.
    pub fn starting_at(utc_seconds: i64) -> Self {
        Self::new(utc_seconds, Some(Instant::now()))
    }

    /// A clock that shows `utc_seconds` until it is advanced: the same questions then always get the same bytes.
    pub fn stopped_at(utc_seconds: i64) -> Self {
        Self::new(utc_seconds, None)
    }

    fn new(start: i64, running_since: Option<Instant>) -> Self {
        Self(Arc::new(Inner {
            start,
            running_since,
            advanced_ms: AtomicU64::new(0),
        }))
    }

    /// Jumps forward, for every clone of this clock.
    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        // A sum past the end of time stays there rather than wrapping into the past.
        let add = |now: u64| Some(now.saturating_add(ms));
        let _previous = self
            .0
            .advanced_ms
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
    }

    /// The simulated time, in UTC seconds.
    pub fn now(&self) -> i64 {
        let ran = self
            .0
            .running_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let total = ran.saturating_add(Duration::from_millis(
            self.0.advanced_ms.load(Ordering::SeqCst),
        ));
        self.0
            .start
            .saturating_add(i64::try_from(total.as_secs()).unwrap_or(i64::MAX))
    }

    /// The UTC second at which this clock began.
    pub fn started_at(&self) -> i64 {
        self.0.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_sees_the_jump_of_its_original() {
        let clock = SimClock::stopped_at(1_000);
        let clone = clock.clone();
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(clone.now(), 4_600);
        assert_eq!(clone.started_at(), 1_000);
    }

    #[test]
    fn a_jump_beyond_all_time_does_not_wrap() {
        let clock = SimClock::starting_at(1_000);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > 1_000);
    }
}
