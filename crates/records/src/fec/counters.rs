//! Growth of counters between two samples of an interface, and what it means when a counter fell.
//!
//! A counter that is lower than before was cleared by somebody, started again with its link, or ran over its 32 bits. Each leaves
//! other traces: a clear and a restart take the counters of an interface together, a restart shows in the time since the last flap,
//! and a counter that ran over was within reach of the end. What fits none of these is not explained away. Growth is never negative,
//! and never more than could have passed in the time.

use super::Code;
use crate::model::{BINS, Histogram, InterfaceStatistics};

/// Where a 32-bit counter starts again.
const WRAP: i64 = 1 << 32;

/// How much more than the time allows may have been counted: replies are sampled somewhere within a second or two, and clocks
/// are not exact.
const SLACK_SECONDS: f64 = 5.0;

/// What a counter did between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It went on, and grew by this.
    Grew(i64),
    /// It ran over its 32 bits, once, and grew by this.
    Wrapped(i64),
    /// It was cleared; this is what it has counted since, and what it counted before that is not known.
    Cleared {
        /// Counted since.
        since: i64,
    },
    /// The link, its line card or the device came up anew; this is what it has counted since.
    Restarted {
        /// Counted since.
        since: i64,
    },
    /// More than can have passed, or lower for no reason that shows: one of the samples is wrong.
    Implausible,
}

impl Change {
    /// The growth over the whole interval, where it is known.
    pub fn growth(self) -> Option<i64> {
        match self {
            Self::Grew(by) | Self::Wrapped(by) => Some(by),
            Self::Cleared { .. } | Self::Restarted { .. } | Self::Implausible => None,
        }
    }
}

/// What is known besides the two values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Evidence {
    /// The most that can have been counted; `None` where speed or code are not known.
    most: Option<f64>,
    /// The interface flapped within the interval.
    flapped: bool,
    /// Another counter of the interface fell, and did not wrap.
    another_fell: bool,
    /// Another counter that had counted something went on from there.
    another_went_on: bool,
}

/// What a counter did, from its two values alone: `most` is the most that it can have counted in between.
pub fn change(earlier: i64, later: i64, most: Option<f64>) -> Change {
    let alone = Evidence {
        most,
        flapped: false,
        another_fell: false,
        another_went_on: false,
    };
    judge(earlier, later, &alone)
}

fn judge(earlier: i64, later: i64, evidence: &Evidence) -> Change {
    if earlier < 0 || later < 0 {
        return Change::Implausible;
    }
    let possible = |growth: i64| evidence.most.is_none_or(|most| growth as f64 <= most);
    if later >= earlier {
        let growth = later - earlier;
        return if possible(growth) {
            Change::Grew(growth)
        } else {
            Change::Implausible
        };
    }
    if !evidence.another_fell
        && let Some(growth) = wrapped(earlier, later, evidence.most)
    {
        return Change::Wrapped(growth);
    }
    if evidence.another_went_on && !evidence.another_fell {
        return Change::Implausible;
    }
    if !possible(later) {
        return Change::Implausible;
    }
    if evidence.flapped {
        Change::Restarted { since: later }
    } else {
        Change::Cleared { since: later }
    }
}

/// The growth of a counter that ran over 32 bits. Only where the time is known to allow it, and to allow it once: a fast link
/// counts 32 bits in half a minute, and how often it did so cannot be told.
fn wrapped(earlier: i64, later: i64, most: Option<f64>) -> Option<i64> {
    let most = most?;
    if earlier >= WRAP || most >= WRAP as f64 {
        return None;
    }
    let growth = WRAP - earlier + later;
    (growth as f64 <= most).then_some(growth)
}

/// Two samples of one interface, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Seconds between the two replies; at least 1.
    pub seconds: i64,
    /// The code that was on at both ends, where its mode is known.
    pub code: Option<Code>,
    /// Codewords that passed in the interval, where code and speed are known.
    pub codewords: Option<f64>,
    /// Corrected codewords.
    pub ccw: Option<Change>,
    /// Uncorrected codewords.
    pub nccw: Option<Change>,
    /// Codewords by bad symbols.
    pub bins: [Option<Change>; BINS],
}

