//! The Reed-Solomon codes of Ethernet, and how often they lose a codeword.
//!
//! A symbol of m bits is bad with probability `1 − (1 − BER)^m`, and the number of bad symbols in a codeword of n is binomial. A
//! code that corrects t symbols loses the codeword when there are more (IEEE 802.3, clauses 91, 108, 119, 134 and 161).

/// How many terms beyond the correctable are summed: each is smaller than the one before at any usable ratio.
const TAIL: u32 = 120;

/// Payload bits that one codeword carries, before line coding: 20 blocks of 256.
const PAYLOAD_BITS: f64 = 5_120.0;

/// A code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Symbols in a codeword.
    pub symbols: u32,
    /// Bits in a symbol.
    pub symbol_bits: u32,
    /// Symbols that can be corrected.
    pub correctable: u32,
}

impl Code {
    /// RS(544,514), "KP4": links of PAM4.
    pub const RS544: Self = Self {
        symbols: 544,
        symbol_bits: 10,
        correctable: 15,
    };

    /// RS(528,514), "KR4": links of NRZ at 25 Gb/s a lane.
    pub const RS528: Self = Self {
        symbols: 528,
        symbol_bits: 10,
        correctable: 7,
    };

    /// The bit error ratio before correction up to which the frame loss ratio stays below 1e-12 (IEEE 802.3: clauses 91, 119, 134
    /// and 161 for RS544, 91 and 108 for RS528); none for other codes.
    pub fn ber_limit(&self) -> Option<f64> {
        match *self {
            Self::RS544 => Some(2.4e-4),
            Self::RS528 => Some(2.1e-5),
            _ => None,
        }
    }

    /// The code behind the name that a device gives its mode; `None` for `NONE`, for codes that are not of this kind (`FEC74`)
    /// and for names that are not known.
    pub fn of_mode(mode: &str) -> Option<Self> {
        match mode.trim().to_ascii_uppercase().as_str() {
            "FEC91" | "FEC108" | "RS528" | "KR4" => Some(Self::RS528),
            "FEC119" | "FEC134" | "FEC161" | "RS544" | "KP4" => Some(Self::RS544),
            _ => None,
        }
    }

    /// Bits of a codeword, check symbols included.
    pub fn codeword_bits(&self) -> f64 {
        f64::from(self.symbols) * f64::from(self.symbol_bits)
    }

    /// Codewords a second on an interface of this speed in bit/s.
    pub fn codewords_per_second(&self, speed_bps: i64) -> f64 {
        speed_bps as f64 / PAYLOAD_BITS
    }

    /// Symbol error ratio at a bit error ratio.
    pub fn symbol_error_ratio(&self, ber: f64) -> f64 {
        -(f64::from(self.symbol_bits) * (-ber).ln_1p()).exp_m1()
    }

    /// Bit error ratio at a symbol error ratio: the inverse.
    pub fn bit_error_ratio(&self, ser: f64) -> f64 {
        -((-ser).ln_1p() / f64::from(self.symbol_bits)).exp_m1()
    }

    /// Codeword error ratio (CER): the part of codewords that are lost at a bit error ratio in [0, 1).
    pub fn codeword_error_ratio(&self, ber: f64) -> f64 {
        let bad = self.symbol_error_ratio(ber);
        if bad <= 0.0 {
            return 0.0;
        }
        if bad >= 1.0 {
            return 1.0;
        }
        let (n, first) = (self.symbols, self.correctable + 1);
        // ln of C(n, k) p^k (1 − p)^(n − k) for the first k that is lost; the terms after it follow by their ratio.
        let ln_choose: f64 = (1..=first)
            .map(|k| (f64::from(n - k + 1) / f64::from(k)).ln())
            .sum();
        let ln_first =
            ln_choose + f64::from(first) * bad.ln() + f64::from(n - first) * (-bad).ln_1p();
        let odds = bad / (1.0 - bad);
        let mut term = ln_first.exp();
        let mut sum = term;
        for k in first + 1..=n.min(self.correctable + TAIL) {
            term *= f64::from(n - k + 1) / f64::from(k) * odds;
            sum += term;
        }
        sum.min(1.0)
    }

    /// Frame loss ratio of 64-byte frames at a codeword error ratio, with codewords interleaved `ways` at a time (802.3's X).
    pub fn frame_loss_ratio(cer: f64, ways: u32) -> f64 {
        cer * (1.0 + 8.0 * f64::from(ways)) / 8.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= expected.abs() * 1e-5,
            "{found:e} instead of {expected:e}"
        );
    }

    /// Computed apart, in Python with lgamma.
    #[test]
    fn codeword_error_ratios_are_those_of_an_independent_computation() {
        for (ber, kp4, kr4) in [
            (1e-6, 2.238979e-50, 1.413798e-23),
            (1e-5, 2.139670e-34, 1.355769e-15),
            (2.1e-5, 2.895861e-29, 4.871991e-13),
            (1e-4, 1.359811e-18, 8.926911e-8),
            (2.4e-4, 8.151573e-13, 5.153760e-5),
            (5e-4, 2.792584e-8, 5.612859e-3),
            (1e-3, 1.530259e-4, 1.604723e-1),
        ] {
            close(Code::RS544.codeword_error_ratio(ber), kp4);
            close(Code::RS528.codeword_error_ratio(ber), kr4);
        }
        close(Code::RS544.symbol_error_ratio(2.4e-4), 2.397410e-3);
        assert_eq!(Code::RS544.codeword_error_ratio(0.0), 0.0);
    }

    /// The limits of 802.3 for a frame loss ratio of 1e-12 and below.
    #[test]
    fn the_limits_of_the_standard_come_out() {
        let cer = Code::RS544.codeword_error_ratio(2.4e-4);
        close(Code::frame_loss_ratio(cer, 1), 9.170520e-13);
        close(Code::frame_loss_ratio(cer, 2), 1.732209e-12);
        let cer = Code::RS528.codeword_error_ratio(2.1e-5);
        close(Code::frame_loss_ratio(cer, 1), 5.480990e-13);
    }

    #[test]
    fn codewords_come_at_the_rate_of_the_payload() {
        close(
            Code::RS544.codewords_per_second(100_000_000_000),
            1.953125e7,
        );
        close(Code::RS544.codewords_per_second(400_000_000_000), 7.8125e7);
        close(Code::RS544.codewords_per_second(800_000_000_000), 1.5625e8);
    }

    #[test]
    fn modes_name_their_codes() {
        assert_eq!(Code::of_mode("FEC91"), Some(Code::RS528));
        assert_eq!(Code::of_mode(" fec119 "), Some(Code::RS544));
        for mode in ["NONE", "FEC74", "", "GFEC"] {
            assert_eq!(Code::of_mode(mode), None, "{mode}");
        }
    }
}
