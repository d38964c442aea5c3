//! The inventory as it is shown: as JSON in the form of `ansible-inventory`, and as a tree of groups.
//!
//! Values are as they are written, templates unresolved, as Ansible shows them. Unlike Ansible's, no listing shows a secret: what comes
//! out of a vaulted file, and plain passwords, are `(secret)`. Vault values in a file that is not encrypted itself stay what they are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{Host, Inventory, Variable, groups};
use crate::config::problem::{Problem, Problems, did_you_mean};
use crate::config::yaml::{Key, Node, Value, is_template, plain};

/// What stands in place of a secret.
const SECRET: &str = "(secret)";
/// What the names of variables end in that hold a secret.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "_pass",
    "secret",
    "token",
];

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
    pub(crate) fn to_json(&self, is_resolved: bool) -> Result<String, Problems> {
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
    pub(crate) fn graph(&self, group: &str) -> Result<String, Problem> {
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
    pub(crate) fn to_json(self) -> Json {
        let shown = self
            .variables()
            .into_iter()
            .filter(|(name, _)| !INTERNAL.contains(name))
            .map(|(name, variable)| (name.to_owned(), shown(name, variable)));
        Json::Object(shown.collect())
    }

    /// Its variables as they are used: templates evaluated, secrets hidden.
    ///
    /// # Errors
    ///
    /// All values that cannot be had.
    pub(crate) fn resolved_json(self) -> Result<Json, Vec<Problem>> {
        let (mut values, mut problems) = (Map::new(), Vec::new());
        for name in self
            .variables()
            .into_keys()
            .filter(|name| !INTERNAL.contains(name))
        {
            match self.resolve(name) {
                Ok(Some(resolved))
                    if resolved.is_secret
                        || (is_secret_name(name) && !resolved.value.is_null()) =>
                {
                    drop(values.insert(name.to_owned(), SECRET.into()))
                }
                Ok(Some(resolved)) => drop(values.insert(
                    name.to_owned(),
                    to_json(&Node::from_value(resolved.value).without_marks()),
                )),
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

/// A variable's value as it is written, unless that is a secret.
fn shown(name: &str, variable: &Variable) -> Json {
    match &variable.node.value {
        Value::Text(text) if is_template(text) => text.as_str().into(),
        Value::Vaulted(_) | Value::Null => to_json(&variable.node),
        _ if is_secret_name(name) => SECRET.into(),
        _ => to_json(&variable.node),
    }
}

/// Whether a variable of this name holds a secret, as far as a name can say.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|ending| name.ends_with(ending))
}

impl Node {
    /// Text that is no template as text like any other: of no concern once templates are evaluated.
    fn without_marks(self) -> Self {
        let value = match self.value {
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.without_marks()))
                    .collect(),
            ),
            Value::List(nodes) => Value::List(nodes.into_iter().map(Self::without_marks).collect()),
            Value::Literal(text) => Value::Text(text),
            other => other,
        };
        Self { value, ..self }
    }
}

/// A value as JSON, as Ansible writes it.
fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, node)| (key_text(key), to_json(node)))
                .collect(),
        ),
        Value::List(nodes) => nodes.iter().map(to_json).collect::<Vec<_>>().into(),
        Value::Text(text) => text.as_str().into(),
        Value::Literal(text) => json!({"__ansible_unsafe": text}),
        Value::Vaulted(text) => json!({"__ansible_vault": &**text}),
        Value::Secret(_) => SECRET.into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => {
            serde_json::Number::from_f64(*number).map_or_else(|| node.text().into(), Json::Number)
        }
        Value::Bool(value) => (*value).into(),
        Value::Null => Json::Null,
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