/// Compares two samples of an interface; `None` when they are not two samples of the same interface in the order of time.
pub fn interval(earlier: &InterfaceStatistics, later: &InterfaceStatistics) -> Option<Interval> {
    let seconds = later.timestamp.checked_sub(earlier.timestamp)?;
    if seconds < 1 || earlier.name != later.name {
        return None;
    }
    let same = |get: fn(&InterfaceStatistics) -> Option<Code>| {
        get(later).filter(|code| get(earlier) == Some(*code))
    };
    let code = same(|sample| sample.fec.mode.as_deref().and_then(Code::of_mode));
    let speed = later
        .speed_bps
        .filter(|speed| earlier.speed_bps == Some(*speed));
    let a_second = code
        .zip(speed)
        .map(|(code, speed)| code.codewords_per_second(speed));
    let codewords = a_second.map(|a_second| a_second * seconds as f64);
    let most = a_second.map(|a_second| a_second * (seconds as f64 + SLACK_SECONDS));
    let flapped = later
        .flapped_seconds
        .is_some_and(|ago| ago <= seconds.saturating_add(SLACK_SECONDS as i64));

    let bin = |sample: &InterfaceStatistics, bin: usize| {
        let histogram: &Histogram = sample.histogram.as_deref()?;
        histogram.total[bin]
    };
    let mut pairs = vec![
        (earlier.fec.ccw, later.fec.ccw),
        (earlier.fec.nccw, later.fec.nccw),
    ];
    pairs.extend((0..BINS).map(|at| (bin(earlier, at), bin(later, at))));
    let both = |at: usize| {
        let (earlier, later) = pairs[at];
        earlier.zip(later)
    };
    let fell = |at: usize| {
        both(at).is_some_and(|(earlier, later)| {
            later < earlier && wrapped(earlier, later, most).is_none()
        })
    };
    let went_on =
        |at: usize| both(at).is_some_and(|(earlier, later)| earlier > 0 && later >= earlier);
    let change_of = |at: usize| {
        let (earlier, later) = both(at)?;
        let others = || (0..pairs.len()).filter(move |other| *other != at);
        let evidence = Evidence {
            most,
            flapped,
            another_fell: others().any(fell),
            another_went_on: others().any(went_on),
        };
        Some(judge(earlier, later, &evidence))
    };
    Some(Interval {
        seconds,
        code,
        codewords,
        ccw: change_of(0),
        nccw: change_of(1),
        bins: std::array::from_fn(|at| change_of(at + 2)),
    })
}

impl Interval {
    /// Bit error ratio before correction, from the histogram; `None` where a bin is missing or its growth is not known.
    pub fn ber_from_histogram(&self) -> Option<super::Estimate> {
        let mut bins = [0; BINS];
        for (bin, change) in bins.iter_mut().zip(self.bins) {
            *bin = change?.growth()?;
        }
        let lost = self.nccw?.growth()?;
        super::from_histogram(&self.code?, &bins, lost)
    }

