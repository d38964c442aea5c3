//! Reads inventories in JSON, as `ansible-inventory --list` and inventory scripts print them.
//!
//! This is the way in for plugins that only Ansible can run.
//!
//! ```json
//! {"_meta": {"hostvars": {"leaf-01": {"ansible_host": "192.0.2.11"}}},
//!  "leaf": {"hosts": ["leaf-01"], "vars": {}, "children": []}}
//! ```

use std::path::Path;
use std::sync::Arc;

use super::groups::Graph;
use super::variables::Variable;
use crate::yaml::{Key, Node, Value};

/// Whether a document is in this form: a YAML inventory has no group of this name.
pub(super) fn is_listing(node: &Node) -> bool {
    node.entries().is_some_and(|entries| {
        entries
            .iter()
            .any(|(key, node)| key.name == "_meta" && node.entries().is_some())
    })
}

/// Reads the groups and the hosts' variables of a document.
pub(super) fn read(graph: &mut Graph, file: &Arc<Path>, node: Node) {
    let Value::Map(groups) = node.value else {
        return;
    };
    let (meta, groups): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(key, _)| key.name == "_meta");
    for (name, node) in groups {
        group(graph, file, &name, node);
    }
    let hostvars = meta.into_iter().filter_map(|(_, node)| match node.value {
        Value::Map(entries) => entries.into_iter().find(|(key, _)| key.name == "hostvars"),
        _ => None,
    });
    for (key, hostvars) in hostvars {
        let Value::Map(hosts) = hostvars.value else {
            graph.problem(file, key.line, "`hostvars` must be a mapping of hosts");
            continue;
        };
        for (name, node) in hosts {
            let host = graph.find_host(&name.name).unwrap_or_else(|| {
                let ungrouped = graph.group("ungrouped");
                graph.host(ungrouped, &name.name, file, name.line, None)
            });
            for (key, variable) in variables(graph, file, &name, node) {
                graph.set_host_variable(host, &key, variable);
            }
        }
    }
}

fn group(graph: &mut Graph, file: &Arc<Path>, name: &Key, node: Node) {
    let group = graph.group(&name.name);
    let sections = match node.value {
        Value::Map(sections) => sections,
        // The form of old scripts: the hosts alone.
        hosts @ Value::List(_) => {
            let key = Key {
                line: name.line,
                name: "hosts".to_owned(),
                is_plain: false,
            };
            vec![(
                key,
                Node {
                    line: node.line,
                    value: hosts,
                },
            )]
        }
        Value::Null => return,
        _ => {
            let found = node.kind();
            graph.problem(
                file,
                node.line,
                format!(
                    "the group `{}` holds `hosts`, `vars` and `children`; found {found}",
                    name.name
                ),
            );
            return;
        }
    };
    for (key, node) in sections {
        match key.name.as_str() {
            "hosts" => {
                for (name, line) in names(graph, file, &key, node) {
                    graph.host(group, &name, file, line, None);
                }
            }
            "children" => {
                for (name, _) in names(graph, file, &key, node) {
                    let child = graph.group(&name);
                    graph.child(group, child);
                }
            }
            "vars" => {
                for (name, variable) in variables(graph, file, &key, node) {
                    graph.set_group_variable(group, &name, variable);
                }
            }
            other => graph.problem(file, key.line, format!("unknown key `{other}` in the group `{}`: a group has `hosts`, `vars` and `children`", name.name)),
        }
    }
}

fn names(graph: &mut Graph, file: &Path, key: &Key, node: Node) -> Vec<(String, u64)> {
    match node.value {
        Value::List(nodes) => nodes
            .into_iter()
            .filter_map(|node| Some((node.text()?, node.line)))
            .collect(),
        Value::Null => Vec::new(),
        _ => {
            let found = node.kind();
            graph.problem(
                file,
                node.line,
                format!("`{}` must be a list of names; found {found}", key.name),
            );
            Vec::new()
        }
    }
}

fn variables(
    graph: &mut Graph,
    file: &Arc<Path>,
    key: &Key,
    node: Node,
) -> Vec<(String, Variable)> {
    let found = node.kind();
    match node.value {
        Value::Map(entries) => entries
            .into_iter()
            .map(|(key, node)| {
                let variable = Variable {
                    written: None,
                    file: Arc::clone(file),
                    line: key.line,
                    node: unwrap(node),
                };
                (key.name, variable)
            })
            .collect(),
        Value::Null => Vec::new(),
        _ => {
            graph.problem(
                file,
                node.line,
                format!(
                    "`{}` must be variables, as `name: value`; found {found}",
                    key.name
                ),
            );
            Vec::new()
        }
    }
}

/// `{"__ansible_vault": …}` and `{"__ansible_unsafe": …}` are how a vault value and text that is no template are written in JSON.
fn unwrap(node: Node) -> Node {
    let line = node.line;
    let value = match node.value {
        Value::Map(mut entries) => {
            let wrapped = match entries.as_slice() {
                [
                    (
                        key,
                        Node {
                            value: Value::Text(_),
                            ..
                        },
                    ),
                ] if matches!(key.name.as_str(), "__ansible_vault" | "__ansible_unsafe") => {
                    entries.pop()
                }
                _ => None,
            };
            match wrapped {
                Some((
                    key,
                    Node {
                        value: Value::Text(text),
                        ..
                    },
                )) if key.name == "__ansible_vault" => Value::Vaulted(Arc::from(text)),
                Some((
                    _,
                    Node {
                        value: Value::Text(text),
                        ..
                    },
                )) => Value::Literal(text),
                _ => Value::Map(
                    entries
                        .into_iter()
                        .map(|(key, node)| (key, unwrap(node)))
                        .collect(),
                ),
            }
        }
        Value::List(nodes) => Value::List(nodes.into_iter().map(unwrap).collect()),
        other => other,
    };
    Node { line, value }
}
