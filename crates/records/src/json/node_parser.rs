//! The parser of [`Node`]: RFC 8259, and Python's `NaN`, `Infinity` and `-Infinity` where a number may stand.

use std::borrow::Cow;

use super::node::{Node, Object};

/// Brackets in brackets in brackets…: more than any document has, and no danger to the stack.
const DEEPEST: usize = 128;

/// Where a text stops being JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {expected} was expected")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

impl<'t> Node<'t> {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// [`JsonError`], if the text is not JSON or more than one value.
    pub fn parse(text: &'t [u8]) -> Result<Self, JsonError> {
        let mut parser = Parser::of(text)?;
        let node = parser.value()?;
        parser.end()?;
        Ok(node)
    }

    /// Reads one value; of several, each on a line of its own (JSON lines), makes a list.
    ///
    /// # Errors
    ///
    /// As [`Node::parse`].
    pub fn parse_lines(text: &'t [u8]) -> Result<Self, JsonError> {
        let mut parser = Parser::of(text)?;
        let first = parser.value()?;
        if parser.is_at_end() {
            return Ok(first);
        }
        let mut nodes = vec![first];
        while parser.next_line()? {
            nodes.push(parser.value()?);
        }
        Ok(Self::List(nodes))
    }
}

/// A place in a text that is UTF-8.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Members of the object that was read last: the next one has as many, most likely.
    members: usize,
}

impl<'t> Parser<'t> {
    fn of(bytes: &'t [u8]) -> Result<Self, JsonError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                text,
                at: 0,
                depth: 0,
                members: 0,
            }),
            Err(error) => {
                let valid = &bytes[..error.valid_up_to()];
                Err(place(valid, valid.len(), "text in UTF-8"))
            }
        }
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn expected(&self, what: &'static str) -> JsonError {
        place(self.bytes(), self.at, what)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.at == self.text.len()
    }

    fn end(&mut self) -> Result<(), JsonError> {
        match self.is_at_end() {
            true => Ok(()),
            false => Err(self.expected("the end")),
        }
    }

    /// Goes to the value on a later line; false at the end.
    fn next_line(&mut self) -> Result<bool, JsonError> {
        let here = self.bytes()[..self.at].iter().rev();
        let is_new_line = here
            .copied()
            .take_while(|byte| byte.is_ascii_whitespace())
            .any(|byte| byte == b'\n');
        if self.is_at_end() {
            return Ok(false);
        }
        let before = self.bytes()[..self.at].iter().rev();
        let is_new_line = is_new_line
            || before
                .copied()
                .take_while(|byte| byte.is_ascii_whitespace())
                .any(|byte| byte == b'\n');
        match is_new_line {
            true => Ok(true),
            false => Err(self.expected("the end of the line")),
        }
    }

    fn value(&mut self) -> Result<Node<'t>, JsonError> {
        self.skip_blanks();
        match self.peek() {
            Some(b'"') => Ok(Node::Text(self.quoted()?)),
            Some(b'{') => self.deeper(Self::object),
            Some(b'[') => self.deeper(Self::list),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'n') => self.word("null", Node::Null),
            Some(b'N') => self.word("NaN", Node::Number("NaN".into())),
            Some(b'I') => self.word("Infinity", Node::Number("Infinity".into())),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.expected("a value")),
        }
    }

    fn deeper(
        &mut self,
        read: fn(&mut Self) -> Result<Node<'t>, JsonError>,
    ) -> Result<Node<'t>, JsonError> {
        if self.depth == DEEPEST {
            return Err(self.expected("an end to the nesting"));
        }
        self.at += 1;
        self.depth += 1;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn word(&mut self, word: &'static str, node: Node<'t>) -> Result<Node<'t>, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(node)
    }

    fn number(&mut self) -> Result<Node<'t>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.text[self.at..].starts_with("Infinity") {
                self.at += "Infinity".len();
                return Ok(Node::Number(Cow::Borrowed(&self.text[start..self.at])));
            }
        }
        let first = self.at;
        self.digits()?;
        if self.bytes()[first] == b'0' && self.at > first + 1 {
            self.at = first + 1;
            return Err(self.expected("a point behind a leading 0"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Node::Number(Cow::Borrowed(&self.text[start..self.at])))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => Err(self.expected("a digit")),
        }
    }

    fn list(&mut self) -> Result<Node<'t>, JsonError> {
        let mut items = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.is_last(b']', "`,` or `]`")? {
                return Ok(Node::List(items));
            }
        }
    }

    fn object(&mut self) -> Result<Node<'t>, JsonError> {
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Node::Object(Object::default()));
        }
        // A text of a few bytes must not ask for much memory.
        let mut members = Vec::with_capacity(self.members.min(64));
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a name in quotes"));
            }
            let key = self.quoted()?;
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.expected("`:`"));
            }
            self.at += 1;
            members.push((key, self.value()?));
            if self.is_last(b'}', "`,` or `}`")? {
                self.members = members.len();
                return Ok(Node::Object(Object(members)));
            }
        }
    }

    /// Goes past a comma (then false) or the bracket that closes.
    fn is_last(&mut self, close: u8, expected: &'static str) -> Result<bool, JsonError> {
        self.skip_blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.expected(expected)),
        }
    }

    fn quoted(&mut self) -> Result<Cow<'t, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        let rest = &self.bytes()[start..];
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\') || *byte < 0x20)
            .map_or(self.text.len(), |length| start + length);
        self.at = end;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        let mut content = self.text[start..end].to_owned();
        loop {
            let begin = self.at;
            let plain = self.bytes()[begin..]
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\') || *byte < 0x20)
                .map_or(self.text.len(), |length| begin + length);
            content.push_str(&self.text[begin..plain]);
            self.at = plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(content));
                }
                Some(b'\\') => {
                    self.at += 1;
                    content.push(self.escaped()?);
                }
                _ => return Err(self.expected("the end of the text, `\"`,")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        let letter = match self.peek() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.numbered();
            }
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        Ok(letter)
    }

    /// `\uXXXX`, or two of them for a character beyond. Half of such a pair is no character, and Python writes it all the same.
    fn numbered(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        let is_high = (0xd800..0xdc00).contains(&first);
        if is_high && self.text[self.at..].starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4);
        let is_hex = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = digits
            .filter(is_hex)
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        match code {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.expected("four hexadecimal digits")),
        }
    }
}

