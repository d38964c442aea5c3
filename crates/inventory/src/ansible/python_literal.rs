//! Parses Python literals and shell words, in which INI inventories write values and lines.

use std::collections::HashMap;

use crate::yaml::{Key, Node, Value};

/// How deep brackets may be nested.
const DEEPEST: usize = 100;

/// The value that Python's `ast.literal_eval` gives, else `None`: then the text stands for itself.
pub(super) fn literal(text: &str) -> Option<Value> {
    let mut reader = Reader {
        rest: text.trim_start_matches([' ', '\t']),
        depth: 0,
    };
    let first = reader.value()?;
    reader.skip();
    // A tuple needs no brackets around it.
    if reader.eats(',') {
        let mut nodes = vec![Node::from_value(first)];
        loop {
            reader.skip();
            if reader.rest.is_empty() {
                return Some(Value::List(nodes));
            }
            nodes.push(Node::from_value(reader.value()?));
            reader.skip();
            if !reader.eats(',') {
                break;
            }
        }
        return reader.rest.is_empty().then_some(Value::List(nodes));
    }
    reader.rest.is_empty().then_some(first)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// White space; within brackets, line breaks and comments too.
    fn skip(&mut self) {
        loop {
            self.rest = if self.depth > 0 {
                self.rest.trim_start()
            } else {
                self.rest.trim_start_matches([' ', '\t'])
            };
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self
                .rest
                .find('\n')
                .and_then(|end| self.rest.get(end..))
                .unwrap_or_default();
        }
    }

    fn eats(&mut self, letter: char) -> bool {
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '[' => self.sequence('[', ']').map(|(nodes, _)| Value::List(nodes)),
            '(' => {
                let (mut nodes, has_comma) = self.sequence('(', ')')?;
                match nodes.len() {
                    1 if !has_comma => nodes.pop().map(|node| node.value),
                    _ => Some(Value::List(nodes)),
                }
            }
            '{' => self.dictionary(),
            '+' | '-' => {
                let negative = self.rest.starts_with('-');
                self.rest = self.rest.get(1..)?;
                match (self.unsigned()?, negative) {
                    (Value::Integer(number), true) => number.checked_neg().map(Value::Integer),
                    (Value::Float(number), true) => Some(Value::Float(-number)),
                    (number, _) => Some(number),
                }
            }
            letter if letter.is_ascii_digit() || letter == '.' => self.number(),
            _ => self.word(),
        }
    }

    /// The number behind a sign, which may stand in parentheses. Python takes one sign: `--5` is no literal.
    fn unsigned(&mut self) -> Option<Value> {
        self.skip();
        let outside = self.depth;
        while self.eats('(') {
            self.depth += 1;
            self.skip();
        }
        let first = self.rest.chars().next()?;
        let number = (first.is_ascii_digit() || first == '.').then(|| self.number())??;
        while self.depth > outside {
            self.skip();
            self.eats(')').then_some(())?;
            self.depth -= 1;
        }
        Some(number)
    }

    fn sequence(&mut self, open: char, close: char) -> Option<(Vec<Node>, bool)> {
        self.eats(open).then_some(())?;
        self.depth += 1;
        let (mut nodes, mut has_comma) = (Vec::new(), false);
        loop {
            self.skip();
            if self.eats(close) {
                break;
            }
            if self.depth > DEEPEST || (!nodes.is_empty() && !has_comma) {
                return None;
            }
            nodes.push(Node::from_value(self.value()?));
            self.skip();
            let comma = self.eats(',');
            has_comma |= comma;
            if !comma {
                self.skip();
                if !self.eats(close) {
                    return None;
                }
                break;
            }
        }
        self.depth -= 1;
        Some((nodes, has_comma))
    }

    /// A dictionary or a set; a set becomes a list.
    fn dictionary(&mut self) -> Option<Value> {
        self.eats('{').then_some(())?;
        self.depth += 1;
        let (mut entries, mut members) = (Vec::<(Key, Node)>::new(), Vec::new());
        let mut places: HashMap<String, usize> = HashMap::new();
        loop {
            self.skip();
            if self.eats('}') {
                break;
            }
            if self.depth > DEEPEST {
                return None;
            }
            let key = self.value()?;
            self.skip();
            if members.is_empty() && self.eats(':') {
                let value = Node::from_value(self.value()?);
                let name = Node::from_value(key).text()?;
                // A key that is given twice keeps its place and takes the later value.
                match places.get(&name).and_then(|place| entries.get_mut(*place)) {
                    Some((_, known)) => *known = value,
                    None => {
                        places.insert(name.clone(), entries.len());
                        let key = Key {
                            line: 0,
                            name,
                            is_plain: false,
                        };
                        entries.push((key, value));
                    }
                }
            } else if entries.is_empty() {
                members.push(Node::from_value(key));
            } else {
                return None;
            }
            self.skip();
            if !self.eats(',') {
                if !self.eats('}') {
                    return None;
                }
                break;
            }
        }
        self.depth -= 1;
        Some(if members.is_empty() {
            Value::Map(entries)
        } else {
            Value::List(members)
        })
    }

    fn number(&mut self) -> Option<Value> {
        let end = self.number_end();
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if text.starts_with('_')
            || text.ends_with('_')
            || text.contains("__")
            || text.contains("_.")
            || text.contains("._")
        {
            return None;
        }
        let digits: String = text.chars().filter(|letter| *letter != '_').collect();
        let lower = digits.to_ascii_lowercase();
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(number) = lower.strip_prefix(prefix) {
                return i128::from_str_radix(number, base).ok().map(Value::Integer);
            }
        }
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // Python refuses a leading zero, but takes `00`.
            let is_octal = digits.len() > 1
                && digits.starts_with('0')
                && digits.bytes().any(|byte| byte != b'0');
            return if is_octal {
                None
            } else {
                digits.parse().ok().map(Value::Integer)
            };
        }
        if digits == "." {
            return None;
        }
        digits.parse().ok().map(Value::Float)
    }

    fn number_end(&self) -> usize {
        let bytes = self.rest.as_bytes();
        let is_based = bytes.first() == Some(&b'0')
            && matches!(bytes.get(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let after_exponent = at > 0 && matches!(bytes.get(at - 1), Some(b'e' | b'E'));
            let goes_on = byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'.')
                || (!is_based && after_exponent && matches!(byte, b'+' | b'-'));
            if !goes_on {
                break;
            }
            at += 1;
        }
        at
    }

    /// A name that Python knows, or strings, several of which stand for one.
    fn word(&mut self) -> Option<Value> {
        for (word, value) in [
            ("True", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("None", Value::Null),
        ] {
            if let Some(rest) = self.rest.strip_prefix(word)
                && !rest.starts_with(|letter: char| letter == '_' || letter.is_alphanumeric())
            {
                self.rest = rest;
                return Some(value);
            }
        }
        let mut whole = self.string()?;
        loop {
            self.skip();
            if self.rest.is_empty() || !self.is_string() {
                return Some(Value::Text(whole));
            }
            whole += &self.string()?;
        }
    }

    fn is_string(&self) -> bool {
        let word = self
            .rest
            .trim_start_matches(|letter: char| "rRbBuU".contains(letter));
        self.rest.len() - word.len() <= 2 && word.starts_with(['\'', '"'])
    }

    fn string(&mut self) -> Option<String> {
        if !self.is_string() {
            return None;
        }
        let body = self
            .rest
            .trim_start_matches(|letter: char| "rRbBuU".contains(letter));
        let prefix = self.rest.get(..self.rest.len() - body.len())?;
        let is_raw = prefix.contains(['r', 'R']);
        let quote = body.get(..1)?;
        let triple = quote.repeat(3);
        let quote = if body.starts_with(&triple) {
            triple.as_str()
        } else {
            quote
        };
        let mut rest = body.get(quote.len()..)?;
        let mut text = String::new();
        loop {
            if let Some(after) = rest.strip_prefix(quote) {
                self.rest = after;
                return Some(text);
            }
            let letter = rest.chars().next()?;
            rest = rest.get(letter.len_utf8()..)?;
            match letter {
                '\n' if quote.len() == 1 => return None,
                '\\' if is_raw => {
                    let next = rest.chars().next()?;
                    rest = rest.get(next.len_utf8()..)?;
                    text.extend(['\\', next]);
                }
                '\\' => rest = escape(rest, &mut text)?,
                letter => text.push(letter),
            }
        }
    }
}

