//! The rows of a lake, read with the Parquet library.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::files_below;

/// A cell that is not null.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// An instant is one in microseconds.
    Integer(i64),
    Float(f64),
}

/// A row, by column; without the columns that are null in it.
pub(crate) type Row = BTreeMap<String, Cell>;

/// The rows of a table, in the order of the files.
pub(crate) fn rows_below(lake: &Path, table: &str) -> Vec<Row> {
    let of_table = files_below(lake).into_iter().filter(|path| {
        let folder = path.parent().and_then(Path::file_name);
        folder.is_some_and(|folder| folder == table)
    });
    let mut rows = Vec::new();
    for path in of_table {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            rows.extend((0..batch.num_rows()).map(|at| row(&batch, at)));
        }
    }
    rows
}

fn row(batch: &RecordBatch, at: usize) -> Row {
    let schema = batch.schema();
    let cells = schema.fields().iter().zip(batch.columns());
    let cells = cells.filter(|(_, column)| column.is_valid(at));
    cells
        .map(|(field, column)| (field.name().clone(), cell(column, at)))
        .collect()
}

fn cell(column: &dyn Array, at: usize) -> Cell {
    if let Some(texts) = column.as_string_opt::<i32>() {
        Cell::Text(texts.value(at).to_owned())
    } else if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        Cell::Integer(numbers.value(at))
    } else if let Some(numbers) = column.as_primitive_opt::<Int32Type>() {
        Cell::Integer(numbers.value(at).into())
    } else if let Some(instants) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        Cell::Integer(instants.value(at))
    } else {
        Cell::Float(column.as_primitive::<Float64Type>().value(at))
    }
}
