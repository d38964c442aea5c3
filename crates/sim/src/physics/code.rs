//! Forward error correction as arithmetic: the probability that a codeword holds k bad symbols.
//!
//! Bit errors are independent, so a symbol of m bits is bad with probability `1 − (1 − BER)^m`, and the number of bad symbols in
//! a codeword of n is binomial. A code that corrects t symbols loses the codeword when there are more. Burst errors (decision feedback,
//! IEEE 802.3 annex 120) are not simulated: they fatten the tail, which a simulator of trends does not need.

/// The histogram's bins: codewords with 0, 1, … 15 corrected symbols.
pub(crate) const BINS: usize = 16;

/// How far past the correctable the tail is summed; the terms fall by a factor per step at any usable BER.
const TAIL: usize = 120;

/// A block code on a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Code {
    /// The name that Junos gives it in `enabled_fec_mode`.
    pub(crate) junos_name: &'static str,
    /// Symbols in a codeword.
    pub(crate) symbols: u32,
    /// Bits in a symbol.
    pub(crate) symbol_bits: u32,
    /// Symbols that can be corrected; below [`BINS`].
    pub(crate) correctable: usize,
    /// Payload bits (before line coding) that one codeword carries: rate = link rate / this.
    payload_bits: u64,
}

/// RS(544,514), "KP4", IEEE 802.3 clauses 91 and 119: PAM4 links. A codeword carries 20 blocks of 256 bits.
pub(crate) const KP4: Code = Code {
    junos_name: "FEC119",
    symbols: 544,
    symbol_bits: 10,
    correctable: 15,
    payload_bits: 5_120,
};

/// RS(528,514), "KR4", IEEE 802.3 clause 91: NRZ links of 25 Gb/s a lane.
pub(crate) const KR4: Code = Code {
    junos_name: "FEC91",
    symbols: 528,
    symbol_bits: 10,
    correctable: 7,
    payload_bits: 5_120,
};

/// The fire code (2112,2080) of IEEE 802.3 clause 74. It repairs one burst; with independent errors that is one bit.
pub(crate) const FIRE: Code = Code {
    junos_name: "FEC74",
    symbols: 2_112,
    symbol_bits: 1,
    correctable: 1,
    payload_bits: 2_048,
};

/// The distribution of codewords over the number of their bad symbols.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ErrorDistribution {
    /// Probability of k bad symbols, for k up to the code's correctable count; 0 beyond.
    pub(crate) correctable: [f64; BINS],
    /// Probability of more than can be corrected (the codeword error ratio, CER).
    pub(crate) lost: f64,
}

impl Code {
    /// Codewords a second on a link of `gbps` (MAC rate).
    pub(crate) fn codewords_per_second(&self, gbps: u32) -> f64 {
        f64::from(gbps) * 1e9 / self.payload_bits as f64
    }

    /// Bits of a whole codeword, check symbols included.
    pub(crate) fn codeword_bits(&self) -> f64 {
        f64::from(self.symbols) * f64::from(self.symbol_bits)
    }

    /// Symbol error ratio at a bit error ratio.
    pub(crate) fn symbol_error_ratio(&self, ber: f64) -> f64 {
        -(f64::from(self.symbol_bits) * (-ber).ln_1p()).exp_m1()
    }

    /// The binomial distribution at a bit error ratio in [0, 0.5].
    pub(crate) fn distribution(&self, ber: f64) -> ErrorDistribution {
        let ratio = self.symbol_error_ratio(ber);
        let symbols = f64::from(self.symbols);
        let odds = ratio / (1.0 - ratio);
        let mut distribution = ErrorDistribution {
            correctable: [0.0; BINS],
            lost: 0.0,
        };
        // p(k+1)/p(k) = (n−k)/(k+1) · s/(1−s), from p(0) = (1−s)^n: no factorials, no cancellation.
        let mut probability = (symbols * (-ratio).ln_1p()).exp();
        for bad in 0..=self.correctable + TAIL {
            if bad <= self.correctable {
                distribution.correctable[bad] = probability;
            } else {
                distribution.lost += probability;
            }
            probability *= (symbols - bad as f64) / (bad as f64 + 1.0) * odds;
        }
        distribution
    }

