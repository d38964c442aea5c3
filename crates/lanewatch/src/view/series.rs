//! How many series the metrics have, in words: at the level of detail that is chosen, and at the others.

use collector::SeriesCount;
use metrics::Detail;
use serde_json::{Value, json};

const LEVELS: [(Detail, &str); 3] = [
    (Detail::Full, "full"),
    (Detail::Lanes, "lanes"),
    (Detail::Ports, "ports"),
];

/// `6,012 series with `metrics_detail = full`, 2,100 with `lanes`, 130 with `ports``: the chosen level first.
pub(super) fn series(count: SeriesCount, chosen: Detail, number: impl Fn(u64) -> String) -> String {
    let (own, others): (Vec<_>, Vec<_>) =
        LEVELS.into_iter().partition(|(level, _)| *level == chosen);
    let own = own.into_iter().map(|(level, name)| {
        format!(
            "{} series with `metrics_detail = {name}`",
            number(count.at(level))
        )
    });
    let others = others.into_iter();
    let others = others.map(|(level, name)| format!("{} with `{name}`", number(count.at(level))));
    own.chain(others).collect::<Vec<_>>().join(", ")
}

/// A number an estimate is told with: two digits of it.
pub(super) fn about(number: u64) -> u64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(1));
    number.saturating_add(unit / 2) / unit * unit
}

pub(super) fn series_as_json(count: SeriesCount) -> Value {
    json!({"full": count.full, "lanes": count.lanes, "ports": count.ports})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_level_comes_first_and_an_estimate_has_two_digits() {
        let count = SeriesCount {
            full: 6012,
            lanes: 2100,
            ports: 130,
        };
        assert_eq!(
            series(count, Detail::Lanes, |number| number.to_string()),
            "2100 series with `metrics_detail = lanes`, 6012 with `full`, 130 with `ports`"
        );
        let rounded = [0, 7, 42, 149, 1_249_999, 9_960].map(about);
        assert_eq!(rounded, [0, 7, 42, 150, 1_200_000, 10_000]);
    }
}
