//! Reads inventories in Ansible's INI form.
//!
//! ```ini
//! [leaf]
//! leaf-[01:32] hardware_model=qfx5220-32cd
//! spine-01:22  ansible_user='telemetry'  # Python literals, else text
//!
//! [leaf:vars]
//! interface_filter=et-*
//!
//! [fabric:children]
//! leaf
//! ```

use std::path::Path;
use std::sync::Arc;

use super::groups::Graph;
use super::variables::Variable;
use super::{host_ranges, python_literal};
use crate::problem::did_you_mean;
use crate::yaml::{Node, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Variables,
    Children,
}

/// Reads the lines of a file. They begin as if `[ungrouped]` stood above them.
pub(super) fn read(graph: &mut Graph, file: &Arc<Path>, text: &str) {
    let mut reader = Reader {
        file,
        group: graph.group("ungrouped"),
        section: Section::Hosts,
        mentioned: Vec::new(),
        graph,
    };
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with(['#', ';']) {
            reader.line(u64::try_from(at + 1).unwrap_or(u64::MAX), line);
        }
    }
    reader.finish();
}

struct Reader<'a> {
    graph: &'a mut Graph,
    file: &'a Arc<Path>,
    group: usize,
    section: Section,
    /// Groups that must be declared somewhere: how they are mentioned, and on which line.
    mentioned: Vec<(String, Section, u64)>,
}

impl Reader<'_> {
    fn line(&mut self, line: u64, text: &str) {
        if text.starts_with('[') && self.header(line, text) {
            return;
        }
        match self.section {
            Section::Hosts => self.hosts(line, text),
            Section::Variables => match text.split_once('=') {
                Some((name, value)) => {
                    let variable = self.variable(line, value.trim());
                    self.graph
                        .set_group_variable(self.group, name.trim(), variable);
                }
                None => self.problem(
                    line,
                    "a line of `:vars` is `name=value`; there is no `=` here".to_owned(),
                ),
            },
            Section::Children => {
                let name = text.split('#').next().unwrap_or_default().trim();
                if name.is_empty()
                    || name.contains([':', ']'])
                    || name.contains(char::is_whitespace)
                {
                    self.problem(
                        line,
                        "a line of `:children` is the name of a group".to_owned(),
                    );
                    return;
                }
                self.mentioned
                    .push((name.to_owned(), Section::Children, line));
                let child = self.graph.mention(name);
                self.graph.child(self.group, child);
            }
        }
    }

    /// Whether the line is the head of a section, good or bad. A host may begin with a bracket too: `[2001:db8::7]:830`.
    fn header(&mut self, line: u64, text: &str) -> bool {
        let Some((inner, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']'))
        else {
            return false;
        };
        let rest = rest.trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return false;
        }
        let (name, kind) = match inner.split_once(':') {
            None => (inner, "hosts"),
            Some((name, kind)) => (name, kind),
        };
        let section = match kind {
            "hosts" => Section::Hosts,
            "vars" => Section::Variables,
            "children" => Section::Children,
            other => {
                let hint = did_you_mean(other, ["hosts", "vars", "children"]);
                self.problem(line, format!("a section is `[group]`, `[group:vars]` or `[group:children]`; found `:{other}`{hint}"));
                return true;
            }
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            self.problem(
                line,
                "the name of a group is one word, without spaces".to_owned(),
            );
            return true;
        }
        self.group = if section == Section::Variables {
            self.mentioned.push((name.to_owned(), section, line));
            self.graph.mention(name)
        } else {
            self.graph.group(name)
        };
        self.section = section;
        true
    }

    fn hosts(&mut self, line: u64, text: &str) {
        let Some(words) = python_literal::shell_words(text) else {
            self.problem(line, "a quote is opened here and not closed".to_owned());
            return;
        };
        let Some((pattern, assignments)) = words.split_first() else {
            return;
        };
        if pattern.starts_with("---") {
            self.problem(
                line,
                "`---` begins a YAML file: name it `.yaml` to have it read as one".to_owned(),
            );
            return;
        }
        let mut variables = Vec::new();
        for assignment in assignments {
            match assignment.split_once('=') {
                Some((name, value)) => {
                    variables.push((name.to_owned(), self.variable(line, value)))
                }
                None => self.problem(
                    line,
                    format!(
                        "after the host come variables as `name=value`; there is no `=` in word {}",
                        variables.len() + 2
                    ),
                ),
            }
        }
        match host_ranges::expand(pattern) {
            Ok((names, port)) => {
                for name in names {
                    let host = self.graph.host(self.group, &name, self.file, line, port);
                    for (name, variable) in &variables {
                        self.graph.set_host_variable(host, name, variable.clone());
                    }
                }
            }
            Err(message) => self.problem(line, format!("`{pattern}`: {message}")),
        }
    }

    fn variable(&self, line: u64, text: &str) -> Variable {
        let value = python_literal::literal(text).unwrap_or_else(|| Value::Text(text.to_owned()));
        let is_text = matches!(value, Value::Text(_) | Value::Literal(_));
        Variable {
            written: (!is_text).then(|| text.into()),
            file: Arc::clone(self.file),
            line,
            node: Node { line, value },
        }
    }

    fn problem(&mut self, line: u64, message: String) {
        self.graph.problem(self.file, line, message);
    }

    /// Groups that are mentioned and declared nowhere are misspellings.
    fn finish(self) {
        for (name, section, line) in self.mentioned {
            if self.graph.is_declared(&name) {
                continue;
            }
            let hint = did_you_mean(&name, self.graph.declared());
            let what = match section {
                Section::Variables => format!(
                    "`[{name}:vars]` sets variables of a group that has no section `[{name}]`{hint}"
                ),
                _ => {
                    format!("the group `{name}` is named here and has no section `[{name}]`{hint}")
                }
            };
            self.graph.problem(self.file, line, what);
        }
    }
}
