//! One source file read into modules: what each declares, imports and mentions by path.
//!
//! What stands under `#[cfg(test)]` is left out: tests may use anything.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenTree};

use super::super::tokens::{is, line, list, word};

/// A module, as far as its text tells.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The names after `mod` that end in a semicolon: modules in files of their own.
    pub(super) files: BTreeSet<String>,
    /// The modules whose text stands in this one.
    pub(super) inline: BTreeMap<String, Self>,
    /// The names of the functions, types, constants and so on that are defined here.
    pub(super) items: BTreeSet<String>,
    /// What `use` brings into scope, by the name that it has here.
    pub(super) imports: BTreeMap<String, Import>,
    /// The paths before `::*`.
    pub(super) globs: Vec<Path>,
    /// Paths of two and more names in the code.
    pub(super) mentions: Vec<Path>,
    /// Names in the code that stand alone or begin a path.
    pub(super) words: BTreeSet<String>,
}

/// A name that `use` brings into scope.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: Path,
    /// Whether it is handed on: `pub use`.
    pub(super) public: bool,
}

/// A path as it is written, and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) names: Vec<String>,
    pub(super) line: usize,
}

const ITEMS: &[&str] = &[
    "fn", "struct", "enum", "union", "trait", "type", "const", "static",
];

impl Source {
    /// Reads the tokens of a file or of an inline module.
    pub(super) fn read(tokens: &[TokenTree]) -> Self {
        let mut source = Self::default();
        source.items(tokens);
        source
    }

    /// Goes through what stands at the top of the module.
    fn items(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let name = tokens.get(at + 1).and_then(word);
            match (word(token).as_deref(), name) {
                (Some("mod"), Some(name)) => {
                    match tokens.get(at + 2) {
                        Some(TokenTree::Group(body)) => {
                            let inside = Self::read(&list(body.stream()));
                            _ = self.inline.insert(name, inside);
                        }
                        _ => _ = self.files.insert(name),
                    }
                    at += 3;
                }
                (Some(kind), Some(name)) if ITEMS.contains(&kind) => {
                    self.items.insert(name);
                    at += 1;
                }
                (Some("macro_rules"), None) => {
                    self.items.extend(tokens.get(at + 2).and_then(word));
                    at += 3;
                }
                _ => at += self.step(tokens, at),
            }
        }
    }

    /// Goes through code: the inside of a function, an expression, a macro's arguments.
    fn code(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(tokens, at);
        }
    }

    /// Takes what begins at `at`; answers with the number of tokens it has.
    fn step(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let rest = tokens.get(at..).unwrap_or_default();
        match rest {
            [hash, TokenTree::Group(attribute), ..]
                if is(hash, '#') && attribute.delimiter() == Delimiter::Bracket =>
            {
                2 + if is_for_tests(attribute) {
                    length_of_item(&rest[2..])
                } else {
                    0
                }
            }
            // `impl Trait + use<'a>` captures a lifetime and imports nothing.
            [first, second, ..] if word(first).as_deref() == Some("use") && !is(second, '<') => {
                let end = rest.iter().position(|token| is(token, ';'));
                let tree = &rest[1..end.unwrap_or(rest.len())];
                let public = handed_on(&tokens[..at]);
                self.use_tree(&[], tree, public);
                1 + tree.len()
            }
            [TokenTree::Group(group), ..] => {
                self.code(&list(group.stream()));
                1
            }
            [TokenTree::Ident(_), ..] => self.path(tokens, at),
            // A path that begins with `::` is another crate's.
            [first, second, TokenTree::Ident(_), ..] if is(first, ':') && is(second, ':') => {
                2 + path_at(&rest[2..]).1
            }
            _ => 1,
        }
    }

    /// Takes the path that begins at `at`.
    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let (names, length) = path_at(&tokens[at..]);
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let member = before.is_some_and(|token| is(token, '.'));
        let label = names.len() == 1
            && tokens.get(at + length).is_some_and(|token| is(token, ':'))
            && !tokens
                .get(at + length + 1)
                .is_some_and(|token| is(token, ':'));
        if !member && !label {
            self.words.extend(names.first().cloned());
            if names.len() > 1 {
                let line = line(&tokens[at]);
                self.mentions.push(Path { names, line });
            }
        }
        length
    }

    /// Takes what stands after `use`, or a part of it, under the names `before`.
    fn use_tree(&mut self, before: &[String], tree: &[TokenTree], public: bool) {
        // A leading `::` says that what follows is another crate.
        if tree.first().is_some_and(|token| is(token, ':')) {
            return;
        }
        let (Some(first), Some(last)) = (tree.first(), tree.last()) else {
            return;
        };
        let line = line(first);
        let alias = match tree {
            [.., keyword, name] if word(keyword).as_deref() == Some("as") => word(name),
            _ => None,
        };
        let mut names = before.to_vec();
        names.extend(
            path_at(tree)
                .0
                .into_iter()
                .filter(|name| name != "self" || before.is_empty()),
        );
        match last {
            TokenTree::Group(group) => {
                let inside = list(group.stream());
                for branch in inside.split(|token| is(token, ',')) {
                    self.use_tree(&names, branch, public);
                }
            }
            TokenTree::Punct(star) if star.as_char() == '*' => {
                self.globs.push(Path { names, line });
            }
            _ => {
                let Some(name) = alias.or_else(|| names.last().cloned()) else {
                    return;
                };
                let path = Path { names, line };
                self.imports.insert(name, Import { path, public });
            }
        }
    }
}

/// The names of the path that `tokens` begins with, and the number of tokens that they take.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let (mut names, mut length) = (Vec::new(), 0);
    while let Some(name) = tokens.get(length).and_then(word) {
        names.push(name);
        length += 1;
        match tokens.get(length..) {
            Some([first, second, TokenTree::Ident(_), ..]) if is(first, ':') && is(second, ':') => {
                length += 2;
            }
            _ => break,
        }
    }
    (names, length)
}

/// Whether what follows is `pub` or `pub(…)`.
fn handed_on(before: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| word(token).as_deref() == Some("pub");
    match before {
        [.., keyword, TokenTree::Group(_)] if is_pub(keyword) => true,
        [.., keyword] => is_pub(keyword),
        [] => false,
    }
}

/// Whether the attribute says `cfg(test)`, alone or among what must all be the case.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}

/// How many tokens the item has that `tokens` begins with, its other attributes included.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    let is_use = |token: &TokenTree| word(token).as_deref() == Some("use");
    let mut imports = false;
    for (at, token) in tokens.iter().enumerate() {
        imports |= is_use(token);
        let body =
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if is(token, ';') || (body && !imports) {
            return at + 1;
        }
    }
    tokens.len()
}
