//! The inventory: which devices there are and what is known of each, from Ansible's YAML form.
//!
//! ```yaml
//! all:
//!   vars: {ansible_user: telemetry}
//!   children:
//!     leaf:
//!       hosts:
//!         leaf-01: {ansible_host: 192.0.2.11, hardware_model: qfx5220-32cd}
//! ```
//!
//! A variable set nearer to the host wins: host over group, a group over those above it and, among groups of the same depth, the later
//! name, as in Ansible. Several files are read as one inventory. What is not read yet (templates, vault values, `group_vars` folders) is
//! refused where it would matter, never taken literally.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::problem::{Problem, Problems, did_you_mean, nearest};
use super::yaml::{Node, Value};

/// Variables that Lanewatch or Ansible's connection plugins read. A name that is almost one of these is taken for a misspelling; any
/// other variable is the user's own.
const KNOWN_VARIABLES: &[&str] = &[
    "ansible_connection",
    "ansible_host",
    "ansible_network_os",
    "ansible_password",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_private_key_passphrase",
    "ansible_python_interpreter",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_pass",
    "ansible_ssh_private_key_file",
    "ansible_ssh_private_key_passphrase",
    "ansible_ssh_user",
    "ansible_user",
    "hardware_model",
    "interface_filter",
    "lanewatch_auth_order",
    "lanewatch_host_keys",
    "lanewatch_jump",
    "lanewatch_jump_password",
    "lanewatch_known_hosts",
    "lanewatch_legacy",
    "lanewatch_netconf_version",
    "lanewatch_proxy_command",
];

/// What may stand in a group.
const GROUP_KEYS: &[&str] = &["hosts", "vars", "children"];

/// All devices of a shard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inventory {
    /// By name.
    pub(crate) hosts: BTreeMap<String, Host>,
}

/// One device, as the inventory knows it.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// Where it was first named.
    pub(crate) file: PathBuf,
    pub(crate) line: u64,
    /// Its variables, with those of its groups.
    pub(crate) variables: BTreeMap<String, Variable>,
}

/// The value of a variable and where it was set.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) file: PathBuf,
    pub(crate) line: u64,
    pub(crate) node: Node,
}

impl Inventory {
    /// Reads all files as one inventory.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in all of them.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        for file in files {
            match std::fs::read_to_string(file) {
                Ok(text) => reader.read(file, &text),
                Err(error) => reader.problems.push(Problem::new(format!(
                    "cannot read the inventory {}: {error}; name a file with `-i`",
                    file.display()
                ))),
            }
        }
        reader.finish(files)
    }
}

#[derive(Debug, Default)]
struct Group {
    variables: BTreeMap<String, Variable>,
    hosts: BTreeSet<String>,
    children: BTreeSet<String>,
}

/// The groups of all files, on the way to hosts.
#[derive(Debug, Default)]
struct Reader {
    groups: BTreeMap<String, Group>,
    hosts: BTreeMap<String, Host>,
    problems: Vec<Problem>,
}

impl Reader {
    fn read(&mut self, file: &Path, text: &str) {
        match Node::parse(text) {
            Err(error) => self.problems.push(Problem::new(format!(
                "{} is not YAML: {error}",
                file.display()
            ))),
            Ok(Node {
                value: Value::Map(groups),
                ..
            }) => {
                for (name, node) in groups {
                    self.group(file, &name.name, &node);
                }
            }
            Ok(Node {
                value: Value::Null, ..
            }) => {}
            Ok(node) => self.problems.push(Problem::at(
                file,
                node.line,
                format!(
                    "an inventory is a mapping of groups, such as `all:`; found {}",
                    node.kind()
                ),
            )),
        }
    }

