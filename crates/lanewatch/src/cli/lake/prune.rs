//! `lanewatch lake prune`: old partitions of the lake on this disk go by their age.

use clap::Args;
use collector::Clock;
use sinks::lake::OldFiles;
use sinks::lake::sync::{KnownRemotes, Remote};

use super::super::help::{PRUNED, after};
use super::super::usage;
use super::{ExitStatus, Printer};
use crate::settings::{Age, Layers, Settings};
use crate::view::{render_old_files, render_old_files_removed};

/// Remove old partitions of the lake on this disk. No remote is contacted, and nothing is removed there.
///
/// Without a remote, what is removed is gone for good. Where the lake is synced, nothing is removed as long as a remote was not given all
/// files that would go. `lanewatch lake sync --prune-after` goes further: it reads each file back from the remote first.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake prune --older-than 90d --dry-run", "Show what would be removed."),
    ("lanewatch lake prune --older-than 90d", "Remove the partitions that ended more than 90 days ago."),
], PRUNED))]
pub(super) struct Prune {
    /// Remove the partitions that ended at least this long ago: `90d`, `36h`
    #[arg(long, value_name = "AGE", value_parser = Age::of_flag)]
    older_than: Age,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

impl Prune {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let lake = &settings.lake;
        super::require_lake(lake)?;
        let before = self.older_than.before(Clock::default().now());
        let old = OldFiles::find(lake, before)?;
        let reasons = reasons_to_refuse(&old, &settings)?;
        if self.dry_run {
            printer.page(&render_old_files(&old.files, lake, printer.screen()));
        }
        for reason in &reasons {
            printer.error(reason);
        }
        if !reasons.is_empty() {
            return Ok(ExitStatus::Behind);
        }
        if self.dry_run {
            return Ok(ExitStatus::Delivered);
        }
        let removed = old.remove(lake)?;
        for path in &removed.written_again {
            printer.warning(&format!("{path} stays: it was written again meanwhile"));
        }
        for (path, why) in &removed.failed {
            printer.error(&format!("{path} stays: {why}"));
        }
        printer.summary(&render_old_files_removed(&removed, lake));
        Ok(match removed.failed.is_empty() {
            true => ExitStatus::Delivered,
            false => ExitStatus::Internal,
        })
    }
}

/// Why old files must not go: a remote was not given all of them, or may not have been.
fn reasons_to_refuse(old: &OldFiles, settings: &Settings) -> anyhow::Result<Vec<String>> {
    if old.files.is_empty() {
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    for backlog in &old.lacked {
        let oldest = backlog.files.first().map_or("", |file| file.partition());
        reasons.push(format!(
            "nothing is pruned: {url} was not given {} of the {} old files (the oldest is of {oldest}); bring them with `lanewatch lake sync \
             --to {url}`, or, if the lake is no longer synced there, `lanewatch lake forget {url}`",
            backlog.files.len(),
            old.files.len(),
            url = backlog.url
        ));
    }
    for state in &old.unreadable_states {
        reasons.push(format!(
            "nothing is pruned: the state of a sync in {} cannot be read, so it is not known what its remote lacks; the next `lanewatch lake \
             sync` to that remote mends it",
            state.display()
        ));
    }
    if let Some(remote) = &settings.sync_to {
        let url = Remote::url_of(remote).map_err(usage)?;
        let known = KnownRemotes::of(&settings.lake)?.backlogs;
        if known.iter().all(|backlog| backlog.url != url) {
            reasons.push(format!(
                "nothing is pruned: the lake was never synced to {remote}, which the setting `sync_to` names; run `lanewatch lake sync` first"
            ));
        }
    }
    Ok(reasons)
}
