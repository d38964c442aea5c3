//! The catalogue: which RPCs a device is asked, in which order, and who reads the replies.
//!
//! ```text
//!  rpc_commands.yml ─► yaml nodes ─► entry ─┬─ command   the operation, as text
//!  and what it includes                     └─ parser, or mapping ─► records::mapping
//! ```
//!
//! `rpc_commands.yml` as the first users wrote it, with a few keys more; the built-in one is the same file. Everything that is
//! wrong with a file is told at once, with its line (`yaml_reader`).

mod command;
mod entry;
mod mapping;
#[cfg(test)]
mod mapping_tests;
#[cfg(test)]
mod tests;
mod yaml_reader;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::yaml::{Node, Value};
use inventory::{Problem, Problems};
use records::ReplyReader;
use records::mapping::Mapping;
use records::table::Dataset;

use yaml_reader::YamlReader;

pub use command::{Command, Per};

/// The catalogue that is built in.
const BUILT_IN: &str = include_str!("../../../../rpc_commands.yml");
/// What a catalogue calls it under `include:`.
const BUILT_IN_NAME: &str = "built-in";
/// Files that include files that include files…: more than anybody needs, and the end of a circle.
const DEEPEST_INCLUDE: usize = 8;

/// The RPCs of a run, in the order in which they are asked.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The commands, in the order in which a device is asked.
    pub commands: Vec<Command>,
}

impl Catalogue {
    /// The built-in catalogue, or what the files say, in their order. PIC detail is part of every collection: where no file names
    /// it, it is asked as the built-in catalogue does.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the files.
    pub fn read(files: &[PathBuf]) -> Result<Self, Problems> {
        let mut reading = Reading::default();
        if files.is_empty() {
            reading.built_in();
        }
        for file in files {
            reading.file(file, None, 0);
        }
        if reading.problems.is_empty()
            && !reading
                .commands
                .iter()
                .any(|command| command.per == Per::Pic)
        {
            let pic_detail = Self::read(&[])?
                .commands
                .into_iter()
                .filter(|command| command.per == Per::Pic);
            reading.commands.extend(pic_detail);
        }
        reading.finish()
    }

    /// Who reads the replies of the RPC with this name, or of the parser with it.
    pub fn reader(&self, name: &str) -> Option<ReplyReader> {
        let own = self.commands.iter().find(|command| command.name == name);
        let built_in = || records::parsers::find(name).map(ReplyReader::BuiltIn);
        own.map(|command| command.reader.clone()).or_else(built_in)
    }

    /// The tables of its mappings.
    pub fn datasets(&self) -> impl Iterator<Item = Arc<Dataset>> {
        self.commands
            .iter()
            .filter_map(|command| match &command.reader {
                ReplyReader::Mapping(mapping) => Some(Arc::clone(mapping.dataset())),
                ReplyReader::BuiltIn(_) => None,
            })
    }

    /// The mappings as written, by name: what a run report keeps.
    pub fn mappings(&self) -> BTreeMap<String, String> {
        let mapped = self
            .commands
            .iter()
            .filter_map(|command| Some((command.name.clone(), command.mapping.clone()?)));
        mapped.collect()
    }
}

/// A mapping as a run report keeps it.
///
/// # Errors
///
/// What is wrong with it: the report is no work of ours, or of another version.
pub fn mapping_of_report(
    report: &Path,
    name: &str,
    written: &str,
) -> Result<Arc<Mapping>, Problems> {
    let broken = |why| {
        Problems::from(Problem::at(
            report,
            0,
            format!("the mapping of `{name}` cannot be read: {why}"),
        ))
    };
    let node = Node::parse(written).map_err(broken)?;
    let mut yaml = YamlReader::of(report);
    let compiled = mapping::compile(&mut yaml, name, &node);
    // Lines are those of the mapping, not of the report.
    yaml.problems
        .iter_mut()
        .for_each(|problem| problem.line = None);
    compiled.ok_or(Problems(yaml.problems))
}

