//! Reading a catalogue's YAML: maps with known keys, and the list of what is wrong with them.

use std::path::Path;

use inventory::yaml::{Key, Node, Value};
use inventory::{Problem, did_you_mean};

/// Reads the nodes of one file, and gathers what is wrong with them.
pub(super) struct YamlReader<'f> {
    file: &'f Path,
    pub(super) problems: Vec<Problem>,
}

/// A map whose keys are all known.
pub(super) struct Keys<'n> {
    /// Where it begins.
    pub(super) line: u64,
    entries: &'n [(Key, Node)],
}

impl<'f> YamlReader<'f> {
    pub(super) fn of(file: &'f Path) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, line: u64, message: impl Into<String>) {
        self.problems.push(Problem::at(self.file, line, message));
    }

    /// A mistake that is this part of its line.
    pub(super) fn problem_with(&mut self, line: u64, found: &str, message: impl Into<String>) {
        let problem = Problem::at(self.file, line, message);
        self.problems.push(problem.marking(found));
    }

    /// The entries of a map, any keys; `what` is what it is, as the beginning of a sentence.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Key, Node)]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            _ => {
                let message = format!("{what} is {}; keys with values were expected", node.kind());
                self.problem(node.line, message);
                None
            }
        }
    }

    /// A map with these keys and no others.
    pub(super) fn keys<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
    ) -> Option<Keys<'n>> {
        let entries = self.entries(node, what)?;
        for (key, _) in entries
            .iter()
            .filter(|(key, _)| !known.contains(&key.name.as_str()))
        {
            let hint = did_you_mean(&key.name, known.iter().copied());
            let message = format!(
                "{what} has no key `{}`: there are {}{hint}",
                key.name,
                known.join(", ")
            );
            self.problem_with(key.line, &key.name, message);
        }
        let line = entries.first().map_or(node.line, |(key, _)| key.line);
        Some(Keys { line, entries })
    }

    /// A scalar as text.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = node.text();
        if text.is_none() {
            self.problem(
                node.line,
                format!("{what} is {}; text was expected", node.kind()),
            );
        }
        text
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let hint = did_you_mean(&text, known.iter().copied());
            self.problem_with(
                node.line,
                &text,
                format!(
                    "{what} cannot be `{text}`: there are {}{hint}",
                    known.join(", ")
                ),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// A text, or a list of texts: each with its line.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<(u64, String)> {
        match &node.value {
            Value::List(nodes) => {
                let texts = nodes
                    .iter()
                    .map(|node| Some((node.line, self.text(node, what)?)));
                texts.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            _ => self
                .text(node, what)
                .map(|text| (node.line, text))
                .into_iter()
                .collect(),
        }
    }
}

impl<'n> Keys<'n> {
    /// The value of a key; a key without a value counts as left out.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        let found = self.entries.iter().find(|(key, _)| key.name == name);
        found
            .map(|(_, node)| node)
            .filter(|node| node.value != Value::Null)
    }

    /// The line of a key, else of the whole map.
    pub(super) fn line_of(&self, name: &str) -> u64 {
        let found = self.entries.iter().find(|(key, _)| key.name == name);
        found.map_or(self.line, |(key, _)| key.line)
    }
}