    fn group(&mut self, file: &Path, name: &str, node: &Node) {
        self.groups.entry(name.to_owned()).or_default();
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => return,
            _ => {
                let found = node.kind();
                self.problem(
                    file,
                    node.line,
                    format!("the group `{name}` holds {GROUP_KEYS:?}; found {found}"),
                );
                return;
            }
        };
        for (key, node) in entries {
            match (key.name.as_str(), &node.value) {
                ("hosts" | "vars" | "children", Value::Null) => {}
                ("hosts", Value::Map(hosts)) => {
                    for (host, node) in hosts {
                        self.host(file, name, &host.name, host.line, node);
                    }
                }
                ("vars", Value::Map(_)) => {
                    let variables = self.variables(file, node);
                    self.groups
                        .entry(name.to_owned())
                        .or_default()
                        .variables
                        .extend(variables);
                }
                ("children", Value::Map(children)) => {
                    for (child, node) in children {
                        self.groups
                            .entry(name.to_owned())
                            .or_default()
                            .children
                            .insert(child.name.clone());
                        self.group(file, &child.name, node);
                    }
                }
                ("hosts" | "vars" | "children", _) => {
                    let (key, found) = (&key.name, node.kind());
                    self.problem(file, node.line, format!("`{key}` of the group `{name}` must be a mapping (end each name with a colon); found {found}"));
                }
                (other, _) => {
                    let hint = did_you_mean(other, GROUP_KEYS.iter().copied());
                    self.problem(file, key.line, format!("unknown key `{other}` in the group `{name}`: a group has `hosts`, `vars` and `children`{hint}"));
                }
            }
        }
    }

    fn host(&mut self, file: &Path, group: &str, name: &str, line: u64, node: &Node) {
        if name.contains(['[', ']']) {
            self.problem(
                file,
                line,
                format!("`{name}`: host ranges are not read yet; list the hosts one by one"),
            );
            return;
        }
        let variables = match &node.value {
            Value::Map(_) => self.variables(file, node),
            Value::Null => BTreeMap::new(),
            _ => {
                let found = node.kind();
                self.problem(
                    file,
                    node.line,
                    format!("the host `{name}` holds variables, as `name: value`; found {found}"),
                );
                return;
            }
        };
        self.groups
            .entry(group.to_owned())
            .or_default()
            .hosts
            .insert(name.to_owned());
        let host = self.hosts.entry(name.to_owned()).or_insert_with(|| Host {
            file: file.to_owned(),
            line,
            variables: BTreeMap::new(),
        });
        host.variables.extend(variables);
    }

    fn variables(&mut self, file: &Path, node: &Node) -> BTreeMap<String, Variable> {
        let Value::Map(entries) = &node.value else {
            return BTreeMap::new();
        };
        let mut variables = BTreeMap::new();
        for (key, node) in entries {
            if let Some(near) = nearest(&key.name, KNOWN_VARIABLES.iter().copied())
                && !KNOWN_VARIABLES.contains(&key.name.as_str())
            {
                self.problem(
                    file,
                    key.line,
                    format!("unknown variable `{}`; did you mean `{near}`?", key.name),
                );
            }
            variables.insert(
                key.name.clone(),
                Variable {
                    file: file.to_owned(),
                    line: key.line,
                    node: node.clone(),
                },
            );
        }
        variables
    }

    fn problem(&mut self, file: &Path, line: u64, message: String) {
        self.problems.push(Problem::at(file, line, message));
    }

    fn finish(mut self, files: &[PathBuf]) -> Result<Inventory, Problems> {
        let order = self.order();
        // One of several files may hold variables alone; all together must name somebody.
        if self.hosts.is_empty() && self.problems.is_empty() {
            let empty = files.iter().map(|file| Problem::at(file, 0, NO_HOSTS));
            self.problems.extend(empty);
        }
        if !self.problems.is_empty() {
            return Err(Problems(self.problems));
        }
        let parents = parents(&self.groups);
        for (name, host) in &mut self.hosts {
            let member_of = self
                .groups
                .iter()
                .filter(|(_, group)| group.hosts.contains(name))
                .map(|(name, _)| name.as_str());
            let mut groups = BTreeSet::from(["all"]);
            let mut rest: Vec<&str> = member_of.collect();
            while let Some(group) = rest.pop() {
                if groups.insert(group) || group == "all" {
                    rest.extend(
                        parents
                            .get(group)
                            .into_iter()
                            .flatten()
                            .filter(|parent| !groups.contains(*parent)),
                    );
                }
            }
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_by_key(|group| (order.get(*group), *group));
            let mut variables = BTreeMap::new();
            for group in groups.iter().filter_map(|group| self.groups.get(*group)) {
                variables.extend(group.variables.clone());
            }
            variables.append(&mut host.variables);
            host.variables = variables;
        }
        Ok(Inventory { hosts: self.hosts })
    }

    /// The depth of each group below `all`. A group that is its own ancestor is a problem.
    fn order(&mut self) -> BTreeMap<String, usize> {
        let parents = parents(&self.groups);
        let mut depths: BTreeMap<String, usize> = self
            .groups
            .keys()
            .map(|name| (name.clone(), usize::from(name != "all")))
            .collect();
        // A path without a cycle is no longer than the number of groups.
        for _ in 0..=self.groups.len() {
            let mut changed = false;
            for (group, above) in &parents {
                let depth = above
                    .iter()
                    .filter_map(|parent| depths.get(*parent))
                    .max()
                    .map_or(1, |depth| depth + 1);
                if depths.get(*group).is_some_and(|known| *known < depth) {
                    depths.insert((*group).to_owned(), depth);
                    changed = true;
                }
            }
            if !changed {
                return depths;
            }
        }
        self.problems.push(Problem::new("the groups of the inventory contain one another in a circle; take one of the `children` out"));
        depths
    }
}