    /// The same from corrected and uncorrected codewords.
    pub fn ber_from_corrected(&self) -> Option<super::Estimate> {
        let with_error = self.ccw?.growth()?.checked_add(self.nccw?.growth()?)?;
        super::from_corrected(&self.code?, with_error, self.codewords?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::Snapshot;

    /// A sample of a 400G interface.
    fn sample(
        at: i64,
        ccw: i64,
        nccw: i64,
        flapped: i64,
        bins: &[(usize, i64)],
    ) -> InterfaceStatistics {
        let bins: String = bins
            .iter()
            .map(|(bin, count)| format!("<histogram-bin-{bin}>{count}</histogram-bin-{bin}>"))
            .collect();
        let reply = format!(
            "<physical-interface><name>et-0/0/1</name><speed>400Gbps</speed>\
             <interface-flapped seconds=\"{flapped}\">x</interface-flapped><ethernet-fec-statistics>\
             <enabled_fec_mode>FEC119</enabled_fec_mode><fec_ccw_count>{ccw}</fec_ccw_count>\
             <fec_nccw_count>{nccw}</fec_nccw_count></ethernet-fec-statistics>{bins}</physical-interface>"
        );
        let mut snapshot = Snapshot::default();
        let parser = crate::parsers::find("interface_statistics").unwrap();
        parser.parse(reply.as_bytes(), at, &mut snapshot);
        snapshot.statistics.remove(0)
    }

    fn ccw(earlier: &InterfaceStatistics, later: &InterfaceStatistics) -> Change {
        interval(earlier, later).unwrap().ccw.unwrap()
    }

    #[test]
    fn a_counter_that_goes_on_grows() {
        let found = interval(
            &sample(1_000, 500, 3, 90_000, &[]),
            &sample(1_060, 1_500, 3, 90_060, &[]),
        )
        .unwrap();
        assert_eq!((found.seconds, found.ccw), (60, Some(Change::Grew(1_000))));
        assert_eq!(found.nccw, Some(Change::Grew(0)));
        assert_eq!(found.codewords, Some(60.0 * 7.8125e7));
        assert_eq!(found.bins[0], None);
    }

    #[test]
    fn a_clear_a_restart_and_a_wrap_are_told_apart() {
        let before = sample(1_000, 900_000, 40, 90_000, &[]);
        assert_eq!(
            ccw(&before, &sample(1_060, 70, 0, 90_060, &[])),
            Change::Cleared { since: 70 }
        );
        assert_eq!(
            ccw(&before, &sample(1_060, 70, 0, 20, &[])),
            Change::Restarted { since: 70 }
        );
        let near_the_end = sample(1_000, WRAP - 100, 40, 90_000, &[]);
        assert_eq!(
            ccw(&near_the_end, &sample(1_010, 23, 40, 90_010, &[])),
            Change::Wrapped(123)
        );
    }

    #[test]
    fn a_clear_near_the_end_of_32_bits_is_no_wrap_where_the_others_fell_too() {
        let before = sample(1_000, WRAP - 100, 40, 90_000, &[]);
        assert_eq!(
            ccw(&before, &sample(1_010, 23, 0, 90_010, &[])),
            Change::Cleared { since: 23 }
        );
    }

    #[test]
    fn a_link_that_can_count_32_bits_in_the_time_gives_no_wrap() {
        let before = sample(1_000, WRAP - 100, 0, 90_000, &[]);
        let change = ccw(&before, &sample(1_600, 23, 0, 90_600, &[]));
        assert_eq!(change.growth(), None);
    }

    #[test]
    fn a_spike_and_a_counter_that_falls_alone_are_no_growth() {
        let before = sample(1_000, 500_000, 40, 90_000, &[]);
        assert_eq!(
            ccw(&before, &sample(1_010, 90_000_000_000_000, 40, 90_010, &[])),
            Change::Implausible
        );
        assert_eq!(
            ccw(&before, &sample(1_010, 400_000, 41, 90_010, &[])),
            Change::Implausible
        );
    }

    #[test]
    fn samples_out_of_order_or_of_two_interfaces_are_no_interval() {
        let one = sample(1_000, 1, 0, 9, &[]);
        assert_eq!(interval(&one, &one), None);
        let mut other = sample(1_060, 1, 0, 9, &[]);
        other.name = "et-0/0/2".into();
        assert_eq!(interval(&one, &other), None);
    }

    #[test]
    fn the_ratio_comes_from_growth_and_not_from_totals() {
        let all = |first: i64, second: i64| {
            let mut bins: Vec<(usize, i64)> = (0..BINS).map(|bin| (bin, 0)).collect();
            (bins[0].1, bins[1].1) = (first, second);
            bins
        };
        let earlier = sample(1_000, 70_000, 0, 90_000, &all(1_000_000, 70_000));
        let later = sample(1_010, 70_544, 0, 90_010, &all(2_000_000, 70_544));
        let found = interval(&earlier, &later).unwrap();
        let ber = found.ber_from_histogram().unwrap().value().unwrap();
        // 544 bad symbols of 544 × 1,000,544.
        assert!(
            (ber / (544.0 / 544.0 / 1_000_544.0 / 10.0) - 1.0).abs() < 1e-5,
            "{ber:e}"
        );
        assert!(found.ber_from_corrected().unwrap().value().is_some());
    }

    proptest! {
        #[test]
        fn growth_is_never_negative_and_never_more_than_can_have_passed(
            earlier in 0..=i64::MAX, later in 0..=i64::MAX, most in prop::option::of(0.0_f64..1e19),
        ) {
            if let Some(growth) = change(earlier, later, most).growth() {
                prop_assert!(growth >= 0);
                prop_assert!(most.is_none_or(|most| growth as f64 <= most));
            }
        }

        #[test]
        fn a_counter_of_32_bits_is_followed_over_its_end(earlier in 0..WRAP, growth in 0_i64..1_000_000) {
            let later = (earlier + growth) % WRAP;
            prop_assert_eq!(change(earlier, later, Some(1_000_000.0)).growth(), Some(growth));
        }
    }
}
