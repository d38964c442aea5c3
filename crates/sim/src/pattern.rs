//! Matches interface names with wildcards, as Junos takes them in `interface-name`: `et-0/0/*`, `[efgx][et]-*`.

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// `*`: any text.
    Any,
    /// `?`: one character.
    One,
    /// `[a-cx]`, `[^a]` or `[!a]`: one character in, or not in, the ranges.
    Set {
        ranges: Vec<(char, char)>,
        within: bool,
    },
    /// The character itself.
    Letter(char),
}

impl Piece {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Set { ranges, within } => {
                let is_within = ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&letter));
                is_within == *within
            }
            Self::Letter(own) => *own == letter,
        }
    }
}

/// A pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Every text is a pattern: a bracket without its end stands for itself.
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            pieces.push(match (letter, rest.split_once(']')) {
                ('*', _) => Piece::Any,
                ('?', _) => Piece::One,
                ('[', Some((inside, after))) => {
                    rest = after;
                    set(inside)
                }
                _ => Piece::Letter(letter),
            });
        }
        Self(pieces)
    }

    /// Whether a name matches. Steps grow with pattern times name, however many stars there are: after a mismatch only the last star is
    /// tried again, one character longer.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut piece, mut letter) = (0, 0);
        let mut last_star = None;
        while letter < name.len() {
            match self.0.get(piece) {
                Some(Piece::Any) => {
                    last_star = Some((piece, letter));
                    piece += 1;
                }
                Some(one) if one.takes(name[letter]) => {
                    piece += 1;
                    letter += 1;
                }
                _ => {
                    let Some((star, from)) = last_star else {
                        return false;
                    };
                    last_star = Some((star, from + 1));
                    (piece, letter) = (star + 1, from + 1);
                }
            }
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::Any)
    }
}

fn set(inside: &str) -> Piece {
    let (within, inside) = match inside.strip_prefix(['^', '!']) {
        Some(inside) => (false, inside),
        None => (true, inside),
    };
    let letters: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(low) = letters.get(at) {
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(high)) => {
                ranges.push((*low, *high));
                at += 3;
            }
            _ => {
                ranges.push((*low, *low));
                at += 1;
            }
        }
    }
    Piece::Set { ranges, within }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).matches(name)
    }

    #[test]
    fn names_fit_as_in_a_shell() {
        assert!(matches("et-0/0/1", "et-0/0/1"));
        assert!(matches("et-*", "et-0/0/12:1"));
        assert!(matches("*/?", "et-0/0/1"));
        assert!(matches("*", ""));
        assert!(matches("et-0/0/1*", "et-0/0/1"));
        assert!(!matches("et-0/0/?", "et-0/0/12"));
        assert!(!matches("et-0/0/1", "et-0/0/12"));
        assert!(!matches("", "lo0"));
    }

    #[test]
    fn brackets_hold_letters_and_ranges() {
        assert!(matches("[efgx][et]-*", "xe-0/0/0"));
        assert!(!matches("[efgx][et]-*", "lo0"));
        assert!(matches("et-0/0/[0-3]", "et-0/0/2"));
        assert!(!matches("et-0/0/[^0-3]", "et-0/0/2"));
        assert!(matches("et[", "et["));
    }

    #[test]
    fn many_stars_take_little_time() {
        let pattern = "*a".repeat(2_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(1_000)));
    }
}
