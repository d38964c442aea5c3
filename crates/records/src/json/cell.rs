//! One JSON value → one cell of a column, and the word for why there is none.
//!
//! Text is read as the device's own text is: thousands separators, units, `- Inf`, "Not Supported". Numbers pass through the
//! same rules, so that what a device could not have sent (a counter below zero, a ratio above one) is invalid from here as well.

use std::borrow::Cow;

use super::node::Node;
use super::original::{Meaning, model, our_fiber, seconds};
use crate::column::{ColumnSpec, ColumnType, Value};
use crate::value::{Quantity, Reading, State, counter, index, number, speed};

/// A cell that borrows what text it can from the document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'j> {
    Absent,
    Text(Cow<'j, str>),
    Integer(i64),
    Float(f64),
    Boolean(bool),
}

impl<'j> Cell<'j> {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Boolean(truth) => Value::Boolean(*truth),
        }
    }

    pub(super) fn text(text: &'j str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// What a value says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<'j> {
    pub(super) cell: Cell<'j>,
    /// Why the cell is there or not.
    pub(super) state: State,
    /// Whether it is a count that its writer could not hold exactly.
    pub(super) is_rounded: bool,
}

/// The cell, and why it is there or not. `null` says nothing, as a key that is not there.
pub(super) fn read<'j>(
    column: &ColumnSpec,
    meaning: Meaning,
    json: &'j Node<'_>,
) -> Option<Read<'j>> {
    if json.is_null() {
        return None;
    }
    let integer = |reading: Reading<i64>| (reading.value().map(Cell::Integer), reading.state());
    let mut is_rounded = false;
    let (cell, state) = match column.column_type {
        ColumnType::Text => match text(json).map(|text| translated(text, meaning)) {
            None => (None, State::NotPresent),
            Some(text) => (Some(Cell::Text(text)), State::Ok),
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
        ColumnType::Int64 => {
            let mut reading = whole(json, counter);
            if reading == Reading::Invalid
                && let Node::Number(text) = json
                && let Some(count) = rounded(text)
            {
                reading = Reading::Measured(count);
                is_rounded = true;
            }
            if meaning == Meaning::Time
                && let Reading::Measured(time) = &mut reading
            {
                *time = seconds(*time);
            }
            integer(reading)
        }
        ColumnType::Float64 => {
            let reading = match json {
                Node::Number(text) | Node::Text(text) => number(text, quantity(column.unit)),
                _ => Reading::Invalid,
            };
            (reading.value().map(Cell::Float), reading.state())
        }
        ColumnType::Boolean => match json {
            Node::Bool(value) => (Some(Cell::Boolean(*value)), State::Ok),
            _ => (None, State::Invalid),
        },
        // It follows from the time in seconds.
        ColumnType::Instant => return None,
    };
    Some(Read {
        cell: cell.unwrap_or(Cell::Absent),
        state,
        is_rounded,
    })
}

/// A count that was written as a float beyond 2⁵³, where floats hold no longer every number: it is that number or one near it.
fn rounded(text: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    const END: f64 = 9_223_372_036_854_775_808.0;
    let is_float = text.contains(['.', 'e', 'E']);
    let value: f64 = text.parse().ok().filter(|_| is_float)?;
    (EXACT..END).contains(&value).then_some(value as i64)
}

/// What a note says of a count that is [`Read::is_rounded`].
pub(super) const ROUNDED: &str =
    "a whole number; as a float of that size it has lost its last digits";

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
fn whole(json: &Node<'_>, read: impl FnOnce(&str) -> Reading<i64>) -> Reading<i64> {
    match json {
        Node::Number(text) | Node::Text(text) => read(text),
        _ => Reading::Invalid,
    }
}

/// Text; a number as it is written; a list joined by commas, and none where it is empty.
pub(super) fn text<'j>(json: &'j Node<'_>) -> Option<Cow<'j, str>> {
    let text: Cow<'j, str> = match json {
        Node::Text(text) => Cow::Borrowed(text.trim()),
        Node::Number(number) => Cow::Borrowed(number),
        Node::List(items) => {
            let items = items.iter().filter_map(Node::as_text);
            Cow::Owned(items.collect::<Vec<_>>().join(","))
        }
        _ => return None,
    };
    let says_nothing = text.is_empty() || ["N/A", "n/a", "None", "null"].contains(&&*text);
    (!says_nothing).then_some(text)
}

