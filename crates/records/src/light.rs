//! Optical power, said in dBm, in mW or in both: how much light there is, or that there is none.
//!
//! Devices say darkness as `- Inf`, as 0 mW, or as the floor of their converter. One rule decides for received and sent
//! light, of lanes and of modules, wherever the value comes from: no light at 0.0001 mW or less, or at −40 dBm or less.

use crate::model::OpticalPower;
use crate::value::{DARK_DBM, Reading, State};

/// At or below this a power in mW is the floor of what converters resolve (0.1 µW): no light.
pub(crate) const DARK_MW: f64 = 1e-4;

/// Two readings of one power that are further apart contradict each other. Rounding and the moment between the two readings
/// explain less than a factor of ten.
const CONTRADICTION_DB: f64 = 10.0;

/// A power in mW as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Milliwatts {
    /// The value, or why there is none.
    pub(crate) reading: Reading<f64>,
    /// What its last digit is worth.
    pub(crate) step: f64,
}

impl Milliwatts {
    pub(crate) fn of(reading: Reading<f64>, text: &str) -> Self {
        Self {
            reading,
            step: step(text),
        }
    }
}

/// What the last digit of a decimal number is worth: 0.0001 of `0.5910`.
fn step(text: &str) -> f64 {
    if text.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        return 0.0;
    }
    let point = text.bytes().position(|byte| byte == b'.');
    let decimals = point.map_or(0, |point| {
        let behind = text.bytes().skip(point + 1);
        behind.take_while(u8::is_ascii_digit).count()
    });
    // What devices send.
    match decimals {
        0 => 1.0,
        3 => 1e-3,
        4 => 1e-4,
        _ => 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX)),
    }
}

/// The power that two readings of it say; true beside it where they contradict each other.
pub(crate) fn light(dbm: Option<Reading<f64>>, mw: Option<Milliwatts>) -> (OpticalPower, bool) {
    let sent_mw = mw.and_then(|mw| Some((mw.reading.value()?, mw.step)));
    let power = |dbm, mw, state| OpticalPower { dbm, mw, state };
    let only_mw = sent_mw.map(|(value, _)| value);
    // The device may take the logarithm in either of the two.
    let is_dark_in_mw = mw.is_some_and(|mw| mw.reading == Reading::Absent(State::NoLight));
    match (dbm, sent_mw) {
        (Some(Reading::Measured(_)), None) if is_dark_in_mw => {
            (power(None, None, State::NoLight), true)
        }
        (Some(Reading::Measured(dbm)), Some((mw, step))) => {
            let apart = (dbm - in_dbm(mw)).abs() > CONTRADICTION_DB && {
                let (least, most) = (in_dbm((mw - step).max(0.0)), in_dbm(mw + step));
                dbm < least - CONTRADICTION_DB || dbm > most + CONTRADICTION_DB
            };
            // 0.00 dBm beside 0 mW is a logarithm that was not taken.
            if mw <= DARK_MW && dbm == 0.0 {
                (power(None, only_mw, State::NoLight), true)
            } else if apart {
                (power(None, None, State::Invalid), true)
            } else if mw <= DARK_MW && step <= DARK_MW * 1.5 {
                (power(None, only_mw, State::NoLight), false)
            } else {
                (power(Some(dbm), only_mw, State::Ok), false)
            }
        }
        (Some(Reading::Absent(State::NoLight)), Some((mw, step))) => {
            let lit = in_dbm((mw - step).max(0.0)) > DARK_DBM + CONTRADICTION_DB;
            let mw = only_mw.filter(|_| !lit);
            (power(None, mw, State::NoLight), lit)
        }
        // Whatever the text in dBm is: a word such as `LOS`, or a number that no power can be.
        (None | Some(Reading::Absent(_)), Some((mw, _))) if mw <= DARK_MW => {
            (power(None, only_mw, State::NoLight), false)
        }
        (Some(Reading::Absent(_)), None) if is_dark_in_mw => {
            (power(None, None, State::NoLight), false)
        }
        (Some(reading), _) => (power(reading.value(), only_mw, reading.state()), false),
        // mW alone: dBm is not there, and none is computed.
        (None, Some(_)) => (power(None, only_mw, State::NotPresent), false),
        (None, None) => {
            let state = mw.map_or(State::NotPresent, |mw| mw.reading.state());
            (power(None, None, state), false)
        }
    }
}

pub(crate) fn in_dbm(mw: f64) -> f64 {
    10.0 * mw.log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Quantity, number};

    fn of(dbm: Option<&str>, mw: Option<&str>) -> (Option<f64>, Option<f64>, State, bool) {
        let (power, apart) = light(
            dbm.map(|text| number(text, Quantity::PowerDbm)),
            mw.map(|text| Milliwatts::of(number(text, Quantity::PowerMw), text)),
        );
        (power.dbm, power.mw, power.state, apart)
    }

    #[test]
    fn darkness_is_one_state_however_it_is_said() {
        for (dbm, mw) in [
            (Some("- Inf"), None),
            (Some("-40.00"), None),
            (Some("-99"), None),
            (None, Some("0")),
            (None, Some("0.0001")),
            (Some("- Inf"), Some("0.0000")),
            (Some("-40.00"), Some("0.0001")),
            (Some("-38.50"), Some("0.0001")),
            (Some("n/a"), Some("0.0000")),
            (Some("0.00"), Some("0.0000")),
            (Some("0.00"), Some("0.0")),
            (Some("-327.68"), Some("0.0000")),
            (Some("-327.68"), None),
            (Some("LOS"), Some("0.0000")),
            (Some("< -40.00"), Some("0.0001")),
            (Some("65535"), Some("0")),
            (Some("0.00"), Some("- Inf")),
            (Some("n/a"), Some("- Inf")),
        ] {
            let (value, _, state, _) = of(dbm, mw);
            assert_eq!((value, state), (None, State::NoLight), "{dbm:?} {mw:?}");
        }
    }

    #[test]
    fn light_that_is_there_is_measured() {
        for (dbm, mw, value) in [
            (Some("-39.90"), None, Some(-39.9)),
            (Some("-2.28"), Some("0.591"), Some(-2.28)),
            (Some("-33.01"), Some("0.0005"), Some(-33.01)),
            (Some("-34.00"), Some("0.000"), Some(-34.0)),
            (Some("-2.25"), Some("0.9"), Some(-2.25)),
            (Some("0.00"), Some("1.0000"), Some(0.0)),
        ] {
            assert_eq!(of(dbm, mw).0, value, "{dbm:?} {mw:?}");
            assert_eq!(of(dbm, mw).2, State::Ok, "{dbm:?} {mw:?}");
        }
        assert_eq!(
            of(None, Some("0.5")),
            (None, Some(0.5), State::NotPresent, false)
        );
    }

    #[test]
    fn readings_that_contradict_each_other_are_no_measurement() {
        assert_eq!(
            of(Some("-5.00"), Some("0.0000")),
            (None, None, State::Invalid, true)
        );
        assert_eq!(
            of(Some("-25.00"), Some("0.5910")),
            (None, None, State::Invalid, true)
        );
        assert_eq!(
            of(Some("- Inf"), Some("0.5910")),
            (None, None, State::NoLight, true)
        );
        assert_eq!(
            of(Some("0.00"), Some("0.0000")),
            (None, Some(0.0), State::NoLight, true)
        );
        assert_eq!(
            of(Some("-2.00"), Some("- Inf")),
            (None, None, State::NoLight, true)
        );
    }
}
