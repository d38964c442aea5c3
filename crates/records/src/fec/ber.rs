//! From what was counted to the bit error ratio before correction.
//!
//! Two ways. The histogram counts bad symbols, so `SER = Σ k·bin(k) / (n·codewords)`: exact for what was corrected. The corrected
//! codewords alone only say which part had any error, `1 − (1 − BER)^bits`, and that saturates: at 1e-3 of a KP4 link 99.6 % of the
//! codewords have one. Nothing counted is not a ratio of 0, and everything counted is not a ratio either: both give a bound.

use super::Code;
use crate::model::BINS;

/// A bit error ratio, or what can be said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// About this.
    At(f64),
    /// No error was counted: below this, the ratio at which one would have been expected.
    Below(f64),
    /// Every codeword had an error: above this.
    Above(f64),
}

impl Estimate {
    /// The ratio, where there is one and not a bound.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::At(ber) => Some(ber),
            Self::Below(_) | Self::Above(_) => None,
        }
    }
}

/// From codewords by their number of bad symbols, as they grew in an interval; `uncorrected` are codewords with more than the code
/// corrects and count as one symbol more than that.
///
/// `None` without a codeword, with a negative count, or where a bin that the code does not correct holds something: then the mode is
/// another than was thought.
pub fn from_histogram(code: &Code, bins: &[i64; BINS], uncorrected: i64) -> Option<Estimate> {
    let correctable = code.correctable as usize;
    if uncorrected < 0
        || bins.iter().any(|count| *count < 0)
        || bins.iter().skip(correctable + 1).any(|count| *count > 0)
    {
        return None;
    }
    // In floats: sixteen counts of 63 bits do not fit into one.
    let codewords: f64 = bins.iter().map(|count| *count as f64).sum::<f64>() + uncorrected as f64;
    if codewords <= 0.0 {
        return None;
    }
    let corrected: f64 = bins
        .iter()
        .enumerate()
        .map(|(symbols, count)| symbols as f64 * *count as f64)
        .sum();
    let bad = corrected + (correctable + 1) as f64 * uncorrected as f64;
    let symbols = f64::from(code.symbols) * codewords;
    Some(if bad == 0.0 {
        Estimate::Below(code.bit_error_ratio(1.0 / symbols))
    } else {
        Estimate::At(code.bit_error_ratio(bad / symbols))
    })
}

/// From codewords with any error (corrected and uncorrected) out of all that passed, as they grew in an interval.
///
/// `codewords` is [`Code::codewords_per_second`] times the interval. A share of up to 1.01 counts as all: clocks are not exact. `None`
/// above that, without codewords, or with a negative count.
pub fn from_corrected(code: &Code, with_error: i64, codewords: f64) -> Option<Estimate> {
    const CLOCKS: f64 = 1.01;
    let with_error = with_error as f64;
    if codewords.is_nan() || codewords < 1.0 || with_error < 0.0 || with_error > codewords * CLOCKS
    {
        return None;
    }
    let ratio = |share: f64| -((-share).ln_1p() / code.codeword_bits()).exp_m1();
    Some(if with_error == 0.0 {
        Estimate::Below(ratio(1.0 / codewords.max(2.0)))
    } else if with_error > codewords - 1.0 {
        Estimate::Above(ratio(1.0 - 1.0 / codewords.max(2.0)))
    } else {
        Estimate::At(ratio(with_error / codewords))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Codewords by bad symbols at a bit error ratio, out of `codewords`: the binomial itself.
    fn spread(code: &Code, ber: f64, codewords: f64) -> [i64; BINS] {
        let bad = code.symbol_error_ratio(ber);
        let n = f64::from(code.symbols);
        let mut term = (n * (-bad).ln_1p()).exp();
        let mut bins = [0; BINS];
        for (k, bin) in bins
            .iter_mut()
            .enumerate()
            .take(code.correctable as usize + 1)
        {
            *bin = (term * codewords).round() as i64;
            term *= (n - k as f64) / (k as f64 + 1.0) * bad / (1.0 - bad);
        }
        bins
    }

    #[test]
    fn the_share_of_codewords_with_an_error_is_that_of_an_independent_computation() {
        for (ber, kp4, kr4) in [
            (1e-6, 0.005425232700480231, 0.005266087926892982),
            (1e-5, 0.05294704815625961, 0.051430542970151816),
            (1e-4, 0.41959387317315566, 0.4102322135002995),
            (2.4e-4, 0.7290325828018868, 0.7184237755082883),
        ] {
            for (code, share) in [(Code::RS544, kp4), (Code::RS528, kr4)] {
                let codewords: f64 = 4.6875e9; // a minute of 400G
                let found = from_corrected(&code, (share * codewords) as i64, codewords);
                let found = found.unwrap().value().unwrap();
                assert!((found / ber - 1.0).abs() < 1e-6, "{found:e} for {ber:e}");
            }
        }
    }

    #[test]
    fn nothing_and_everything_counted_give_bounds_and_never_a_ratio() {
        let codewords = 4.6875e9;
        let code = Code::RS544;
        let Some(Estimate::Below(bound)) = from_corrected(&code, 0, codewords) else {
            panic!("no bound")
        };
        assert!(bound > 0.0 && bound < 1e-13, "{bound:e}");
        let all = codewords as i64;
        assert!(
            matches!(from_corrected(&code, all, codewords), Some(Estimate::Above(b)) if b > 3e-3)
        );
        assert_eq!(from_corrected(&code, all * 2, codewords), None);
        assert_eq!(from_corrected(&code, -1, codewords), None);
        let mut bins = [0; BINS];
        assert_eq!(from_histogram(&code, &bins, 0), None);
        bins[0] = all;
        assert!(matches!(from_histogram(&code, &bins, 0), Some(Estimate::Below(b)) if b < 1e-13));
    }

    #[test]
    fn bins_that_the_code_does_not_correct_mean_another_code() {
        let mut bins = [0; BINS];
        (bins[0], bins[9]) = (1_000, 1);
        assert_eq!(from_histogram(&Code::RS528, &bins, 0), None);
        assert!(from_histogram(&Code::RS544, &bins, 0).is_some());
    }

    proptest! {
        #[test]
        fn both_ways_lead_back_to_the_ratio(exponent in -7.0_f64..-3.4, kp4 in any::<bool>()) {
            let (code, ber) = (if kp4 { Code::RS544 } else { Code::RS528 }, 10_f64.powf(exponent));
            let codewords = 4.6875e9;
            let bins = spread(&code, ber, codewords);
            let lost = (code.codeword_error_ratio(ber) * codewords).round() as i64;
            let histogram = from_histogram(&code, &bins, lost).unwrap().value().unwrap();
            prop_assert!((histogram / ber - 1.0).abs() < 0.01, "{histogram:e} for {ber:e}");
            let with_error: i64 = bins[1..].iter().sum::<i64>() + lost;
            let corrected = from_corrected(&code, with_error, codewords).unwrap().value().unwrap();
            prop_assert!((corrected / ber - 1.0).abs() < 0.01, "{corrected:e} for {ber:e}");
        }
    }
}
