//! Lines and tables, the same everywhere.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::screen::Screen;

/// One line under the header, no borders: what a terminal, a mail and a pasted ticket all keep.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What a text that is cut ends with.
const CUT: char = '…';

/// The columns of a table, from the left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    /// The heading of each.
    pub(super) header: &'a [&'a str],
    /// Those that hold numbers, by their place.
    pub(super) right: &'a [usize],
    /// Those that a narrow screen does without, by their place: the first goes first. Nothing is ever wrapped.
    pub(super) drop: &'a [usize],
}

impl Columns<'_> {
    /// A table without borders that is as wide as the screen at most. Where columns had to go, a line below says which; where that is
    /// not enough, the last column is cut.
    pub(super) fn table(
        self,
        screen: Screen,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> String {
        let rows: Vec<_> = rows.into_iter().collect();
        let whole = self.without(&[], &rows);
        let Some(width) = screen.width.filter(|width| widest(&whole) > *width) else {
            return whole;
        };
        let mut text = whole;
        let mut dropped = 0;
        while widest(&text) > width && dropped < self.drop.len() {
            dropped += 1;
            text = self.without(self.drop.get(..dropped).unwrap_or_default(), &rows);
        }
        let lines = text.lines().map(|line| cut(line, width));
        let mut text = lines.collect::<Vec<_>>().join("\n");
        let mut gone: Vec<_> = self.drop.iter().take(dropped).copied().collect();
        gone.sort_unstable();
        if !gone.is_empty() {
            let names = gone.iter().filter_map(|at| self.header.get(*at).copied());
            let names = names.collect::<Vec<_>>().join(", ");
            text += &format!("\n{}", cut(&format!("(no room for {names})"), width));
        }
        text
    }

    /// The table without some columns.
    fn without(self, gone: &[usize], rows: &[Vec<String>]) -> String {
        let kept: Vec<_> = (0..self.header.len())
            .filter(|at| !gone.contains(at))
            .collect();
        let cells = |row: &[String]| {
            let kept = kept
                .iter()
                .map(|at| row.get(*at).cloned().unwrap_or_default());
            kept.collect::<Vec<_>>()
        };
        let mut table = Table::new();
        let header = kept.iter().filter_map(|at| self.header.get(*at).copied());
        table.load_style(STYLE).set_header(header);
        table.add_rows(rows.iter().map(|row| cells(row)));
        for (at, was) in kept.iter().enumerate() {
            if self.right.contains(was)
                && let Some(column) = table.column_mut(at)
            {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.trim_fmt()
    }
}

/// A table of words whose columns all stay.
pub(super) fn table(
    screen: Screen,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let columns = Columns {
        header,
        right: &[],
        drop: &[],
    };
    columns.table(screen, rows)
}

/// The width of the widest line, in columns of a terminal.
fn widest(text: &str) -> usize {
    text.lines()
        .map(console::measure_text_width)
        .max()
        .unwrap_or_default()
}

/// The beginning of a line that is too wide.
fn cut(line: &str, width: usize) -> String {
    if line.chars().all(|letter| letter == '─') {
        return line.chars().take(width).collect();
    }
    console::truncate_str(line, width, &CUT.to_string()).into_owned()
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

/// A text of several lines in one: a filter that YAML folds with `>` ends with a line break.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

    const COLUMNS: Columns<'static> = Columns {
        header: &["Device", "Lanes", "Why"],
        right: &[1],
        drop: &[1],
    };

    fn at(width: usize) -> String {
        let row = ["leaf-01", "128", "received power -7.29 dBm"].map(str::to_owned);
        let screen = Screen {
            width: Some(width),
            ..Screen::default()
        };
        COLUMNS.table(screen, [row.to_vec()])
    }

    #[test]
    fn a_narrow_screen_loses_columns_in_order_and_then_the_end_of_lines() {
        insta::assert_snapshot!(at(44), @"
         Device    Lanes   Why
        ────────────────────────────────────────────
         leaf-01     128   received power -7.29 dBm
        ");
        insta::assert_snapshot!(at(43), @"
         Device    Why
        ────────────────────────────────────
         leaf-01   received power -7.29 dBm
        (no room for Lanes)
        ");
        insta::assert_snapshot!(at(25), @"
         Device    Why
        ─────────────────────────
         leaf-01   received powe…
        (no room for Lanes)
        ");
    }

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
