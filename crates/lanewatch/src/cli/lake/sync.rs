//! `lanewatch lake sync`: what the remote lake does not have, and the same after a run.

use std::path::Path;
use std::time::Instant;

use clap::Args;
use sinks::lake::sync::{self, Options, Outcome, Remote};

use super::super::{collect::interrupted, usage};
use super::ExitStatus;
use super::Printer;
use crate::config::{Layers, Settings};
use crate::runner::Clock;
use crate::view::{SyncBar, render_pruned, render_synced};

/// Bring the remote lake what it does not have: oldest partition first, nothing half-written, nothing overwritten unseen.
///
/// Exit status 5 if the remote is still behind afterwards: the data is safe on this disk, and the next sync goes on.
#[derive(Debug, Args)]
pub(super) struct Sync {
    /// The remote lake: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder [default: the setting `sync_to`]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Replace files that the remote has with other content; without it they are told and left alone
    #[arg(long)]
    replace: bool,
}

impl Sync {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let remote = remote(self.to.as_deref(), &settings)?;
        let options = Options {
            parallel: settings.sync_parallel,
            attempts: settings.attempts,
            replace: self.replace,
            ..Options::default()
        };
        let Some(outcome) = bring(&settings.lake, &remote, &options, printer).await? else {
            return Ok(ExitStatus::Behind);
        };
        printer.answer(&render_synced(&outcome, remote.url()));
        if let Some(age) = settings.prune_after {
            let before = Clock::default().now().saturating_sub(age.seconds());
            let pruned = sync::prune(&settings.lake, &remote, before).await?;
            printer.answer(&render_pruned(&pruned, &settings.lake));
            for (path, why) in &pruned.kept {
                printer.warning(&format!("{path} stays: {why}"));
            }
            if pruned.lost > 0 {
                printer.error(&format!(
                    "{} has lost or changed {} files that it was given; the next sync brings what is gone and tells what is different",
                    remote.url(),
                    pruned.lost
                ));
                return Ok(ExitStatus::Behind);
            }
        }
        Ok(status(&outcome))
    }
}

/// The remote that was asked for, else that of the settings.
pub(super) fn remote(asked: Option<&str>, settings: &Settings) -> anyhow::Result<Remote> {
    let url = asked.or(settings.sync_to.as_deref());
    let url = url.ok_or_else(|| {
        usage("no remote lake is named: give `--to s3://bucket/prefix`, or the setting `sync_to`")
    })?;
    Ok(Remote::open(url, &settings.access()).map_err(usage)?)
}

/// Syncs after a run, for as long as the settings allow. Whatever goes wrong, the run is safe on this disk.
pub(in crate::cli) async fn after_run(
    lake: &Path,
    remote: &Remote,
    settings: &Settings,
    printer: &Printer,
) -> ExitStatus {
    let options = Options {
        parallel: settings.sync_parallel,
        attempts: settings.attempts,
        until: Instant::now().checked_add(settings.sync_timeout),
        ..Options::default()
    };
    match bring(lake, remote, &options, printer).await {
        Ok(Some(outcome)) => {
            printer.answer(&render_synced(&outcome, remote.url()));
            status(&outcome)
        }
        Ok(None) => ExitStatus::Behind,
        Err(error) => {
            printer.error(&format!("{error:#}"));
            ExitStatus::Behind
        }
    }
}

/// Syncs under a bar. None if it was stopped, or another sync of this lake is at work.
async fn bring(
    lake: &Path,
    remote: &Remote,
    options: &Options,
    printer: &Printer,
) -> anyhow::Result<Option<Outcome>> {
    let bar = SyncBar::start(remote.url());
    let watch = |step| bar.step(step);
    let outcome = tokio::select! {
        outcome = sync::sync(lake, remote, options, &watch) => outcome,
        () = interrupted() => {
            bar.finish();
            printer.error("the sync was stopped; the next one goes on where it was");
            return Ok(None);
        }
    };
    bar.finish();
    let outcome = match outcome {
        Err(error @ sinks::Error::SyncAtWork { .. }) => {
            printer.error(&format!("{error}; it, or the next one, brings what is new"));
            return Ok(None);
        }
        outcome => outcome?,
    };
    if let Some(error) = &outcome.state_error {
        printer.warning(&format!(
            "{error}: the next sync has to look at the remote for what is there"
        ));
    }
    for path in &outcome.replaced {
        printer.warning(&format!(
            "{path} was there with other content and was replaced"
        ));
    }
    for path in &outcome.conflicts {
        printer.error(&format!(
            "{path} is there with other content and was left alone; `lanewatch lake sync --replace` replaces it"
        ));
    }
    for (path, why) in &outcome.damaged {
        printer.error(&format!("{path} was left out: {why}"));
    }
    for (path, why) in &outcome.failed {
        printer.error(&format!("{path}: {why}"));
    }
    if let Some(why) = &outcome.stopped {
        printer.error(&format!(
            "{} more files were not tried: {why}; they are safe in {}, and the next sync brings them",
            outcome.left,
            lake.display()
        ));
    }
    Ok(Some(outcome))
}

fn status(outcome: &Outcome) -> ExitStatus {
    if outcome.is_complete() {
        ExitStatus::Delivered
    } else {
        ExitStatus::Behind
    }
}
