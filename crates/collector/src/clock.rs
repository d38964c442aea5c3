//! What time it is: the one place that asks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The wall clock, or one that is off by a fixed time: the demo's first run happened some simulated minutes ago.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    offset_seconds: i64,
}

impl Clock {
    /// A clock that is this many seconds ahead, behind if negative.
    pub fn offset_by(offset_seconds: i64) -> Self {
        Self { offset_seconds }
    }

    /// UTC seconds now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everyone else is handed"
    )]
    pub fn now(self) -> i64 {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_add(self.offset_seconds)
    }

    /// UTC seconds at an instant that has passed.
    pub fn at(self, instant: Instant) -> i64 {
        self.now()
            .saturating_sub(i64::try_from(instant.elapsed().as_secs()).unwrap_or(0))
    }
}
