//! One JSON value → one cell of a column, and the word for why there is none.
//!
//! Text is read as the device's own text is: thousands separators, units, `- Inf`, "Not Supported". Numbers pass through the
//! same rules, so that what a device could not have sent (a counter below zero, a ratio above one) is invalid from here as well.

use serde_json::Value as Json;

use crate::column::{ColumnSpec, ColumnType, OwnedValue};
use crate::value::{Quantity, Reading, State, counter, index, number, speed};

/// The cell, and why it is there or not. `null` says nothing, as a key that is not there.
pub(super) fn read(column: &ColumnSpec, json: &Json) -> Option<(OwnedValue, State)> {
    if json.is_null() {
        return None;
    }
    let integer =
        |reading: Reading<i64>| (reading.value().map(OwnedValue::Integer), reading.state());
    let (cell, state) = match column.column_type {
        ColumnType::Text => match text(json) {
            OwnedValue::Absent => (None, State::NotPresent),
            cell => (Some(cell), State::Ok),
        },
        ColumnType::Int32 => integer(whole(json, |text| match counter(text) {
            Reading::Measured(_) => {
                index(text).map_or(Reading::Invalid, |value| Reading::Measured(value.into()))
            }
            absent => absent,
        })),
        ColumnType::Int64 if column.unit == "bit/s" => {
            integer(whole(json, |text| match counter(text) {
                Reading::Invalid => speed(text),
                reading => reading,
            }))
        }
        ColumnType::Int64 => integer(whole(json, counter)),
        ColumnType::Float64 => {
            let reading = match json {
                Json::Number(value) => number(&value.to_string(), quantity(column.unit)),
                Json::String(text) => number(text, quantity(column.unit)),
                _ => Reading::Invalid,
            };
            (reading.value().map(OwnedValue::Float), reading.state())
        }
        ColumnType::Boolean => match json {
            Json::Bool(value) => (Some(OwnedValue::Boolean(*value)), State::Ok),
            _ => (None, State::Invalid),
        },
        // It follows from the time in seconds.
        ColumnType::Instant => return None,
    };
    Some((cell.unwrap_or(OwnedValue::Absent), state))
}

/// What a note says was expected.
pub(super) fn expected(column: &ColumnSpec) -> &'static str {
    match column.column_type {
        ColumnType::Text => "a text",
        ColumnType::Int32 => "a number of a slot, port or lane",
        ColumnType::Int64 if column.unit == "bit/s" => "a speed in bit/s, or with its unit",
        ColumnType::Int64 => "a whole number from 0 on, of 63 bits",
        ColumnType::Float64 => quantity(column.unit).expected(),
        ColumnType::Boolean => "true or false",
        ColumnType::Instant => "nothing: it follows from `timestamp`",
    }
}

/// The quantity that a unit measures.
fn quantity(unit: &str) -> Quantity {
    match unit {
        "1" => Quantity::Ratio,
        "dBm" => Quantity::PowerDbm,
        "mW" => Quantity::PowerMw,
        "mA" => Quantity::CurrentMa,
        "V" => Quantity::VoltageV,
        "W" => Quantity::PowerW,
        "Cel" => Quantity::TemperatureC,
        "{error}/s" => Quantity::Rate,
        _ => Quantity::In(""),
    }
}

/// A whole number, also one that was written as text or with a point (`4.0`).
fn whole(json: &Json, read: impl FnOnce(&str) -> Reading<i64>) -> Reading<i64> {
    match json {
        Json::Number(number) => read(&number.to_string()),
        Json::String(text) => read(text),
        _ => Reading::Invalid,
    }
}

/// Text; a number as it is written; a list joined by commas, and none where it is empty.
pub(super) fn text(json: &Json) -> OwnedValue {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Array(items) => {
            let items = items.iter().filter_map(Json::as_str);
            items.collect::<Vec<_>>().join(",")
        }
        _ => return OwnedValue::Absent,
    };
    if text.is_empty() || ["N/A", "n/a", "None", "null"].contains(&text.as_str()) {
        return OwnedValue::Absent;
    }
    OwnedValue::Text(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::TABLES;

    fn of(column: &str, json: Json) -> (OwnedValue, State) {
        let mut columns = TABLES.iter().flat_map(|table| &table.columns);
        let column = columns.find(|known| known.name == column).unwrap();
        read(column, &json).unwrap()
    }

    #[test]
    fn what_was_not_measured_has_its_reason() {
        for (column, json, state) in [
            ("rx_power", serde_json::json!("- Inf"), State::NoLight),
            ("rx_power", serde_json::json!("-Inf dBm"), State::NoLight),
            ("rx_power", serde_json::json!("N/A"), State::NotPresent),
            ("rx_power", serde_json::json!([1]), State::Invalid),
            ("tx_bias", serde_json::json!("- Inf"), State::Invalid),
            (
                "voltage",
                serde_json::json!("Not Supported"),
                State::NotSupported,
            ),
            ("pre_fec_ber_value", serde_json::json!(1.5), State::Invalid),
            ("fec_ccw", serde_json::json!(-1), State::Invalid),
            ("fec_ccw", serde_json::json!("-5"), State::Invalid),
            ("fec_ccw", serde_json::json!(1.5), State::Invalid),
            ("fec_ccw", serde_json::json!(u64::MAX), State::Invalid),
            ("fec_ccw", serde_json::json!("n/a"), State::NotPresent),
            ("lane", serde_json::json!(-1), State::Invalid),
            ("lane", serde_json::json!(3_000_000_000_u64), State::Invalid),
            ("vendor", serde_json::json!(""), State::NotPresent),
        ] {
            assert_eq!(
                of(column, json.clone()),
                (OwnedValue::Absent, state),
                "{column} {json}"
            );
        }
    }

    #[test]
    fn values_come_in_every_form_that_writers_use() {
        for (column, json, cell) in [
            (
                "rx_power",
                serde_json::json!("-2.5 dBm"),
                OwnedValue::Float(-2.5),
            ),
            ("rx_power", serde_json::json!(-2), OwnedValue::Float(-2.0)),
            (
                "temperature",
                serde_json::json!(45.125),
                OwnedValue::Float(45.125),
            ),
            (
                "fec_ccw",
                serde_json::json!("1,234"),
                OwnedValue::Integer(1234),
            ),
            ("fec_ccw", serde_json::json!(4.0), OwnedValue::Integer(4)),
            (
                "fec_ccw",
                serde_json::json!(i64::MAX),
                OwnedValue::Integer(i64::MAX),
            ),
            (
                "speed_bps",
                serde_json::json!("100Gbps"),
                OwnedValue::Integer(100_000_000_000),
            ),
            (
                "speed_bps",
                serde_json::json!(1e11),
                OwnedValue::Integer(100_000_000_000),
            ),
            ("lane", serde_json::json!("3"), OwnedValue::Integer(3)),
            (
                "alarms",
                serde_json::json!(["a", "b"]),
                OwnedValue::Text("a,b".into()),
            ),
        ] {
            assert_eq!(
                of(column, json.clone()),
                (cell, State::Ok),
                "{column} {json}"
            );
        }
    }
}