const NO_HOSTS: &str = "the inventory names no hosts; put them under `all: hosts:`, each as `name: {ansible_host: address}`";

fn parents(groups: &BTreeMap<String, Group>) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut parents: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, group) in groups {
        for child in &group.children {
            parents.entry(child).or_default().insert(name);
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Inventory, Problems> {
        let mut reader = Reader::default();
        let file = PathBuf::from("i.yaml");
        reader.read(&file, text);
        reader.finish(&[file])
    }

    fn variable(inventory: &Inventory, host: &str, name: &str) -> Option<String> {
        inventory.hosts.get(host)?.variables.get(name)?.node.text()
    }

    #[test]
    fn a_variable_set_nearer_to_the_host_wins() {
        let inventory = read(
            "all:\n  vars: {v: all, w: all}\n  children:\n    outer:\n      vars: {v: outer}\n      children:\n        inner:\n          vars: {v: inner}\n          hosts:\n            a:\n            b: {v: host}\n    zeta:\n      vars: {v: zeta}\n      hosts:\n        a:\n        c:\n",
        )
        .unwrap();
        assert_eq!(
            variable(&inventory, "a", "v").as_deref(),
            Some("inner"),
            "the deeper group wins over the later name"
        );
        assert_eq!(variable(&inventory, "b", "v").as_deref(), Some("host"));
        assert_eq!(variable(&inventory, "c", "v").as_deref(), Some("zeta"));
        assert_eq!(variable(&inventory, "a", "w").as_deref(), Some("all"));
    }

    #[test]
    fn the_users_own_variables_are_left_alone() {
        let inventory = read("all:\n  hosts:\n    a: {rack: 7, owner: me}\n").unwrap();
        assert_eq!(variable(&inventory, "a", "rack").as_deref(), Some("7"));
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line() {
        let problems = read(
            "all:\n  childern:\n  hosts:\n    a:\n      ansible_prot: 830\n    b: 7\n    c[1:3]:\n",
        )
        .unwrap_err()
        .to_string();
        assert_eq!(
            problems.lines().collect::<Vec<_>>(),
            [
                "i.yaml:2: unknown key `childern` in the group `all`: a group has `hosts`, `vars` and `children`; did you mean `children`?",
                "i.yaml:5: unknown variable `ansible_prot`; did you mean `ansible_port`?",
                "i.yaml:6: the host `b` holds variables, as `name: value`; found a number",
                "i.yaml:7: `c[1:3]`: host ranges are not read yet; list the hosts one by one",
            ]
        );
    }

    #[test]
    fn an_inventory_without_hosts_says_what_to_write() {
        for text in ["", "# nothing\n", "all:\n", "all:\n  hosts:\n"] {
            assert_eq!(
                read(text).unwrap_err().to_string(),
                format!("i.yaml: {NO_HOSTS}"),
                "{text:?}"
            );
        }
        assert!(
            read("- a\n")
                .unwrap_err()
                .to_string()
                .contains("found a list")
        );
    }

    #[test]
    fn a_file_may_hold_variables_alone_beside_one_with_hosts() {
        let (hosts, variables) = (PathBuf::from("hosts.yaml"), PathBuf::from("vars.yaml"));
        let mut reader = Reader::default();
        reader.read(&hosts, "all: {hosts: {a: }}");
        reader.read(&variables, "all: {vars: {rack: 7}}");
        let inventory = reader.finish(&[hosts, variables]).unwrap();
        assert_eq!(variable(&inventory, "a", "rack").as_deref(), Some("7"));
    }

    #[test]
    fn a_circle_of_groups_is_told() {
        let problems =
            read("a:\n  hosts: {h: }\n  children:\n    b:\n      children:\n        a:\n")
                .unwrap_err()
                .to_string();
        assert!(problems.contains("in a circle"), "{problems}");
    }
}
