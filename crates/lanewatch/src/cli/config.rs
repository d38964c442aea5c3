//! `lanewatch config show`: every setting, its value and where that came from.

use clap::{Args, Subcommand};

use super::ExitStatus;
use super::printer::Printer;
use crate::settings::Layers;
use crate::view::{render_settings, settings_as_json};

/// Say what is set, to which value and where.
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show each setting with its value and its origin: flag, environment, file and line, or default
    Show(Show),
}

#[derive(Debug, Args)]
struct Show {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let Command::Show(show) = self.command;
        let resolved = given.resolve();
        for warning in &resolved.warnings {
            printer.warning(warning);
        }
        let (shown, file) = (resolved.shown(), resolved.file.clone());
        // What is wrong is said instead: a default shown in place of a value that cannot be read would be a lie.
        resolved.settings()?;
        printer.answer(&if show.json {
            settings_as_json(&shown, file.as_deref())
        } else {
            render_settings(&shown, file.as_deref())
        });
        Ok(ExitStatus::Delivered)
    }
}
