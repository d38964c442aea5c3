//! Telling code from comments and string literals, for the rules that look for words.
//!
//! Not a parser: it knows where comments, strings and characters begin and end, and blanks them out in place, so that
//! lines and columns stay what they were.

/// Blanks comments.
pub(super) fn without_comments(text: &str) -> String {
    blanked(text, |kind| kind == Kind::Comment)
}

/// Blanks comments and the contents of string literals.
pub(super) fn code_alone(text: &str) -> String {
    blanked(text, |kind| kind != Kind::Code)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

fn blanked(text: &str, blank: impl Fn(Kind) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_word = false;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next_piece(rest, first, in_word);
        let (piece, after) = rest.split_at(length);
        if blank(kind) {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(piece);
        }
        in_word = kind == Kind::Code && (first.is_alphanumeric() || first == '_');
        rest = after;
    }
    out
}

/// The kind and length of what `rest` begins with; plain code comes one character at a time.
fn next_piece(rest: &str, first: char, in_word: bool) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if first == '"' {
        return (Kind::Literal, string(rest));
    }
    if first == '\'' {
        return character(rest).map_or((Kind::Code, 1), |length| (Kind::Literal, length));
    }
    if !in_word && let Some(length) = raw_string(rest) {
        return (Kind::Literal, length);
    }
    (Kind::Code, first.len_utf8())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match here.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => break,
            }
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal, or nothing when the quote begins a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        let (escaped, _) = characters.next()?;
        return rest
            .get(escaped + 1..)?
            .find('\'')
            .map(|at| escaped + 1 + at + 1);
    }
    let (at, second) = characters.next()?;
    (second == '\'').then_some(at + 1)
}

/// `r"…"`, `r#"…"#` and the same with a `b` or a `c` before.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = usize::from(rest.starts_with(['b', 'c']));
    let hashes_begin = prefix + rest.get(prefix..)?.strip_prefix('r').map(|_| 1)?;
    let hashes = rest
        .get(hashes_begin..)?
        .bytes()
        .take_while(|&byte| byte == b'#')
        .count();
    let contents = hashes_begin + hashes + 1;
    if rest.get(hashes_begin + hashes..contents)? != "\"" {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let found = rest.get(contents..)?.find(&end)?;
    Some(contents + found + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left, runs of blanks as one; the length must not have changed.
    fn left(text: &str, blanked: &str) -> String {
        assert_eq!(text.len(), blanked.len());
        blanked.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn assert_code(text: &str, expected: &str) {
        assert_eq!(left(text, &code_alone(text)), expected);
    }

    #[test]
    fn comments_go_and_lines_stay() {
        let text = "a // one\n/* two /* three */\n */ b";
        assert_eq!(left(text, &without_comments(text)), "a b");
        assert_eq!(without_comments(text).lines().count(), text.lines().count());
    }

    #[test]
    fn a_slash_in_a_string_is_no_comment_and_a_quote_in_a_comment_no_string() {
        let text = "x(\"//no\") // \" yes";
        assert_eq!(left(text, &without_comments(text)), "x(\"//no\")");
        assert_code("a(\"b \\\" c\") d", "a( ) d");
    }

    #[test]
    fn raw_strings_end_where_their_hashes_say() {
        assert_code("f(r#\"x \" y\"#) z", "f( ) z");
        assert_code("for\"x\" br\"\\\" y", "for y");
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        assert_code("&'a str, '\"', '\\'', b", "&'a str, , , b");
    }
}
