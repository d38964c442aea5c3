//! Composes the events of the YAML parser into nodes: anchors, aliases, merge keys and duplicate keys.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::{Key, Node, Value, plain};

/// How many values aliases may stand for in all: a document of a few lines that means billions is an attack or an accident.
const MOST_ALIASED: usize = 1_000_000;

/// One document, and what should be known about it.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The root of the document; [`Value::Null`] if it is empty.
    pub node: Node,
    /// Keys that are given twice in one mapping, the later ones, which win.
    pub duplicates: Vec<Key>,
}

/// Why a text is no YAML. It repeats nothing of the text, for a password may stand where it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// The line, from 1.
    pub line: u64,
    /// The parser's words, with the column where it gives one.
    pub message: String,
}

impl Document {
    /// Reads one document; an empty one is nothing.
    ///
    /// # Errors
    ///
    /// The parser's words and the line; more than one document is an error too.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let mut options = granit_parser::Options::default();
        options.emit_comments = false;
        options.block_scalar_eof_without_line_feed = true;
        let mut composer = Composer {
            parser: Parser::new_from_str_with_options(text, options),
            anchors: HashMap::new(),
            aliased: 0,
            duplicates: Vec::new(),
        };
        let node = composer.document()?;
        Ok(Self {
            node,
            duplicates: composer.duplicates,
        })
    }
}

struct Composer<'input> {
    parser: Parser<'input, StrInput<'input>>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    duplicates: Vec<Key>,
}

type Spanned<'input> = (Event<'input>, Span);

impl<'input> Composer<'input> {
    fn next(&mut self) -> Result<Spanned<'input>, YamlError> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| from_scan(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, YamlError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(Node::default()),
                (Event::StreamStart, _) => {}
                (Event::DocumentStart(..), _) => break,
                (_, span) => return Err(at(&span, "this is no beginning of a document")),
            }
        }
        let first = self.next()?;
        let node = self.node(first)?;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(node),
                (Event::DocumentStart(..), span) => {
                    return Err(at(
                        &span,
                        "a second document begins here; only one is read from a file",
                    ));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, (event, span): Spanned<'input>) -> Result<Node, YamlError> {
        let line = line_of(&span);
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(text.into_owned(), style, tag.as_deref());
                (value.map_err(|message| at(&span, message))?, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut nodes = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        event => nodes.push(self.node(event)?),
                    }
                }
                (Value::List(nodes), anchor)
            }
            Event::MappingStart(_, anchor, _) => (Value::Map(self.mapping()?), anchor),
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node = node
                    .ok_or_else(|| at(&span, "this alias stands inside of what it stands for"))?;
                self.aliased = self.aliased.saturating_add(count(&node));
                if self.aliased > MOST_ALIASED {
                    return Err(at(
                        &span,
                        "aliases stand for more than a million values here",
                    ));
                }
                return Ok(Node { line, ..node });
            }
            _ => return Err(at(&span, "a value was expected here")),
        };
        let node = Node { line, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// The entries up to the end of the mapping. What `<<` brings comes first, so that the mapping's own entries win.
    fn mapping(&mut self) -> Result<Vec<(Key, Node)>, YamlError> {
        let mut merged: Vec<(Key, Node)> = Vec::new();
        let mut merged_names: HashSet<String> = HashSet::new();
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, _, _));
            let node = self.key(event, span)?;
            let key = Key {
                line: line_of(&span),
                name: node,
                is_plain,
            };
            let event = self.next()?;
            let value = self.node(event)?;
            if key.name == "<<" && is_plain {
                merge(&mut merged, &mut merged_names, value)
                    .map_err(|message| at(&span, message))?;
                continue;
            }
            match places
                .get(&key.name)
                .and_then(|place| entries.get_mut(*place))
            {
                Some(entry) => {
                    self.duplicates.push(key.clone());
                    *entry = (key, value);
                }
                None => {
                    places.insert(key.name.clone(), entries.len());
                    entries.push((key, value));
                }
            }
        }
        if merged.is_empty() {
            return Ok(entries);
        }
        merged.retain(|(key, _)| !places.contains_key(&key.name));
        merged.append(&mut entries);
        Ok(merged)
    }

    /// A key as text, whatever YAML takes it for: a host may be called `10.0` or `yes`.
    fn key(&mut self, event: Event<'input>, span: Span) -> Result<String, YamlError> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let text = text.into_owned();
                if anchor != 0 {
                    let value = Value::Text(text.clone());
                    let line = line_of(&span);
                    self.anchors.insert(anchor, Node { line, value });
                }
                Ok(text)
            }
            Event::Alias(id) => self
                .anchors
                .get(&id)
                .and_then(Node::text)
                .ok_or_else(|| at(&span, "a key must be a single value")),
            _ => Err(at(
                &span,
                "a key must be a single value, not a list or a mapping (text that begins with `{{` must be in quotes)",
            )),
        }
    }
}

