//! Reproducible randomness: every random value is a pure function of a [`Seed`].
//!
//! A seed is narrowed by name or number (device, port, lane, tick) and then gives one value or one generator. So the state at an
//! instant never depends on earlier requests. The mixing is SplitMix64's finaliser (Steele, Lea, Flood 2014) over FNV-1a. Both are fixed
//! by their papers, not by a library's version.

use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// A point in the tree of random figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(u64);

impl Seed {
    /// The root for one number.
    pub(crate) fn new(value: u64) -> Self {
        Self(mixed(value))
    }

    /// The branch called `name`.
    pub(crate) fn named(self, name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mixed(self.0 ^ hash))
    }

    /// The branch with this number.
    pub(crate) fn numbered(self, index: u64) -> Self {
        Self(mixed(self.0.wrapping_add(mixed(index.wrapping_add(1)))))
    }

    /// A generator of its own for this branch.
    pub(crate) fn rng(self) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(self.0)
    }

    /// 64 bits.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Evenly in [0, 1).
    pub(crate) fn fraction(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly in [low, high).
    pub(crate) fn within(self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    /// Normal, mean 0 and deviation 1 (Box and Muller 1958).
    pub(crate) fn normal(self) -> f64 {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.numbered(0).fraction()).cos()
    }

    /// One of `choices`, or none when there are none.
    pub(crate) fn pick<T>(self, choices: &[T]) -> Option<&T> {
        choices.get((self.fraction() * choices.len() as f64) as usize)
    }

    /// Text of `length` figures and capital letters, without the letters that are taken for figures.
    pub(crate) fn text(self, length: usize) -> String {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
        (0..length)
            .map(|place| {
                let letter = self.numbered(place as u64).0 % LETTERS.len() as u64;
                char::from(LETTERS[letter as usize])
            })
            .collect()
    }
}

/// SplitMix64's finaliser: close numbers give far ones.
fn mixed(value: u64) -> u64 {
    let mut bits = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_stable_and_apart() {
        let root = Seed::new(7);
        assert_eq!(root.named("et-0/0/0"), Seed::new(7).named("et-0/0/0"));
        assert_ne!(root.named("et-0/0/0"), root.named("et-0/0/1"));
        assert_ne!(root.numbered(0), root.numbered(1));
        assert_ne!(root.numbered(0), root);
    }

    #[test]
    fn normal_figures_have_mean_nought_and_deviation_one() {
        let root = Seed::new(1);
        let count = 20_000;
        let figures: Vec<f64> = (0..count).map(|i| root.numbered(i).normal()).collect();
        let mean = figures.iter().sum::<f64>() / count as f64;
        let variance = figures.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
        assert!(mean.abs() < 0.03, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.05, "variance {variance}");
    }
}
