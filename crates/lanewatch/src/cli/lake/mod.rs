//! `lanewatch lake`: the Parquet lake on this disk and its copy at a remote.

mod compact;
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
    /// Make one file of the files of each table and hour that has ended
    ///
    /// An hour is compacted once it has ended, `--older-than` has passed since, and no run that may still write into it is at work. Every
    /// row stays, and the footer of the new file lists the runs. Queries go on meanwhile; one that has listed an hour and not opened its
    /// files yet may end with an error of a missing file.
    ///
    /// A run that comes late, or is replayed, has files of its own until the next compaction. The next sync uploads the new files and removes
    /// at the remote what they hold.
    Compact(compact::Compact),
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
            Command::Compact(command) => command.run(given, printer),
            Command::Prune(command) => command.run(given, printer),
            Command::Forget(command) => command.run(given, printer),
            Command::Metrics(command) => command.run(given, printer),
            Command::Ddl(command) => command.run(given, printer),
        }
    }
}
