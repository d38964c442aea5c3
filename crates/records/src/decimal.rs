//! Digits to floats: the form of numbers, whatever they measure.
//!
//! Nearly every number of a reply is `-2.32` or `150`, which [`decimal`] reads in a few steps; all other forms are read by the standard
//! library or refused.

use std::borrow::Cow;

/// The fast path: digits, sign, point and exponent alone. Keeps out `inf` and `nan`, which Rust would read.
pub(crate) fn plain(text: &str) -> Option<f64> {
    if let Some(value) = decimal(text) {
        return Some(value);
    }
    if text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
    {
        text.parse().ok()
    } else {
        None
    }
}

/// `-2.32` and `150`: at most 15 digits, with a point among them or none. Digits and the power of ten below them are then whole numbers
/// that a float holds exactly, so that their quotient is the float nearest to the text, as the standard library would find it.
#[inline]
fn decimal(text: &str) -> Option<f64> {
    const TENS: [f64; 16] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut whole, mut point) = (0_u64, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let behind = match point {
        Some(at) => digits.len() - at - 1,
        None => 0,
    };
    let count = digits.len() - usize::from(point.is_some());
    if !(1..=15).contains(&count) {
        return None;
    }
    let value = whole as f64 / TENS[behind];
    Some(if negative { -value } else { value })
}

/// A number with whatever stands behind it: `(value, unit)`.
pub(crate) fn with_unit(text: &str) -> Option<(f64, &str)> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text[1..].trim_start()),
        b'+' => (false, text[1..].trim_start()),
        _ => (false, text),
    };
    let bytes = rest.as_bytes();
    let mut end = bytes
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b','))
        .unwrap_or(bytes.len());
    // An exponent, when digits follow: `1.2e-10`, but not the e of `5 errors`.
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let digits = bytes[end + 1 + signed..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits > 0 {
            end += 1 + signed + digits;
        }
    }
    let digits = without_separators(&rest[..end])?;
    let value: f64 = plain(&digits)?;
    Some((if negative { -value } else { value }, rest[end..].trim()))
}

/// Takes out thousands separators; `None` when the commas do not stand between groups of three (a decimal comma
/// read as a separator would be a number a thousand times too large).
pub(crate) fn without_separators(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return if text.is_empty() {
            None
        } else {
            Some(text.into())
        };
    }
    let whole = text.split(['.', 'e', 'E']).next().unwrap_or_default();
    if text[whole.len()..].contains(',') {
        return None;
    }
    for (at, group) in whole.split(',').enumerate() {
        let good = if at == 0 {
            (1..=3).contains(&group.len())
        } else {
            group.len() == 3
        };
        if !good || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    Some(text.replace(',', "").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_the_floats_that_the_standard_library_finds() {
        for text in [
            "0",
            "-0",
            "-2.32",
            "150",
            "5.",
            ".5",
            "-.5",
            "0.1",
            "123456789012345",
            "1.00000000000001",
            "-0.00000000000001",
        ] {
            let (ours, theirs) = (decimal(text).unwrap(), text.parse::<f64>().unwrap());
            assert_eq!(ours.to_bits(), theirs.to_bits(), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "-.",
            "+1",
            "1e3",
            "1.2.3",
            "--1",
            "1234567890123456",
            "0.1234567890123456",
            "1 ",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_short_decimal_is_the_float_that_the_standard_library_finds(text in "-?[0-9]{0,10}\\.?[0-9]{0,10}") {
            if let Some(value) = decimal(&text) {
                proptest::prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }
    }
}
