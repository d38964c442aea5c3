//! Formats the values of pluggable modules: classic Junos keeps trailing zeros, EVO drops them.

use crate::platform::Style;

/// The quantity, which decides the number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Milliwatts.
    Power,
    /// Milliamperes.
    Bias,
    /// Volts.
    Voltage,
}

/// A value in the format of the software.
pub(super) fn number(style: Style, quantity: Quantity, value: f64) -> String {
    match (style, quantity) {
        (Style::Evo, _) => short(value, 3),
        (Style::Classic, Quantity::Bias) => format!("{value:.3}"),
        (Style::Classic, Quantity::Power | Quantity::Voltage) => format!("{value:.4}"),
    }
}

/// A figure with at most `places` decimals and no trailing noughts.
pub(super) fn short(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() {
        text
    } else {
        short.to_owned()
    }
}

/// Attribute and text of a temperature: `junos:celsius="34"`, `34 degrees C / 93 degrees F`.
pub(super) fn temperature(celsius: f64) -> (String, String) {
    let text = short(celsius, 1);
    let fahrenheit = celsius * 9.0 / 5.0 + 32.0;
    (
        format!("junos:celsius=\"{text}\""),
        format!("{text} degrees C / {fahrenheit:.0} degrees F"),
    )
}

/// dBm to mW.
pub(super) fn milliwatts(dbm: f64) -> f64 {
    10_f64.powf(dbm / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_look_like_those_of_the_software() {
        assert_eq!(number(Style::Classic, Quantity::Power, 0.732), "0.7320");
        assert_eq!(number(Style::Evo, Quantity::Power, 0.794_33), "0.794");
        assert_eq!(number(Style::Evo, Quantity::Power, 1.0), "1");
        assert_eq!(number(Style::Evo, Quantity::Power, 0.0), "0");
        assert_eq!(number(Style::Classic, Quantity::Bias, 44.298), "44.298");
    }

    #[test]
    fn temperatures_carry_their_attribute() {
        let (attribute, text) = temperature(38.5);
        assert_eq!(attribute, "junos:celsius=\"38.5\"");
        assert_eq!(text, "38.5 degrees C / 101 degrees F");
        assert_eq!(temperature(-10.0).1, "-10 degrees C / 14 degrees F");
        assert!((milliwatts(-2.32) - 0.586).abs() < 1e-3);
    }
}
