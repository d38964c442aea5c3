//! RPCs without a compiler: a reply read as a catalogue's `mapping:` says, into a table of its own.
//!
//! ```text
//!  ItemPath  environment-information/environment-item      which elements are rows
//!  fields    name ◄ name      temperature ◄ temperature/@celsius, else temperature
//!     │
//!     ▼ read     the cursor of the built-in parsers: wrappers, routing engines, rpc-errors and damage are dealt with there
//!  MappedRow ─► MappedRows ─► table: a dataset named as the mapping      ─► json: {device}_{name}_metrics.json
//! ```
//!
//! A [`Mapping`] is complete and consistent once it is built; what a person wrote is read and checked where the
//! catalogue is. The rules are those of the built-in parsers: what was not sent is null, what cannot be read costs a
//! note and a null, a row that is damaged costs that row.

mod numbers;
mod path;
mod read;
mod rows;
mod units;

use std::sync::Arc;

use crate::model::Snapshot;
use crate::table::{Dataset, Kind, Role, field};
use crate::xml::Outcome;

pub use path::{FieldPath, ItemPath};
pub use rows::{Cell, MappedRow, MappedRows};
pub(crate) use rows::{document, table};
pub use units::{UNITS, Unit};

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
pub enum Type {
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

impl Type {
    /// Every type with the word for it in a catalogue.
    pub const ALL: [(&'static str, Self); 5] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("boolean", Self::Boolean),
        ("duration", Self::Duration),
    ];

    /// How a column of it is stored.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Text => Kind::Text,
            Self::Integer | Self::Duration => Kind::Int64,
            Self::Float => Kind::Float64,
            Self::Boolean => Kind::Boolean,
        }
    }

    /// What a note says was expected.
    const fn expected(self) -> &'static str {
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
    pub kind: Type,
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
    items: ItemPath,
    /// How many of the fields, from the first, tell a row from the others of the same routing engine.
    keys: usize,
    fields: Vec<MappedField>,
    dataset: Arc<Dataset>,
}

impl Mapping {
    /// A mapping whose first `keys` fields tell its rows apart.
    pub fn new(name: &str, items: ItemPath, keys: usize, fields: Vec<MappedField>) -> Self {
        let keys = keys.min(fields.len());
        let column = |mapped: &MappedField| {
            let (kind, unit) = (mapped.kind.kind(), mapped.unit.map_or("", |unit| unit.code));
            field(&mapped.name, kind, unit, mapped.role, &mapped.meaning, true)
        };
        let mut columns: Vec<_> = fields[..keys].iter().map(column).collect();
        columns.extend(rows::common_fields());
        columns.extend(fields[keys..].iter().map(column));
        let mut sorted = vec!["device"];
        sorted.extend(fields[..keys].iter().map(|key| key.name.as_str()));
        let dataset = Arc::new(Dataset::new(name, name, &sorted, columns));
        Self {
            name: Arc::from(name),
            items,
            keys,
            fields,
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

    /// Adds the rows of a reply to the snapshot. Contract and arguments are those of
    /// [`Parser::parse`](crate::junos::Parser::parse).
    pub fn parse(self: &Arc<Self>, reply: &[u8], arrived: i64, snapshot: &mut Snapshot) -> Outcome {
        let text = crate::junos::text(&self.name, reply, &mut snapshot.notes);
        read::read(self, &text, arrived, snapshot)
    }
}
