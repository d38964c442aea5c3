//! The inventory, for people.

use inventory::{Host, Inventory};
use serde_json::Value;

use super::lines::{Columns, table};
use super::screen::Screen;

/// A line a host: its name, its address as it is written, and its groups.
pub(crate) fn render_inventory(inventory: &Inventory, screen: Screen) -> String {
    let rows = inventory.hosts().map(|host| {
        let address = host
            .variable("ansible_host")
            .and_then(|variable| variable.node.text());
        vec![
            host.name().to_owned(),
            address.unwrap_or_default(),
            host.group_names().join(", "),
        ]
    });
    let count = inventory.hosts().len();
    let table = table(screen, &["Host", "Address", "Groups"], rows);
    format!(
        "{table}\n\n{count} {}",
        if count == 1 { "host" } else { "hosts" }
    )
}

/// A line a variable: its value and the place that sets it.
pub(crate) fn render_host(host: Host<'_>, values: &Value, screen: Screen) -> String {
    let variables = host.variables();
    let rows = values
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let place = variables
                .get(name.as_str())
                .map(|variable| match variable.line {
                    0 => variable.file.display().to_string(),
                    line => format!("{}:{line}", variable.file.display()),
                });
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            vec![name.clone(), value, place.unwrap_or_default()]
        });
    let table = Columns {
        header: &["Variable", "Value", "Set in"],
        right: &[],
        drop: &[2],
    }
    .table(screen, rows);
    format!("{} is in {}\n\n{table}", host.name(), groups(host))
}

fn groups(host: Host<'_>) -> String {
    match host.group_names().as_slice() {
        [] => "no group".to_owned(),
        names => names.join(", "),
    }
}
