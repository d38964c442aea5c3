//! Text to typed value: the tolerant half of the parsers, and the strict one.
//!
//! Tolerant of form: white space, thousands separators, a sign set apart, a unit, exponents. Strict about meaning: a
//! unit that is not the expected one, a decimal comma, an infinity or a number that does not fit is [`Reading::Invalid`]
//! and never a guess. Absence is told apart by its reason ([`State`]), because "no light" and "no module" call for
//! different work.

use std::fmt;

use crate::decimal::{plain, with_unit, without_separators};
pub use crate::quantity::Quantity;
use crate::quantity::violated;

/// Why a value is there or not: the closed set of the `*_state` fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Measured.
    Ok,
    /// There is a receiver or a laser, and no light: `- Inf`, 0 mW, or the floor of the converter.
    NoLight,
    /// The device says that it does not offer the value.
    NotSupported,
    /// There is nothing to measure (`n/a`, an empty element, an empty cage), or the device does not send it at all.
    NotPresent,
    /// A text that could not be read; the text is in the notes.
    Invalid,
}

impl State {
    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoLight => "no_light",
            Self::NotSupported => "not_supported",
            Self::NotPresent => "not_present",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text, read: the value, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading<T> {
    /// A value that the device measured.
    Measured(T),
    /// No value, and the reason; never [`State::Ok`].
    Absent(State),
}

impl<T> Reading<T> {
    /// A text that could not be read.
    #[expect(
        non_upper_case_globals,
        reason = "reads as the variant that it abbreviates"
    )]
    pub const Invalid: Self = Self::Absent(State::Invalid);

    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Measured(value) => Some(value),
            Self::Absent(_) => None,
        }
    }

    /// The word that stands beside the value.
    pub fn state(&self) -> State {
        match self {
            Self::Measured(_) => State::Ok,
            Self::Absent(state) => *state,
        }
    }
}

/// The text without white space around it; most has none, and that takes two looks.
#[inline]
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [only] if only.is_ascii_graphic() => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Reads a number of the given quantity.
pub fn number(text: &str, quantity: Quantity) -> Reading<f64> {
    let text = trimmed(text);
    let value = match plain(text) {
        Some(value) => value,
        None => {
            if let Some(state) = absence(text) {
                return Reading::Absent(state);
            }
            if quantity == Quantity::PowerDbm && is_minus_infinity(text, "dBm")
                || quantity == Quantity::PowerMw && is_minus_infinity(text, "mW")
            {
                return Reading::Absent(State::NoLight);
            }
            match with_unit(text) {
                Some((value, unit)) if quantity.allows(unit) => value,
                _ => return Reading::Invalid,
            }
        }
    };
    if !value.is_finite() || violated(value, quantity).is_some() {
        Reading::Invalid
    } else if quantity == Quantity::PowerDbm && value <= DARK_DBM {
        Reading::Absent(State::NoLight)
    } else {
        // `-0.00` is what a rounded little less than nothing is written as.
        Reading::Measured(value + 0.0)
    }
}

/// What a note says was expected in place of a text that is [`Reading::Invalid`]: what the quantity can be, where the text
/// is a number of it that it cannot be.
pub fn expected(text: &str, quantity: Quantity) -> &'static str {
    let text = trimmed(text);
    let value = plain(text).or_else(|| {
        let (value, unit) = with_unit(text)?;
        quantity.allows(unit).then_some(value)
    });
    value
        .and_then(|value| violated(value, quantity))
        .unwrap_or_else(|| quantity.expected())
}

/// Reads a counter: a whole number from 0 to the largest 64-bit signed one (the lake's columns are int64).
#[inline]
pub fn counter(text: &str) -> Reading<i64> {
    let text = trimmed(text);
    // A number of up to 18 digits fits whatever its digits are; one of up to 15 may be written as a float.
    let digits = match text.strip_suffix(".0") {
        Some(digits) if digits.len() <= 15 => digits,
        _ => text,
    };
    if (1..=18).contains(&digits.len()) {
        let value = digits.bytes().try_fold(0_i64, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + i64::from(byte - b'0'))
        });
        if let Some(value) = value {
            return Reading::Measured(value);
        }
    }
    any_counter(text)
}