fn translated(text: Cow<'_, str>, meaning: Meaning) -> Cow<'_, str> {
    match (meaning, text) {
        (Meaning::Fiber, Cow::Borrowed(text)) => Cow::Borrowed(our_fiber(text)),
        (Meaning::Profile, Cow::Borrowed(text)) => model(text),
        (_, text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::TABLES;

    fn of(column: &str, json: &Node<'_>) -> (String, State, bool) {
        let mut columns = TABLES.iter().flat_map(|table| &table.columns);
        let column = columns.find(|known| known.name == column).unwrap();
        let read = read(column, Meaning::Same, json).unwrap();
        (
            format!("{:?}", read.cell.value()),
            read.state,
            read.is_rounded,
        )
    }

    fn node(text: &str) -> Node<'_> {
        Node::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_not_measured_has_its_reason() {
        for (column, json, state) in [
            ("rx_power", "\"- Inf\"", State::NoLight),
            ("rx_power", "\"-Inf dBm\"", State::NoLight),
            ("rx_power", "-Infinity", State::NoLight),
            ("rx_power_mw", "-Infinity", State::NoLight),
            ("rx_power", "Infinity", State::Invalid),
            ("rx_power", "NaN", State::Invalid),
            ("tx_bias", "-Infinity", State::Invalid),
            ("rx_power", "\"N/A\"", State::NotPresent),
            ("rx_power", "[1]", State::Invalid),
            ("tx_bias", "\"- Inf\"", State::Invalid),
            ("voltage", "\"Not Supported\"", State::NotSupported),
            ("pre_fec_ber_value", "1.5", State::Invalid),
            ("fec_ccw", "-1", State::Invalid),
            ("fec_ccw", "\"-5\"", State::Invalid),
            ("fec_ccw", "1.5", State::Invalid),
            ("fec_ccw", "18446744073709551615", State::Invalid),
            ("fec_ccw", "1e19", State::Invalid),
            ("fec_ccw", "\"n/a\"", State::NotPresent),
            ("lane", "-1", State::Invalid),
            ("lane", "3000000000", State::Invalid),
            ("vendor", "\"\"", State::NotPresent),
        ] {
            assert_eq!(
                of(column, &node(json)),
                ("Absent".to_owned(), state, false),
                "{column} {json}"
            );
        }
    }

    #[test]
    fn values_come_in_every_form_that_writers_use() {
        for (column, json, cell) in [
            ("rx_power", "\"-2.5 dBm\"", Value::Float(-2.5)),
            ("rx_power", "-2", Value::Float(-2.0)),
            ("temperature", "45.125", Value::Float(45.125)),
            ("fec_ccw", "\"1,234\"", Value::Integer(1234)),
            ("fec_ccw", "4.0", Value::Integer(4)),
            ("fec_ccw", "59538523.0", Value::Integer(59_538_523)),
            ("fec_ccw", "9223372036854775807", Value::Integer(i64::MAX)),
            ("speed_bps", "\"100Gbps\"", Value::Integer(100_000_000_000)),
            ("speed_bps", "1e11", Value::Integer(100_000_000_000)),
            ("lane", "\"3\"", Value::Integer(3)),
            ("alarms", "[\"a\", \"b\"]", Value::Text("a,b")),
        ] {
            assert_eq!(
                of(column, &node(json)),
                (format!("{cell:?}"), State::Ok, false),
                "{column} {json}"
            );
        }
    }

    #[test]
    fn a_count_beyond_what_a_float_holds_is_kept_and_known_to_be_rounded() {
        for (json, count) in [
            ("9007199254740992.0", 9_007_199_254_740_992_i64),
            ("1.2345678901234568e+16", 12_345_678_901_234_568),
        ] {
            let expected = (format!("Integer({count})"), State::Ok, true);
            assert_eq!(of("fec_ccw", &node(json)), expected);
        }
        assert_eq!(
            of("fec_ccw", &node("\"1.2345678901234568e+16\"")).1,
            State::Invalid,
            "a device's own text is exact"
        );
    }
}
