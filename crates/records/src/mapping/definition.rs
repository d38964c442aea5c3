//! What a mapping is: the path of its rows, its fields, and the table that they make.

use std::sync::Arc;

use arrow_schema::Field;

use super::path::{FieldPath, ItemPath};
use super::units::Unit;
use crate::column::{ColumnType, Role, TIME};
use crate::table::{Dataset, field};

/// The columns that every mapped table has beside its fields; no field may have such a name.
pub const COMMON_COLUMNS: &[&str] = &[
    "device",
    "hostname",
    "model",
    "timestamp",
    "run_timestamp",
    "runner_name",
    "routing_engine",
];

/// How the text of a field is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// As it stands, trimmed.
    Text,
    /// A whole number of 64 bits, with or without its unit.
    Integer,
    /// A number, with or without its unit.
    Float,
    /// `true`, `yes`, `on`, `up`, `enabled`, `online`, `ok` against `false`, `no`, `off`, `down`, `disabled`, `offline`.
    Boolean,
    /// A span of time in seconds: a whole number, `3 days, 4 hours, 5 minutes` or `1d 02:03:04`.
    Duration,
}

impl FieldType {
    /// Every type with the word for it in a catalogue.
    pub const ALL: [(&'static str, Self); 5] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("boolean", Self::Boolean),
        ("duration", Self::Duration),
    ];

    /// How a column of it is stored.
    pub const fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::Text,
            Self::Integer | Self::Duration => ColumnType::Int64,
            Self::Float => ColumnType::Float64,
            Self::Boolean => ColumnType::Boolean,
        }
    }

    /// What a note says was expected.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number, with no unit but its own",
            Self::Float => "a number, with no unit but its own",
            Self::Boolean => "a truth value, such as true or false",
            Self::Duration => "a span of time, such as 3 days, 4 hours or a number of seconds",
        }
    }
}

/// One field of a mapping: a column of its table and a key of its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedField {
    /// Name in JSON and in the lake.
    pub name: String,
    /// Where its text stands; of several, the first that is there.
    pub paths: Vec<FieldPath>,
    /// How the text is read.
    pub field_type: FieldType,
    /// In which unit; `None` for what has none.
    pub unit: Option<&'static Unit>,
    /// What it is for.
    pub role: Role,
    /// One sentence for the schema's metadata.
    pub meaning: String,
}

/// How the reply of one RPC is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The RPC's name; also that of its table.
    pub name: Arc<str>,
    pub(super) items: ItemPath,
    /// How many of the fields, from the first, tell a row from the others of the same routing engine.
    pub(super) keys: usize,
    pub(super) fields: Vec<MappedField>,
    /// Whether a field of its own is called as the column that every table has for the instant.
    pub(super) has_time: bool,
    pub(super) dataset: Arc<Dataset>,
}

impl Mapping {
    /// A mapping whose first `keys` fields tell its rows apart.
    pub fn new(name: &str, items: ItemPath, keys: usize, fields: Vec<MappedField>) -> Self {
        let keys = keys.min(fields.len());
        let column = |mapped: &MappedField| {
            let (column_type, unit) = (
                mapped.field_type.column_type(),
                mapped.unit.map_or("", |unit| unit.code),
            );
            field(
                &mapped.name,
                column_type,
                unit,
                mapped.role,
                &mapped.meaning,
                true,
            )
        };
        let mut columns: Vec<_> = fields[..keys].iter().map(column).collect();
        columns.extend(common_fields());
        columns.extend(fields[keys..].iter().map(column));
        // The mapping's own column of this name was there first.
        let has_time = fields.iter().any(|field| field.name == "time");
        if !has_time {
            columns.push(field(
                "time",
                ColumnType::Instant,
                "",
                Role::Time,
                TIME,
                true,
            ));
        }
        let mut sorted = vec!["device"];
        sorted.extend(fields[..keys].iter().map(|key| key.name.as_str()));
        let dataset = Arc::new(Dataset::new(name, &sorted, columns));
        Self {
            name: Arc::from(name),
            items,
            keys,
            fields,
            has_time,
            dataset,
        }
    }

    /// The fields that tell its rows apart.
    pub fn keys(&self) -> &[MappedField] {
        &self.fields[..self.keys]
    }

    /// All fields, the keys first.
    pub fn fields(&self) -> &[MappedField] {
        &self.fields
    }

    /// Its table.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }
}

/// The columns that every mapped table has.
pub(super) fn common_fields() -> Vec<Field> {
    let text =
        |name, meaning, nullable| field(name, ColumnType::Text, "", Role::Label, meaning, nullable);
    let time = |name, meaning| field(name, ColumnType::Int64, "s", Role::Time, meaning, false);
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
