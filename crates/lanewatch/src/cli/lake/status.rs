//! `lanewatch lake status`: what is here, and what remotes are behind.

use std::collections::BTreeMap;

use clap::Args;
use sinks::lake::{self, sync};

use super::super::help::{PLAIN, after};
use super::ExitStatus;
use super::Printer;
use crate::settings::Layers;
use crate::view::{LakeStatus, Partition, render_lake_status};

/// Say what the lake on this disk holds, by partition, and what each remote that it was synced to is behind.
///
/// Nothing is contacted: the backlog is as the last sync left it.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake status", "Count files, rows and bytes of the lake and say what is not finished."),
], PLAIN))]
pub(super) struct Status {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let mut status = LakeStatus {
            lake: settings.lake.clone(),
            ..LakeStatus::default()
        };
        let mut partitions: BTreeMap<String, Partition> = BTreeMap::new();
        for file in super::files_of(&settings.lake)? {
            let partition = partitions.entry(file.partition().to_owned()).or_default();
            partition.files += 1;
            partition.bytes += file.size;
            match lake::rows_in(&file.on_disk(&settings.lake)) {
                Ok(rows) => partition.rows += rows,
                Err(error) => status.unreadable.push(error.to_string()),
            }
        }
        status.partitions = partitions;
        status.backlogs = sync::backlogs(&settings.lake)?;
        if let Some(url) = &settings.sync_to
            && !status
                .backlogs
                .iter()
                .any(|backlog| backlog.url == url.trim_end_matches('/'))
        {
            status.never_synced = Some(url.clone());
        }
        for error in &status.unreadable {
            printer.warning(error);
        }
        if self.json {
            printer.answer(&status.as_json());
        } else {
            printer.page(&render_lake_status(&status, printer.screen()));
        }
        Ok(if status.unreadable.is_empty() {
            ExitStatus::Delivered
        } else {
            ExitStatus::Internal
        })
    }
}
