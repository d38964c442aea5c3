//! `lanewatch lake compact`: the files of a table in an hour that has ended become one.

use std::path::Path;

use clap::Args;
use collector::Clock;
use sinks::lake::{Compaction, Compactor, UncompactedHour, require_free_space};

use super::super::help::{COMPACTED, after};
use super::{ExitStatus, Printer};
use crate::settings::{Age, Layers};
use crate::view::{CompactedHours, render_compacted, render_uncompacted};

/// The options of `lake compact`.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake compact --dry-run", "Show which hours have more than one file of a table."),
    ("lanewatch lake compact", "Compact the hours that ended more than two hours ago."),
], COMPACTED))]
pub(super) struct Compact {
    /// Compact the hours that ended at least this long ago: `2h`, `1d`
    #[arg(long, value_name = "AGE", value_parser = Age::of_flag, default_value = "2h")]
    older_than: Age,
    /// Show what would be compacted, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Compact {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let lake = &settings.lake;
        super::require_lake(lake)?;
        let before = self.older_than.before(Clock::default().now());
        let hours = UncompactedHour::find(lake, before)?;
        if self.dry_run {
            return Ok(show(hours, lake, printer));
        }
        let (mut done, mut is_damaged) = (CompactedHours::default(), false);
        if hours.is_empty() {
            printer.summary(&render_compacted(done, lake));
            return Ok(ExitStatus::Delivered);
        }
        let mut compactor = Compactor::begin(lake, settings.compression)?;
        for hour in &hours {
            // Old and new files are there together for a moment.
            let needed = settings.min_free_space.bytes().saturating_add(hour.bytes());
            require_free_space(lake, needed)?;
            for path in &hour.others {
                printer.note(&format!(
                    "{path} stays as it is: its footer does not say whose run it is"
                ));
            }
            match compactor.compact(hour)? {
                Compaction::Done { bytes, .. } => {
                    done.hours += 1;
                    done.files += hour.files.len();
                    done.before += hour.bytes();
                    done.after += bytes;
                }
                Compaction::Damaged(files) => {
                    is_damaged = true;
                    tell_damaged(hour, &files, printer);
                }
                Compaction::Busy(why) => {
                    printer.warning(&format!("{} stays as it is: {why}", hour.folder));
                }
            }
        }
        compactor.finish();
        printer.summary(&render_compacted(done, lake));
        Ok(status(is_damaged))
    }
}

/// Shows what would be compacted.
fn show(hours: Vec<UncompactedHour>, lake: &Path, printer: &Printer) -> ExitStatus {
    let (whole, damaged): (Vec<_>, Vec<_>) =
        hours.into_iter().partition(|hour| hour.damaged.is_empty());
    for hour in &damaged {
        tell_damaged(hour, &hour.damaged, printer);
    }
    printer.page(&render_uncompacted(&whole, lake, printer.screen()));
    status(!damaged.is_empty())
}

fn tell_damaged(hour: &UncompactedHour, files: &[(String, String)], printer: &Printer) {
    for (path, why) in files {
        let folder = &hour.folder;
        printer.error(&format!(
            "{path}: {why}; the other files of {folder} stay as they are"
        ));
    }
}

fn status(is_damaged: bool) -> ExitStatus {
    match is_damaged {
        true => ExitStatus::Internal,
        false => ExitStatus::Delivered,
    }
}