fn place(bytes: &[u8], at: usize, expected: &'static str) -> JsonError {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    JsonError {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: before.len() - line_start + 1,
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same value as `serde_json` reads it.
    fn same(node: &Node<'_>, json: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (node, json) {
            (Node::Null, Json::Null) => true,
            (Node::Bool(a), Json::Bool(b)) => a == b,
            (Node::Number(a), Json::Number(b)) => {
                a.parse::<serde_json::Number>().is_ok_and(|a| a == *b)
            }
            (Node::Text(a), Json::String(b)) => a == b,
            (Node::List(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Node::Object(a), Json::Object(b)) => {
                let known =
                    |(key, json): (&String, &Json)| a.get(key).is_some_and(|node| same(node, json));
                b.iter().all(known) && a.iter().all(|(key, _)| b.contains_key(key))
            }
            _ => false,
        }
    }

    /// Python's words are the only thing that serde_json does not know, and half a surrogate pair.
    fn agrees(text: &str) -> bool {
        match (
            Node::parse(text.as_bytes()),
            serde_json::from_str::<serde_json::Value>(text),
        ) {
            (Ok(node), Ok(json)) => same(&node, &json),
            (Ok(_), Err(_)) => ["Infinity", "NaN", "\\u", "e", "E"]
                .iter()
                .any(|word| text.contains(word)),
            (Err(_), Ok(_)) => false,
            (Err(_), Err(_)) => true,
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_as_serde_json_reads_it(text in "[\\[\\]{}\",:0-9eE.+ \\-\\\\utrfalsn\n]{0,24}") {
            proptest::prop_assert!(agrees(&text), "{}", text);
        }

        #[test]
        fn any_text_in_quotes_is_read_as_serde_json_reads_it(content in "\\PC{0,12}") {
            let text = serde_json::to_string(&[content]).unwrap();
            proptest::prop_assert!(agrees(&text), "{}", text);
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "01",
            "1.",
            ".5",
            "-",
            "1e",
            "+1",
            "tr",
            "nul",
            "[1,]",
            "{\"a\":}",
            "{a: 1}",
            "\"",
            "\"\\x\"",
            "\"\n\"",
            "[1 2]",
            "- Infinity",
            "\"\\u12\"",
            "{\"a\": 1,}",
            "{} x",
        ] {
            assert!(Node::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Node::parse(b"\"\xff\"").is_err());
        assert!(Node::parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(Node::parse(format!("{}{}", "[".repeat(100), "]".repeat(100)).as_bytes()).is_ok());
    }

    #[test]
    fn half_a_pair_is_a_sign_for_one() {
        let node = Node::parse(br#"["\ud83d", "\ud83dx", "\ud83d\u0041"]"#).unwrap();
        let expected = ["\u{fffd}", "\u{fffd}x", "\u{fffd}A"].map(|text| Node::Text(text.into()));
        assert_eq!(node, Node::List(expected.into()));
    }
}
