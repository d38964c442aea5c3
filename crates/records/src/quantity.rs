//! What numbers measure: their units, and what a module can physically report.
//!
//! Converters that have no reading send all ones (6.5535 V, 131.07 mA, 6.5535 mW), and numbers that lost their sign on the
//! way come as 65535 or 4294967291. Both look like values. The bounds are wide: they keep out what no hardware does, and
//! judge nothing that is merely bad.

/// What a number measures: decides which units may stand behind it and what a note calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Optical power in dBm; may be `- Inf`.
    PowerDbm,
    /// A limit of optical power in dBm, for which the floor of a converter is a number like others.
    LimitDbm,
    /// Optical power in mW.
    PowerMw,
    /// Laser bias current in mA.
    CurrentMa,
    /// Supply voltage in V.
    VoltageV,
    /// Electrical power in W.
    PowerW,
    /// Temperature in °C.
    TemperatureC,
    /// Events a second.
    Rate,
    /// A part of one: a bit error ratio.
    Ratio,
    /// Any number, in the unit that stands here or in none.
    In(&'static str),
}

impl Quantity {
    /// What a note says was expected.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::PowerDbm => "a power in dBm or - Inf",
            Self::LimitDbm => "a limit in dBm",
            Self::PowerMw => "a power in mW",
            Self::CurrentMa => "a current in mA",
            Self::VoltageV => "a voltage in V",
            Self::PowerW => "a power in W",
            Self::TemperatureC => "a temperature in degrees C",
            Self::Rate => "a rate per second",
            Self::Ratio => "a ratio between 0 and 1",
            Self::In(_) => "a number",
        }
    }

    /// True for the units that leave the number as it is.
    pub(crate) fn allows(self, unit: &str) -> bool {
        let allowed: &[&str] = match self {
            Self::PowerDbm | Self::LimitDbm => &["dbm"],
            Self::PowerMw => &["mw"],
            Self::CurrentMa => &["ma"],
            Self::VoltageV => &["v", "volt", "volts"],
            Self::PowerW => &["w", "watt", "watts"],
            Self::TemperatureC => &["c", "°c", "degc", "degrees c"],
            Self::Rate => &["/s", "per second", "errors/s", "codewords/s"],
            Self::Ratio => &[],
            Self::In(name) => return unit.is_empty() || name.eq_ignore_ascii_case(unit),
        };
        unit.is_empty() || allowed.iter().any(|name| name.eq_ignore_ascii_case(unit))
    }
}

/// The bounds of one quantity.
struct Bounds {
    quantity: Quantity,
    lowest: f64,
    highest: f64,
    /// What a converter of 16 bits sends that has no reading: full scale.
    full_scale: &'static [f64],
    /// What a note says was expected.
    expected: &'static str,
}

/// How far from full scale a value still is it: devices round to two or three digits.
const ROUNDING: f64 = 0.006;

const BOUNDS: &[Bounds] = &[
    Bounds {
        quantity: Quantity::PowerDbm,
        // Floors of 16 bits are hundredths down to -327.68 or -655.36.
        lowest: -700.0,
        highest: 33.0,
        full_scale: &[8.165],
        expected: "a power up to 33 dBm that is not the converter's full scale, or - Inf",
    },
    Bounds {
        quantity: Quantity::LimitDbm,
        lowest: -200.0,
        highest: 33.0,
        full_scale: &[8.165],
        expected: "a limit up to 33 dBm that is not the converter's full scale",
    },
    Bounds {
        quantity: Quantity::PowerMw,
        lowest: 0.0,
        highest: 2000.0,
        full_scale: &[6.5535],
        expected: "a power from 0 to 2000 mW that is not the converter's full scale",
    },
    Bounds {
        quantity: Quantity::CurrentMa,
        lowest: 0.0,
        highest: 2000.0,
        full_scale: &[131.07, 262.14, 524.28],
        expected: "a current from 0 to 2000 mA that is not the converter's full scale",
    },
    Bounds {
        quantity: Quantity::VoltageV,
        lowest: 0.0,
        highest: 6.5,
        full_scale: &[],
        expected: "a voltage from 0 to 6.5 V",
    },
    Bounds {
        quantity: Quantity::PowerW,
        lowest: 0.0,
        highest: 1000.0,
        full_scale: &[],
        expected: "a power from 0 to 1000 W",
    },
    Bounds {
        quantity: Quantity::TemperatureC,
        lowest: -60.0,
        highest: 125.0,
        full_scale: &[],
        expected: "a temperature from -60 to 125 degrees C",
    },
    Bounds {
        quantity: Quantity::Rate,
        lowest: 0.0,
        // Beyond every bit of any port, and all ones of 64 bits.
        highest: 1e15,
        full_scale: &[4_294_967_295.0],
        expected: "a rate per second up to 1e15 that is not the counter's full scale",
    },
    Bounds {
        quantity: Quantity::Ratio,
        lowest: 0.0,
        highest: 1.0,
        full_scale: &[],
        expected: "a ratio between 0 and 1",
    },
    in_unit(
        "ps/nm",
        1e6,
        &[65_535.0],
        "a dispersion up to 1000000 ps/nm",
    ),
    in_unit("ps", 1e4, &[], "a delay up to 10000 ps"),
    in_unit("ps2", 1e6, &[65_535.0], "a dispersion up to 1000000 ps2"),
    in_unit("rad/s", 1e9, &[], "a speed up to 1000000000 rad/s"),
    in_unit("dB", 200.0, &[], "a ratio up to 200 dB"),
    in_unit("MHz", 1e9, &[], "a frequency up to 1000000000 MHz"),
    in_unit("mV", 65_000.0, &[], "a voltage up to 65000 mV"),
    in_unit("mA", 10_000.0, &[131.07], "a current up to 10000 mA"),
];

