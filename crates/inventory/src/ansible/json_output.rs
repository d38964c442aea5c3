//! Writes an inventory as JSON in the form of `ansible-inventory --list`, and as a tree of groups.
//!
//! Values are as they are written, templates unresolved, as Ansible shows them. Unlike Ansible's, no listing shows a secret
//! (`secret_names`). Vault values in a file that is not encrypted itself stay what they are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{Host, Inventory, groups};
use crate::problem::{Problem, Problems, did_you_mean};
use crate::secret_names::{SECRET, is_secret_name, tells_secret};
use crate::yaml::{Key, Node, Value, is_template, plain};

/// What stands below a key of the listing.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Group(Map<String, Json>),
    Meta(BTreeMap<&'static str, &'a HostVariables<'a>>),
}

/// The variables of all hosts that are meant and have any, by name.
struct HostVariables<'a> {
    inventory: &'a Inventory,
    is_resolved: bool,
    /// What went wrong on the way to the text, which is then of no use.
    problems: RefCell<Vec<Problem>>,
}

impl Serialize for HostVariables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = |host: Host<'_>| {
            if !self.is_resolved {
                return Some(host.to_json());
            }
            let resolved = host.resolved_json();
            resolved
                .map_err(|more| self.problems.borrow_mut().extend(more))
                .ok()
        };
        let is_any = |json: &Json| json.as_object().is_some_and(|values| !values.is_empty());
        serializer.collect_map(
            self.inventory
                .hosts()
                .filter_map(|host| Some((host.name(), values(host).filter(is_any)?))),
        )
    }
}

impl Inventory {
    /// All groups and the variables of all hosts that are meant, in the form of `ansible-inventory --list`: as they are written, or with
    /// templates evaluated. Ten thousand hosts are many megabytes of it, so they become text one by one.
    ///
    /// # Errors
    ///
    /// All values that cannot be had.
    pub fn to_json(&self, is_resolved: bool) -> Result<String, Problems> {
        let variables = HostVariables {
            inventory: self,
            is_resolved,
            problems: RefCell::default(),
        };
        let mut listing: BTreeMap<&str, Entry<'_>> = self.groups_as_json();
        let meta = BTreeMap::from([("hostvars", &variables)]);
        listing.insert("_meta", Entry::Meta(meta));
        let text = serde_json::to_string_pretty(&listing);
        drop(listing);
        match variables.problems.into_inner() {
            problems if !problems.is_empty() => Err(Problems::of_hosts(problems)),
            _ => text.map_err(|error| Problem::new(error.to_string()).into()),
        }
    }

    /// The hosts and children of each group that has any.
    fn groups_as_json(&self) -> BTreeMap<&str, Entry<'_>> {
        let graph = &self.contents.graph;
        let mut listing = BTreeMap::new();
        let selected: std::collections::HashSet<usize> =
            self.contents.selected.iter().copied().collect();
        for (place, group) in graph.groups.iter().enumerate() {
            let mut entry = Map::new();
            let names = |places: &[usize], name: &dyn Fn(usize) -> Option<String>| {
                places
                    .iter()
                    .filter_map(|place| name(*place))
                    .map(Json::from)
                    .collect::<Vec<_>>()
            };
            let hosts = names(&group.hosts, &|host| {
                graph
                    .hosts
                    .get(host)
                    .filter(|_| selected.contains(&host))
                    .map(|host| host.name.clone())
            });
            let children = names(&group.children, &|child| {
                graph.groups.get(child).map(|group| group.name.clone())
            });
            if !hosts.is_empty() && place != groups::ALL {
                entry.insert("hosts".to_owned(), hosts.into());
            }
            if !children.is_empty() {
                entry.insert("children".to_owned(), children.into());
            }
            if !entry.is_empty() {
                listing.insert(group.name.as_str(), Entry::Group(entry));
            }
        }
        listing
    }

    /// The groups below one as a tree, in the form of `ansible-inventory --graph`.
    ///
    /// # Errors
    ///
    /// There is no such group.
    pub fn graph(&self, group: &str) -> Result<String, Problem> {
        let graph = &self.contents.graph;
        let Some(place) = graph.find_group(group) else {
            let hint = did_you_mean(group, graph.declared());
            return Err(Problem::new(format!(
                "the inventory has no group `{group}`{hint}"
            )));
        };
        let mut lines = Vec::new();
        self.tree(place, 0, &mut lines);
        Ok(lines.join("\n"))
    }

    fn tree(&self, group: usize, depth: usize, lines: &mut Vec<String>) {
        let branch = |depth: usize| {
            if depth == 0 {
                String::new()
            } else {
                format!("{}--", "  |".repeat(depth))
            }
        };
        let graph = &self.contents.graph;
        let Some(entry) = graph.groups.get(group) else {
            return;
        };
        lines.push(format!("{}@{}:", branch(depth), entry.name));
        for child in &entry.children {
            self.tree(*child, depth + 1, lines);
        }
        if group != groups::ALL {
            let hosts = entry.hosts.iter().filter_map(|host| graph.hosts.get(*host));
            lines.extend(hosts.map(|host| format!("{}{}", branch(depth + 1), host.name)));
        }
    }
}

