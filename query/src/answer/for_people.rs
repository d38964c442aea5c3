//! A table on a terminal: numbers to the right, a dash where nothing was measured.

use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::CellAlignment;

use super::lines;
use crate::printer::harmless;

/// Where a table ends even with `--limit 0`: its widths are known only when all rows are there, so it is held in memory.
pub(super) const MOST_ROWS: usize = 100_000;

/// A table that is being filled.
pub(super) struct ForPeople {
    header: Vec<String>,
    alignments: Vec<CellAlignment>,
    rows: Vec<Vec<String>>,
}

impl ForPeople {
    pub(super) fn new(schema: &Schema) -> Self {
        let alignment = |data_type: &DataType| {
            if data_type.is_numeric() {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            }
        };
        Self {
            header: schema
                .fields()
                .iter()
                .map(|field| harmless(field.name()))
                .collect(),
            alignments: schema
                .fields()
                .iter()
                .map(|field| alignment(field.data_type()))
                .collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let options = FormatOptions::new().with_null("–");
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells = columns
                .iter()
                .map(|column| column.value(row).try_to_string());
            let cells = cells.map(|cell| cell.map(|cell| harmless(&cell)));
            self.rows.push(cells.collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    pub(super) fn has_columns(&self) -> bool {
        !self.header.is_empty()
    }

    pub(super) fn render(self) -> String {
        let header: Vec<&str> = self.header.iter().map(String::as_str).collect();
        lines::table(&header, &self.alignments, self.rows)
    }
}
