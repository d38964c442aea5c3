//! Resolves plain scalars by the rules of YAML 1.1, as PyYAML does.
//!
//! The rules differ from YAML 1.2 where inventories have them: `yes`, `on` and `off` are truth values, `0644` is octal and `08` is
//! text, `1:30` is ninety, and a float must have a dot, and a sign in its exponent.

use super::Value;

/// The value of a plain scalar. What is no number, truth value or null is text; so are dates, which Ansible prints as they are written.
pub fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    if !text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.'))
    {
        return Value::Text(text.to_owned());
    }
    if let Some(number) = integer(text) {
        return number.map_or_else(|| Value::Text(text.to_owned()), Value::Integer);
    }
    float(text).map_or_else(|| Value::Text(text.to_owned()), Value::Float)
}

/// `None` if it is no integer, `Some(None)` if it is one that is too big for us.
fn integer(text: &str) -> Option<Option<i128>> {
    let (negative, rest) = signed(text);
    let digits: String = rest.chars().filter(|letter| *letter != '_').collect();
    let only = |digits: &str, allowed: fn(char) -> bool| {
        !digits.is_empty()
            && digits
                .chars()
                .all(|letter| allowed(letter) || letter == '_')
    };
    let in_base = |digits: &str, base: u32| {
        let number = i128::from_str_radix(digits, base).ok();
        number.map(|number| if negative { -number } else { number })
    };
    if let Some(binary) = rest.strip_prefix("0b") {
        return only(binary, |letter| matches!(letter, '0' | '1'))
            .then(|| in_base(digits.get(2..)?, 2));
    }
    if let Some(hexadecimal) = rest.strip_prefix("0x") {
        return only(hexadecimal, |letter| letter.is_ascii_hexdigit())
            .then(|| in_base(digits.get(2..)?, 16));
    }
    if rest == "0" {
        return Some(Some(0));
    }
    if let Some(octal) = rest.strip_prefix('0') {
        return only(octal, |letter| matches!(letter, '0'..='7'))
            .then(|| in_base(digits.get(1..).filter(|rest| !rest.is_empty())?, 8));
    }
    if !rest.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if rest.contains(':') {
        let mut number = 0_i128;
        for (at, part) in digits.split(':').enumerate() {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) || (at > 0 && !is_sixtieth(part)) {
                return None;
            }
            number = number
                .checked_mul(60)?
                .checked_add(part.parse::<i128>().ok()?)?;
        }
        return Some(Some(if negative { -number } else { number }));
    }
    only(rest, |letter| letter.is_ascii_digit()).then(|| in_base(&digits, 10))
}

fn float(text: &str) -> Option<f64> {
    let (negative, rest) = signed(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let are_digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-'])?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    if whole.contains(':') {
        let mut value = 0.0;
        for (at, part) in whole.split(':').enumerate() {
            let part: String = part.chars().filter(|letter| *letter != '_').collect();
            if exponent.is_some() || (at > 0 && !is_sixtieth(&part)) {
                return None;
            }
            value = value * 60.0 + part.parse::<f64>().ok()?;
        }
        let fraction: String = fraction.chars().filter(|letter| *letter != '_').collect();
        return Some(sign * (value + format!("0.{fraction}0").parse::<f64>().ok()?));
    }
    let starts_well = if whole.is_empty() {
        // A sign before a bare fraction makes it text.
        text.starts_with('.') && fraction.starts_with(|letter: char| letter.is_ascii_digit())
    } else {
        whole.starts_with(|letter: char| letter.is_ascii_digit())
    };
    if !starts_well || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let digits: String = text.chars().filter(|letter| *letter != '_').collect();
    digits.parse().ok()
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

/// `0` to `59`, with or without a leading zero.
fn is_sixtieth(part: &str) -> bool {
    matches!(part.len(), 1 | 2) && part.parse::<u8>().is_ok_and(|number| number < 60)
}

/// A float as Python prints it: with a dot, or with an exponent.
pub(super) fn float_text(number: f64) -> String {
    if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e16 {
        format!("{number:.1}")
    } else if number.is_nan() {
        "nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if number.abs() < 1e-4 || number.abs() >= 1e16 {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent
            .strip_prefix('-')
            .map_or(('+', exponent), |digits| ('-', digits));
        format!("{mantissa}e{sign}{digits:0>2}")
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_mean_what_pyyaml_takes_them_for() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (written, value) in [
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("y", text("y")),
            ("oN", text("oN")),
            ("~", Value::Null),
            ("0644", Value::Integer(420)),
            ("0o644", text("0o644")),
            ("08", text("08")),
            ("0", Value::Integer(0)),
            ("-0", Value::Integer(0)),
            ("00", Value::Integer(0)),
            ("0x1F", Value::Integer(31)),
            ("-0b11", Value::Integer(-3)),
            ("1_000", Value::Integer(1000)),
            ("1:30", Value::Integer(90)),
            ("1:60", text("1:60")),
            ("22:22:22", Value::Integer(80_542)),
            ("1e5", text("1e5")),
            ("1.0e5", text("1.0e5")),
            ("1.5e+3", Value::Float(1500.0)),
            (".5", Value::Float(0.5)),
            ("-.5", text("-.5")),
            ("5.", Value::Float(5.0)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("1:30.5", Value::Float(90.5)),
            ("192.0.2.1", text("192.0.2.1")),
            ("2026-11-25", text("2026-11-25")),
            ("1.2.3", text("1.2.3")),
            ("-", text("-")),
            ("+", text("+")),
            (".", text(".")),
            (
                "12345678901234567890",
                Value::Integer(12_345_678_901_234_567_890),
            ),
            ("-0x1_0000_0000_0000_0000", Value::Integer(-(1 << 64))),
            (
                "999999999999999999999999999999999999999999",
                text("999999999999999999999999999999999999999999"),
            ),
        ] {
            assert_eq!(plain(written), value, "{written}");
        }
    }

    #[test]
    fn floats_are_printed_as_python_does() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.5, "0.5"),
            (1e16, "1e+16"),
            (1.5e-7, "1.5e-07"),
            (-2.0, "-2.0"),
        ] {
            assert_eq!(float_text(number), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[-+0-9a-fxeE_.:]{0,12}") {
            plain(&text);
        }
    }
}
