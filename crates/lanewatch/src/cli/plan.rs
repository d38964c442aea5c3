//! `lanewatch plan`: what `collect` would do, before anything is touched.

use clap::Args;
use collector::SeriesEstimate;

use super::ExitStatus;
use super::help::{PLAIN, after};
use super::printer::Printer;
use crate::settings::{Layers, Planned};
use crate::view::{plan_as_json, render_plan};

/// Show what collect would do with the same flags: every device, how it is reached, what it is asked. Nothing is contacted.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch plan -i inventory.yaml", "List the devices, how each is reached and what is sent."),
    ("lanewatch plan -i inventory.yaml --shard 2/5 --json", "Show one shard as JSON."),
], PLAIN))]
pub(super) struct Plan {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let Planned {
            plan,
            options,
            settings,
        } = given.resolve().plan()?;
        let names = settings.metric_names;
        let series = SeriesEstimate::of_plan(&plan, &settings.output_dir, names);
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        if self.json {
            printer.answer(&plan_as_json(&plan, &options, series)?);
        } else {
            let series = series.map(|estimate| (estimate, settings.metrics_detail));
            printer.page(&render_plan(&plan, &options, series, printer.screen()));
        }
        Ok(ExitStatus::Delivered)
    }
}
