//! Numbers and spans of time as a mapping's fields hold them: any unit that the field allows, and no other.

use crate::decimal::{plain, with_unit, without_separators};

/// A whole number of 64 bits with whatever unit is allowed behind it; `None` for everything else.
pub(super) fn whole(text: &str, allows: impl Fn(&str) -> bool) -> Option<i64> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text),
    };
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == ','))
        .unwrap_or(rest.len());
    if !allows(rest[end..].trim()) {
        return None;
    }
    let digits = without_separators(&rest[..end])?;
    format!("{sign}{digits}").parse().ok()
}

/// A finite number with whatever unit is allowed behind it; `None` for everything else.
pub(super) fn real(text: &str, allows: impl Fn(&str) -> bool) -> Option<f64> {
    let value = match plain(text) {
        Some(value) => value,
        None => with_unit(text).filter(|(_, unit)| allows(unit))?.0,
    };
    value.is_finite().then_some(value)
}

/// A span of time in seconds: `86400`, `3 days, 4 hours, 5 minutes, 6 seconds`, `1w2d 03:04`, `2d 03:04:05`.
pub(super) fn duration_seconds(text: &str) -> Option<i64> {
    let mut seconds: i64 = 0;
    let mut rest = text.trim();
    let is_bare = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare {
        return rest.parse().ok();
    }
    let mut largest = i64::MAX; // units come from the largest down, each once
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|&end| end > 0)?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let unit = if rest.starts_with(':') {
            // `hours:minutes[:seconds]` ends the text.
            let clock: Vec<_> = rest[1..].trim_end().split(':').collect();
            let parts: Option<Vec<i64>> = clock
                .iter()
                .map(|part| part.parse().ok().filter(|value| (0..60).contains(value)))
                .collect();
            rest = "";
            let below = match *parts?.as_slice() {
                [minutes] => minutes * 60,
                [minutes, seconds] => minutes * 60 + seconds,
                _ => return None,
            };
            seconds = seconds.checked_add(below)?;
            3600
        } else {
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let word = rest[..end].to_ascii_lowercase();
            rest = rest[end..].trim_start_matches([',', ' ']);
            match word.as_str() {
                "w" | "week" | "weeks" => 604_800,
                "d" | "day" | "days" => 86_400,
                "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                _ => return None,
            }
        };
        if unit >= largest {
            return None;
        }
        largest = unit;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    (largest < i64::MAX).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_read_in_the_forms_that_devices_write() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("86400", Some(86_400)),
            ("3 days, 4 hours, 5 minutes, 6 seconds", Some(273_906)),
            ("1 day", Some(86_400)),
            ("1w2d 03:04", Some(788_640)),
            ("2d 03:04:05", Some(183_845)),
            ("03:04", Some(11_040)),
            ("5 minutes, 3 days", None),
            ("3 parsecs", None),
            ("03:99", None),
            ("", None),
            ("99999999999999999 days", None),
            ("é", None),
        ] {
            assert_eq!(duration_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn numbers_of_a_mapping_keep_all_their_digits_and_refuse_other_units() {
        let mb = |word: &str| word.is_empty() || word.eq_ignore_ascii_case("mb");
        for (text, value) in [
            ("9223372036854775807", Some(i64::MAX)),
            ("1,234,567", Some(1_234_567)),
            ("16384 MB", Some(16_384)),
            ("- 5", Some(-5)),
            ("16384 GB", None),
            ("1,5", None),
            ("1.5", None),
            ("9223372036854775808", None),
        ] {
            assert_eq!(whole(text, mb), value, "{text}");
        }
        assert_eq!(real("1.5 mb", mb), Some(1.5));
        assert_eq!(real("inf", mb), None);
        assert_eq!(real("1e999", mb), None);
    }
}
