//! One optical lane over time: powers, bias, laser temperature, and the bit errors that follow from the received power.
//!
//! Each quantity is a base value with a slow drift, a daily swing and noise ([`DriftingValue`]). The pre-FEC bit error ratio has a floor
//! (laser noise, equaliser residue) and a waterfall curve over the margin of received power above sensitivity. A failing lane loses
//! received power along a ramp. Crosstalk, ageing of the bias and the far end are not simulated.

use crate::seed::Seed;

const DAY_S: f64 = 86_400.0;

/// The bit error ratio at which an RS(544,514) link stops meeting its frame loss target (IEEE 802.3 clause 121 ff.): the receiver's
/// sensitivity is the power that gives it.
const BER_AT_SENSITIVITY: f64 = 2.4e-4;

/// Noise changes every so many seconds: two readings within stay alike, as they do on a module that is polled.
const NOISE_STEP_S: i64 = 10;

/// A quantity with drift, daily swing and noise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DriftingValue {
    /// The middle value.
    pub(crate) base: f64,
    /// Amplitude of a wave of one to four days.
    pub(crate) drift: f64,
    /// Amplitude of a wave of one day, highest in the afternoon.
    pub(crate) daily: f64,
    /// Standard deviation of the noise.
    pub(crate) noise: f64,
    /// Decides period, phase and noise.
    pub(crate) seed: Seed,
}

impl DriftingValue {
    /// The value at a UTC second, without noise.
    pub(crate) fn smooth(&self, utc: i64) -> f64 {
        let seconds = utc as f64;
        let period = self.seed.named("period").within(1.0, 4.0) * DAY_S;
        let phase = self.seed.named("phase").fraction();
        let wave = |turns: f64| (std::f64::consts::TAU * turns).sin();
        self.base
            + self.drift * wave(seconds / period + phase)
            + self.daily * wave(seconds / DAY_S - 0.375)
    }

    /// The value at a UTC second.
    pub(crate) fn at(&self, utc: i64) -> f64 {
        let step = utc.div_euclid(NOISE_STEP_S) as u64;
        self.smooth(utc) + self.noise * self.seed.numbered(step).normal()
    }
}

/// A loss of received power that grows linearly and then stays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PowerLoss {
    /// UTC second at which it begins.
    pub(crate) from: i64,
    /// Seconds until the whole depth is reached; 0: at once.
    pub(crate) over_s: i64,
    /// Loss at the end, in dB.
    pub(crate) depth_db: f64,
}

impl PowerLoss {
    fn loss_db(&self, utc: i64) -> f64 {
        let passed = utc.saturating_sub(self.from);
        if passed < 0 {
            0.0
        } else if passed >= self.over_s {
            self.depth_db
        } else {
            self.depth_db * passed as f64 / self.over_s as f64
        }
    }
}

/// One lane.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// Received power without the loss of a failure, dBm.
    pub(crate) rx_power_dbm: DriftingValue,
    /// Launched power, dBm.
    pub(crate) tx_power_dbm: DriftingValue,
    /// Laser bias, mA.
    pub(crate) bias_ma: DriftingValue,
    /// Laser temperature above the module's, °C.
    pub(crate) laser_above_module_c: f64,
    /// Bit error ratio with light to spare.
    pub(crate) floor_ber: f64,
    /// Received power at which [`BER_AT_SENSITIVITY`] is reached, dBm.
    pub(crate) sensitivity_dbm: f64,
    /// The failure, if this lane has one.
    pub(crate) power_loss: Option<PowerLoss>,
}

impl Lane {
    /// Received power at a UTC second, dBm.
    pub(crate) fn rx_power(&self, utc: i64) -> f64 {
        self.rx_power_dbm.at(utc) - self.loss_db(utc)
    }

    /// Bit error ratio before correction at a UTC second, from the received power without its reading noise.
    pub(crate) fn ber(&self, utc: i64) -> f64 {
        let margin_db = self.rx_power_dbm.smooth(utc) - self.loss_db(utc) - self.sensitivity_dbm;
        (self.floor_ber + waterfall(margin_db)).min(0.5)
    }

    fn loss_db(&self, utc: i64) -> f64 {
        self.power_loss
            .map_or(0.0, |power_loss| power_loss.loss_db(utc))
    }
}

/// Bit error ratio at a margin of received power over sensitivity, dB.
///
/// A receiver limited by thermal noise has Q proportional to optical power, and the error ratio is bounded by ½·exp(−Q²/2) (Chernoff);
/// Q at margin 0 is set so that [`BER_AT_SENSITIVITY`] comes out.
pub(crate) fn waterfall(margin_db: f64) -> f64 {
    let half_q_squared = (0.5 / BER_AT_SENSITIVITY).ln() * 10_f64.powf(margin_db / 5.0);
    0.5 * (-half_q_squared).exp()
}

/// The margin, in dB, at which the [`waterfall`] gives `ber` (0 < ber < 0.5).
pub(crate) fn margin_for(ber: f64) -> f64 {
    5.0 * ((0.5 / ber).ln() / (0.5 / BER_AT_SENSITIVITY).ln()).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(power_loss: Option<PowerLoss>) -> Lane {
        let still = |base| DriftingValue {
            base,
            drift: 0.0,
            daily: 0.0,
            noise: 0.0,
            seed: Seed::new(3),
        };
        Lane {
            rx_power_dbm: still(-1.0),
            tx_power_dbm: still(1.0),
            bias_ma: still(60.0),
            laser_above_module_c: 2.0,
            floor_ber: 1e-8,
            sensitivity_dbm: -6.6,
            power_loss,
        }
    }

    #[test]
    fn less_light_means_more_errors() {
        let ratios: Vec<f64> = (-20..60)
            .map(|tenth| waterfall(f64::from(tenth) / 10.0))
            .collect();
        assert!(ratios.windows(2).all(|pair| pair[0] > pair[1]));
        assert!((waterfall(0.0) / 2.4e-4 - 1.0).abs() < 1e-9);
        assert!((waterfall(margin_for(1.6e-3)) / 1.6e-3 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_sinking_lane_ends_at_its_depth_and_a_healthy_one_stays() {
        let power_loss = PowerLoss {
            from: 1_000,
            over_s: 600,
            depth_db: 6.0,
        };
        let failing = lane(Some(power_loss));
        assert_eq!(failing.rx_power(1_000), -1.0);
        assert_eq!(failing.rx_power(1_300), -4.0);
        assert_eq!(failing.rx_power(9_999), -7.0);
        assert!(failing.ber(9_999) > 2.4e-4);
        assert!(lane(None).ber(9_999) < 1.1e-8);
    }

    #[test]
    fn a_failure_without_a_ramp_is_there_at_once() {
        let failing = lane(Some(PowerLoss {
            from: 1_000,
            over_s: 0,
            depth_db: 6.0,
        }));
        assert_eq!(failing.rx_power(999), -1.0);
        assert_eq!(failing.rx_power(1_000), -7.0);
    }

    #[test]
    fn wandering_stays_within_its_amplitudes() {
        let wander = DriftingValue {
            base: 40.0,
            drift: 1.0,
            daily: 2.0,
            noise: 0.0,
            seed: Seed::new(9),
        };
        let values: Vec<f64> = (0..10_000).map(|i| wander.at(i * 977)).collect();
        assert!(values.iter().all(|v| (37.0..=43.0).contains(v)));
        assert!(values.iter().any(|v| *v > 41.5) && values.iter().any(|v| *v < 38.5));
    }
}
