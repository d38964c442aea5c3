//! The cells of a table, column by column. A column that no row has anything for takes no room.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, new_null_array};

use crate::column::Value;
use crate::json::cell::Cell;
use crate::table::{Table, array, assemble};
use crate::tables::BuiltInTable;

/// Cells of rows, each column as far as its last cell.
pub(super) struct CellColumns<'j> {
    columns: Vec<Vec<Cell<'j>>>,
    rows: usize,
}

impl<'j> CellColumns<'j> {
    pub(super) fn of(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| Vec::new()).collect(),
            rows: 0,
        }
    }

    /// Adds a row: takes the cells at these columns out of `row`.
    pub(super) fn push(&mut self, row: &mut [Cell<'j>], touched: &[usize]) {
        for &at in touched {
            let (Some(cell), Some(column)) = (row.get_mut(at), self.columns.get_mut(at)) else {
                continue;
            };
            let cell = std::mem::replace(cell, Cell::Absent);
            if cell != Cell::Absent {
                column.resize(self.rows, Cell::Absent);
                column.push(cell);
            }
        }
        self.rows += 1;
    }

    fn cell(&self, column: usize, row: usize) -> Value<'_> {
        let column = self.columns.get(column);
        let cell = column.and_then(|column| column.get(row));
        cell.map_or(Value::Absent, Cell::value)
    }

    /// The table, its rows in the order of its sort columns.
    pub(super) fn table(&self, built_in: &BuiltInTable) -> Table {
        let dataset = &built_in.dataset;
        let position = |name: &String| {
            let mut columns = built_in.columns.iter();
            columns.position(|column| column.name == *name)
        };
        let keys: Vec<_> = dataset.sort_columns.iter().filter_map(position).collect();
        let mut order: Vec<usize> = (0..self.rows).collect();
        order.sort_by(|&a, &b| {
            let orders = keys
                .iter()
                .map(|&key| compare(self.cell(key, a), self.cell(key, b)));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let schema = dataset.schema();
        // Most columns of a script's documents are empty: those of a type share one array.
        let mut empty: Vec<ArrayRef> = Vec::new();
        let arrays = built_in.columns.iter().enumerate().map(|(at, column)| {
            let is_empty = self.columns.get(at).is_none_or(Vec::is_empty);
            if is_empty {
                let kind = schema.field(at).data_type();
                if let Some(known) = empty.iter().find(|known| known.data_type() == kind) {
                    return Arc::clone(known);
                }
                let nulls = new_null_array(kind, self.rows);
                empty.push(Arc::clone(&nulls));
                return nulls;
            }
            let cells = order.iter().map(|&row| self.cell(at, row));
            array(column.column_type, cells)
        });
        assemble(dataset, arrays.collect())
    }
}

fn compare(a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}
