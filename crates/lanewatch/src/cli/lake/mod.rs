//! `lanewatch lake`: the Parquet lake on this disk and its copy at a remote.

mod ddl;
mod documents;
mod forget;
mod metrics;
mod prune;
mod read_ahead;
mod remote;
mod status;
mod sync;
mod verify;
mod write;

use std::path::Path;

use clap::{Args, Subcommand};
use records::tables::DATASETS;
use sinks::lake::{LocalFile, Tables};

use super::ExitStatus;
use super::help::{PLAIN, after};
use super::printer::Printer;
use super::usage;
use crate::settings::{Layers, Settings};
use collector::Catalogue;

pub(super) use sync::after_run;

/// Write, sync, check and describe the Parquet lake.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake status", "Count files and rows, and say what the remote lacks."),
], PLAIN))]
pub(super) struct Lake {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the tables from JSON documents, as `write_hourly_parquet.py` did
    Write(write::Write),
    /// Upload what the remote lake lacks
    Sync(sync::Sync),
    /// Show the local lake, and which remotes are behind
    Status(status::Status),
    /// Read every file whole, and compare the lake with the remote
    Verify(verify::Verify),
    /// Remove old partitions of the local lake
    Prune(prune::Prune),
    /// Forget a remote that was mistyped or is no longer used
    Forget(forget::Forget),
    /// Write the series over time, to fill a Prometheus with
    Metrics(metrics::Metrics),
    /// Print the table definitions for a query engine
    Ddl(ddl::Ddl),
}

/// The files of a lake that a command was asked about: unlike for a run, which makes the folder, one that is not there is a mistake.
fn files_of(lake: &Path) -> anyhow::Result<Vec<LocalFile>> {
    require_lake(lake)?;
    Ok(sinks::lake::files(lake)?)
}

/// Refuses a lake that is not there.
fn require_lake(lake: &Path) -> anyhow::Result<()> {
    if !lake.is_dir() {
        let what = match lake.exists() {
            true => "is not a folder",
            false => "is not there",
        };
        let name = lake.display();
        return Err(usage(format!(
            "the lake {name} {what}: name its root with `--lake FOLDER` or the setting `lake`"
        ))
        .into());
    }
    Ok(())
}

/// The built-in tables, those of the catalogue's mappings, and what else is in the lake.
fn tables(settings: &Settings, lake: &Path, files: &[LocalFile]) -> anyhow::Result<Tables> {
    let catalogue = Catalogue::read(&settings.catalogue)?;
    let given = DATASETS.iter().cloned().chain(catalogue.datasets());
    Ok(Tables::of(lake, files, given))
}

impl Lake {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        match self.command {
            Command::Write(command) => command.run(given, printer),
            Command::Sync(command) => command.run(given, printer).await,
            Command::Status(command) => command.run(given, printer),
            Command::Verify(command) => command.run(given, printer).await,
            Command::Prune(command) => command.run(given, printer),
            Command::Forget(command) => command.run(given, printer),
            Command::Metrics(command) => command.run(given, printer),
            Command::Ddl(command) => command.run(given, printer),
        }
    }
}
