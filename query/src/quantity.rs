//! Times, sizes and days as people write them.

use std::time::Duration;

/// `500ms`, `10s`, `2m`, `1h`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let milliseconds = match unit {
        "ms" => 1.0,
        "" | "s" => 1e3,
        "m" => 60e3,
        "h" => 3600e3,
        _ => 0.0,
    };
    let value = number
        .parse::<f64>()
        .ok()
        .map(|number| number * milliseconds / 1e3);
    value
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a time such as `500ms`, `10s`, `2m` or `1h`".to_owned())
}

/// `800MB`, `2GB`, `1GiB`, in bytes; at least a megabyte, for with less nothing runs.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = split(text);
    let bytes: u64 = match unit.to_ascii_lowercase().as_str() {
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => 0,
    };
    let value = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(bytes));
    value
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| *bytes >= 1_000_000)
        .ok_or_else(|| "expected a size such as `800MB` or `2GB`, at least `1MB`".to_owned())
}

/// `2026-02-03`: a day of the lake, in UTC.
pub(crate) fn day(text: &str) -> Result<String, String> {
    if is_day(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a day such as `2026-02-03`".to_owned())
    }
}

/// Whether this is a day of the calendar, written as in `dt=`.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Whether this is an hour, written as in `hr=`.
pub(crate) fn is_hour(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) && text < "24"
}

fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| letter.is_ascii_alphabetic())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A number with a comma at each thousand.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in bytes, as people say it.
pub(crate) fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = bytes as f64;
    match value {
        _ if value < 1e3 => format!("{bytes} B"),
        _ if value < 1e6 => format!("{:.1} kB", value / 1e3),
        _ if value < 1e9 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_and_what_they_would_not_is_refused() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for text in ["", "0", "-1s", "inf", "5d", "s", "NaN"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(size("800MB"), Ok(800_000_000));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        for text in ["", "5", "10kB", "0GB", "99999999999999999GB", "-1GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_and_hours_are_those_of_the_calendar() {
        assert!(is_day("2026-02-28") && !is_day("2026-02-30") && !is_day("2026-2-3"));
        assert!(is_hour("00") && is_hour("23") && !is_hour("24") && !is_hour("7"));
    }
}