/// A counter in any of its forms.
fn any_counter(text: &str) -> Reading<i64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_or(Reading::Invalid, Reading::Measured);
    }
    if let Some(state) = absence(text) {
        return Reading::Absent(state);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == ','))
        .unwrap_or(text.len());
    let (digits, unit) = (&text[..end], text[end..].trim());
    if let Some(plain) = without_separators(digits)
        && [
            "",
            "bps",
            "pps",
            "bytes",
            "packets",
            "seconds",
            "errors",
            "codewords",
        ]
        .contains(&unit)
        && let Ok(value) = plain.parse()
    {
        return Reading::Measured(value);
    }
    // A whole number may also be written 1.5e6 or 12.0; above 2^53 such a text no longer names one number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match with_unit(text) {
        Some((value, "")) if (0.0..EXACT).contains(&value) && value.fract() == 0.0 => {
            Reading::Measured(value as i64)
        }
        _ => Reading::Invalid,
    }
}

/// Reads a slot, port, lane or bin number; `None` also for one that the lake's int32 columns could not hold.
pub fn index(text: &str) -> Option<u32> {
    match counter(text) {
        Reading::Measured(value) => i32::try_from(value)
            .ok()
            .and_then(|value| u32::try_from(value).ok()),
        Reading::Absent(_) => None,
    }
}

/// At or below this a power in dBm is the floor of what converters resolve (0.1 µW): no light.
pub(crate) const DARK_DBM: f64 = -40.0;

/// What attribute and text of one temperature may be apart: the text is rounded to whole degrees.
const ROUNDED_BY_C: f64 = 1.0;

/// Reads a temperature in °C: the `celsius` attribute when it holds a number that a temperature can be, else the number before "degrees C".
/// Two that contradict each other are none.
pub fn temperature(celsius: Option<&str>, text: &str) -> Reading<f64> {
    if let Some(Reading::Measured(value)) = celsius.map(|text| number(text, Quantity::TemperatureC))
    {
        let says_the_same = celsius.is_some_and(|celsius| {
            let rest = trimmed(text).strip_prefix(celsius);
            rest.is_some_and(|rest| rest.starts_with(' '))
        });
        let in_words = || {
            number(
                text.split('/').next().unwrap_or_default(),
                Quantity::TemperatureC,
            )
        };
        return match says_the_same {
            true => Reading::Measured(value),
            false => match in_words() {
                Reading::Measured(other) if (other - value).abs() > ROUNDED_BY_C => {
                    Reading::Invalid
                }
                _ => Reading::Measured(value),
            },
        };
    }
    // It has a slash of its own.
    if let Some(state) = absence(trimmed(text)) {
        return Reading::Absent(state);
    }
    // "34 degrees C / 93 degrees F": what stands after the slash is the same again.
    number(
        text.split('/').next().unwrap_or_default(),
        Quantity::TemperatureC,
    )
}

/// Reads an interface speed in bit/s. `Auto`, `Unlimited` and `Unspecified` are absent: they name no speed.
pub fn speed(text: &str) -> Reading<i64> {
    let text = text.trim();
    if ["auto", "unlimited", "unspecified"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text))
    {
        return Reading::Absent(State::NotPresent);
    }
    if let Some(state) = absence(text) {
        return Reading::Absent(state);
    }
    let Some((value, unit)) = with_unit(text) else {
        return Reading::Invalid;
    };
    const FACTORS: [(&str, &str, f64); 5] = [
        ("bps", "bps", 1.0),
        ("kbps", "k", 1e3),
        ("mbps", "m", 1e6),
        ("gbps", "g", 1e9),
        ("tbps", "t", 1e12),
    ];
    let is = |name: &str| name.eq_ignore_ascii_case(unit);
    let Some((.., factor)) = FACTORS
        .iter()
        .find(|(long, short, _)| is(long) || is(short))
    else {
        return Reading::Invalid;
    };
    let bits = (value * factor).round();
    // A million terabits is far above any port and far below what a float holds exactly.
    if (0.0..=1e15).contains(&bits) {
        Reading::Measured(bits as i64)
    } else {
        Reading::Invalid
    }
}

/// The reason when the text says that there is no value; `None` when it is something else.
pub fn absence(text: &str) -> Option<State> {
    const NOT_SUPPORTED: [&str; 3] = ["not supported", "unsupported", "not-supported"];
    const NOT_PRESENT: [&str; 10] = [
        "",
        "n/a",
        "na",
        "not available",
        "unavailable",
        "not present",
        "none",
        "-",
        "--",
        "unknown",
    ];
    let is = |word: &&str| word.eq_ignore_ascii_case(text);
    if NOT_SUPPORTED.iter().any(is) {
        Some(State::NotSupported)
    } else if NOT_PRESENT.iter().any(is) {
        Some(State::NotPresent)
    } else {
        None
    }
}

/// A label (vendor, part number, …): the text, or `None` when it says that there is none.
pub fn label(text: &str) -> Option<&str> {
    let text = text.trim();
    if absence(text).is_some() {
        None
    } else {
        Some(text)
    }
}

