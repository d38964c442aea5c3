//! YAML with line numbers.
//!
//! Whoever wrote a mistake must be told on which line it stands, also when the mistake is no YAML error: a name that means nothing, a
//! port that is no number. So a document is read into nodes that know their line, and the readers of inventories walk those.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A value and the line on which it begins, from 1; 0 for an empty document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: u64,
    pub(crate) value: Value,
}

/// What stands there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// In the order of the document.
    Map(Vec<(Key, Node)>),
    List(Vec<Node>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Null,
}

/// A key and its line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) line: u64,
    pub(crate) name: String,
}

impl Node {
    /// Reads one document.
    ///
    /// # Errors
    ///
    /// The parser's words, with line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parsed = serde_saphyr::from_str::<Spanned<Value>>(text);
        parsed.map(Self::from).map_err(|error| explain(&error))
    }

    /// What kind of thing stands here, as the middle of a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Text(_) => "text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Bool(_) => "a truth value",
            Value::Null => "nothing",
        }
    }

    /// The same on one line, in the same order: JSON, which is YAML too.
    pub(crate) fn to_line(&self) -> String {
        // Writing a text or a number as JSON cannot fail.
        let scalar = |text: Result<String, serde_json::Error>| text.unwrap_or_default();
        match &self.value {
            Value::Map(entries) => {
                let member = |(key, node): &(Key, Self)| {
                    format!(
                        "{}: {}",
                        scalar(serde_json::to_string(&key.name)),
                        node.to_line()
                    )
                };
                let members: Vec<_> = entries.iter().map(member).collect();
                format!("{{{}}}", members.join(", "))
            }
            Value::List(nodes) => {
                let nodes: Vec<_> = nodes.iter().map(Self::to_line).collect();
                format!("[{}]", nodes.join(", "))
            }
            Value::Text(text) => scalar(serde_json::to_string(text)),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => scalar(serde_json::to_string(number)),
            Value::Bool(truth) => truth.to_string(),
            Value::Null => "null".to_owned(),
        }
    }

    /// The value as text, if it is a scalar: `832` and `"832"` alike.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Map(_) | Value::List(_) | Value::Null => None,
        }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self {
            line: spanned.referenced.line(),
            value: spanned.value,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping, a list or a scalar")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<KeyText>>()? {
            let value = map.next_value::<Spanned<Value>>()?;
            entries.push((
                Key {
                    line: key.referenced.line(),
                    name: key.value.0,
                },
                value.into(),
            ));
        }
        Ok(Value::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<Spanned<Value>>()? {
            entries.push(entry.into());
        }
        Ok(Value::List(entries))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
}

/// The parser's words as the end of a sentence that has named the file: place and cause, never the lines around, for a password may
/// stand on one of them.
pub(crate) fn explain(error: &serde_saphyr::Error) -> String {
    let words = error.to_string();
    let first = words.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

/// A key as text, whatever YAML took it for: a host may be called `10.0` or `yes`.
struct KeyText(String);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_and_key_knows_its_line() {
        let node = Node::parse("all:\n  hosts:\n    a: {port: 830}\n\n    b:\n").unwrap();
        let Value::Map(top) = node.value else {
            panic!()
        };
        assert_eq!((top[0].0.name.as_str(), top[0].0.line), ("all", 1));
        let Value::Map(all) = &top[0].1.value else {
            panic!()
        };
        let Value::Map(hosts) = &all[0].1.value else {
            panic!()
        };
        assert_eq!((hosts[0].0.name.as_str(), hosts[0].0.line), ("a", 3));
        assert_eq!(
            (hosts[1].0.name.as_str(), hosts[1].0.line, &hosts[1].1.value),
            ("b", 5, &Value::Null)
        );
        let Value::Map(a) = &hosts[0].1.value else {
            panic!()
        };
        assert_eq!(
            a[0].1,
            Node {
                line: 3,
                value: Value::Integer(830)
            }
        );
    }

    #[test]
    fn keys_are_text_whatever_they_look_like() {
        let Value::Map(entries) = Node::parse("10.0.0.1: x\n7: y\nyes: z\n").unwrap().value else {
            panic!()
        };
        let names: Vec<_> = entries.iter().map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(names, ["10.0.0.1", "7", "yes"]);
    }

    #[test]
    fn a_yaml_error_names_its_line() {
        let error = Node::parse("all:\n  hosts: [a\n").unwrap_err();
        assert!(
            error.contains("line 2") || error.contains("line 3"),
            "{error}"
        );
    }

    #[test]
    fn a_yaml_error_shows_no_password_that_stands_near_it() {
        for text in [
            "a:\n  ansible_password: \"TOPSECRET\n",
            "ansible_password: TOPSECRET\nb: [\n",
        ] {
            let error = Node::parse(text).unwrap_err();
            assert!(
                error.contains("line") && !error.contains("TOPSECRET"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_document_on_one_line_says_the_same_in_the_same_order() {
        let text = "b:\n  - 1\n  - x: 'yes'\na: {c: true, d: ~, e: 1.5, f: \"q\\\"\"}\n";
        let line = Node::parse(text).unwrap().to_line();
        let expected =
            r#"{"b": [1, {"x": "yes"}], "a": {"c": true, "d": null, "e": 1.5, "f": "q\""}}"#;
        assert_eq!(line, expected);
        assert_eq!(Node::parse(&line).unwrap().to_line(), line);
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        let error = Node::parse("a: 1\na: 2\n").unwrap_err();
        assert!(error.contains("duplicate"), "{error}");
    }
}
