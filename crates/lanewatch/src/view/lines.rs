//! Lines and tables, the same everywhere.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// One line under the header, no borders: what a terminal, a mail and a pasted ticket all keep.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table without borders. Columns named in `right` hold numbers.
pub(super) fn table(
    header: &[&str],
    right: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header.iter().copied());
    table.add_rows(rows);
    for at in right {
        if let Some(column) = table.column_mut(*at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A number with a comma at each thousand.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in bytes, as people say it.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let bytes = bytes as f64;
    match bytes {
        _ if bytes < 1e3 => format!("{bytes} B"),
        _ if bytes < 1e6 => format!("{:.1} kB", bytes / 1e3),
        _ if bytes < 1e9 => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.1} GB", bytes / 1e9),
    }
}

/// A power, or a dash where there is none to show.
pub(super) fn dbm(power: Option<f64>) -> String {
    power.map_or_else(|| "–".to_owned(), |power| format!("{power:.2}"))
}

/// A path as one would type it: relative where it is below the current folder.
pub(super) fn path(path: &std::path::Path) -> String {
    let here = std::env::current_dir().ok();
    let shown = here
        .and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path);
    shown.display().to_string()
}

/// The first `limit` lines, and how many there are beyond.
pub(super) fn at_most(limit: usize, lines: Vec<String>, rest_is_in: &str) -> Vec<String> {
    let beyond = lines.len().saturating_sub(limit);
    let mut shown: Vec<_> = lines.into_iter().take(limit).collect();
    if beyond > 0 {
        shown.push(format!("… and {} more in {rest_is_in}", count(beyond)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0, 999, 1_500, 2_000_000].map(size),
            ["0 B", "999 B", "1.5 kB", "2.0 MB"]
        );
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let lines = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(
            at_most(2, lines.clone(), "run.json"),
            ["a", "b", "… and 1 more in run.json"]
        );
        assert_eq!(at_most(3, lines.clone(), "run.json"), lines);
    }
}