/// Bounds of a quantity that is told apart by its unit alone; it may be negative.
const fn in_unit(
    unit: &'static str,
    highest: f64,
    full_scale: &'static [f64],
    expected: &'static str,
) -> Bounds {
    Bounds {
        quantity: Quantity::In(unit),
        lowest: -highest,
        highest,
        full_scale,
        expected,
    }
}

/// What is expected of a value that is a number and none that this quantity can have; `None` where it can have it.
pub(crate) fn violated(value: f64, quantity: Quantity) -> Option<&'static str> {
    let bounds = BOUNDS.iter().find(|bounds| bounds.quantity == quantity)?;
    let saturated = bounds
        .full_scale
        .iter()
        .any(|full| (value - full).abs() < ROUNDING);
    let possible = (bounds.lowest..=bounds.highest).contains(&value) && !saturated;
    (!possible).then_some(bounds.expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_module_can_report_is_beyond_the_bounds() {
        for (quantity, values) in [
            (
                Quantity::TemperatureC,
                &[255.0, 65_535.0, -128.0, 4_294_967_291.0, 127.996][..],
            ),
            (Quantity::VoltageV, &[6.5535, -0.1, 65.535]),
            (
                Quantity::CurrentMa,
                &[131.07, 131.068, 262.14, -1.0, 65_535.0],
            ),
            (Quantity::PowerMw, &[6.5535, 6.55, -0.1]),
            (Quantity::PowerDbm, &[8.16, 8.1648, 65_535.0, 99.0]),
            (Quantity::Ratio, &[1.5, -0.1]),
            (
                Quantity::Rate,
                &[-1.0, 4_294_967_295.0, 18_446_744_073_709_551_615.0],
            ),
            (Quantity::In("ps/nm"), &[4_294_966_484.0, 65_535.0]),
            (Quantity::In("dB"), &[6553.5, 4_294_967_291.0]),
        ] {
            for value in values {
                assert!(violated(*value, quantity).is_some(), "{quantity:?} {value}");
            }
        }
        for (quantity, values) in [
            (Quantity::TemperatureC, &[-40.0, 0.0, 71.5, 104.0][..]),
            (Quantity::VoltageV, &[0.0, 0.822, 3.3, 5.1]),
            (Quantity::CurrentMa, &[0.0, 0.002, 85.664, 131.0, 450.0]),
            (Quantity::PowerMw, &[0.0, 0.591, 6.5, 100.0]),
            (Quantity::PowerDbm, &[-39.9, 0.0, 8.1, 8.2, 20.0]),
            (Quantity::In("ps/nm"), &[-812.0, 0.0, 160_000.0]),
            (Quantity::Rate, &[0.0, 0.5, 4e9, 3e11]),
            (Quantity::In("dB"), &[31.4, -3.0]),
            (Quantity::In(""), &[1e12]),
        ] {
            for value in values {
                assert_eq!(violated(*value, quantity), None, "{quantity:?} {value}");
            }
        }
    }
}