fn merge(
    merged: &mut Vec<(Key, Node)>,
    names: &mut HashSet<String>,
    value: Node,
) -> Result<(), &'static str> {
    match value.value {
        Value::Map(entries) => {
            for (key, node) in entries {
                // Of several mappings, the earlier wins.
                if names.insert(key.name.clone()) {
                    merged.push((key, node));
                }
            }
            Ok(())
        }
        Value::List(nodes) => nodes
            .into_iter()
            .try_for_each(|node| merge(merged, names, node)),
        _ => Err("`<<` merges mappings: an alias to one, or a list of such"),
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, &'static str> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => plain(&text),
            _ => Value::Text(text),
        });
    };
    match (tag.core_suffix(), tag.suffix()) {
        (Some("str"), _) => Ok(Value::Text(text)),
        (Some("null"), _) => Ok(Value::Null),
        (Some("int"), _) => match plain(&text) {
            Value::Integer(number) => Ok(Value::Integer(number)),
            _ => Err("`!!int` stands before something that is no whole number"),
        },
        (Some("bool"), _) => match plain(&text) {
            Value::Bool(value) => Ok(Value::Bool(value)),
            _ => Err("`!!bool` stands before something that is no truth value"),
        },
        #[expect(clippy::cast_precision_loss, reason = "that is what the tag asks for")]
        (Some("float"), _) => match plain(&text) {
            Value::Integer(number) => Ok(Value::Float(number as f64)),
            Value::Float(number) => Ok(Value::Float(number)),
            _ => Err("`!!float` stands before something that is no number"),
        },
        (None, "vault" | "vault-encrypted") if tag.handle() == "!" => {
            Ok(Value::Vaulted(Arc::from(text)))
        }
        (None, "unsafe") if tag.handle() == "!" => Ok(Value::Literal(text)),
        _ => Err("this tag means nothing here: `!vault` and `!unsafe` do"),
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| count(node)).sum::<usize>(),
        Value::List(nodes) => 1 + nodes.iter().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn line_of(span: &Span) -> u64 {
    u64::try_from(span.start.line()).unwrap_or(u64::MAX)
}

fn at(span: &Span, message: impl Into<String>) -> YamlError {
    YamlError {
        line: line_of(span),
        message: message.into(),
    }
}

