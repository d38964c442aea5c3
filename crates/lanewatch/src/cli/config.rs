//! `lanewatch config`: every setting, its value and where that came from.

use ::inventory::{Problems, did_you_mean};
use clap::{Args, Subcommand};

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::{Layers, Shown};
use crate::view::{render_settings, settings_as_json};

/// Show settings and where their values come from.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch config show", "List all settings with their values and origins."),
], PLAIN))]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show each setting with its value and its origin: flag, environment, file and line, or default
    Show(Show),
    /// Print the value of one setting
    Get(Get),
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch config get lake", "Print the root of the lake, for a script."),
], PLAIN))]
struct Get {
    /// The name of the setting, as in `lanewatch.toml` or as a flag
    name: String,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch config show", "List all settings."),
    ("lanewatch config show --concurrency 20", "Show what a flag changes."),
], PLAIN))]
struct Show {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Get {
    /// The value as one would write it, or the word that stands for what counts where it is not set: `config show` has the same.
    fn value<'s>(&self, shown: &'s [Shown]) -> Result<&'s str, Problems> {
        let name = self
            .name
            .trim_start_matches('-')
            .replace('-', "_")
            .to_lowercase();
        let found = shown.iter().find(|shown| shown.row.is_named(&name));
        let found = found.ok_or_else(|| {
            let hint = did_you_mean(&name, shown.iter().map(|shown| shown.row.name));
            usage(format!(
                "there is no setting `{}`{hint}; `lanewatch config show` lists all",
                self.name
            ))
        })?;
        let choices = found.row.accepts.choices;
        let otherwise = found.row.otherwise.filter(|word| choices.contains(word));
        Ok(found.value.as_deref().or(otherwise).unwrap_or_default())
    }
}

impl Config {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let resolved = given.resolve();
        for warning in &resolved.warnings {
            printer.warning(warning);
        }
        let (shown, file) = (resolved.shown(), resolved.file.clone());
        // What is wrong is said instead: a default shown in place of a value that cannot be read would be a lie.
        resolved.settings()?;
        match self.command {
            Command::Show(Show { json: true }) => {
                printer.answer(&settings_as_json(&shown, file.as_deref()));
            }
            Command::Show(Show { json: false }) => {
                printer.page(&render_settings(&shown, file.as_deref(), printer.screen()));
            }
            Command::Get(get) => printer.answer(get.value(&shown)?),
        }
        Ok(ExitStatus::Delivered)
    }
}
