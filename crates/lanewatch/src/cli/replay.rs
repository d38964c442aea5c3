//! `lanewatch replay`: saved replies, read again: of a run, or whatever scripts left behind.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use collector::{Catalogue, Clock, LooseFiles, OriginalRun, Outcome, SavedRun};

use super::help::{DELIVERING, after};
use super::printer::Printer;
use super::{ExitStatus, PIC_DETAIL_OF_ORIGINAL, usage};
use crate::settings::Layers;
use crate::view::render_replay;

/// Read saved replies again, no device contacted. Those of a run give the same JSON and the same rows, those of a killed run what had
/// come by then; those of a folder without a run report, of a file or of standard input are taken as one run.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch replay output/latest --output-dir documents --lake raw_ml_data", "Make documents and rows of the newest run again."),
], DELIVERING))]
pub(super) struct Replay {
    /// The folder of a run (one below the output folder, or its `latest`), a folder of DEVICE_RPC_raw.xml files, files of that name, or
    /// `-` for standard input
    #[arg(required = true, value_name = "FOLDER|FILE|-")]
    input: Vec<PathBuf>,
    /// The folder for the JSON documents
    #[arg(long, alias = "output", value_name = "FOLDER")]
    output_dir: PathBuf,
    /// The root of the lake that takes the rows; the run's own files in it are replaced
    #[arg(long, value_name = "FOLDER")]
    lake: PathBuf,
    /// The device that sent a file, where its name does not say so
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// The RPC that a file answers, where its name does not say so
    #[arg(long, value_name = "RPC")]
    rpc: Option<String>,
    /// What files and rows call the runner, where there is no run report [default: replay]
    #[arg(long, value_name = "NAME")]
    runner_name: Option<String>,
    /// The UTC second at which the run began, where there is no run report [default: that in a folder's name GROUP_SECONDS, else
    /// when the first reply was saved]
    #[arg(long, value_name = "SECONDS")]
    run_timestamp: Option<i64>,
}

impl Replay {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let with = |report: &str| match self.input.as_slice() {
            [folder] if folder.join(report).is_file() => Some(folder),
            _ => None,
        };
        let ended = with(sinks::REPORT_FILE);
        let killed = with(sinks::UNFINISHED_REPORT_FILE).filter(|_| ended.is_none());
        let run = match (ended, killed) {
            (Some(folder), _) => self.of_run(folder),
            (None, Some(folder)) => {
                self.of_unfinished_run(folder, &Catalogue::read(&settings.catalogue)?)
            }
            (None, None) => self.of_files(&Catalogue::read(&settings.catalogue)?),
        };
        let run = run.map_err(usage)?;
        let (devices, committed) =
            collector::replay(&run, &self.output_dir, &self.lake, settings.compression)?;
        if let Some(pending) = &committed.pending {
            printer.warning(&pending.to_string());
        }
        if devices
            .iter()
            .any(|replayed| replayed.dialect.is_original())
        {
            printer.note(PIC_DETAIL_OF_ORIGINAL);
        }
        for replayed in &devices {
            for said in replayed.report.said_beside_data() {
                printer.warning(&format!("{}: {said}", replayed.device));
            }
        }
        if let Some(folder) = ended.or(killed) {
            let made_good = collector::make_good(folder, &self.output_dir, &self.lake, &devices)?;
            for missing in &made_good.still_missing {
                printer.warning(&format!("{}: {missing}", folder.display()));
            }
            for there in &made_good.now_there {
                let folder = folder.display();
                printer.summary(&format!(
                    "{folder}: {there} that the run lacked are there now"
                ));
            }
        }
        printer.summary(&render_replay(&devices, &committed.files, &self.output_dir));
        let failed = devices
            .iter()
            .filter(|replayed| replayed.report.outcome != Outcome::Delivered);
        Ok(match failed.count() {
            0 => ExitStatus::Delivered,
            failed if failed == devices.len() => ExitStatus::NoneDelivered,
            _ => ExitStatus::SomeFailed,
        })
    }

    /// A run of ours: its report says everything else, its mappings included.
    fn of_run(&self, folder: &Path) -> anyhow::Result<SavedRun> {
        self.refuse_what_a_report_says(folder)?;
        SavedRun::read(folder)
    }

    /// A run of ours that was killed: its report says who it is, and the catalogue what its files are.
    fn of_unfinished_run(&self, folder: &Path, catalogue: &Catalogue) -> anyhow::Result<SavedRun> {
        self.refuse_what_a_report_says(folder)?;
        LooseFiles::of(catalogue).unfinished_run(folder)
    }

    fn refuse_what_a_report_says(&self, folder: &Path) -> anyhow::Result<()> {
        let given = [
            ("--device", self.device.is_some()),
            ("--rpc", self.rpc.is_some()),
            ("--runner-name", self.runner_name.is_some()),
            ("--run-timestamp", self.run_timestamp.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, is_given)| *is_given) {
            anyhow::bail!(
                "{} has a run report, which says what `{flag}` would; leave it out",
                folder.display()
            );
        }
        Ok(())
    }

    fn of_files(&self, catalogue: &Catalogue) -> anyhow::Result<SavedRun> {
        let mut files = LooseFiles::of(catalogue);
        for input in &self.input {
            if input == Path::new("-") {
                let told = self.device.as_deref().zip(self.rpc.as_deref());
                let (device, rpc) = told.context("standard input does not say whose reply to what it is; give `--device` and `--rpc`")?;
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .read_to_end(&mut bytes)
                    .context("cannot read standard input")?;
                files.bytes(bytes, device, rpc, Clock::default().now())?;
            } else if input.is_dir() {
                files.folder(input)?;
            } else {
                files.file(input, self.device.as_deref(), self.rpc.as_deref())?;
            }
        }
        let runner_name = self
            .runner_name
            .clone()
            .unwrap_or_else(|| "replay".to_owned());
        let of_original = match self.input.as_slice() {
            [folder] => OriginalRun::of(folder).map(|run| run.run_timestamp),
            _ => None,
        };
        Ok(files.into_run(runner_name, self.run_timestamp.or(of_original)))
    }
}
