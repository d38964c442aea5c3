//! Reads inventories in YAML, in the form of Ansible's `yaml` plugin.
//!
//! ```yaml
//! all:
//!   vars: {ansible_user: telemetry}
//!   children:
//!     leaf:
//!       hosts:
//!         leaf-[01:32]: {hardware_model: qfx5220-32cd}
//! ```
//!
//! Where Ansible warns and leaves a part out (a group that is no mapping, a key that means nothing), that part is refused here: devices
//! would be missing from the shard, unnoticed.

use std::path::Path;
use std::sync::Arc;

use super::groups::Graph;
use super::host_ranges;
use super::variables::Variable;
use crate::problem::did_you_mean;
use crate::yaml::{Key, Node, Value};

/// What may stand in a group.
const SECTIONS: &[&str] = &["hosts", "vars", "children"];

/// Reads the groups of a document.
pub(super) fn read(graph: &mut Graph, file: &Arc<Path>, node: &Node) {
    match &node.value {
        Value::Map(groups) => {
            for (name, node) in groups {
                group(graph, file, &name.name, node);
            }
        }
        Value::Null => {}
        _ => {
            let found = node.kind();
            graph.problem(
                file,
                node.line,
                format!("an inventory is a mapping of groups, such as `all:`; found {found}"),
            );
        }
    }
}

fn group(graph: &mut Graph, file: &Arc<Path>, name: &str, node: &Node) -> usize {
    let group_place = graph.group(name);
    let sections = match &node.value {
        Value::Map(sections) => sections.as_slice(),
        Value::Null => &[],
        _ => {
            let found = node.kind();
            graph.problem(
                file,
                node.line,
                format!("the group `{name}` holds `hosts`, `vars` and `children`; found {found}"),
            );
            &[]
        }
    };
    for (key, node) in sections {
        if !SECTIONS.contains(&key.name.as_str()) {
            let hint = did_you_mean(&key.name, SECTIONS.iter().copied());
            let other = &key.name;
            graph.problem(file, key.line, format!("unknown key `{other}` in the group `{name}`: a group has `hosts`, `vars` and `children`{hint}"));
            continue;
        }
        let single;
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            // A name alone stands for a mapping with that one key.
            Value::Text(only) => {
                let key = Key {
                    line: node.line,
                    name: only.clone(),
                    is_plain: false,
                };
                single = [(
                    key,
                    Node {
                        line: node.line,
                        value: Value::Null,
                    },
                )];
                &single
            }
            _ => {
                let (key, found) = (&key.name, node.kind());
                graph.problem(file, node.line, format!("`{key}` of the group `{name}` must be a mapping (end each name with a colon); found {found}"));
                continue;
            }
        };
        for (entry, node) in entries {
            match key.name.as_str() {
                "hosts" => host(graph, file, group_place, entry, node),
                "vars" => {
                    graph.set_group_variable(group_place, &entry.name, variable(file, entry, node))
                }
                _ => {
                    let child = group(graph, file, &entry.name, node);
                    graph.child(group_place, child);
                }
            }
        }
    }
    group_place
}

fn host(graph: &mut Graph, file: &Arc<Path>, group: usize, key: &Key, node: &Node) {
    let pattern = &key.name;
    let variables = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        Value::Null => &[],
        _ => {
            let found = node.kind();
            graph.problem(
                file,
                node.line,
                format!("the host `{pattern}` holds variables, as `name: value`; found {found}"),
            );
            return;
        }
    };
    let (names, port) = match host_ranges::expand(pattern) {
        Ok(expanded) => expanded,
        Err(message) => {
            graph.problem(file, key.line, format!("`{pattern}`: {message}"));
            return;
        }
    };
    for name in names {
        let host = graph.host(group, &name, file, key.line, port);
        for (key, node) in variables {
            graph.set_host_variable(host, &key.name, variable(file, key, node));
        }
    }
}

fn variable(file: &Arc<Path>, key: &Key, node: &Node) -> Variable {
    Variable {
        written: None,
        file: Arc::clone(file),
        line: key.line,
        node: node.clone(),
    }
}
