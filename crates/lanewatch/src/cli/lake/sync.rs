//! `lanewatch lake sync`: what the remote lake does not have, and the same after a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use sinks::lake::sync::{self, DiskGuard, Remote, StoreError, SyncOptions, SyncOutcome};

use super::super::help::{REMOTE, after};
use super::super::signals::{interrupted, stopped};
use super::ExitStatus;
use super::Printer;
use super::remote::remote;
use super::require_lake;
use crate::settings::{Layers, Settings};
use crate::view::{SyncBar, render_pruned, render_synced};
use collector::Clock;

/// How long the sync after a run waits for another one of the same lake: long enough for that of a runner beside it, which ends
/// soon, and not for one that brings weeks.
const WAIT_FOR_ANOTHER: Duration = Duration::from_secs(30);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Upload what the remote lake lacks: oldest partition first, nothing half-written, nothing overwritten unseen.
///
/// If the remote is still behind afterwards, the data is safe on this disk, and the next sync goes on.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake sync --to s3://bucket/lake", "Upload what the remote does not have."),
    ("lanewatch lake sync --to s3://bucket/lake --prune-after 7d", "Then remove old local partitions whose files are verified at the remote."),
], REMOTE))]
pub(super) struct Sync {
    /// The remote lake: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder [default: the setting `sync_to`]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Replace remote files whose content differs; without this they are reported and left alone
    #[arg(long)]
    replace: bool,
    /// Prune also if the remote is on the lake's own file system, as the folder of a share that is not mounted is
    #[arg(long)]
    prune_on_same_disk: bool,
}

impl Sync {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let remote = remote(self.to.as_deref(), &settings)?;
        require_lake(&settings.lake)?;
        let options = SyncOptions {
            parallel: settings.sync_parallel.get(),
            attempts: settings.attempts,
            replace: self.replace,
            ..SyncOptions::default()
        };
        let Some(outcome) = bring(
            &settings.lake,
            &remote,
            &options,
            Duration::ZERO,
            printer,
            interrupted(),
        )
        .await?
        else {
            return Ok(stopped().unwrap_or(ExitStatus::Behind));
        };
        printer.summary(&render_synced(&outcome, remote.url()));
        // A remote that does not answer cannot be asked what it has.
        let prune_after = settings.prune_after.filter(|_| outcome.stopped.is_none());
        let Some(age) = prune_after else {
            return Ok(status(&outcome));
        };
        let before = age.before(Clock::default().now());
        let guard = match self.prune_on_same_disk {
            true => DiskGuard::Off,
            false => DiskGuard::On,
        };
        let pruned = prune(&settings.lake, &remote, before, guard, printer).await?;
        Ok(match pruned {
            ExitStatus::Delivered => status(&outcome),
            worse => worse,
        })
    }
}

/// Makes room on this disk, and tells what stays. The remote is behind if it has lost what it was given, or cannot be asked; it is
/// an error if a file here cannot be read or removed.
async fn prune(
    lake: &Path,
    remote: &Remote,
    before: i64,
    guard: DiskGuard,
    printer: &Printer,
) -> anyhow::Result<ExitStatus> {
    let pruned = tokio::select! {
        pruned = sync::prune(lake, remote, before, guard) => pruned,
        () = interrupted() => {
            printer.warning("pruning was stopped; the next sync goes on with it");
            return Ok(ExitStatus::Delivered);
        }
    };
    let pruned = match pruned {
        // It began between our sync and now, and has the same to prune.
        Err(error @ sinks::Error::SyncAtWork { .. }) => {
            printer.warning(&format!("nothing was pruned: {error}"));
            return Ok(ExitStatus::Delivered);
        }
        pruned => pruned?,
    };
    printer.summary(&render_pruned(&pruned, lake));
    for (path, why) in &pruned.kept {
        printer.warning(&format!("{path} stays: {why}"));
    }
    if pruned.lost > 0 {
        printer.error(&format!(
            "{} has lost or changed {} files that it was given; the next sync brings what is gone and tells what is different",
            remote.url(),
            pruned.lost
        ));
    }
    if let Some(why) = &pruned.stopped {
        printer.error(&format!(
            "the rest was not pruned: {why}; it stays in {}, and the next sync goes on with it",
            lake.display()
        ));
    }
    Ok(match (pruned.failed, pruned.lost, pruned.stopped) {
        (0, 0, None) => ExitStatus::Delivered,
        (0, ..) => ExitStatus::Behind,
        _ => ExitStatus::Internal,
    })
}