    /// The bit error ratio that a device reports: from the share of codewords that held an error.
    ///
    /// A codeword is clean with probability `(1 − BER)^bits`, so BER ≈ −ln(clean share) / bits. This is how Junos says it derives the
    /// figure (from corrected codewords), with the saturation at high error ratios undone. `None` without codewords, or without a clean
    /// one.
    pub(crate) fn ber_from_counts(&self, with_errors: u64, codewords: u64) -> Option<f64> {
        if codewords == 0 || with_errors >= codewords {
            return None;
        }
        Some(-(-(with_errors as f64 / codewords as f64)).ln_1p() / self.codeword_bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `actual` within a relative hundredth of `expected`, which was written with three figures.
    fn close(actual: f64, expected: f64) -> bool {
        (actual / expected - 1.0).abs() < 0.01
    }

    #[test]
    fn kp4_agrees_with_the_reference_arithmetic() {
        // BER, symbol error ratio, codeword error ratio: computed apart from this code, with log-gamma binomials.
        for (ber, ser, cer) in [
            (1.0e-6, 1.000e-5, 2.24e-50),
            (1.0e-5, 1.000e-4, 2.14e-34),
            (5.0e-5, 4.999e-4, 2.67e-23),
            (1.0e-4, 9.996e-4, 1.36e-18),
            (2.4e-4, 2.397e-3, 8.15e-13),
            (5.0e-4, 4.989e-3, 2.79e-8),
            (1.0e-3, 9.955e-3, 1.53e-4),
        ] {
            assert!(close(KP4.symbol_error_ratio(ber), ser), "SER at {ber}");
            assert!(close(KP4.distribution(ber).lost, cer), "CER at {ber}");
        }
    }

    #[test]
    fn kr4_agrees_with_the_reference_arithmetic() {
        for (ber, cer) in [(1.0e-6, 1.41e-23), (2.1e-5, 4.87e-13), (1.0e-4, 8.93e-8)] {
            assert!(close(KR4.distribution(ber).lost, cer), "CER at {ber}");
        }
    }

    #[test]
    fn codeword_rates_are_those_of_the_standard() {
        assert_eq!(KP4.codewords_per_second(100), 19_531_250.0);
        assert_eq!(KP4.codewords_per_second(400), 78_125_000.0);
        assert_eq!(KP4.codewords_per_second(800), 156_250_000.0);
        assert_eq!(KR4.codewords_per_second(100), 19_531_250.0);
    }

    #[test]
    fn every_codeword_is_somewhere_in_the_spread() {
        for code in [KP4, KR4, FIRE] {
            for ber in [0.0, 1e-9, 1e-6, 1e-4, 5e-4, 2e-3] {
                let distribution = code.distribution(ber);
                let sum = distribution.correctable.iter().sum::<f64>() + distribution.lost;
                assert!(
                    (sum - 1.0).abs() < 1e-9,
                    "{} at {ber}: {sum}",
                    code.junos_name
                );
            }
        }
    }

    #[test]
    fn the_reported_ber_inverts_the_share_of_bad_codewords() {
        for ber in [1e-8, 1e-6, 1e-4, 5e-4] {
            let clean = KP4.distribution(ber).correctable[0];
            let codewords = 1_000_000_000_000_u64;
            let bad = ((1.0 - clean) * codewords as f64) as u64;
            let reported = KP4.ber_from_counts(bad, codewords).unwrap();
            assert!(close(reported, ber), "{reported} for {ber}");
        }
        assert_eq!(KP4.ber_from_counts(0, 0), None);
        assert_eq!(KP4.ber_from_counts(5, 5), None);
    }
}
