//! A table of text, as everywhere in Lanewatch: one line under the header, no borders.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table; each column stands as `alignments` says, left where that says nothing.
pub(crate) fn table(
    header: &[&str],
    alignments: &[CellAlignment],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header.iter().copied());
    table.add_rows(rows);
    for (at, alignment) in alignments.iter().enumerate() {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(*alignment);
        }
    }
    table.trim_fmt()
}
