//! Label values: made valid once, when they enter, and kept once each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use twox_hash::XxHash3_128;

/// The longest label value, in characters. Receivers have limits of their own; the lowest in use are 128 and more.
pub const LONGEST_VALUE: usize = 128;

/// Characters that stay of a longer value; behind them stand an ellipsis and 16 digits that tell it from others that begin alike.
const KEPT: usize = LONGEST_VALUE - 17;

/// The text as a label value that every receiver takes: control characters except tab and line feed become U+FFFD, and what is
/// longer than [`LONGEST_VALUE`] is cut.
///
/// The encoders escape quotes, backslashes and line feeds, each as its format wants.
pub fn valid(text: &str) -> Cow<'_, str> {
    let is_bad = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n');
    let mut valid = if text.contains(is_bad) {
        Cow::Owned(text.replace(is_bad, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    };
    if valid.len() > LONGEST_VALUE && valid.chars().count() > LONGEST_VALUE {
        let mut short: String = valid.chars().take(KEPT).collect();
        let hash = XxHash3_128::oneshot(text.as_bytes()) as u64;
        // Writing to a string does not fail.
        write!(short, "\u{2026}{hash:016x}").ok();
        valid = Cow::Owned(short);
    }
    valid
}

/// The same of bytes that should be UTF-8: what is not becomes U+FFFD.
pub fn valid_bytes(bytes: &[u8]) -> String {
    valid(&String::from_utf8_lossy(bytes)).into_owned()
}

/// The values of one label, by row.
#[derive(Debug, Clone, Default)]
pub(crate) struct LabelColumn {
    /// All values, one after the other.
    text: String,
    /// Where each value ends in `text`.
    ends: Vec<u32>,
    /// The value of each row, by its number; one for all rows where all have the same.
    rows: Vec<u32>,
}

/// A row without the label.
const ABSENT: u32 = u32::MAX;

impl LabelColumn {
    /// Takes a value a row. Equal values are kept once.
    pub(crate) fn new<'t>(values: impl Iterator<Item = Option<Cow<'t, str>>>) -> Self {
        let mut column = Self::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for value in values {
            let number = match value {
                None => ABSENT,
                // Rows are sorted: mostly it is the value of the row before.
                Some(value) => match column.rows.last() {
                    Some(&last) if column.number(last) == Some(&*valid(&value)) => last,
                    _ => *known
                        .entry(valid(&value).into_owned())
                        .or_insert_with_key(|value| {
                            column.text.push_str(value);
                            column
                                .ends
                                .push(u32::try_from(column.text.len()).unwrap_or(ABSENT));
                            column.ends.len() as u32 - 1
                        }),
                },
            };
            column.rows.push(number);
        }
        if let Some((&first, rest)) = column.rows.split_first()
            && rest.iter().all(|number| *number == first)
        {
            column.rows.truncate(1);
        }
        column.text.shrink_to_fit();
        column.ends.shrink_to_fit();
        column.rows.shrink_to_fit();
        column
    }

    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        let number = match *self.rows {
            [number] => number,
            _ => *self.rows.get(row)?,
        };
        self.number(number)
    }

    fn number(&self, number: u32) -> Option<&str> {
        let number = number as usize;
        let end = *self.ends.get(number)? as usize;
        let start = number
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_becomes_one_that_every_receiver_takes() {
        assert_eq!(valid("a\"b\\c\nd}\te"), "a\"b\\c\nd}\te");
        assert_eq!(valid("a\0b\rc\u{7f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(valid_bytes(b"ok\xff\xfe"), "ok\u{fffd}\u{fffd}");
        let long = "é".repeat(10_000);
        let cut = valid(&long);
        assert_eq!(cut.chars().count(), LONGEST_VALUE);
        assert_ne!(cut, valid(&"é".repeat(9_999)), "two values stay two");
        let longest = "é".repeat(LONGEST_VALUE);
        assert_eq!(valid(&longest), longest);
    }

    #[test]
    fn a_column_gives_each_row_its_value() {
        let rows = [Some("a"), Some("a"), None, Some("b"), Some("a"), Some("")];
        let column = LabelColumn::new(rows.iter().map(|value| value.map(Cow::Borrowed)));
        let found: Vec<_> = (0..rows.len()).map(|row| column.get(row)).collect();
        assert_eq!(found, rows);
        assert_eq!(column.get(rows.len()), None);
        assert_eq!(column.text, "ab", "each value once");
        let same = LabelColumn::new(["x"; 100].iter().map(|value| Some(Cow::Borrowed(*value))));
        assert_eq!((same.rows.len(), same.get(99)), (1, Some("x")));
        let none = LabelColumn::new((0..3).map(|_| None));
        assert_eq!(none.get(2), None);
    }
}
