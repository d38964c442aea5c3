//! Formats UTC seconds as dates and durations of Junos: `2026-11-23 09:30:17 UTC`, `1w2d 03:04`.

/// Date and time of a UTC second.
///
/// Days to dates by the method of H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, in eras of 400.
pub(crate) fn date(utc: i64) -> String {
    let (days, second) = (utc.div_euclid(86_400), utc.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A span of seconds: `00:36:25`, `1d 03:04`, `8w6d 17:32`.
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (weeks, days) = (seconds / 604_800, seconds / 86_400 % 7);
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    match (weeks, days) {
        (0, 0) => format!("{hours:02}:{minutes:02}:{:02}", seconds % 60),
        (0, days) => format!("{days}d {hours:02}:{minutes:02}"),
        (weeks, days) => format!("{weeks}w{days}d {hours:02}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_700_000_000), "2023-11-14 22:13:20 UTC");
        assert_eq!(date(1_798_761_599), "2026-12-31 23:59:59 UTC");
    }

    #[test]
    fn spans_grow_units_as_they_grow() {
        assert_eq!(span(2_185), "00:36:25");
        assert_eq!(span(97_480), "1d 03:04");
        assert_eq!(span(5_419_968), "8w6d 17:32");
    }
}
