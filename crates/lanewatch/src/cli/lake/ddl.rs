//! `lanewatch lake ddl`: what an engine must be told to read the lake.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sinks::lake::{Engine, is_per_device};

use super::super::help::{PLAIN, after};
use super::super::usage;
use super::{ExitStatus, Printer};
use crate::settings::Layers;

/// Print the statements that make the lake's tables known to an engine: partition projection, no crawler. Tables of mappings are those of
/// the catalogue, and those that the lake on this disk holds; the layout is the one that is found there.
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
        let is_named = self.location.is_some();
        let location = self
            .location
            .or_else(|| settings.sync_to.clone())
            .unwrap_or_else(|| settings.lake.display().to_string());
        let is_url = location.contains("://");
        if let Some(needed) = self.engine.needs_url(&location) {
            return Err(usage(format!(
                "{location} is not a location that {} can read: give {needed} with `--location`",
                self.engine.name()
            ))
            .into());
        }
        // A folder that is named is the lake; beside a URL, the one of the settings is its local copy, which may be elsewhere.
        let lake = match is_named && !is_url {
            true => PathBuf::from(&location),
            false => settings.lake.clone(),
        };
        let files = match is_named && is_url && !lake.exists() {
            true => Vec::new(),
            false => super::files_of(&lake)?,
        };
        let engine = self.engine.engine();
        let tables = super::tables(&settings, &lake, &files)?;
        let per_device = files.iter().filter(|file| is_per_device(&file.path));
        let (per_device, all) = (per_device.count(), files.len());
        let text = if per_device > 0 && per_device == all {
            // Of this layout a table exists where it has files: a glob that matches none is an error.
            let held = tables.iter().filter(|table| {
                let stem = format!("{}_", table.per_device_stem);
                let mut names = files.iter().filter_map(|file| file.path.rsplit('/').next());
                names.any(|name| name.starts_with(&stem))
            });
            sinks::lake::ddl_per_device(engine, held, &location).ok_or_else(|| {
                usage(format!(
                    "{} has a folder for each device, with all tables in it, and {} reads whole folders: write the lake with \
                     `--layout hourly`, or use Spark or DuckDB",
                    lake.display(),
                    self.engine.name()
                ))
            })?
        } else {
            if per_device > 0 {
                printer.warning(&format!(
                    "{} has two layouts; {per_device} of its {all} files stand in folders of devices, and these statements leave them out",
                    lake.display()
                ));
            }
            sinks::lake::ddl(engine, tables.iter(), &location)
        };
        printer.answer(text.trim_end());
        Ok(ExitStatus::Delivered)
    }
}

impl EngineArgument {
    fn engine(self) -> Engine {
        match self {
            Self::Athena => Engine::Athena,
            Self::Trino => Engine::Trino,
            Self::Spark => Engine::Spark,
            Self::Duckdb => Engine::DuckDb,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Athena => "Athena",
            Self::Trino => "Trino",
            Self::Spark => "Spark",
            Self::Duckdb => "DuckDB",
        }
    }

    /// What the engine takes in place of this location, if it cannot read it.
    fn needs_url(self, location: &str) -> Option<&'static str> {
        match self {
            Self::Athena if !location.starts_with("s3://") => Some("`s3://bucket/prefix`"),
            Self::Trino if !location.contains("://") => {
                Some("a URL such as `s3://bucket/prefix` or `file:///folder`")
            }
            _ => None,
        }
    }
}
