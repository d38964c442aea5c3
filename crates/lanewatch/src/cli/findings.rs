//! `lanewatch findings`: which lanes look bad in a run, and what changed since the run before.

use std::path::{Path, PathBuf};

use analysis::{Change, Kind, Severity};
use clap::{Args, ValueEnum};
use collector::{RunReport, earlier_devices};
use records::InterfaceFilter;
use sinks::{REPORT_FILE, RunFolder, UNFINISHED_REPORT_FILE};

use super::help::{FINDING, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::Layers;
use crate::view::{Found, findings_as_csv, findings_as_json, found, gone, render_findings};

/// Show which lanes and interfaces look bad in a run: the worst first, and what is new since the run before.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch findings", "Show the findings of the newest run."),
    ("lanewatch findings --new --severity alarm", "Show the alarms that the run before does not have."),
    ("lanewatch findings output/20261130_120000_runner01 --device 'spine*' --csv", "Print the findings of some devices of a run for a spreadsheet."),
], FINDING))]
pub(super) struct Findings {
    /// The folder of a run [default: `latest` below the setting `output_dir`]
    #[arg(value_name = "FOLDER")]
    run: Option<PathBuf>,
    /// Devices: names and globs, separated by commas
    #[arg(long, value_name = "LIST")]
    device: Option<String>,
    /// Interfaces: names and globs, separated by commas
    #[arg(long, value_name = "LIST")]
    interface: Option<String>,
    /// The mildest severity to show
    #[arg(long, value_enum, default_value = "info")]
    severity: SeverityArgument,
    /// Kinds of findings, separated by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    kind: Vec<Kind>,
    /// Only what the run before does not have
    #[arg(long)]
    new: bool,
    /// A line for each finding, also where there are many of one kind
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SeverityArgument {
    Alarm,
    Warning,
    Info,
}

/// Reads the name of a kind.
fn kind(name: &str) -> Result<Kind, String> {
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        let hint = ::inventory::did_you_mean(name, names);
        format!(
            "there is no such kind of finding{hint}; there are {}",
            names.join(", ")
        )
    })
}

impl Findings {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let run = self
            .run
            .clone()
            .unwrap_or_else(|| settings.output_dir.join("latest"));
        let report = read(&run)?;
        // `latest` is a link: the runs before lie beside what it points at.
        let folder = run.canonicalize().unwrap_or(run);
        let output_dir = folder.parent().unwrap_or(Path::new(".")).to_owned();
        let earlier = earlier_devices(&RunFolder::at(&folder)?, &output_dir, &report);
        let (mut all, mut gone) = (found(&report, &earlier), gone(&report, &earlier));
        let filter = |list: &Option<String>| {
            let filter = list.as_deref().map(str::parse::<InterfaceFilter>);
            filter.transpose().map_err(usage)
        };
        let (devices, interfaces) = (filter(&self.device)?, filter(&self.interface)?);
        let is_selected = |device: &str, finding: &analysis::Finding| {
            devices.as_ref().is_none_or(|filter| filter.selects(device))
                && interfaces
                    .as_ref()
                    .is_none_or(|filter| filter.selects(&finding.interface))
                && finding.severity >= self.mildest()
                && (self.kind.is_empty() || self.kind.contains(&finding.kind))
        };
        all.retain(|found: &Found<'_>| {
            is_selected(found.device, found.finding)
                && !(self.new && found.change == Some(Change::Still))
        });
        gone.retain(|(device, finding)| !self.new && is_selected(device, finding));
        if let (Some(filter), Some(list)) = (&devices, &self.device)
            && !report.devices.keys().any(|device| filter.selects(device))
        {
            let all = report.devices.len();
            printer.warning(&format!("none of the run's {all} devices matches `{list}`"));
        }
        if self.json {
            printer.answer(&findings_as_json(&report, &all, &gone));
        } else if self.csv {
            printer.answer(&findings_as_csv(&all, &gone));
        } else {
            printer.page(&render_findings(
                &report,
                &all,
                &gone,
                self.all,
                printer.screen(),
            ));
        }
        Ok(ExitStatus::Delivered)
    }

    fn mildest(&self) -> Severity {
        match self.severity {
            SeverityArgument::Alarm => Severity::Alarm,
            SeverityArgument::Warning => Severity::Warning,
            SeverityArgument::Info => Severity::Info,
        }
    }
}

/// The report of a run.
fn read(run: &Path) -> anyhow::Result<RunReport> {
    let report = run.join(REPORT_FILE);
    if !report.is_file() && run.join(UNFINISHED_REPORT_FILE).is_file() {
        let folder = run.display();
        return Err(usage(format!(
            "the run in {folder} has not ended, so that it has no {REPORT_FILE} yet; if it was killed, `lanewatch replay {folder}` makes one of the replies that it has"
        ))
        .into());
    }
    if !run.exists() {
        return Err(usage(format!(
            "the run folder {} is not there; name a folder below the output folder, or run `lanewatch collect` first",
            run.display()
        ))
        .into());
    }
    if !report.is_file() {
        return Err(usage(format!(
            "{} is no folder of a run: it has no {REPORT_FILE}; name a folder below the output folder, or run `lanewatch collect` first",
            run.display()
        ))
        .into());
    }
    RunReport::read(&report).map_err(|error| usage(error).into())
}
