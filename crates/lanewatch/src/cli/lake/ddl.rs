//! `lanewatch lake ddl`: what an engine must be told to read the lake.

use clap::{Args, ValueEnum};
use sinks::lake::Engine;

use super::super::help::{PLAIN, after};
use super::{ExitStatus, Printer};
use crate::settings::Layers;

/// Print the statements that make the lake's tables known to an engine: partition projection, no crawler. Tables of mappings are those of
/// the catalogue, and those that the lake on this disk holds.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake ddl --engine duckdb | duckdb", "Create views of the lake in DuckDB."),
], PLAIN))]
pub(super) struct Ddl {
    /// The query engine
    #[arg(long, value_enum)]
    engine: EngineArgument,
    /// The location of the lake: `s3://bucket/prefix` or a folder [default: the setting `sync_to`, else `lake`]
    #[arg(long, value_name = "URL")]
    location: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EngineArgument {
    Athena,
    Trino,
    Spark,
    Duckdb,
}

impl Ddl {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let location = self
            .location
            .or_else(|| settings.sync_to.clone())
            .unwrap_or_else(|| settings.lake.display().to_string());
        let engine = match self.engine {
            EngineArgument::Athena => Engine::Athena,
            EngineArgument::Trino => Engine::Trino,
            EngineArgument::Spark => Engine::Spark,
            EngineArgument::Duckdb => Engine::DuckDb,
        };
        let files = sinks::lake::files(&settings.lake)?;
        let tables = super::tables(&settings, &files)?;
        let text = sinks::lake::ddl(engine, tables.iter(), &location);
        printer.answer(text.trim_end());
        Ok(ExitStatus::Delivered)
    }
}