/// The label in a text of a module's EEPROM, and whether it is another than the text as it came.
///
/// NUL, other control characters and references to them are taken out, 0xFF and what stands for it at both ends too; what
/// is padding alone is none. A byte in the middle that is not UTF-8 stays as the sign for one, and is told.
pub fn eeprom(text: &str) -> (Option<String>, bool) {
    const PADDING: [char; 2] = ['\u{fffd}', '\u{ff}'];
    let text = text.trim_matches(' ');
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_plain && !text.contains("&#") {
        let found = label(text);
        // `????????` and `........` are what programs write for bytes that they cannot.
        let is_legible =
            found.is_none_or(|text| text.contains(|c: char| c.is_ascii_alphanumeric()));
        return (found.filter(|_| is_legible).map(str::to_owned), !is_legible);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // References to characters that XML does not have come as they were written.
        if let Some((reference, behind)) = rest
            .strip_prefix("&#")
            .and_then(|rest| rest.split_once(';'))
            && is_control_reference(reference)
        {
            rest = behind;
            continue;
        }
        match first {
            '\n' | '\r' | '\t' => clean.push(' '),
            _ if first.is_control() => {}
            _ => clean.push(first),
        }
        rest = &rest[first.len_utf8()..];
    }
    let kept = clean.trim_matches(|c: char| c.is_whitespace() || PADDING.contains(&c));
    let is_changed = kept != text.trim() || kept.contains('\u{fffd}');
    (label(kept).map(str::to_owned), is_changed)
}

/// `0`, `x0`, `31`: the number of a character that is no text.
fn is_control_reference(number: &str) -> bool {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.is_ok_and(|code| char::from_u32(code).is_none_or(char::is_control))
}

/// A firmware version; one that is nothing but zeros (`0.0`) is none.
pub fn firmware(text: &str) -> Option<&str> {
    label(text).filter(|text| !text.bytes().all(|byte| matches!(byte, b'0' | b'.')))
}

