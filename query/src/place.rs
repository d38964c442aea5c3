//! A place in the statement, and how it is shown.

/// Where something stands in the statement; lines and columns count from one, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// How many characters it takes up.
    pub(crate) length: usize,
}

impl Place {
    /// The first place where `word` stands by itself, in whichever case.
    pub(crate) fn of_word(statement: &str, word: &str) -> Option<Self> {
        let part_of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let wanted = word.to_lowercase();
        for (number, line) in statement.lines().enumerate() {
            let mut column = 1;
            for piece in line.split_inclusive(|letter: char| !part_of_a_name(letter)) {
                let name = piece.trim_end_matches(|letter: char| !part_of_a_name(letter));
                if name.to_lowercase() == wanted {
                    let length = name.chars().count();
                    return Some(Self {
                        line: number + 1,
                        column,
                        length,
                    });
                }
                column += piece.chars().count();
            }
        }
        None
    }

    /// The line that it stands on, with a mark below it.
    pub(crate) fn snippet(self, statement: &str) -> Option<String> {
        let line = statement.lines().nth(self.line.checked_sub(1)?)?;
        let before = self.column.saturating_sub(1);
        // A statement on one long line: what stands around the place is enough.
        let from = before.saturating_sub(60);
        let shown: String = line.chars().skip(from).take(120).collect();
        let room = shown.chars().count().saturating_sub(before - from).max(1);
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(before - from);
        let mark = "^".repeat(self.length.clamp(1, room));
        Some(format!("  {number} | {shown}\n  {margin} | {indent}{mark}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_a_whole() {
        let place = Place::of_word("SELECT lane\nFROM lane_dom, LANE", "lane_dom");
        assert_eq!(
            place,
            Some(Place {
                line: 2,
                column: 6,
                length: 8
            })
        );
        let place = Place::of_word("SELECT a FROM lane_dom, (LANE)", "lane");
        assert_eq!(
            place,
            Some(Place {
                line: 1,
                column: 26,
                length: 4
            })
        );
        assert_eq!(Place::of_word("SELECT a", "b"), None);
    }

    #[test]
    fn the_mark_stands_below_the_place_even_in_a_long_line() {
        let place = Place {
            line: 2,
            column: 8,
            length: 3,
        };
        assert_eq!(
            place.snippet("x\nSELECT größe").as_deref(),
            Some("  2 | SELECT größe\n    |        ^^^")
        );
        let long = format!("{}hier{}", "a".repeat(500), "b".repeat(500));
        let place = Place {
            line: 1,
            column: 501,
            length: 4,
        };
        let shown = place.snippet(&long).unwrap();
        let (line, mark) = shown.split_once('\n').unwrap();
        assert_eq!(line.find("hier"), mark.find("^^^^"));
        assert!(line.len() < 140);
    }

    #[test]
    fn a_place_outside_of_the_statement_shows_nothing_and_does_not_panic() {
        assert_eq!(
            Place {
                line: 9,
                column: 1,
                length: 1
            }
            .snippet("x"),
            None
        );
        assert!(
            Place {
                line: 1,
                column: 90,
                length: 1
            }
            .snippet("x")
            .is_some()
        );
    }
}
