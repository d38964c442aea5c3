//! Which limits can hold a value between them: EEPROMs, and documents made of them, hold limits that are none.

use crate::model::Limits;

/// What a note says was expected in place of limits that are none.
pub(crate) const EXPECTED: &str = "a high limit above the low one";

/// The limits that can hold a value between them, with what was found, if that is not all of them. Of a quantity, four that are equal (all zero among them) are none; nor is
/// a pair whose high one is not above its low one, nor warning limits that leave no room beside those of alarms. What every
/// module has more of than none (warmth, voltage, current) has no high limit at zero. Where the alarm limits are none, the
/// warning limits of the same EEPROM are not believed.
///
/// `impossible` are the numbers that were given and that no limit of the quantity can be.
pub(crate) fn corrected(
    limits: Limits,
    impossible: Limits,
    field: &str,
) -> Option<(Limits, String)> {
    let sent = or(limits, impossible);
    let given = [
        sent.high_alarm,
        sent.low_alarm,
        sent.high_warn,
        sent.low_warn,
    ];
    let mut values = given.iter().flatten();
    let first = values.next()?;
    let all_equal = values.clone().count() > 0 && values.all(|value| value == first);
    let crossed = |high: Option<f64>, low: Option<f64>| high.zip(low).is_some_and(|(h, l)| h <= l);
    let is_zero =
        |high: Option<f64>| !field.ends_with("power") && high.is_some_and(|high| high <= 0.0);
    let alarm_crossed = crossed(sent.high_alarm, sent.low_alarm) || is_zero(sent.high_alarm);
    let warn_crossed = crossed(sent.high_warn, sent.low_warn)
        || crossed(sent.high_warn, sent.low_alarm)
        || crossed(sent.high_alarm, sent.low_warn)
        || is_zero(sent.high_warn);
    if !(all_equal || alarm_crossed || warn_crossed) {
        return None;
    }
    let words = given.map(|limit| limit.map_or("none".to_owned(), |limit| limit.to_string()));
    let [high_alarm, low_alarm, high_warn, low_warn] = words;
    let found = format!("alarm {high_alarm} and {low_alarm}, warning {high_warn} and {low_warn}");
    let kept = match all_equal || alarm_crossed {
        true => Limits::default(),
        false => Limits {
            high_warn: None,
            low_warn: None,
            ..limits
        },
    };
    Some((kept, found))
}

/// The first limits where they are given, else the others.
pub(crate) fn or(first: Limits, other: Limits) -> Limits {
    Limits {
        high_alarm: first.high_alarm.or(other.high_alarm),
        low_alarm: first.low_alarm.or(other.low_alarm),
        high_warn: first.high_warn.or(other.high_warn),
        low_warn: first.low_warn.or(other.low_warn),
    }
}