/// `- Inf`, `-Inf`, `-inf dBm`, `-Infinity`.
fn is_minus_infinity(text: &str, unit: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else {
        return false;
    };
    let rest = rest.trim_start();
    let word_end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (word, tail) = (&rest[..word_end], rest[word_end..].trim());
    (word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity"))
        && (tail.is_empty() || tail.eq_ignore_ascii_case(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dbm(text: &str) -> Reading<f64> {
        number(text, Quantity::PowerDbm)
    }

    #[test]
    fn numbers_are_read_in_every_form_that_devices_write() {
        for (text, value) in [
            ("-2.32", -2.32),
            ("\n  -2.32\n", -2.32),
            ("- 2.32", -2.32),
            ("-2.32 dBm", -2.32),
            ("-2.32dbm", -2.32),
            ("+0.5", 0.5),
            ("0,012.5", 12.5),
            ("1.2e-3", 1.2e-3),
            ("0", 0.0),
        ] {
            assert_eq!(dbm(text), Reading::Measured(value), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_run_of_digits_is_the_count_that_the_standard_library_finds(text in "[0-9]{1,21}") {
            proptest::prop_assert_eq!(counter(&text).value(), text.parse::<i64>().ok());
        }
    }

    #[test]
    fn text_of_an_eeprom_loses_its_padding_and_nothing_else() {
        for (text, clean, is_changed) in [
            ("AB12CD34", Some("AB12CD34"), false),
            ("AB12CD34    ", Some("AB12CD34"), false),
            ("FINISAR CORP.", Some("FINISAR CORP."), false),
            ("AB12\0\0\0\0", Some("AB12"), true),
            ("AB12&#0;&#0;", Some("AB12"), true),
            ("AB12&#x1F;CD", Some("AB12CD"), true),
            ("\u{1f}AB12", Some("AB12"), true),
            ("AB12\u{ff}\u{ff}", Some("AB12"), true),
            ("AB\u{fffd}12", Some("AB\u{fffd}12"), true),
            ("\0\0\0\0", None, true),
            ("\u{fffd}\u{fffd}", None, true),
            ("&#0;&#0;", None, true),
            ("????????", None, true),
            (" .... ", None, true),
            ("--", None, false),
            ("AT&#38;T", Some("AT&#38;T"), false),
            ("Grüße", Some("Grüße"), false),
            ("n/a", None, false),
            ("", None, false),
        ] {
            let expected = (clean.map(str::to_owned), is_changed);
            assert_eq!(eeprom(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_firmware_of_zeros_is_none() {
        assert_eq!(firmware("0.0"), None);
        assert_eq!(firmware("0"), None);
        assert_eq!(firmware(" 1.0 "), Some("1.0"));
        assert_eq!(firmware("n/a"), None);
    }

    #[test]
    fn no_light_is_neither_zero_nor_an_error() {
        for text in ["- Inf", "-Inf", "-inf", " - Inf dBm ", "-Infinity"] {
            assert_eq!(dbm(text), Reading::Absent(State::NoLight), "{text:?}");
        }
        assert_eq!(
            number("-Inf", Quantity::CurrentMa),
            Reading::Invalid,
            "a current has no logarithm"
        );
    }

    #[test]
    fn absence_has_its_reason() {
        assert_eq!(dbm("Not Supported"), Reading::Absent(State::NotSupported));
        assert_eq!(dbm("n/a"), Reading::Absent(State::NotPresent));
        assert_eq!(dbm(""), Reading::Absent(State::NotPresent));
    }

    #[test]
    fn a_wrong_unit_a_decimal_comma_or_an_infinity_is_invalid_not_a_guess() {
        for text in [
            "-2,32", "2.3 mW", "Inf", "nan", "1e999", "--3", "1 2", "12abc", "1,23,456", "1.5,000",
        ] {
            assert_eq!(dbm(text), Reading::Invalid, "{text:?}");
        }
        assert_eq!(number("2", Quantity::Ratio), Reading::Invalid);
        assert_eq!(number("-0.1", Quantity::PowerMw), Reading::Invalid);
    }

    #[test]
    fn counters_are_whole_and_sixty_four_bits_wide() {
        assert_eq!(
            counter("32313870891611"),
            Reading::Measured(32_313_870_891_611)
        );
        assert_eq!(counter("9223372036854775807"), Reading::Measured(i64::MAX));
        assert_eq!(counter("1,234,567"), Reading::Measured(1_234_567));
        assert_eq!(counter("2529808 bps"), Reading::Measured(2_529_808));
        assert_eq!(counter("1.5e3"), Reading::Measured(1500));
        for text in [
            "9223372036854775808",
            "-1",
            "1.5",
            "12 kbps",
            "0x10",
            "1e30",
        ] {
            assert_eq!(counter(text), Reading::Invalid, "{text:?}");
        }
    }

    #[test]
    fn an_index_fits_the_lakes_columns() {
        assert_eq!(index(" 7 "), Some(7));
        assert_eq!(index("2147483647"), Some(2_147_483_647));
        for text in ["2147483648", "4294967295", "-1", "x", ""] {
            assert_eq!(index(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_celsius_attribute_wins_and_fahrenheit_is_never_taken_for_it() {
        assert_eq!(
            temperature(Some("38.5"), "38 degrees C / 101 degrees F"),
            Reading::Measured(38.5)
        );
        for (celsius, text) in [
            ("93", "34 degrees C / 93 degrees F"),
            ("0", "41 degrees C / 106 degrees F"),
            ("3", "34 degrees C"),
            ("-5", "5 degrees C"),
        ] {
            assert_eq!(
                temperature(Some(celsius), text),
                Reading::Invalid,
                "{celsius} {text}"
            );
        }
        for (celsius, text) in [
            ("18.8", "19 degrees C / 66 degrees F"),
            ("38.5", "38 degrees C"),
            ("34", "34 degrees C / 93 degrees F"),
            ("34", "93 degrees F"),
            ("34", ""),
            ("-5", "251 degrees C"),
        ] {
            let value = celsius.parse().unwrap();
            assert_eq!(
                temperature(Some(celsius), text),
                Reading::Measured(value),
                "{text}"
            );
        }
        assert_eq!(
            temperature(None, "-13 degrees C / 9 degrees F\n  "),
            Reading::Measured(-13.0)
        );
        assert_eq!(
            temperature(Some("x"), "34 degrees C"),
            Reading::Measured(34.0)
        );
        assert_eq!(temperature(None, "93 degrees F"), Reading::Invalid);
        assert_eq!(temperature(None, "N/A"), Reading::Absent(State::NotPresent));
    }

    #[test]
    fn speeds_are_in_bits_a_second() {
        for (text, bits) in [
            ("100Gbps", 100_000_000_000),
            ("1000mbps", 1_000_000_000),
            ("32000mbps", 32_000_000_000),
            ("1000 Mbps", 1_000_000_000),
            ("1.6Tbps", 1_600_000_000_000),
            ("2.5G", 2_500_000_000),
        ] {
            assert_eq!(speed(text), Reading::Measured(bits), "{text:?}");
        }
        assert_eq!(speed("Auto"), Reading::Absent(State::NotPresent));
        assert_eq!(speed("Unspecified"), Reading::Absent(State::NotPresent));
        assert_eq!(
            speed("100"),
            Reading::Invalid,
            "a speed without a unit could be anything"
        );
    }
}
