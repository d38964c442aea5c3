//! JSON text → a tree that borrows from it, and back.
//!
//! Documents come from Python as well, whose `json` writes `-Infinity` and `NaN`, which RFC 8259 does not have. They are read, and
//! written again as they were. A number stays the text that it was written as: a counter of 19 digits loses none of them, and
//! `59538523.0` stays what it is. Members keep their order.

use std::borrow::Cow;
use std::fmt;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written, `-Infinity`, `Infinity` and `NaN` included.
    Number(Cow<'t, str>),
    /// A text, its escapes resolved.
    Text(Cow<'t, str>),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(Object<'t>),
}

/// An object, its members in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<'t>(pub(super) Vec<(Cow<'t, str>, Node<'t>)>);

impl<'t> Node<'t> {
    /// The same value, holding its own text.
    pub fn into_owned(self) -> Node<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Node::Null,
            Self::Bool(truth) => Node::Bool(truth),
            Self::Number(text) => Node::Number(owned(text)),
            Self::Text(text) => Node::Text(owned(text)),
            Self::List(items) => Node::List(items.into_iter().map(Self::into_owned).collect()),
            Self::Object(object) => Node::Object(Object(
                object
                    .0
                    .into_iter()
                    .map(|(key, node)| (owned(key), node.into_owned()))
                    .collect(),
            )),
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members, of an object.
    pub fn as_object(&self) -> Option<&Object<'t>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The member of this name, of an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// A whole number, also one that is written as text or with a point.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        let (Self::Number(text) | Self::Text(text)) = self else {
            return None;
        };
        crate::value::counter(text).value()
    }

    /// What a sentence calls it: `an object with the keys a, b`, `a list of 3`.
    pub(crate) fn described(&self) -> String {
        const MOST_KEYS: usize = 5;
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(_) => "a number".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::List(items) => match items.as_slice() {
                [] => "an empty list".to_owned(),
                [one] => format!("a list of {}", one.described()),
                [first, ..] => {
                    format!("a list of {}, the first {}", items.len(), first.described())
                }
            },
            Self::Object(object) if object.0.is_empty() => "an empty object".to_owned(),
            Self::Object(object) => {
                let keys = object.0.iter().take(MOST_KEYS);
                let keys: Vec<_> = keys
                    .map(|(key, _)| format!("`{}`", crate::note::shortened(key)))
                    .collect();
                let more = match object.0.len().saturating_sub(MOST_KEYS) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let word = if object.0.len() == 1 { "key" } else { "keys" };
                format!("an object with the {word} {}{more}", keys.join(", "))
            }
        }
    }

    /// The text of it over several lines, with a line break at its end.
    pub fn to_pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, Some(0));
        text.push('\n');
        text
    }

    fn write(&self, text: &mut String, depth: Option<usize>) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::Text(content) => quote(text, content),
            Self::List(items) => {
                let items = items.iter().map(|item| (None, item));
                write_all(text, ['[', ']'], items, depth);
            }
            Self::Object(object) => {
                let members = object.0.iter().map(|(key, node)| (Some(&**key), node));
                write_all(text, ['{', '}'], members, depth);
            }
        }
    }
}

/// What is between two brackets; on lines of their own where there is a depth.
fn write_all<'n, 't: 'n>(
    text: &mut String,
    [open, close]: [char; 2],
    inner: impl ExactSizeIterator<Item = (Option<&'n str>, &'n Node<'t>)>,
    depth: Option<usize>,
) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth * 2));
    };
    let is_empty = inner.len() == 0;
    text.push(open);
    for (at, (key, node)) in inner.enumerate() {
        text.push_str(match (at, depth) {
            (0, _) => "",
            (_, Some(_)) => ",",
            (_, None) => ", ",
        });
        if let Some(depth) = depth {
            line(text, depth + 1);
        }
        if let Some(key) = key {
            quote(text, key);
            text.push_str(": ");
        }
        node.write(text, depth.map(|depth| depth + 1));
    }
    if let Some(depth) = depth.filter(|_| !is_empty) {
        line(text, depth);
    }
    text.push(close);
}

