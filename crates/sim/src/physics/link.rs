//! The FEC counters of one link, integrated over fixed ticks.
//!
//! Simulated time is divided into ticks of ten seconds, counted from the Unix epoch. The increment of a tick is drawn from a generator
//! seeded with the link and the tick's number, with means that depend only on the tick's minute. So the sum up to an instant is the same
//! whether it is read every second or once a day; [`Link`] only caches the sum. Every tick adds the same number of codewords, and each
//! of them is clean, corrected or lost, so the counters always balance.

use std::collections::VecDeque;

use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Poisson};

use super::code::{BINS, Code, ErrorDistribution};
use crate::seed::Seed;

/// Length of a tick, in seconds.
pub(crate) const TICK_S: i64 = 10;

/// Ticks in the window from which the device derives its rates and its bit error ratio.
const WINDOW: usize = 6;

/// The counters of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Codewords with so many corrected symbols; index 0 are the clean ones.
    pub(crate) bins: [u64; BINS],
    /// Codewords that could not be corrected.
    pub(crate) uncorrected: u64,
}

impl Counts {
    /// Codewords that were repaired.
    pub(crate) fn corrected(&self) -> u64 {
        self.bins[1..].iter().sum()
    }

    /// All codewords.
    pub(crate) fn codewords(&self) -> u64 {
        self.bins.iter().sum::<u64>() + self.uncorrected
    }

    fn add(&mut self, other: &Self) {
        for (bin, more) in self.bins.iter_mut().zip(other.bins) {
            *bin = bin.saturating_add(more);
        }
        self.uncorrected = self.uncorrected.saturating_add(other.uncorrected);
    }
}

/// The FEC readings of a link at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinkReading {
    /// Since the counters began.
    pub(crate) total: Counts,
    /// The last whole tick: what has not been moved into the totals' store yet.
    pub(crate) latest: Counts,
    /// Corrected codewords a second over the window.
    pub(crate) corrected_per_s: u64,
    /// Lost codewords a second over the window.
    pub(crate) uncorrected_per_s: u64,
    /// Bit error ratio before correction over the window; `None` before the first tick.
    pub(crate) pre_fec_ber: Option<f64>,
}

/// One link's counters, and how far they have been summed.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    code: Code,
    codewords_per_tick: u64,
    seed: Seed,
    first_tick: i64,
    next_tick: i64,
    total: Counts,
    window: VecDeque<Counts>,
}

impl Link {
    /// A link of `gbps` whose counters begin at the tick that holds the UTC second `since`.
    pub(crate) fn new(code: Code, gbps: u32, seed: Seed, since: i64) -> Self {
        let first_tick = since.div_euclid(TICK_S);
        Self {
            code,
            codewords_per_tick: (code.codewords_per_second(gbps) * TICK_S as f64) as u64,
            seed,
            first_tick,
            next_tick: first_tick,
            total: Counts::default(),
            window: VecDeque::with_capacity(WINDOW),
        }
    }

    /// The code that protects the link.
    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// The counters at a UTC second, given the link's bit error ratio as a function of time.
    pub(crate) fn read_at(&mut self, utc: i64, ber: impl Fn(i64) -> f64) -> LinkReading {
        let end = utc.div_euclid(TICK_S);
        if end < self.next_tick {
            // Asked for the past: sum again from the start, so that the answer is that of the instant.
            *self = Self {
                next_tick: self.first_tick,
                total: Counts::default(),
                window: VecDeque::with_capacity(WINDOW),
                ..self.clone()
            };
        }
        let mut minute = None;
        while self.next_tick < end {
            let this_minute = (self.next_tick * TICK_S).div_euclid(60);
            let distribution = match minute {
                Some((of, distribution)) if of == this_minute => distribution,
                _ => self.code.distribution(ber(this_minute * 60)),
            };
            minute = Some((this_minute, distribution));
            self.tick(&distribution);
        }
        self.reading()
    }

    fn tick(&mut self, distribution: &ErrorDistribution) {
        let mut rng = self.seed.numbered(self.next_tick as u64).rng();
        let mut counts = Counts::default();
        let per_tick = self.codewords_per_tick as f64;
        let mut clean = self.codewords_per_tick;
        for bad in 1..=self.code.correctable {
            let drawn = draw(per_tick * distribution.correctable[bad], &mut rng).min(clean);
            counts.bins[bad] = drawn;
            clean -= drawn;
        }
        counts.uncorrected = draw(per_tick * distribution.lost, &mut rng).min(clean);
        counts.bins[0] = clean - counts.uncorrected;
        self.total.add(&counts);
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(counts);
        self.next_tick += 1;
    }

