//! Warnings about variables of the inventory: those of Ansible's connection plugins that have no effect here, and plain names that were
//! probably meant for Ansible's.

use std::collections::BTreeMap;

use inventory::{CONNECTION_VARIABLES, Host, Inventory, Variable};

use super::host_variables::{Names, PASSWORD};
use super::{access, not_junos};

/// What variables of the connection plugins begin with, in versions to come too.
const PREFIXES: &[&str] = &[
    "ansible_libssh_",
    "ansible_netconf_",
    "ansible_network_cli_",
    "ansible_paramiko_",
    "ansible_ssh_",
    "ansible_terminal_",
];
/// Where the words of the warning end.
const MOST_NAMED: usize = 12;

/// A plain name beside a host, and the variables one of which was probably meant.
const PLAIN: &[(&str, Names)] = &[
    ("host", access::ADDRESS),
    ("address", access::ADDRESS),
    ("ip", access::ADDRESS),
    ("port", access::PORT),
    ("user", access::USER),
    ("username", access::USER),
    ("password", PASSWORD),
];

/// The warnings about the variables of these hosts.
pub(super) fn warnings(inventory: &Inventory, hosts: &[Host<'_>]) -> Vec<String> {
    let set = inventory.variable_names();
    let without_effect: Vec<&str> = set
        .iter()
        .copied()
        .filter(|name| is_without_effect(name))
        .collect();
    let plain: Vec<_> = PLAIN
        .iter()
        .filter(|(name, _)| set.contains(name))
        .collect();
    let mut places: BTreeMap<&str, &Variable> = BTreeMap::new();
    let mut likely: BTreeMap<&str, (&str, &Variable, usize)> = BTreeMap::new();
    for host in hosts {
        for name in &without_effect {
            let variable = host.variable(name);
            if let Some(variable) = variable.filter(|variable| says_something(variable)) {
                places.entry(name).or_insert(variable);
            }
        }
        for (name, meant) in &plain {
            let is_meant = meant.iter().any(|meant| host.variable(meant).is_some());
            let variable = host.variable(name).filter(|_| !is_meant);
            if let Some(variable) = variable.filter(|variable| variable.node.text().is_some()) {
                let meant = usual(meant);
                let (_, _, hosts) = likely.entry(name).or_insert((meant, variable, 0));
                *hosts += 1;
            }
        }
    }
    let named: Vec<_> = places
        .iter()
        .take(MOST_NAMED)
        .map(|(name, variable)| format!("`{name}` ({})", place(variable)))
        .collect();
    let more = match places.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let connection = (!named.is_empty()).then(|| {
        format!(
            "these connection variables of Ansible have no effect here: {}{more}",
            named.join(", ")
        )
    });
    let likely = likely.iter().map(|(name, (meant, variable, hosts))| {
        format!(
            "{}: `{name}` of {hosts} host(s) is no variable that Lanewatch reads; did you mean `{meant}`?",
            place(variable)
        )
    });
    connection.into_iter().chain(likely).collect()
}

/// The name without a plugin's in it.
fn usual(names: Names) -> &'static str {
    let plain = names.iter().find(|name| name.matches('_').count() == 1);
    plain.or(names.first()).copied().unwrap_or_default()
}

fn is_without_effect(name: &str) -> bool {
    let is_connection = CONNECTION_VARIABLES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || matches!(name, "ansible_become" | "ansible_become_method");
    let honoured = access::HONOURED.iter().chain(not_junos::HONOURED);
    let is_honoured = honoured
        .copied()
        .chain([PASSWORD])
        .any(|names| names.contains(&name));
    is_connection && !is_honoured
}

/// Null and `false` ask for nothing.
fn says_something(variable: &Variable) -> bool {
    use inventory::yaml::Value;
    !matches!(variable.node.value, Value::Null | Value::Bool(false))
}

fn place(variable: &Variable) -> String {
    match variable.line {
        0 => variable.file.display().to_string(),
        line => format!("{}:{line}", variable.file.display()),
    }
}
