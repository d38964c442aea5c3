//! One JSON value → one cell of a column, and the word for why there is none.
//!
//! Text is read as the device's own text is: thousands separators, units, `- Inf`, "Not Supported". Numbers pass through the
//! same rules, so that what a device could not have sent (a counter below zero, a ratio above one) is invalid from here as well.

use arrow_schema::{DataType, Field};
use serde_json::Value as Json;

use crate::table::{Kind, Value};
use crate::value::{Quantity, Reading, State, counter, index, number, speed};

/// A cell that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Absent,
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
}

impl Cell {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
        }
    }

    pub(super) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Absent { other() } else { self }
    }
}

pub(super) fn kind(field: &Field) -> Kind {
    match field.data_type() {
        DataType::Int32 => Kind::Int32,
        DataType::Int64 => Kind::Int64,
        DataType::Float64 => Kind::Float64,
        DataType::Boolean => Kind::Boolean,
        _ => Kind::Text,
    }
}

/// The cell, and why it is there or not. `null` says nothing, as a key that is not there.
pub(super) fn read(field: &Field, json: &Json) -> Option<(Cell, State)> {
    if json.is_null() {
        return None;
    }
    let integer = |reading: Reading<i64>| (reading.value().map(Cell::Integer), reading.state());
    let (cell, state) = match kind(field) {
        Kind::Text => match text(json) {
            Cell::Absent => (None, State::NotPresent),
            cell => (Some(cell), State::Ok),
        },
        Kind::Int32 => integer(whole(json, |text| match counter(text) {
            Reading::Measured(_) => {
                index(text).map_or(Reading::Invalid, |value| Reading::Measured(value.into()))
            }
            absent => absent,
        })),
        Kind::Int64 if unit(field) == "bit/s" => integer(whole(json, |text| match counter(text) {
            Reading::Invalid => speed(text),
            reading => reading,
        })),
        Kind::Int64 => integer(whole(json, counter)),
        Kind::Float64 => {
            let reading = match json {
                Json::Number(value) => number(&value.to_string(), quantity(field)),
                Json::String(text) => number(text, quantity(field)),
                _ => Reading::Invalid,
            };
            (reading.value().map(Cell::Float), reading.state())
        }
        Kind::Boolean => match json {
            Json::Bool(value) => (Some(Cell::Boolean(*value)), State::Ok),
            _ => (None, State::Invalid),
        },
    };
    Some((cell.unwrap_or(Cell::Absent), state))
}

/// What a note says was expected.
pub(super) fn expected(field: &Field) -> &'static str {
    match kind(field) {
        Kind::Text => "a text",
        Kind::Int32 => "a number of a slot, port or lane",
        Kind::Int64 if unit(field) == "bit/s" => "a speed in bit/s, or with its unit",
        Kind::Int64 => "a whole number from 0 on, of 63 bits",
        Kind::Float64 => quantity(field).expected(),
        Kind::Boolean => "true or false",
    }
}

fn unit(field: &Field) -> &str {
    field.metadata().get("unit").map_or("", String::as_str)
}

fn quantity(field: &Field) -> Quantity {
    match unit(field) {
        _ if field.name() == "pre_fec_ber_value" => Quantity::Ratio,
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
pub(super) fn text(json: &Json) -> Cell {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Array(items) => {
            let items = items.iter().filter_map(Json::as_str);
            items.collect::<Vec<_>>().join(",")
        }
        _ => return Cell::Absent,
    };
    if text.is_empty() || ["N/A", "n/a", "None", "null"].contains(&text.as_str()) {
        return Cell::Absent;
    }
    Cell::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::DATASETS;

    fn of(column: &str, json: Json) -> (Cell, State) {
        let schemas = DATASETS.iter().map(|dataset| dataset.schema());
        let field = schemas
            .filter_map(|schema| schema.field_with_name(column).cloned().ok())
            .next();
        read(&field.unwrap(), &json).unwrap()
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
                (Cell::Absent, state),
                "{column} {json}"
            );
        }
    }

    #[test]
    fn values_come_in_every_form_that_writers_use() {
        for (column, json, cell) in [
            ("rx_power", serde_json::json!("-2.5 dBm"), Cell::Float(-2.5)),
            ("rx_power", serde_json::json!(-2), Cell::Float(-2.0)),
            (
                "temperature",
                serde_json::json!(45.125),
                Cell::Float(45.125),
            ),
            ("fec_ccw", serde_json::json!("1,234"), Cell::Integer(1234)),
            ("fec_ccw", serde_json::json!(4.0), Cell::Integer(4)),
            (
                "fec_ccw",
                serde_json::json!(i64::MAX),
                Cell::Integer(i64::MAX),
            ),
            (
                "speed_bps",
                serde_json::json!("100Gbps"),
                Cell::Integer(100_000_000_000),
            ),
            (
                "speed_bps",
                serde_json::json!(1e11),
                Cell::Integer(100_000_000_000),
            ),
            ("lane", serde_json::json!("3"), Cell::Integer(3)),
            (
                "alarms",
                serde_json::json!(["a", "b"]),
                Cell::Text("a,b".to_owned()),
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
