//! Exponential backoff with full jitter: how long to wait before the next attempt.
//!
//! Clients that lost their network together must not come back together, so each pause is drawn from the whole span up to a bound that
//! doubles with each failure.

use std::time::Duration;

/// The bounds of the pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first pause.
    pub first: Duration,
    /// The bound of every pause.
    pub longest: Duration,
}

impl Backoff {
    /// The pause after so many failures. `drawn` is evenly distributed in 0..1.
    pub fn pause(self, failures: u32, drawn: f64) -> Duration {
        let doublings = 1_u32.checked_shl(failures.saturating_sub(1));
        let bound = self.first.saturating_mul(doublings.unwrap_or(u32::MAX));
        bound.min(self.longest).mul_f64(drawn.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(30),
    };

    #[test]
    fn the_bound_doubles_until_it_is_the_longest() {
        let bounds = [1, 2, 3, 4, 5, 6, 7, 33, u32::MAX].map(|failures| {
            let pause = BACKOFF.pause(failures, 1.0);
            pause.as_secs()
        });
        assert_eq!(bounds, [1, 2, 4, 8, 16, 30, 30, 30, 30]);
    }

    #[test]
    fn the_pause_is_in_proportion_to_the_draw() {
        assert_eq!(BACKOFF.pause(3, 0.0), Duration::ZERO);
        assert_eq!(BACKOFF.pause(3, 0.5), Duration::from_secs(2));
        assert_eq!(BACKOFF.pause(3, 7.0), Duration::from_secs(4));
    }
}
