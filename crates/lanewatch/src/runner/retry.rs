//! When a failed attempt is made again: exponential with full jitter, and only for what may pass.
//!
//! A fleet that lost its network together must not come back together, so the pause is drawn from the whole span up to a
//! bound that doubles with each failure ("full jitter", as in AWS's article on exponential backoff and jitter). What a
//! device refused for a reason (a login, a host key, an operation) is never tried again: it would lock accounts and
//! change nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bound of every pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often and how patiently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retry {
    /// Attempts in all, for a connection and for each RPC; at least one.
    pub(crate) attempts: u32,
    /// The bound of the first pause.
    pub(crate) first_pause: Duration,
}

impl Retry {
    /// The pause after so many failures, none if that was the last attempt. `drawn` is evenly distributed in 0..1.
    pub(super) fn pause(self, failures: u32, drawn: f64) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let doublings = 1_u32.checked_shl(failures.saturating_sub(1));
        let bound = self
            .first_pause
            .saturating_mul(doublings.unwrap_or(u32::MAX));
        Some(bound.min(LONGEST_PAUSE).mul_f64(drawn.clamp(0.0, 1.0)))
    }
}

/// A failed attempt, in the report of its device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct FailedAttempt {
    /// When it failed, in seconds since the device's turn began.
    pub(crate) seconds: f64,
    /// What was being done: `connect`, `authentication`, `request`.
    pub(crate) phase: String,
    /// The RPC, if one had been asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rpc: Option<String>,
    /// The reason, as a sentence.
    pub(crate) error: String,
    /// How long was waited before the next attempt; none if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paused_seconds: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(attempts: u32) -> Retry {
        Retry {
            attempts,
            first_pause: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_pause_is_drawn_from_a_span_that_doubles_up_to_a_bound() {
        let retry = retry(100);
        let longest = |failures| retry.pause(failures, 1.0).unwrap().as_secs();
        let bounds: Vec<u64> = (1..8).map(longest).collect();
        assert_eq!(bounds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(retry.pause(99, 1.0), Some(LONGEST_PAUSE));
        assert_eq!(retry.pause(3, 0.0), Some(Duration::ZERO));
        assert_eq!(retry.pause(3, 0.5), Some(Duration::from_secs(2)));
    }

    #[test]
    fn the_last_attempt_has_no_pause_after_it() {
        let pauses: Vec<bool> = (1..5)
            .map(|failures| retry(3).pause(failures, 0.0).is_some())
            .collect();
        assert_eq!(pauses, [true, true, false, false]);
        assert_eq!(retry(1).pause(1, 0.0), None, "one attempt is no retry");
    }
}