/// What a backslash stands for with what comes after it; gives what is left.
pub(super) fn escape<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let letter = rest.chars().next()?;
    let after = rest.get(letter.len_utf8()..)?;
    let coded = |digits: usize| -> Option<(char, &'a str)> {
        let code = u32::from_str_radix(after.get(..digits)?, 16).ok()?;
        Some((char::from_u32(code)?, after.get(digits..)?))
    };
    let (letter, after) = match letter {
        '\n' => return Some(after),
        'n' => ('\n', after),
        't' => ('\t', after),
        'r' => ('\r', after),
        'a' => ('\u{7}', after),
        'b' => ('\u{8}', after),
        'f' => ('\u{c}', after),
        'v' => ('\u{b}', after),
        '\\' | '\'' | '"' => (letter, after),
        'x' => coded(2)?,
        'u' => coded(4)?,
        'U' => coded(8)?,
        '0'..='7' => {
            let end = rest
                .bytes()
                .take(3)
                .take_while(|byte| (b'0'..=b'7').contains(byte))
                .count();
            let code = u32::from_str_radix(rest.get(..end)?, 8).ok()?;
            (char::from_u32(code)?, rest.get(end..)?)
        }
        other => {
            text.push('\\');
            (other, after)
        }
    };
    text.push(letter);
    Some(after)
}