/// Syncs after a run, for as long as the settings allow. Whatever goes wrong, the run is safe on this disk.
pub(in crate::cli) async fn after_run(
    lake: &Path,
    remote: &Remote,
    settings: &Settings,
    printer: &Printer,
    stop: impl Future<Output = ()>,
) -> ExitStatus {
    let options = SyncOptions {
        parallel: settings.sync_parallel.get(),
        attempts: settings.attempts,
        until: Instant::now().checked_add(settings.sync_timeout),
        ..SyncOptions::default()
    };
    let wait = settings.sync_timeout.min(WAIT_FOR_ANOTHER);
    match bring(lake, remote, &options, wait, printer, stop).await {
        Ok(Some(outcome)) => {
            printer.summary(&render_synced(&outcome, remote.url()));
            status(&outcome)
        }
        Ok(None) => stopped().unwrap_or(ExitStatus::Behind),
        Err(error) => {
            printer.error(&format!("{error:#}"));
            ExitStatus::Behind
        }
    }
}

/// Syncs under a bar, after another sync of this lake if that ends within `wait`. None if it was stopped, or the other one is
/// still at work.
async fn bring(
    lake: &Path,
    remote: &Remote,
    options: &SyncOptions,
    wait: Duration,
    printer: &Printer,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Option<SyncOutcome>> {
    let bar = SyncBar::start(remote.url(), printer.screen());
    let watch = |step| bar.step(step);
    let began = Instant::now();
    let sync = async {
        let mut at_work = None;
        loop {
            match sync::sync(lake, remote, options, &watch).await {
                Err(error @ sinks::Error::SyncAtWork { .. }) if began.elapsed() < wait => {
                    at_work = Some(error);
                    tokio::time::sleep(LOOK_AGAIN_AFTER).await;
                }
                // The time was over before the other sync let this one begin.
                Ok(outcome)
                    if outcome.stopped.is_some()
                        && outcome.uploaded + outcome.already + outcome.left == 0
                        && let Some(error) = at_work.take() =>
                {
                    return Err(error);
                }
                ended => return ended,
            }
        }
    };
    let outcome = tokio::select! {
        outcome = sync => outcome,
        () = stop => {
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
    for lack in &outcome.lacks {
        printer.warning(&format!("{}: {lack}", remote.url()));
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
    let causes = by_cause(&outcome.failed);
    for (first, why, others) in causes.values() {
        let others = match others {
            0 => String::new(),
            others => format!("; {others} more files failed for the same reason"),
        };
        printer.error(&format!("{first}: {why}{others}"));
    }
    if let Some(why) = &outcome.not_listed {
        printer.error(&format!(
            "{why}: what runs have written meanwhile is not looked for; the next sync brings it"
        ));
    }
    if let Some(why) = &outcome.stopped {
        let safe = format!(
            "are safe in {}, and the next sync brings them",
            lake.display()
        );
        let is_told = causes.contains_key(why.cause());
        printer.error(&match (outcome.left, is_told) {
            (0, true) => format!("the files {safe}"),
            (0, false) => format!("the sync was stopped: {why}; the files {safe}"),
            (left, true) => {
                format!("{left} more files were not tried for the same reason; they {safe}")
            }
            (left, false) => format!("{left} more files were not tried: {why}; they {safe}"),
        });
    }
    Ok(Some(outcome))
}

/// For each cause the first file that failed with it, its error, and how many others did.
fn by_cause(failed: &[(String, StoreError)]) -> BTreeMap<&str, (&str, &StoreError, usize)> {
    let mut causes = BTreeMap::new();
    for (path, error) in failed {
        causes
            .entry(error.cause())
            .and_modify(|(_, _, others)| *others += 1)
            .or_insert((path.as_str(), error, 0));
    }
    causes
}

fn status(outcome: &SyncOutcome) -> ExitStatus {
    if outcome.is_complete() {
        ExitStatus::Delivered
    } else {
        ExitStatus::Behind
    }
}
