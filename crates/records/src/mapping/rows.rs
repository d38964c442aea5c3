//! The rows of a mapped reply, as a table and as a JSON document.

use std::cmp::Ordering;
use std::sync::Arc;

use super::definition::{Mapping, common_fields};
use crate::column::{ColumnType, OwnedValue, Value, instant};
use crate::json_writer::JsonWriter;
use crate::model::DeviceFacts;
use crate::table::{Table, array, assemble};

/// The order of two key values. Absent values come last.
fn order(a: &OwnedValue, b: &OwnedValue) -> Ordering {
    match (a, b) {
        (OwnedValue::Text(a), OwnedValue::Text(b)) => a.cmp(b),
        (OwnedValue::Integer(a), OwnedValue::Integer(b)) => a.cmp(b),
        (OwnedValue::Float(a), OwnedValue::Float(b)) => a.total_cmp(b),
        (OwnedValue::Boolean(a), OwnedValue::Boolean(b)) => a.cmp(b),
        (a, b) => (*a == OwnedValue::Absent).cmp(&(*b == OwnedValue::Absent)),
    }
}

/// One item of the reply.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedRow {
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// One for each field of the mapping.
    pub cells: Vec<OwnedValue>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}

impl MappedRow {
    /// Its key in words.
    pub(super) fn name(&self, keys: usize) -> String {
        let words: Vec<_> = self
            .cells
            .iter()
            .take(keys)
            .map(OwnedValue::to_string)
            .collect();
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
                Some(OwnedValue::Text(name)) => interfaces(name),
                _ => true,
            });
        }
    }
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
            known.then_with(|| order(a, b))
        })
        .then_with(|| a.routing_engine.cmp(&b.routing_engine))
    });
    let column = |at: usize| {
        let column_type = mapping.fields[at].field_type.column_type();
        array(
            column_type,
            rows.iter()
                .map(|row| row.cells.get(at).map_or(Value::Absent, OwnedValue::value)),
        )
    };
    let mut columns: Vec<_> = (0..mapping.keys).map(column).collect();
    for (at, field) in common_fields().iter().enumerate() {
        let column_type = if field.data_type().is_integer() {
            ColumnType::Int64
        } else {
            ColumnType::Text
        };
        columns.push(array(
            column_type,
            rows.iter().map(|row| common(facts, row)[at].1),
        ));
    }
    columns.extend((mapping.keys..mapping.fields.len()).map(column));
    if !mapping.has_time {
        let times = rows.iter().map(|row| instant(row.timestamp));
        columns.push(array(ColumnType::Instant, times));
    }
    assemble(&mapping.dataset, columns)
}

/// The JSON document: who and when, then the `items` in the order of the reply.
pub(crate) fn document(facts: &DeviceFacts, mapped: &MappedRows) -> Vec<u8> {
    let mut json = JsonWriter::default();
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