/// A line's words as a shell would see them, without a comment at its end; `None` where a quote is not closed.
pub(super) fn shell_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '#' => break,
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '\'' => break,
                        letter => word.push(letter),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '"' => break,
                        '\\' => match letters.next()? {
                            letter @ ('"' | '\\') => word.push(letter),
                            other => word.extend(['\\', other]),
                        },
                        letter => word.push(letter),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_what_python_takes_them_for() {
        let shown: Vec<_> = [
            "830",
            "0830",
            "0x1F",
            "1_000",
            "1.5",
            "1e3",
            ".5",
            "-7",
            "True",
            "true",
            "None",
            "'a b'",
            "\"it's\"",
            "'a' 'b'",
            "[1, 'b', None]",
            "{'a': 1, 'b': [2]}",
            "(1, 2)",
            "(1)",
            "1, 2",
            "{1, 2}",
            "abc",
            "a-b",
            "192.0.2.1",
            "'open",
            "r'\\d'",
            "'\\x41\\n'",
            "1 # one",
            "",
            "'a'b",
            "[1 2]",
            "yes",
            "+3",
            "- 3",
            "1+2",
            "00",
            "'''a'''",
            "[[[",
            "{'a' 1}",
            "--5",
            "-+5",
            "+ -5",
            "-(5)",
            "-((2.5))",
            "-(-5)",
            "-(5",
            "-True",
            "[-(\n5), 1]",
            "{'a': 1, 'b': 2, 'a': 3}",
        ]
        .into_iter()
        .map(|text| {
            format!(
                "{text} = {}",
                literal(text).map_or_else(|| "-".to_owned(), |value| format!("{value:?}"))
            )
        })
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        830 = 830
        0830 = -
        0x1F = 31
        1_000 = 1000
        1.5 = 1.5
        1e3 = 1000.0
        .5 = 0.5
        -7 = -7
        True = true
        true = -
        None = null
        'a b' = "a b"
        "it's" = "it's"
        'a' 'b' = "ab"
        [1, 'b', None] = [Node { line: 0, value: 1 }, Node { line: 0, value: "b" }, Node { line: 0, value: null }]
        {'a': 1, 'b': [2]} = [(Key { line: 0, name: "a", is_plain: false }, Node { line: 0, value: 1 }), (Key { line: 0, name: "b", is_plain: false }, Node { line: 0, value: [Node { line: 0, value: 2 }] })]
        (1, 2) = [Node { line: 0, value: 1 }, Node { line: 0, value: 2 }]
        (1) = 1
        1, 2 = [Node { line: 0, value: 1 }, Node { line: 0, value: 2 }]
        {1, 2} = [Node { line: 0, value: 1 }, Node { line: 0, value: 2 }]
        abc = -
        a-b = -
        192.0.2.1 = -
        'open = -
        r'\d' = "\\d"
        '\x41\n' = "A\n"
        1 # one = 1
         = -
        'a'b = -
        [1 2] = -
        yes = -
        +3 = 3
        - 3 = -3
        1+2 = -
        00 = 0
        '''a''' = "a"
        [[[ = -
        {'a' 1} = -
        --5 = -
        -+5 = -
        + -5 = -
        -(5) = -5
        -((2.5)) = -2.5
        -(-5) = -
        -(5 = -
        -True = -
        [-(
        5), 1] = [Node { line: 0, value: -5 }, Node { line: 0, value: 1 }]
        {'a': 1, 'b': 2, 'a': 3} = [(Key { line: 0, name: "a", is_plain: false }, Node { line: 0, value: 3 }), (Key { line: 0, name: "b", is_plain: false }, Node { line: 0, value: 2 })]
        "#);
    }

    #[test]
    fn no_text_nests_deep_enough_to_exhaust_the_stack() {
        for open in ["-", "+", "-(", "[", "(", "{", "{1:", "[-", "'a'"] {
            drop(literal(&open.repeat(200_000)));
        }
        assert_eq!(literal(&"-".repeat(200_000)), None);
    }

    #[test]
    fn words_are_what_a_shell_takes_them_for() {
        let shown: Vec<_> = [
            "leaf-01 a=b  c='d e'",
            "x a=\"q \\\" r\" # no",
            "x a=b#c",
            "x a=\\ b",
            "x ''",
            "x a='open",
            "# all",
        ]
        .into_iter()
        .map(|text| format!("{text} = {:?}", shell_words(text)))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        leaf-01 a=b  c='d e' = Some(["leaf-01", "a=b", "c=d e"])
        x a="q \" r" # no = Some(["x", "a=q \" r"])
        x a=b#c = Some(["x", "a=b"])
        x a=\ b = Some(["x", "a= b"])
        x '' = Some(["x", ""])
        x a='open = None
        # all = Some([])
        "#);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[-'\"\\\\a-crxu0-9.e_{}\\[\\](), :#\nTrueé]{0,24}") {
            drop(literal(&text));
            drop(shell_words(&text));
        }
    }
}
