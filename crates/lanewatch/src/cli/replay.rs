//! `lanewatch replay`: the raw replies of an earlier run, read again.

use std::path::PathBuf;

use clap::Args;

use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::config::Layers;
use crate::runner::{self, Outcome, SavedRun};
use crate::view::render_replay;

/// Read the raw replies of an earlier run again: the same JSON and the same rows, no device contacted.
#[derive(Debug, Args)]
#[command(after_help = super::EXIT_STATUSES)]
pub(super) struct Replay {
    /// The folder of the run: one below the output folder, or its `latest`
    run_folder: PathBuf,
    /// Where the JSON documents go
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// The root of the lake that takes the rows; the run's own files in it are replaced
    #[arg(long, value_name = "FOLDER")]
    lake: PathBuf,
}

impl Replay {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let run = SavedRun::read(&self.run_folder).map_err(usage)?;
        let (devices, files) =
            runner::replay(&run, &self.output, &self.lake, settings.compression)?;
        printer.answer(&render_replay(&devices, &files, &self.output));
        let failed = devices
            .iter()
            .filter(|replayed| replayed.report.outcome != Outcome::Delivered);
        Ok(match failed.count() {
            0 => ExitStatus::Delivered,
            failed if failed == devices.len() => ExitStatus::NoneDelivered,
            _ => ExitStatus::SomeFailed,
        })
    }
}
