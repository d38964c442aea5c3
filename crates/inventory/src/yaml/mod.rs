//! Reads YAML 1.1 into nodes with line numbers.
//!
//! Whoever wrote a mistake must be told on which line it stands, also when the mistake is no YAML error: a name that means nothing, a
//! port that is no number. So a document is read into nodes that know their line (`composer`), and the readers of inventories walk those.
//! What a plain word stands for is YAML 1.1 as PyYAML takes it (`scalar`): `yes` is a truth value, `0644` is octal, `1e5` is text.

mod composer;
mod scalar;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

pub use composer::{Document, YamlError};
pub use scalar::plain;

/// A value and the line on which it begins, from 1; 0 for a value that comes from no file.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The line on which the value begins.
    pub line: u64,
    /// The value.
    pub value: Value,
}

/// What stands there.
#[derive(Clone, Default)]
pub enum Value {
    /// In the order of the document.
    Map(Vec<(Key, Node)>),
    /// A sequence.
    List(Vec<Node>),
    /// Text, which may be a template.
    Text(String),
    /// Text that is never taken for a template: `!unsafe`, and what was decrypted.
    Literal(String),
    /// A whole number. One that does not fit is [`Value::Text`].
    Integer(i128),
    /// A number with a fraction or an exponent, infinity or NaN.
    Float(f64),
    /// `yes`, `no`, `on`, `off`, `true` or `false`.
    Bool(bool),
    /// A `!vault` value, still encrypted.
    Vaulted(Arc<str>),
    /// Text that came out of a vault: it cannot print itself and is wiped.
    Secret(Arc<SecretString>),
    /// `null`, `~` or nothing at all.
    #[default]
    Null,
}

/// A key and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The line on which it stands, from 1.
    pub line: u64,
    /// Its text, whatever YAML would take it for.
    pub name: String,
    /// Without quotes: below the names of variables, Ansible takes `yes` and `010` for what they are.
    pub is_plain: bool,
}

impl Node {
    /// A value that stands in no file.
    pub fn from_value(value: Value) -> Self {
        Self { line: 0, value }
    }

    /// Reads one document in which no key may be given twice, as is right for all but Ansible's.
    ///
    /// # Errors
    ///
    /// Line and cause, as the end of a sentence that has named the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = Document::parse(text)
            .map_err(|error| format!("line {}: {}", error.line, error.message))?;
        match document.duplicates.first() {
            None => Ok(document.node),
            Some(key) => Err(format!("line {}: duplicate key `{}`", key.line, key.name)),
        }
    }

    /// The same on one line, in the same order: JSON, which is YAML too.
    pub fn to_line(&self) -> String {
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
            Value::Text(text) | Value::Literal(text) => scalar(serde_json::to_string(text)),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => scalar(serde_json::to_string(number)),
            Value::Bool(truth) => truth.to_string(),
            // No document that is written out again may hold a secret.
            Value::Null | Value::Vaulted(_) | Value::Secret(_) => "null".to_owned(),
        }
    }

    /// What kind of thing stands here, as the middle of a sentence.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Text(_) | Value::Literal(_) => "text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Bool(_) => "a truth value",
            Value::Vaulted(_) | Value::Secret(_) => "a vault value",
            Value::Null => "nothing",
        }
    }

    /// The value as text, if it is a scalar that is no secret: `832` and `"832"` alike.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Literal(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(scalar::float_text(*number)),
            Value::Bool(value) => Some(value.to_string()),
            Value::Map(_) | Value::List(_) | Value::Null | Value::Vaulted(_) | Value::Secret(_) => {
                None
            }
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[(Key, Self)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Turns all text in it into secrets, for a document that was decrypted. Templates stay what they are: they name secrets, they
    /// hold none.
    pub fn into_secret(self) -> Self {
        let value = match self.value {
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.into_secret()))
                    .collect(),
            ),
            Value::List(nodes) => Value::List(nodes.into_iter().map(Self::into_secret).collect()),
            Value::Text(text) if !is_template(&text) => {
                Value::Secret(Arc::new(SecretString::from(text)))
            }
            Value::Literal(text) => Value::Secret(Arc::new(SecretString::from(text))),
            other => other,
        };
        Self { value, ..self }
    }
}

/// Whether Ansible would evaluate this text.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map(entries) => entries.fmt(formatter),
            Self::List(nodes) => nodes.fmt(formatter),
            Self::Text(text) | Self::Literal(text) => text.fmt(formatter),
            Self::Integer(number) => number.fmt(formatter),
            Self::Float(number) => number.fmt(formatter),
            Self::Bool(value) => value.fmt(formatter),
            Self::Vaulted(_) | Self::Secret(_) => formatter.write_str("(secret)"),
            Self::Null => formatter.write_str("null"),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((a, x), (b, y))| a.name == b.name && x.value == y.value)
            }
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value == b.value)
            }
            (Self::Text(a) | Self::Literal(a), Self::Text(b) | Self::Literal(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Vaulted(a), Self::Vaulted(b)) => a == b,
            (Self::Secret(a), Self::Secret(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Null, Self::Null) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_key_given_twice_is_refused_where_it_is_no_inventory() {
        let error = Node::parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!(error, "line 2: duplicate key `a`");
    }

    #[test]
    fn what_was_decrypted_cannot_print_itself() {
        let document = Document::parse("a: sesame\nb: [sesame, 7]\nc: '{{ a }}'\n").unwrap();
        let node = document.node.into_secret();
        let printed = format!("{node:?}");
        assert!(!printed.contains("sesame"), "{printed}");
        assert!(printed.contains("{{ a }}"), "{printed}");
        assert_eq!(node.entries().unwrap()[0].1.text(), None);
    }
}