/// Files being read, with what they include.
#[derive(Default)]
struct Reading {
    commands: Vec<Command>,
    /// By the command's name: where it was named first.
    names: BTreeMap<String, String>,
    /// Files that were read: included twice, they count once.
    seen: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Reading {
    fn built_in(&mut self) {
        let name = Path::new("rpc_commands.yml (built in)");
        if !self.seen.iter().any(|seen| seen == name) {
            self.seen.push(name.to_owned());
            self.text(name, BUILT_IN, 0);
        }
    }

    /// Reads a file; `from` is the file and line that includes it.
    fn file(&mut self, file: &Path, from: Option<(&Path, u64)>, depth: usize) {
        let identity = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        if self.seen.contains(&identity) {
            return;
        }
        self.seen.push(identity);
        match std::fs::read_to_string(file) {
            Ok(text) => self.text(file, &text, depth),
            Err(error) => {
                let message = format!("cannot read the catalogue {}: {error}", file.display());
                self.problems.push(match from {
                    Some((file, line)) => Problem::at(file, line, message),
                    None => Problem::new(message),
                });
            }
        }
    }

    fn text(&mut self, file: &Path, text: &str, depth: usize) {
        let root = match Node::parse(text) {
            Ok(root) => root,
            Err(why) => {
                self.problems.push(Problem::new(format!(
                    "{} is no catalogue: {why}",
                    file.display()
                )));
                return;
            }
        };
        let mut yaml = YamlReader::of(file);
        let mut included = Vec::new();
        let entries = match &root.value {
            // The list may also stand alone.
            Value::List(entries) => Some(entries.as_slice()),
            _ => yaml
                .keys(&root, "a catalogue", &["include", "rpc_commands"])
                .and_then(|keys| {
                    if let Some(node) = keys.get("include") {
                        included = yaml.texts(node, "`include`");
                    }
                    match keys.get("rpc_commands") {
                        Some(Node {
                            value: Value::List(entries),
                            ..
                        }) => Some(entries.as_slice()),
                        Some(node) => {
                            yaml.problem(
                                node.line,
                                format!(
                                    "`rpc_commands` is {}; a list of RPCs was expected",
                                    node.kind()
                                ),
                            );
                            None
                        }
                        None if included.is_empty() => {
                            yaml.problem(
                                keys.line,
                                "the catalogue names no RPC; list them under `rpc_commands:`",
                            );
                            None
                        }
                        None => None,
                    }
                }),
        };
        if entries.is_some_and(<[Node]>::is_empty) && included.is_empty() {
            yaml.problem(
                root.line,
                "the catalogue names no RPC; list them under `rpc_commands:`",
            );
        }
        for (line, name) in included {
            if name == BUILT_IN_NAME {
                self.built_in();
            } else if depth < DEEPEST_INCLUDE {
                let path = file.parent().unwrap_or(Path::new("")).join(&name);
                self.file(&path, Some((file, line)), depth + 1);
            } else {
                yaml.problem(line, format!("`{name}` is included {DEEPEST_INCLUDE} files deep; name it in the first file"));
            }
        }
        for node in entries.unwrap_or_default() {
            let Some((line, command)) = entry::read(&mut yaml, node) else {
                continue;
            };
            let here = format!("{}:{line}", file.display());
            if let Some(there) = self.names.insert(command.name.clone(), here) {
                let message = format!(
                    "the name `{}` is given to two RPCs; their files would be the same (the other is {there})",
                    command.name
                );
                yaml.problem(line, message);
            }
            self.commands.push(command);
        }
        self.problems.append(&mut yaml.problems);
    }

    fn finish(mut self) -> Result<Catalogue, Problems> {
        // PIC detail is asked for the PICs of the inventory, so after it; within that, the order stays.
        self.commands.sort_by_key(|command| command.per == Per::Pic);
        if self.problems.is_empty() {
            Ok(Catalogue {
                commands: self.commands,
            })
        } else {
            Err(Problems(self.problems))
        }
    }
}