/// A text with its quotes and escapes.
fn quote(text: &mut String, content: &str) {
    use fmt::Write as _;
    text.push('"');
    for letter in content.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            letter if u32::from(letter) < 0x20 => {
                write!(text, "\\u{:04x}", u32::from(letter)).ok();
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
}

/// On one line, as JSON lines have it.
impl fmt::Display for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text, None);
        formatter.write_str(&text)
    }
}

impl<'t> Object<'t> {
    /// The member of this name; of several the last, as Python has it.
    pub fn get(&self, key: &str) -> Option<&Node<'t>> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node<'t>> {
        let found = self.0.iter_mut().rev().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    /// Whether there is a member of this name.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Gives a member this value; a new one comes last.
    pub fn insert(&mut self, key: &str, node: Node<'t>) {
        match self.get_mut(key) {
            Some(old) => *old = node,
            None => self.0.push((Cow::Owned(key.to_owned()), node)),
        }
    }

    /// The members, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node<'t>)> {
        self.0.iter().map(|(key, node)| (&**key, node))
    }

    /// The values, to be changed, with their names.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node<'t>)> {
        self.0.iter_mut().map(|(key, node)| (&**key, node))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::JsonError;
    use super::*;

    fn parsed(text: &str) -> Result<Node<'_>, JsonError> {
        Node::parse(text.as_bytes())
    }

    #[test]
    fn what_python_writes_is_read_and_written_as_it_was() {
        let text = r#"{"rx": -Infinity, "tx": NaN, "max": Infinity, "counter": 59538523.0, "big": 9223372036854775807, "name": "Gr\u00fc\u00dfe \ud83d\ude00\n\u0000"}"#;
        let node = parsed(text).unwrap();
        assert_eq!(node.get("rx"), Some(&Node::Number("-Infinity".into())));
        assert_eq!(node.get("name").unwrap().as_text(), Some("Grüße 😀\n\0"));
        let line = node.to_string();
        assert_eq!(
            line,
            "{\"rx\": -Infinity, \"tx\": NaN, \"max\": Infinity, \"counter\": 59538523.0, \"big\": 9223372036854775807, \
             \"name\": \"Grüße 😀\\n\\u0000\"}"
        );
        assert_eq!(parsed(&line).unwrap(), node);
        assert_eq!(parsed(&node.to_pretty()).unwrap(), node);
        let nested = parsed("{\"a\":[1,{}],\"b\":[]}").unwrap().to_pretty();
        assert_eq!(
            nested,
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n"
        );
    }

    #[test]
    fn the_last_of_two_members_of_a_name_counts_and_an_insert_replaces_it() {
        let mut node = parsed(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
        assert_eq!(node.get("a"), Some(&Node::Number("3".into())));
        let Node::Object(object) = &mut node else {
            panic!()
        };
        object.insert("a", Node::Bool(true));
        object.insert("c", Node::Null);
        assert_eq!(
            node.to_string(),
            r#"{"a": 1, "b": 2, "a": true, "c": null}"#
        );
    }

    #[test]
    fn several_lines_are_a_list() {
        let lines = Node::parse_lines(b"{\"a\": 1}\n{\"a\": 2}\n\n").unwrap();
        assert_eq!(lines.to_string(), r#"[{"a": 1}, {"a": 2}]"#);
        assert_eq!(
            Node::parse_lines(b" {\"a\": 1}\n").unwrap().to_string(),
            r#"{"a": 1}"#
        );
        assert!(
            Node::parse_lines(b"{} {}").is_err(),
            "one line holds one value"
        );
        assert!(parsed("{}\n{}").is_err());
    }

    #[test]
    fn a_place_in_the_text_is_told() {
        let error = parsed("{\"a\": 1,\n \"b\" 2}").unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 6: `:` was expected");
    }
}
