//! Records to columns: a column is its name, kind, unit, role, meaning and getter, written once.
//!
//! From the column lists in [`crate::model`] come the Arrow schemas, the field metadata (`unit`, `meaning`, `role`), the
//! record batches and the keys of the JSON objects. A schema only grows: new columns go to the end and are nullable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::enrich::DeviceRecords;
use crate::model::{
    INTERFACE_COUNTERS_COLUMNS, INTERFACE_DOM_COLUMNS, InterfaceCounters, InterfaceDom,
    LANE_DOM_COLUMNS, LaneDom,
};

/// A cell, borrowed from its record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Not measured: null in the lake, no key in JSON.
    Absent,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Texts: a list in JSON, joined by commas in the lake. An empty list says that there is none, and is null in the lake.
    Texts(&'a [String]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl<'a> From<&'a Option<Arc<str>>> for Value<'a> {
    fn from(text: &'a Option<Arc<str>>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl<'a> From<&'a Option<Cow<'static, str>>> for Value<'a> {
    fn from(text: &'a Option<Cow<'static, str>>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl From<Option<f64>> for Value<'_> {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Absent, Self::Float)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Absent, Self::Integer)
    }
}

impl From<Option<u32>> for Value<'_> {
    fn from(value: Option<u32>) -> Self {
        value.map_or(Self::Absent, |value| Self::Integer(value.into()))
    }
}

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// 32-bit signed.
    Int32,
    /// 64-bit signed.
    Int64,
    /// 64-bit floating point.
    Float64,
    /// True or false.
    Boolean,
}

/// What a column is for: what a consumer may do with it without knowing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Names the row or groups rows.
    Label,
    /// A measurement that goes up and down.
    Gauge,
    /// Counts up until it is cleared.
    Counter,
    /// A limit that belongs to the module.
    Threshold,
    /// A word from a closed set.
    State,
    /// UTC seconds.
    Time,
}

impl Role {
    /// The word in the schema's metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Threshold => "threshold",
            Self::State => "state",
            Self::Time => "time",
        }
    }
}

/// One column of the records `R`.
#[derive(Debug)]
pub struct Column<R: 'static> {
    /// Name in JSON and in the lake.
    pub name: &'static str,
    /// How it is stored.
    pub kind: Kind,
    /// Unit, in the form of UCUM where there is one (`dBm`, `mW`, `mA`, `Cel`, `V`, `W`, `nm`, `bit/s`, `s`); empty for
    /// text.
    pub unit: &'static str,
    /// What it is for.
    pub role: Role,
    /// One sentence for the schema's metadata.
    pub meaning: &'static str,
    /// False for the columns that every row has.
    pub nullable: bool,
    /// The cell of a record.
    pub get: fn(&R) -> Value<'_>,
}

impl<R> Column<R> {
    /// A text column that may be absent.
    pub(crate) const fn text(
        name: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self {
            name,
            kind: Kind::Text,
            unit: "",
            role,
            meaning,
            nullable: true,
            get,
        }
    }

    /// A floating-point column that may be absent.
    pub(crate) const fn float(
        name: &'static str,
        unit: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self {
            name,
            kind: Kind::Float64,
            unit,
            role,
            meaning,
            nullable: true,
            get,
        }
    }

    /// A 64-bit column that may be absent.
    pub(crate) const fn int64(
        name: &'static str,
        unit: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self {
            name,
            kind: Kind::Int64,
            unit,
            role,
            meaning,
            nullable: true,
            get,
        }
    }

    /// A 32-bit column that may be absent: slots, ports, lanes.
    pub(crate) const fn int32(
        name: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self {
            name,
            kind: Kind::Int32,
            unit: "",
            role,
            meaning,
            nullable: true,
            get,
        }
    }

    /// The same column, there in every row.
    pub(crate) const fn always(mut self) -> Self {
        self.nullable = false;
        self
    }

    fn field(&self) -> Field {
        field(
            self.name,
            self.kind,
            self.unit,
            self.role,
            self.meaning,
            self.nullable,
        )
    }
}