fn from_scan(error: &ScanError) -> YamlError {
    let marker = error.marker();
    let cause = match error.kind() {
        granit_parser::ErrorKind::UnknownAnchor => {
            "an alias (`*`) names no anchor; text that begins with `*` must be in quotes".to_owned()
        }
        granit_parser::ErrorKind::UnexpectedCharacter { .. } => {
            "no value begins with this character; put the value in quotes".to_owned()
        }
        _ => error.info(),
    };
    YamlError {
        line: u64::try_from(marker.line()).unwrap_or(u64::MAX),
        message: format!("{cause} (column {})", marker.col() + 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Node {
        Document::parse(text).unwrap().node
    }

    #[test]
    fn every_node_and_key_knows_its_line() {
        let node = parse("all:\n  hosts:\n    a: {port: 830}\n\n    b:\n");
        let (all, hosts) = &node.entries().unwrap()[0];
        assert_eq!((all.name.as_str(), all.line), ("all", 1));
        let hosts = hosts.entries().unwrap()[0].1.entries().unwrap();
        assert_eq!((hosts[0].0.name.as_str(), hosts[0].0.line), ("a", 3));
        assert_eq!((hosts[1].0.name.as_str(), hosts[1].0.line), ("b", 5));
        assert_eq!(hosts[1].1.value, Value::Null);
        let port = &hosts[0].1.entries().unwrap()[0].1;
        assert_eq!((port.line, &port.value), (3, &Value::Integer(830)));
    }

    #[test]
    fn keys_are_text_whatever_they_look_like() {
        let node = parse("10.0.0.1: x\n7: y\nyes: z\n");
        let names: Vec<_> = node
            .entries()
            .unwrap()
            .iter()
            .map(|(key, _)| key.name.clone())
            .collect();
        assert_eq!(names, ["10.0.0.1", "7", "yes"]);
    }

    #[test]
    fn tags_say_what_is_encrypted_and_what_is_no_template() {
        let node = parse(
            "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3061\nb: !unsafe '{{ x }}'\nc: !!str 7\n",
        );
        let entries = node.entries().unwrap();
        assert_eq!(
            entries[0].1.value,
            Value::Vaulted("$ANSIBLE_VAULT;1.1;AES256\n3061\n".into())
        );
        assert!(matches!(&entries[1].1.value, Value::Literal(text) if text == "{{ x }}"));
        assert_eq!(entries[2].1.value, Value::Text("7".to_owned()));
        assert!(Document::parse("a: !mine 7\n").is_err());
    }

    #[test]
    fn merges_and_anchors_are_followed() {
        let node =
            parse("base: &base {a: 1, b: 2}\nx:\n  <<: *base\n  b: 3\ny:\n  <<: [{a: 9}, *base]\n");
        let x = node.entries().unwrap()[1].1.clone();
        assert_eq!(format!("{:?}", x.value), format!("{:?}", x.value));
        let shown = |node: &Node| {
            node.entries()
                .unwrap()
                .iter()
                .map(|(key, node)| format!("{}={}", key.name, node.text().unwrap()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown(&x), "a=1 b=3");
        assert_eq!(shown(&node.entries().unwrap()[2].1), "a=9 b=2");
    }

    #[test]
    fn of_a_key_given_twice_the_later_wins_and_it_is_told() {
        let document = Document::parse("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(
            document.node.entries().unwrap()[0].1.text().as_deref(),
            Some("3")
        );
        assert_eq!(
            document
                .duplicates
                .iter()
                .map(|key| (key.name.as_str(), key.line))
                .collect::<Vec<_>>(),
            [("a", 3)]
        );
    }

    #[test]
    fn a_few_lines_cannot_mean_billions() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text += &format!(
                "a{level}: &a{level} [{}]\n",
                [before.as_str(); 10].join(", ")
            );
        }
        let error = Document::parse(&text).unwrap_err();
        assert!(error.message.contains("million"), "{error:?}");
    }

    #[test]
    fn many_merges_of_many_keys_take_no_longer_than_their_sum() {
        let keys: Vec<String> = (0..8_000).map(|at| format!("k{at}: ")).collect();
        let aliases = ["*a"; 100].join(", ");
        let text = format!("a: &a {{{}}}\nb: {{<<: [{aliases}]}}\n", keys.join(", "));
        let node = parse(&text);
        let merged = node.entries().unwrap()[1].1.entries().unwrap();
        assert_eq!(merged.len(), keys.len());
    }

    #[test]
    fn no_text_nests_deep_enough_to_exhaust_the_stack() {
        for open in ["[", "{", "{a: ", "[{", "- ", "? ", "a:\n ", "&a [", "{? "] {
            drop(Document::parse(&open.repeat(100_000)));
        }
        let levels: String = (0..2_000)
            .map(|at| format!("a{at}: &a{at} [*a{}]\n", at.max(1) - 1))
            .collect();
        drop(Document::parse(&format!("a0: &a0 x\n{levels}")));
    }

    #[test]
    fn a_yaml_error_names_its_line_and_shows_no_password_that_stands_near_it() {
        for text in [
            "a:\n  ansible_password: \"TOPSECRET\n",
            "ansible_password: TOPSECRET\nb: [\n",
            "ansible_password: *TOPSECRET\n",
            "ansible_password: @TOPSECRET\n",
            "ansible_password: %TOPSECRET\n",
            "ansible_password: !TOPSECRET x\n",
            "ansible_password: {TOPSECRET\n",
            "ansible_password: 'TOP'SECRET\n",
            "%TOPSECRET\n---\na: b\n",
            "a: \"\\TOPSECRET\"\n",
        ] {
            match Document::parse(text) {
                Ok(document) => assert!(text.starts_with("%TOP"), "{text}: {document:?}"),
                Err(error) => assert!(
                    error.line > 0 && !error.message.contains("TOPSECRET"),
                    "{error:?}"
                ),
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[-a&*!<{}\\[\\]:, \n\"'|>#%@?]{0,40}") {
            drop(Document::parse(&text));
        }
    }
}
