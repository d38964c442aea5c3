//! `lanewatch record`: what devices answer, kept as a run's folder that can be replayed, served again or passed on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use collector::{Clock, Outcome, RunReport, SavedRun, Scrubber};
use sinks::{RawReplies, RunFolder};

use super::help::{DELIVERING, after};
use super::printer::Printer;
use super::signals::{interrupted, stopped};
use super::{ExitStatus, usage};
use crate::settings::{Layers, Planned};
use crate::view::{ShardBar, clear_bars};

/// Ask devices once and keep what they answer as a run's folder: for `replay`, for `sim --serve`, as a fixture.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch record leaf-01.example.net --output-dir recording --scrub", "Keep the replies of one device, without its secrets and serial numbers."),
], DELIVERING))]
pub(super) struct Record {
    /// One device, by name or address, in place of an inventory
    #[arg(conflicts_with = "inventory")]
    host: Option<String>,
    /// The folder of the recording: new or empty
    #[arg(short, long, alias = "output", value_name = "FOLDER")]
    output_dir: PathBuf,
    /// Replace secrets and serial numbers, each by one of the same length and everywhere by the same
    #[arg(long)]
    scrub: bool,
    /// Replace names and addresses of devices and what is written of interfaces as well
    #[arg(long, requires = "scrub")]
    scrub_names: bool,
}

impl Record {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let is_empty =
            |folder: &Path| std::fs::read_dir(folder).map(|mut entries| entries.next().is_none());
        if self.output_dir.exists() && !is_empty(&self.output_dir).unwrap_or(false) {
            return Err(usage(format!(
                "{} is there and not empty: name a new folder with `--output-dir`",
                self.output_dir.display()
            ))
            .into());
        }
        let scratch = Scratch::beside(&self.output_dir)?;
        let mut resolved = given.resolve();
        let settings = &mut resolved.settings;
        if let Some(host) = &self.host {
            let inventory = scratch.0.join("inventory.yaml");
            let name = serde_json::to_string(host)?; // quotes that YAML reads as well
            std::fs::write(&inventory, format!("all: {{hosts: {{{name}: }}}}\n"))
                .context("cannot write the inventory")?;
            settings.inventory = vec![inventory];
        }
        settings.output_dir = scratch.0.join("output");
        settings.lake = scratch.0.join("lake");
        settings.raw = RawReplies::Keep;
        // The metrics file is the whole fleet's: a recording never writes it.
        settings.metrics_file = None;
        settings.push_to = None;
        let Planned { plan, options, .. } = resolved.plan()?;
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        let shard = ShardBar::start(
            &plan.runner_name,
            plan.devices.iter().map(|device| device.name.as_str()),
            printer.screen(),
        );
        let finished = collector::run(
            plan,
            options,
            Clock::default(),
            Arc::new(move |event| shard.step(event)),
            interrupted(),
        )
        .await?;
        clear_bars();
        let report = finished.report;
        let delivered = report.devices.len() - report.count(Outcome::Failed);
        for (name, device) in &report.devices {
            if let Some(error) = &device.error {
                printer.error(&format!("{name}: {error}"));
            }
        }
        let stopped = stopped().filter(|_| report.interrupted);
        if delivered == 0 {
            return Ok(stopped.unwrap_or(ExitStatus::NoneDelivered));
        }
        let status = if let Some(stopped) = stopped {
            stopped
        } else if report.count(Outcome::Delivered) == report.devices.len() {
            ExitStatus::Delivered
        } else {
            ExitStatus::SomeFailed
        };
        let replies = self.keep(finished.folder.path(), report, &scratch.0)?;
        printer.summary(&format!(
            "{replies} replies of {delivered} devices are in {}; `lanewatch replay` reads them, `lanewatch sim --serve` serves them",
            self.output_dir.display()
        ));
        Ok(status)
    }

    /// Makes the recording of the run: its replies and its report, scrubbed if asked for, and the documents that are made of them.
    fn keep(&self, run: &Path, mut report: RunReport, scratch: &Path) -> anyhow::Result<usize> {
        let saved = SavedRun::read(run)?;
        let mut scrubber = Scrubber::new(self.scrub_names);
        let mut replies = Vec::new();
        for (device, saved) in &saved.devices {
            for reply in saved {
                let bytes = reply.read()?;
                if self.scrub {
                    scrubber.learn(&String::from_utf8_lossy(&bytes));
                }
                replies.push((device.clone(), reply.name.to_string(), bytes));
            }
        }
        if self.scrub_names {
            for (name, device) in &report.devices {
                scrubber.learn_value(name);
                scrubber.learn_value(device.address.rsplit_once(':').map_or("", |(host, _)| host));
            }
        }
        let folder = RunFolder::at(&self.output_dir)?;
        let count = replies.len();
        for (device, name, bytes) in replies {
            let bytes = match self.scrub {
                true => scrubber
                    .reply(&String::from_utf8_lossy(&bytes))
                    .into_bytes(),
                false => bytes,
            };
            let device_name = scrubber.stand_in(&device);
            let file = folder.save_raw(device_name, &name, &bytes, RawReplies::Keep)?;
            let rpc = report
                .devices
                .get_mut(&device)
                .and_then(|device| device.rpcs.get_mut(&name));
            if let Some(rpc) = rpc {
                (rpc.file, rpc.bytes) = (file, bytes.len());
            }
        }
        report.files.clear();
        report.inventories.clear();
        report.totals = report.sum();
        let mut json = serde_json::to_string_pretty(&report)?;
        if self.scrub {
            // What notes and findings repeat of the replies.
            json = scrubber.text(&json);
            let mut scrubbed: RunReport =
                serde_json::from_str(&json).context("the scrubbed report cannot be read")?;
            scrubbed.devices = scrubbed
                .devices
                .into_iter()
                .map(|(name, device)| (scrubber.stand_in(&name).to_owned(), device))
                .collect();
            json = serde_json::to_string_pretty(&scrubbed)?;
        }
        folder.save_report(json.as_bytes())?;
        let recording = SavedRun::read(&self.output_dir)?;
        collector::replay(
            &recording,
            &self.output_dir,
            &scratch.join("again"),
            sinks::lake::Compression::None,
        )?;
        Ok(count)
    }
}

/// A folder for what is not to stay, readable by nobody else and gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(output: &Path) -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let folder =
            output.with_file_name(format!(".{name}.recording-{:08x}", rand::random::<u32>()));
        if let Some(parent) = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            std::fs::create_dir_all(parent).map_err(|error| {
                usage(format!(
                    "cannot make the folder {}: {error}",
                    parent.display()
                ))
            })?;
        }
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| {
            usage(format!(
                "cannot make the folder {}: {error}",
                folder.display()
            ))
        })?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