impl Host<'_> {
    /// Its variables as they are written.
    pub fn to_json(self) -> Json {
        let shown = self
            .variables()
            .into_iter()
            .filter(|(name, _)| !INTERNAL.contains(name))
            .map(|(name, variable)| {
                let value = shown(name, &variable.node, Form::Written);
                (name.to_owned(), value)
            });
        Json::Object(shown.collect())
    }

    /// Its variables as they are used: templates evaluated, secrets hidden.
    ///
    /// # Errors
    ///
    /// All values that cannot be had.
    pub fn resolved_json(self) -> Result<Json, Vec<Problem>> {
        let (mut values, mut problems) = (Map::new(), Vec::new());
        for name in self
            .variables()
            .into_keys()
            .filter(|name| !INTERNAL.contains(name))
        {
            match self.resolve(name) {
                Ok(Some(resolved)) => {
                    let value = match resolved.is_secret {
                        true => SECRET.into(),
                        false => shown(name, &Node::from_value(resolved.value), Form::Resolved),
                    };
                    values.insert(name.to_owned(), value);
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(values.into())
        } else {
            Err(problems)
        }
    }
}

/// Names that Ansible keeps to itself.
const INTERNAL: &[&str] = &[
    "inventory_hostname",
    "inventory_hostname_short",
    "inventory_file",
    "inventory_dir",
    "group_names",
    "groups",
    "hostvars",
    "playbook_dir",
];

/// What is shown of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it stands in the file: a template names secrets and holds none, and text that is never a template is marked as Ansible does.
    Written,
    /// As it is used.
    Resolved,
}

/// A value as Ansible writes it to JSON, but for the secrets in it. The name is that of the variable, or of the key that it stands below.
fn shown(name: &str, node: &Node, form: Form) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Vaulted(text) => json!({"__ansible_vault": &**text}),
        Value::Secret(_) => SECRET.into(),
        Value::Text(text) if form == Form::Written && is_template(text) && !tells_secret(text) => {
            text.as_str().into()
        }
        _ if is_secret_name(name) => SECRET.into(),
        Value::Text(text) | Value::Literal(text) if tells_secret(text) => SECRET.into(),
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, node)| {
                    let key = key_text(key);
                    let value = shown(&key, node, form);
                    (key, value)
                })
                .collect(),
        ),
        Value::List(nodes) => {
            let nodes = nodes.iter().map(|node| shown(name, node, form));
            nodes.collect::<Vec<_>>().into()
        }
        Value::Literal(text) if form == Form::Written => json!({"__ansible_unsafe": text}),
        Value::Text(text) | Value::Literal(text) => text.as_str().into(),
        // A number of more than 64 bits has no place in this JSON, and stands there as text.
        Value::Integer(number) => serde_json::Number::from_i128(*number)
            .map_or_else(|| number.to_string().into(), Json::Number),
        Value::Float(number) => {
            serde_json::Number::from_f64(*number).map_or_else(|| node.text().into(), Json::Number)
        }
        Value::Bool(value) => (*value).into(),
    }
}

/// A key as Python writes it to JSON.
fn key_text(key: &Key) -> String {
    let value = if key.is_plain {
        plain(&key.name)
    } else {
        Value::Text(key.name.clone())
    };
    match value {
        Value::Null => "null".to_owned(),
        value => Node::from_value(value)
            .text()
            .unwrap_or_else(|| key.name.clone()),
    }
}
