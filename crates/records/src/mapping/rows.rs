//! The rows of a mapped reply, as a table and as a JSON document.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow_schema::Field;

use super::Mapping;
use crate::json::Writer;
use crate::model::DeviceFacts;
use crate::table::{Kind, Role, Table, Value, array, assemble, field};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Not sent, or not readable.
    Absent,
    /// Text.
    Text(Box<str>),
    /// A whole number.
    Integer(i64),
    /// A number, never infinite.
    Float(f64),
    /// A truth value.
    Boolean(bool),
}

impl Cell {
    /// The same, borrowed.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Boolean(truth) => Value::Boolean(*truth),
        }
    }

    /// Absent values come last.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (a, b) => (*a == Self::Absent).cmp(&(*b == Self::Absent)),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
        }
    }
}

/// One item of the reply.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedRow {
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// One for each field of the mapping.
    pub cells: Vec<Cell>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}

impl MappedRow {
    /// Its key in words.
    pub(super) fn name(&self, keys: usize) -> String {
        let words: Vec<_> = self.cells.iter().take(keys).map(Cell::to_string).collect();
        match words.join(" ").trim() {
            "" => "an item without a key".to_owned(),
            name => name.to_owned(),
        }
    }
}

/// What one mapping read of a device.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedRows {
    /// How it was read.
    pub mapping: Arc<Mapping>,
    /// In the order of the reply.
    pub rows: Vec<MappedRow>,
    /// UTC second at which the last reply arrived.
    pub arrived: i64,
}

impl MappedRows {
    pub(super) fn new(mapping: &Arc<Mapping>, arrived: i64) -> Self {
        Self {
            mapping: Arc::clone(mapping),
            rows: Vec::new(),
            arrived,
        }
    }

    /// Where a field is called `if_name`, keeps the rows of these interfaces; else all.
    pub(crate) fn keep(&mut self, interfaces: &impl Fn(&str) -> bool) {
        let fields = self.mapping.fields();
        if let Some(at) = fields.iter().position(|field| field.name == "if_name") {
            self.rows.retain(|row| match row.cells.get(at) {
                Some(Cell::Text(name)) => interfaces(name),
                _ => true,
            });
        }
    }
}

/// The columns that every mapped table has.
pub(super) fn common_fields() -> Vec<Field> {
    let text =
        |name, meaning, nullable| field(name, Kind::Text, "", Role::Label, meaning, nullable);
    let time = |name, meaning| field(name, Kind::Int64, "s", Role::Time, meaning, false);
    vec![
        text("device", "Device name in the inventory", false),
        text("hostname", "Name that the device gives itself", true),
        text("model", "Hardware model of the device", true),
        time("timestamp", "UTC second at which the reply arrived"),
        time("run_timestamp", "UTC second at which the run began"),
        text("runner_name", "Runner that made the run", false),
        text(
            "routing_engine",
            "Routing engine, node or member that answered",
            true,
        ),
    ]
}

/// The values of [`common_fields`].
fn common<'r>(facts: &'r DeviceFacts, row: &'r MappedRow) -> [(&'static str, Value<'r>); 7] {
    [
        ("device", facts.device.as_str().into()),
        ("hostname", (&facts.hostname).into()),
        ("model", (&facts.model).into()),
        ("timestamp", Value::Integer(row.timestamp)),
        ("run_timestamp", Value::Integer(facts.run_timestamp)),
        ("runner_name", facts.runner_name.as_str().into()),
        ("routing_engine", (&row.routing_engine).into()),
    ]
}

/// The rows as a table, sorted by their key.
pub(crate) fn table(facts: &DeviceFacts, mapped: &MappedRows) -> Table {
    let mapping = &mapped.mapping;
    let mut rows: Vec<&MappedRow> = mapped.rows.iter().collect();
    rows.sort_by(|a, b| {
        let keys = a.cells.iter().zip(&b.cells).take(mapping.keys);
        keys.fold(Ordering::Equal, |known, (a, b)| {
            known.then_with(|| a.order(b))
        })
        .then_with(|| a.routing_engine.cmp(&b.routing_engine))
    });
    let column = |at: usize| {
        let kind = mapping.fields[at].kind.kind();
        array(
            kind,
            rows.iter()
                .map(|row| row.cells.get(at).map_or(Value::Absent, Cell::value)),
        )
    };
    let mut columns: Vec<_> = (0..mapping.keys).map(column).collect();
    for (at, field) in common_fields().iter().enumerate() {
        let kind = if field.data_type().is_integer() {
            Kind::Int64
        } else {
            Kind::Text
        };
        columns.push(array(kind, rows.iter().map(|row| common(facts, row)[at].1)));
    }
    columns.extend((mapping.keys..mapping.fields.len()).map(column));
    assemble(&mapping.dataset, columns)
}

/// The JSON document: who and when, then the `items` in the order of the reply.
pub(crate) fn document(facts: &DeviceFacts, mapped: &MappedRows) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    json.member("device", facts.device.as_str().into());
    json.member("timestamp", Value::Integer(mapped.arrived));
    json.member("run_timestamp", Value::Integer(facts.run_timestamp));
    json.member("runner_name", facts.runner_name.as_str().into());
    json.key("items");
    json.open('[');
    for row in &mapped.rows {
        json.element();
        json.open('{');
        let fields: Vec<_> = mapped.mapping.fields.iter().zip(&row.cells).collect();
        let (keys, rest) = fields.split_at(mapped.mapping.keys.min(fields.len()));
        for (field, cell) in keys {
            json.member(&field.name, cell.value());
        }
        for (name, value) in common(facts, row) {
            json.member(name, value);
        }
        for (field, cell) in rest {
            json.member(&field.name, cell.value());
        }
        json.close('}');
    }
    json.close(']');
    json.close('}');
    json.finish()
}