    fn reading(&self) -> LinkReading {
        let mut window = Counts::default();
        self.window.iter().for_each(|tick| window.add(tick));
        let seconds = self.window.len() as u64 * TICK_S as u64;
        let per_second = |count: u64| count.checked_div(seconds).unwrap_or(0);
        let with_errors = window.corrected() + window.uncorrected;
        LinkReading {
            total: self.total,
            latest: self.window.back().copied().unwrap_or_default(),
            corrected_per_s: per_second(window.corrected()),
            uncorrected_per_s: per_second(window.uncorrected),
            pre_fec_ber: self.code.ber_from_counts(with_errors, window.codewords()),
        }
    }
}

/// A Poisson draw; 0 where the mean is too small to ever matter.
fn draw(mean: f64, rng: &mut Xoshiro256PlusPlus) -> u64 {
    if mean < 1e-15 {
        return 0;
    }
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::physics::code::{FIRE, KP4, KR4};

    const START: i64 = 1_700_000_000;

    fn link() -> Link {
        Link::new(KP4, 400, Seed::new(5), START)
    }

    /// A link that gets worse: 1e-7 at the start, a decade an hour, no more than 4e-4.
    fn ber(utc: i64) -> f64 {
        (1e-7 * 10_f64.powf((utc - START) as f64 / 3_600.0)).min(4e-4)
    }

    #[test]
    fn books_balance() {
        let reading = link().read_at(START + 7_200, ber);
        let ticks = 7_200 / TICK_S as u64;
        assert_eq!(reading.total.codewords(), ticks * 781_250_000);
        assert_eq!(
            reading.total.bins.iter().sum::<u64>() + reading.total.uncorrected,
            ticks * 781_250_000
        );
    }

    #[test]
    fn the_reported_ber_follows_the_true_one() {
        let mut link = link();
        for (minutes, truth) in [(60, 1e-6), (120, 1e-5), (180, 1e-4), (260, 4e-4)] {
            let reported = link.read_at(START + minutes * 60, ber).pre_fec_ber.unwrap();
            assert!(
                (reported / truth - 1.0).abs() < 0.1,
                "{reported} for {truth}"
            );
        }
    }

    #[test]
    fn a_bad_link_fills_the_tail_and_loses_codewords() {
        let reading = link().read_at(START + 6 * 3_600, ber);
        assert!(reading.total.bins[11..].iter().all(|bin| *bin > 0));
        assert!(reading.total.uncorrected > 0);
        assert!(reading.total.bins.windows(2).skip(3).all(|p| p[0] > p[1]));
    }

    #[test]
    fn weaker_codes_keep_within_their_reach() {
        for (code, gbps) in [(KR4, 100), (FIRE, 25)] {
            let mut link = Link::new(code, gbps, Seed::new(6), START);
            let reading = link.read_at(START + 3_600, |_| 1e-8);
            assert!(reading.total.corrected() > 0);
            assert!(
                reading.total.bins[code.correctable + 1..]
                    .iter()
                    .all(|bin| *bin == 0)
            );
        }
    }

    #[test]
    fn the_past_reads_as_it_read_then() {
        let mut link = link();
        let then = link.read_at(START + 600, ber);
        link.read_at(START + 6_000, ber);
        assert_eq!(link.read_at(START + 600, ber), then);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_state_depends_on_time_and_not_on_polling(steps in prop::collection::vec(1_i64..900, 1..20)) {
            let mut polled = link();
            let mut now = START;
            for step in &steps {
                now += step;
                polled.read_at(now, ber);
            }
            prop_assert_eq!(polled.read_at(now, ber), link().read_at(now, ber));
        }

        #[test]
        fn counters_never_shrink(steps in prop::collection::vec(0_i64..2_000, 1..20)) {
            let mut link = link();
            let mut now = START;
            let mut before = Counts::default();
            for step in steps {
                now += step;
                let total = link.read_at(now, ber).total;
                prop_assert!(total.bins.iter().zip(before.bins).all(|(new, old)| *new >= old));
                prop_assert!(total.uncorrected >= before.uncorrected);
                before = total;
            }
        }
    }
}
