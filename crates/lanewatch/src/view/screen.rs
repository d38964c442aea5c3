//! What the terminal shows: how wide it is, whether it has colour, and which letters its locale knows.

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal as _};

/// A verdict that is good.
pub(super) const GOOD: &str = "ok";
/// A verdict that is bad.
pub(super) const BAD: &str = "FAILED";
/// The severity of a finding that is beyond an alarm threshold.
pub(super) const ALARM: &str = "ALARM";
/// The severity of a finding that is beyond a warning threshold.
pub(super) const WARNING: &str = "warning";

/// Whether verdicts and severities are coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set (no-color.org) or the terminal is dumb.
    #[default]
    Auto,
    /// Always, also into a file or a pipe.
    Always,
    /// Never.
    Never,
}

/// Where a person reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    /// The width in columns; none where lines may be as long as they like: in a file or a pipe.
    pub(crate) width: Option<usize>,
    /// Whether verdicts and severities are coloured.
    pub(crate) has_colour: bool,
    /// Whether our own lines and dashes are plain ASCII.
    pub(crate) is_ascii: bool,
}

impl Screen {
    /// The screen behind standard output.
    pub(crate) fn of_stdout(color: ColorChoice) -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_terminal = io::stdout().is_terminal();
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let size = console::Term::stdout().size_checked();
        Self {
            width: size
                .filter(|_| is_terminal)
                .map(|(_, columns)| columns.into()),
            has_colour: match color {
                ColorChoice::Auto => is_terminal && !set("NO_COLOR") && !is_dumb,
                ColorChoice::Always => true,
                ColorChoice::Never => false,
            },
            is_ascii: is_ascii(|name| env::var(name).ok()),
        }
    }

    /// The text as this screen shows it.
    pub(crate) fn shown(self, text: &str) -> Cow<'_, str> {
        let text = if self.is_ascii && !text.is_ascii() {
            Cow::Owned(plain(text))
        } else {
            Cow::Borrowed(text)
        };
        match self.has_colour {
            true => Cow::Owned(paint(&text)),
            false => text,
        }
    }
}

/// The screens that snapshots are taken on, each with the end of its snapshot's name: `80`, `80_colour`.
#[cfg(test)]
pub(super) fn screens_of_snapshots() -> impl Iterator<Item = (Screen, usize, String)> {
    let with_colour = |width: usize| [(width, false), (width, true)];
    [80, 120, 200]
        .into_iter()
        .flat_map(with_colour)
        .map(|(width, has_colour)| {
            let screen = Screen {
                width: Some(width),
                has_colour,
                is_ascii: false,
            };
            let colour = if has_colour { "_colour" } else { "" };
            (screen, width, format!("{width}{colour}"))
        })
}

/// Whether the locale says that letters beyond ASCII are not shown. A locale that is not set says nothing.
fn is_ascii(variable: impl Fn(&str) -> Option<String>) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let charset = locale.map(|locale| locale.to_lowercase());
    charset.is_some_and(|locale| !locale.contains("utf-8") && !locale.contains("utf8"))
}

/// Our own letters in ASCII; a letter of somebody else's becomes a question mark.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if letter.is_ascii() => plain.push(letter),
            '─' | '–' | '—' | '━' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '≤' => plain.push_str("<="),
            '≥' => plain.push_str(">="),
            'µ' | 'μ' => plain.push('u'),
            '°' => plain.push_str("deg "),
            '×' => plain.push('x'),
            '’' | '‘' => plain.push('\''),
            '“' | '”' => plain.push('"'),
            _ => plain.push('?'),
        }
    }
    plain
}

/// Verdicts and severities in colour, where they stand as words of a table.
fn paint(text: &str) -> String {
    const PLAIN: &str = "\u{1b}[0m";
    const COLOURS: [(&str, &str); 4] = [
        (GOOD, "\u{1b}[32m"),
        (BAD, "\u{1b}[31m"),
        (ALARM, "\u{1b}[31m"),
        (WARNING, "\u{1b}[33m"),
    ];
    let mut painted = format!("{text} ");
    for (word, colour) in COLOURS {
        // A cell has a blank on either side; columns are parted by more than one, so no blank belongs to two cells.
        painted = painted.replace(&format!(" {word} "), &format!(" {colour}{word}{PLAIN} "));
    }
    painted.pop();
    painted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_painted_and_other_words_are_not() {
        let painted = paint(" leaf   ok   FAILED 1/5\n took");
        assert_eq!(
            painted,
            " leaf   \u{1b}[32mok\u{1b}[0m   \u{1b}[31mFAILED\u{1b}[0m 1/5\n took"
        );
    }

    #[test]
    fn the_first_variable_that_is_set_names_the_locale() {
        let with = |set: &[(&str, &str)]| {
            is_ascii(|name| {
                let found = set.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[("LANG", "C")]) && with(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]));
        assert!(with(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(
            !with(&[]) && !with(&[("LANG", "")]) && !with(&[("LC_ALL", "C.UTF-8"), ("LANG", "C")])
        );
    }

    #[test]
    fn ascii_is_all_that_is_left() {
        let screen = Screen {
            is_ascii: true,
            ..Screen::default()
        };
        assert_eq!(
            screen.shown("a ─ – … 3 µm größe").as_ref(),
            "a - - ... 3 um gr??e"
        );
        assert_eq!(Screen::default().shown("größe").as_ref(), "größe");
    }
}
