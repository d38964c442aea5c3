//! `lanewatch collect`: one pass over a shard.

use std::sync::Arc;

use clap::Args;
use collector::{Clock, DeviceReport, Finished, Outcome};
use sinks::lake::sync::Remote;

use super::ExitStatus;
use super::help::{DELIVERING, after};
use super::printer::Printer;
use super::signals::{interrupted, stopped};
use crate::settings::{Layers, Planned, Tolerance};
use crate::view::{ShardBar, clear_bars, render_run};

/// Collect all devices of an inventory once: raw replies, JSON, the lake, run.json.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch collect -i inventory.yaml", "Collect all devices into `output` and `raw_ml_data`."),
    ("lanewatch collect -i inventory.yaml --limit 'spine*' --interfaces 'et-*'", "Collect some devices and some of their interfaces."),
    ("lanewatch collect -i inventory.yaml --json | jq .totals", "Print the sums of the run for a script."),
    ("lanewatch collect -i inventory.yaml --push-to http://gateway:9091", "Push each device's series to a Pushgateway."),
    ("lanewatch collect -i inventory.yaml --sync-to s3://bucket/lake", "Sync the lake to S3 after the run."),
], DELIVERING))]
pub(super) struct Collect {
    /// Print the run report as JSON, as it is in run.json, in place of the summary
    #[arg(long)]
    json: bool,
}

impl Collect {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let Planned {
            plan,
            options,
            settings,
        } = given.resolve().plan()?;
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        let remote = match settings.sync_to.as_deref() {
            Some(url) => Some(Remote::open(url, &settings.access()?).map_err(super::usage)?),
            None => None,
        };
        let (output_dir, lake) = (settings.output_dir.clone(), settings.lake.clone());
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
        if self.json {
            printer.answer(&serde_json::to_string_pretty(&finished.report)?);
        } else {
            printer.summary(&render_run(&finished, &output_dir, &lake, printer.screen()));
        }
        for warning in &finished.warnings {
            printer.warning(warning);
        }
        let (report, folder) = (&finished.report, finished.folder.path().display());
        if let Some(error) = &report.lake_error {
            let remedy = match &finished.report_error {
                Some(_) => format!(
                    "once that is mended, `lanewatch lake write --metrics-dir {folder} --lake {} --runner-name {} --run-timestamp {}` brings what its JSON documents hold",
                    lake.display(),
                    report.runner_name,
                    report.run_timestamp
                ),
                None => format!(
                    "once that is mended, `lanewatch replay {folder} --output-dir FOLDER --lake {}` brings its rows",
                    lake.display()
                ),
            };
            let there = match report.files.len() {
                0 => "nothing",
                _ => "only the first part",
            };
            printer.error(&format!(
                "the lake has {there} of this run: {error}; {remedy}"
            ));
        }
        if let Some(error) = &report.documents_error {
            printer.error(&format!(
                "JSON documents of this run are missing: {error}; once that is mended, `lanewatch replay {folder} --output-dir FOLDER --lake {}` writes them",
                lake.display()
            ));
        }
        if let Some(error) = &finished.metrics_error {
            printer.error(&format!("the metrics are not those of this run: {error}"));
        }
        let push_error = report.push.as_ref().and_then(|push| push.error.as_ref());
        if let Some(error) = push_error {
            printer.error(error);
        }
        if let Some(error) = &finished.report_error {
            printer.error(&format!(
                "{error}; without the run report, the run in {folder} cannot be replayed"
            ));
        }
        let status = match stopped().filter(|_| finished.report.interrupted) {
            Some(stopped) => stopped,
            None => exit_status(&finished, settings.allow_failed),
        };
        // What devices did not deliver is worse than what a gateway does not have yet.
        let status = match (status, push_error) {
            (ExitStatus::Delivered, Some(_)) => ExitStatus::Behind,
            (status, _) => status,
        };
        let Some(remote) = remote else {
            return Ok(status);
        };
        let printer = match self.json {
            true => printer.for_programs(),
            false => *printer,
        };
        let synced =
            super::lake::after_run(&lake, &remote, &settings, &printer, interrupted()).await;
        // The same of a remote.
        Ok(if status == ExitStatus::Delivered {
            synced
        } else {
            status
        })
    }
}

/// What the run's report means to whoever called us.
fn exit_status(finished: &Finished, allowed: Tolerance) -> ExitStatus {
    let report = &finished.report;
    let all = report.devices.len();
    let errors = [
        &report.lake_error,
        &report.documents_error,
        &finished.report_error,
        &finished.metrics_error,
    ];
    if errors.into_iter().any(Option::is_some) {
        ExitStatus::Internal
    } else if all > 0
        && report
            .devices
            .values()
            .all(DeviceReport::is_filtered_to_nothing)
    {
        ExitStatus::SomeFailed
    } else if report.count(Outcome::Delivered) == all {
        ExitStatus::Delivered
    } else if report.count(Outcome::Failed) == all {
        ExitStatus::NoneDelivered
    } else if all - report.count(Outcome::Delivered) <= allowed.of(all) {
        ExitStatus::Delivered
    } else {
        ExitStatus::SomeFailed
    }
}
