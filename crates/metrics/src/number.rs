//! A number as text: the shortest digits that are read back as the same number, never with an exponent.

use std::io::Write as _;

/// Ten to the fourth: the measurements of devices have no more decimals.
const SCALE: f64 = 10_000.0;
const SCALE_DIGITS: usize = 4;

/// Appends the number as `{value}` writes it.
pub(crate) fn write(value: f64, into: &mut Vec<u8>) {
    let scaled = (value * SCALE).round();
    // The quotient of two whole numbers below 2^53 is the number nearest to the decimal, and no two decimals of up to 15 digits
    // are nearest to the same number. So if it is `value`, the decimal's digits are the shortest.
    if scaled.abs() < 1e15 && scaled / SCALE == value && (scaled != 0.0 || value.is_sign_positive())
    {
        if value < 0.0 {
            into.push(b'-');
        }
        write_decimal(scaled.abs() as u64, into);
    } else {
        // Writing to memory does not fail.
        write!(into, "{value}").ok();
    }
}

/// Appends ten-thousandths, without zeros at the end.
fn write_decimal(scaled: u64, into: &mut Vec<u8>) {
    let (mut whole, mut fraction) = (scaled / 10_000, scaled % 10_000);
    // 15 digits, the point and the sign.
    let mut text = [b'0'; 20];
    let mut at = text.len();
    if fraction != 0 {
        let mut digits = SCALE_DIGITS;
        while fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        for _ in 0..digits {
            at -= 1;
            text[at] = b'0' + (fraction % 10) as u8;
            fraction /= 10;
        }
        at -= 1;
        text[at] = b'.';
    }
    loop {
        at -= 1;
        text[at] = b'0' + (whole % 10) as u8;
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    into.extend_from_slice(&text[at..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: f64) -> String {
        let mut text = Vec::new();
        write(value, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for value in [
            0.0,
            -0.0,
            1.0,
            -2.28,
            0.1,
            -40.0,
            6.157,
            1e-7,
            1.23e-10,
            1e15,
            1e21,
            9.223_372_036_854_776e18,
            99_999_999_999.999_9,
            100_000_000_000.000_1,
            f64::MIN_POSITIVE,
            f64::MAX,
            0.000_1,
            0.000_05,
            -0.000_04,
        ] {
            assert_eq!(text(value), format!("{value}"));
        }
    }

    proptest! {
        #[test]
        fn every_number_is_written_as_the_standard_library_writes_it(
            any in any::<f64>().prop_filter("finite", |value| value.is_finite()),
            decimals in -2_000_000_000_000i64..2_000_000_000_000,
            power in 0i32..9,
            ulps in -2i64..3,
        ) {
            let decimal = decimals as f64 / 10f64.powi(power);
            let beside = f64::from_bits(decimal.to_bits().wrapping_add_signed(ulps));
            for value in [any, decimal, beside] {
                prop_assume!(value.is_finite());
                prop_assert_eq!(text(value), format!("{value}"));
            }
        }
    }
}
