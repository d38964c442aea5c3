//! `lanewatch inventory`: which devices there are and what is known of each, as it was read.

use clap::{Args, Subcommand};
use inventory::{Inventory, Problems, did_you_mean};

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::Layers;
use crate::view::{render_host, render_inventory};

/// Show the inventory as it is read: hosts, groups, variables and where each was set.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch inventory list -i inventory.yaml", "List the hosts."),
], PLAIN))]
pub(super) struct InventoryCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the hosts; as JSON in the form of `ansible-inventory --list`, with all their variables
    List(List),
    /// Show the groups as a tree
    Graph(Graph),
    /// Show the variables of one host, each with the place that sets it
    Host(Host),
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch inventory list -i inventory.yaml", "List the hosts."),
    ("lanewatch inventory list -i inventory.yaml --json", "Print what `ansible-inventory --list` prints."),
], PLAIN))]
struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Evaluate templates, in the JSON
    #[arg(long, requires = "json")]
    resolved: bool,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch inventory graph -i inventory.yaml spines", "Show one group and what is below it."),
], PLAIN))]
struct Graph {
    /// The group to begin with
    #[arg(default_value = "all")]
    group: String,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch inventory host -i inventory.yaml leaf-01 --resolved", "Show the variables of a host, templates evaluated."),
], PLAIN))]
struct Host {
    /// Its name in the inventory
    name: String,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Evaluate templates
    #[arg(long)]
    resolved: bool,
}

impl InventoryCommand {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let inventory = Inventory::read(&settings.sources())?;
        for warning in inventory.warnings() {
            printer.warning(&warning.to_string());
        }
        match self.command {
            Command::List(command) => command.show(&inventory, printer)?,
            Command::Graph(command) => {
                printer.page(&inventory.graph(&command.group).map_err(Problems::from)?);
            }
            Command::Host(command) => command.show(&inventory, printer)?,
        }
        Ok(ExitStatus::Delivered)
    }
}

impl List {
    fn show(self, inventory: &Inventory, printer: &Printer) -> Result<(), Problems> {
        if self.json {
            printer.answer(&inventory.to_json(self.resolved)?);
        } else {
            printer.page(&render_inventory(inventory, printer.screen()));
        }
        Ok(())
    }
}

impl Host {
    fn show(self, inventory: &Inventory, printer: &Printer) -> Result<(), Problems> {
        let Some(host) = inventory.host(&self.name) else {
            let hint = did_you_mean(&self.name, inventory.hosts().map(|host| host.name()));
            return Err(usage(format!(
                "the inventory has no host `{}`{hint}",
                self.name
            )));
        };
        let values = if self.resolved {
            host.resolved_json().map_err(Problems)?
        } else {
            host.to_json()
        };
        if self.json {
            printer.answer(&format!("{values:#}"));
        } else {
            printer.page(&render_host(host, &values, printer.screen()));
        }
        Ok(())
    }
}
