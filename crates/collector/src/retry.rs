//! When a failed attempt is made again: exponential with full jitter, and only for what may pass.
//!
//! A fleet that lost its network together must not come back together, so the pause is drawn from the whole span up to a
//! bound that doubles with each failure ("full jitter", as in AWS's article on exponential backoff and jitter). What a
//! device refused for a reason (a login, a host key, an operation) is never tried again: it would lock accounts and
//! change nothing. Nor is anything when the time that is left would be over before the pause is: the device's turn ends
//! there, with the reason of its last attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sinks::Backoff;

/// The bound of every pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often and how patiently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all, for a connection and for each RPC; at least one.
    pub attempts: u32,
    /// The bound of the first pause.
    pub first_pause: Duration,
}

impl Retry {
    /// The pause after so many failures with so much time `left`, none if that was the last attempt. `drawn` is evenly
    /// distributed in 0..1.
    pub(super) fn pause(self, failures: u32, left: Duration, drawn: f64) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let backoff = Backoff {
            first: self.first_pause,
            longest: LONGEST_PAUSE,
        };
        let pause = backoff.pause(failures, drawn);
        (pause < left).then_some(pause)
    }
}

/// A failed attempt, in the report of its device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// When it failed, in seconds since the device's turn began.
    pub seconds: f64,
    /// What was being done: `connect`, `authentication`, `request`.
    pub phase: String,
    /// The RPC, if one had been asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpc: Option<String>,
    /// The reason, as a sentence.
    pub error: String,
    /// How long was waited before the next attempt; none if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_seconds: Option<f64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AGES: Duration = Duration::MAX;

    fn retry(attempts: u32) -> Retry {
        Retry {
            attempts,
            first_pause: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_pause_is_drawn_from_a_span_that_doubles_up_to_a_bound() {
        let retry = retry(100);
        let longest = |failures| retry.pause(failures, AGES, 1.0).unwrap().as_secs();
        let bounds: Vec<u64> = (1..8).map(longest).collect();
        assert_eq!(bounds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(retry.pause(99, AGES, 1.0), Some(LONGEST_PAUSE));
        assert_eq!(retry.pause(3, AGES, 0.0), Some(Duration::ZERO));
        assert_eq!(retry.pause(3, AGES, 0.5), Some(Duration::from_secs(2)));
    }

    #[test]
    fn the_last_attempt_has_no_pause_after_it() {
        let pauses: Vec<bool> = (1..5)
            .map(|failures| retry(3).pause(failures, AGES, 0.0).is_some())
            .collect();
        assert_eq!(pauses, [true, true, false, false]);
        assert_eq!(
            retry(1).pause(1, AGES, 0.0),
            None,
            "one attempt is no retry"
        );
    }

    #[test]
    fn no_attempt_is_waited_for_that_there_is_no_time_for() {
        let left = Duration::from_secs(3);
        assert_eq!(
            retry(9).pause(3, left, 0.7),
            Some(Duration::from_millis(2_800))
        );
        assert_eq!(retry(9).pause(3, left, 0.75), None);
        assert_eq!(retry(9).pause(1, Duration::ZERO, 0.0), None);
    }

    proptest! {
        /// Whatever is drawn: as many attempts as allowed and no more, each pause within its doubling bound, and all of them together
        /// within the time there is.
        #[test]
        fn the_schedule_ends_and_keeps_within_its_bounds_and_its_time(
            attempts in 1_u32..40,
            first_pause_ms in 0_u64..100_000,
            budget_ms in 0_u64..1_000_000,
            draws in prop::collection::vec(0.0_f64..1.0, 40),
        ) {
            let first_pause = Duration::from_millis(first_pause_ms);
            let budget = Duration::from_millis(budget_ms);
            let retry = Retry { attempts, first_pause };
            let mut waited = Duration::ZERO;
            let mut made = 1;
            for (doubling, drawn) in draws.into_iter().enumerate() {
                let Some(pause) = retry.pause(made, budget - waited, drawn) else {
                    break;
                };
                let bound = first_pause.as_secs_f64() * 2_f64.powi(i32::try_from(doubling).unwrap());
                prop_assert!(pause.as_secs_f64() <= bound.min(LONGEST_PAUSE.as_secs_f64()) + 1e-6);
                waited += pause;
                prop_assert!(waited < budget, "{waited:?} of {budget:?}");
                made += 1;
            }
            prop_assert!(made <= attempts);
            if budget > LONGEST_PAUSE * attempts {
                prop_assert_eq!(made, attempts, "there was time for all of them");
            }
        }

        /// Full jitter: the pause grows with what is drawn, from nothing to the bound, so even draws give an even spread.
        #[test]
        fn the_pause_is_in_proportion_to_the_draw(failures in 1_u32..40, drawn in 0.0_f64..1.0) {
            let retry = retry(u32::MAX);
            let whole = retry.pause(failures, AGES, 1.0).unwrap().as_secs_f64();
            let part = retry.pause(failures, AGES, drawn).unwrap().as_secs_f64();
            prop_assert!((part - whole * drawn).abs() < 1e-6, "{part} of {whole}");
        }
    }
}