/// The Arrow field of a column, with `unit`, `meaning` and `role` in its metadata.
pub(crate) fn field(
    name: &str,
    kind: Kind,
    unit: &str,
    role: Role,
    meaning: &str,
    nullable: bool,
) -> Field {
    let data_type = match kind {
        Kind::Text => DataType::Utf8,
        Kind::Int32 => DataType::Int32,
        Kind::Int64 => DataType::Int64,
        Kind::Float64 => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
    };
    let metadata = [
        ("unit", unit),
        ("meaning", meaning),
        ("role", role.as_str()),
    ];
    Field::new(name, data_type, nullable).with_metadata(
        metadata
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<HashMap<_, _>>(),
    )
}

/// The cells of one column, in the order of the rows. A value of another kind than the column's counts as absent.
pub(crate) fn array<'r>(kind: Kind, cells: impl ExactSizeIterator<Item = Value<'r>>) -> ArrayRef {
    let rows = cells.len();
    match kind {
        Kind::Text => {
            let mut builder = StringBuilder::with_capacity(rows, rows * 16);
            let mut joined = String::new();
            for cell in cells {
                match cell {
                    Value::Text(text) => builder.append_value(text),
                    Value::Texts(texts) if !texts.is_empty() => {
                        joined.clear();
                        for (at, text) in texts.iter().enumerate() {
                            joined.push_str(if at == 0 { "" } else { "," });
                            joined.push_str(text);
                        }
                        builder.append_value(&joined);
                    }
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        Kind::Int32 => {
            let mut builder = Int32Builder::with_capacity(rows);
            for cell in cells {
                builder.append_option(integer(cell).and_then(|value| i32::try_from(value).ok()));
            }
            Arc::new(builder.finish())
        }
        Kind::Int64 => {
            let mut builder = Int64Builder::with_capacity(rows);
            for cell in cells {
                builder.append_option(integer(cell));
            }
            Arc::new(builder.finish())
        }
        Kind::Float64 => {
            let mut builder = Float64Builder::with_capacity(rows);
            for cell in cells {
                builder.append_option(if let Value::Float(value) = cell {
                    Some(value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        Kind::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(rows);
            for cell in cells {
                builder.append_option(if let Value::Boolean(value) = cell {
                    Some(value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
    }
}

fn integer(value: Value<'_>) -> Option<i64> {
    if let Value::Integer(value) = value {
        Some(value)
    } else {
        None
    }
}

/// A column list in sections, so that parts of it can be generated.
pub type Columns<R> = &'static [&'static [Column<R>]];

/// A table of the lake: one of the three built-in ones, or that of a mapping.
#[derive(Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Name of its folder: `lane-dom`.
    pub name: String,
    /// Start of its file names: `lane_dom`.
    pub file_stem: String,
    /// The columns that its rows are sorted by, in byte order.
    pub sort_columns: Vec<String>,
    schema: SchemaRef,
}

impl Dataset {
    pub(crate) fn new(
        name: &str,
        file_stem: &str,
        sort_columns: &[&str],
        fields: Vec<Field>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            file_stem: file_stem.to_owned(),
            sort_columns: sort_columns.iter().map(|&name| name.to_owned()).collect(),
            schema: Arc::new(Schema::new(fields)),
        }
    }

    fn built_in<R>(
        name: &str,
        file_stem: &str,
        sort_columns: &[&str],
        columns: Columns<R>,
    ) -> Arc<Self> {
        let fields = columns.iter().copied().flatten().map(Column::field);
        Arc::new(Self::new(name, file_stem, sort_columns, fields.collect()))
    }

    /// A table as its files say it is: for one that no column list describes.
    pub fn found(name: &str, columns: Vec<Field>) -> Self {
        Self::new(name, name, &[], columns)
    }

    /// The table's schema, with `unit`, `meaning` and `role` in every field's metadata. Always the same object.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The three built-in tables, in the order in which [`tables`] gives them.
pub static DATASETS: LazyLock<[Arc<Dataset>; 3]> = LazyLock::new(|| {
    [
        Dataset::built_in(
            "intf-dom",
            "interface_dom",
            &["device", "if_name"],
            INTERFACE_DOM_COLUMNS,
        ),
        Dataset::built_in(
            "lane-dom",
            "lane_dom",
            &["device", "if_name", "lane"],
            LANE_DOM_COLUMNS,
        ),
        Dataset::built_in(
            "intf-counters",
            "interface_counters",
            &["device", "if_name"],
            INTERFACE_COUNTERS_COLUMNS,
        ),
    ]
});

/// Rows of one table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Which table.
    pub dataset: Arc<Dataset>,
    /// Its rows, sorted by the dataset's sort columns.
    pub batch: RecordBatch,
}

impl Table {
    /// The same rows without a column: for files whose path says it already.
    pub fn without(&self, column: &str) -> Self {
        let schema = self.dataset.schema();
        let kept: Vec<_> = (0..schema.fields().len())
            .filter(|at| schema.field(*at).name() != column)
            .collect();
        let sort_columns = self.dataset.sort_columns.iter().map(String::as_str);
        let dataset = Dataset::new(
            &self.dataset.name,
            &self.dataset.file_stem,
            &sort_columns
                .filter(|name| *name != column)
                .collect::<Vec<_>>(),
            kept.iter().map(|at| schema.field(*at).clone()).collect(),
        );
        let columns = kept.iter().map(|at| Arc::clone(self.batch.column(*at)));
        assemble(&Arc::new(dataset), columns.collect())
    }
}

/// Which interfaces become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Those with a port location, `xx-F/P/N[:C]`.
    Ports,
    /// Every physical interface.
    All,
}

/// The device's rows: one table for each built-in dataset, also when it is empty, and one for each mapping. Interfaces with
/// a port location only.
pub fn tables(records: &DeviceRecords) -> Vec<Table> {
    tables_with(records, Rows::Ports)
}

/// The device's rows, with a choice of which.
pub fn tables_with(records: &DeviceRecords, which: Rows) -> Vec<Table> {
    let [interface_dom, lane_dom, interface_counters] = &*DATASETS;
    let takes = |has_location: bool| has_location || which == Rows::All;
    let mut interfaces: Vec<&InterfaceDom> = records
        .interfaces
        .iter()
        .filter(|row| takes(row.location.is_some()))
        .collect();
    interfaces.sort_by(|a, b| a.optics.name.cmp(&b.optics.name));
    let mut lanes: Vec<&LaneDom> = records
        .lanes
        .iter()
        .filter(|row| takes(row.location.is_some()))
        .collect();
    lanes.sort_by(|a, b| (&a.if_name, a.lane.index).cmp(&(&b.if_name, b.lane.index)));
    let mut counters: Vec<&InterfaceCounters> = records
        .counters
        .iter()
        .filter(|row| takes(row.location.is_some()))
        .collect();
    counters.sort_by(|a, b| a.statistics.name.cmp(&b.statistics.name));
    let mut tables = vec![
        table(interface_dom, INTERFACE_DOM_COLUMNS, &interfaces),
        table(lane_dom, LANE_DOM_COLUMNS, &lanes),
        table(interface_counters, INTERFACE_COUNTERS_COLUMNS, &counters),
    ];
    let mapped = records.mapped.iter();
    tables.extend(mapped.map(|mapped| crate::mapping::table(&records.facts, mapped)));
    tables
}

fn table<R>(dataset: &Arc<Dataset>, columns: Columns<R>, rows: &[&R]) -> Table {
    let columns = columns.iter().copied().flatten();
    let arrays = columns.map(|column| array(column.kind, rows.iter().map(|row| (column.get)(row))));
    assemble(dataset, arrays.collect())
}

/// The table of these columns, one for each field of the dataset's schema and of its type.
#[expect(
    clippy::expect_used,
    reason = "schema and arrays come from the same list of columns, one array a field"
)]
pub(crate) fn assemble(dataset: &Arc<Dataset>, columns: Vec<ArrayRef>) -> Table {
    let batch =
        RecordBatch::try_new(dataset.schema(), columns).expect("columns fit their own schema");
    Table {
        dataset: Arc::clone(dataset),
        batch,
    }
}
