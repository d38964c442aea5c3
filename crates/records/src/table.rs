//! Tables of the lake: their names, schemas and rows.
//!
//! A schema only grows: new columns go to the end and are nullable.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use crate::column::{Column, ColumnSpec, ColumnType, Columns, OwnedValue, Role, Value};

/// The time zone of instants.
const UTC: &str = "UTC";

/// The Arrow field of a column, with `unit`, `meaning` and `role` in its metadata.
pub(crate) fn field(
    name: &str,
    column_type: ColumnType,
    unit: &str,
    role: Role,
    meaning: &str,
    nullable: bool,
) -> Field {
    let data_type = match column_type {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
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
pub(crate) fn array<'r>(
    column_type: ColumnType,
    cells: impl ExactSizeIterator<Item = Value<'r>>,
) -> ArrayRef {
    let rows = cells.len();
    match column_type {
        ColumnType::Text => {
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
        ColumnType::Int32 => {
            let mut builder = Int32Builder::with_capacity(rows);
            for cell in cells {
                builder.append_option(integer(cell).and_then(|value| i32::try_from(value).ok()));
            }
            Arc::new(builder.finish())
        }
        ColumnType::Int64 => {
            let mut builder = Int64Builder::with_capacity(rows);
            for cell in cells {
                builder.append_option(integer(cell));
            }
            Arc::new(builder.finish())
        }
        ColumnType::Float64 => {
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
        ColumnType::Boolean => {
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
        ColumnType::Instant => {
            let mut builder = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone(UTC);
            for cell in cells {
                builder.append_option(integer(cell));
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

/// A table of the lake: a built-in one, or that of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name of its folder: `lane-dom`.
    pub name: String,
    /// Start of its file names: `lane_dom`.
    pub file_stem: String,
    /// The same where each device has files of its own.
    pub per_device_stem: String,
    /// What a row is, as a sentence without its full stop.
    pub meaning: String,
    /// The columns that its rows are sorted by, in byte order.
    pub sort_columns: Vec<String>,
    schema: SchemaRef,
}

impl Dataset {
    /// A table whose files are named as it is.
    pub(crate) fn new(name: &str, sort_columns: &[&str], fields: Vec<Field>) -> Self {
        Self {
            name: name.to_owned(),
            file_stem: name.to_owned(),
            per_device_stem: name.to_owned(),
            meaning: "The table of a mapping".to_owned(),
            sort_columns: sort_columns.iter().map(|&name| name.to_owned()).collect(),
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// A table as its files say it is: for one that no column list describes.
    pub fn found(name: &str, columns: Vec<Field>) -> Self {
        Self::new(name, &[], columns)
    }

    /// The table's schema, with `unit`, `meaning` and `role` in every field's metadata. Always the same object.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

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
        let fields: Vec<_> = kept.iter().map(|at| schema.field(*at).clone()).collect();
        let mut dataset = Dataset {
            schema: Arc::new(Schema::new(fields)),
            ..Dataset::clone(&self.dataset)
        };
        dataset.sort_columns.retain(|name| name != column);
        let columns = kept.iter().map(|at| Arc::clone(self.batch.column(*at)));
        assemble(&Arc::new(dataset), columns.collect())
    }
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
