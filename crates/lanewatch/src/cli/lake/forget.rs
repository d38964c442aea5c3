//! `lanewatch lake forget`: a remote that is no longer one of this lake.

use std::path::Path;

use clap::Args;
use sinks::lake::sync;

use super::super::help::{PLAIN, after};
use super::super::usage;
use super::{ExitStatus, Printer};
use crate::settings::Layers;

/// Forget a remote: one that was mistyped, or that the lake is no longer synced to. `lake status` does not list it any more.
///
/// Nothing is contacted, and no file is removed, here or there. A later sync to the same remote first looks at what it has.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake forget s3://bukket/lake", "Forget a remote that was mistyped."),
], PLAIN))]
pub(super) struct Forget {
    /// The remote, as `lake status` names it, or a folder
    #[arg(value_name = "URL")]
    remote: String,
}

impl Forget {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        super::files_of(&settings.lake)?;
        let folder = |path: &Path| format!("file://{}", path.display());
        let urls = match self.remote.contains("://") {
            true => vec![self.remote.clone()],
            // The folder may be gone, so that it has no other name than the one that was given; it may have been given through a link.
            false => [
                std::path::absolute(&self.remote),
                Path::new(&self.remote).canonicalize(),
            ]
            .into_iter()
            .flatten()
            .map(|path| folder(&path))
            .collect(),
        };
        let mut is_forgotten = false;
        for url in &urls {
            is_forgotten = is_forgotten || sync::forget(&settings.lake, url)?;
        }
        if !is_forgotten {
            let known = sync::backlogs(&settings.lake)?;
            let known: Vec<_> = known.iter().map(|remote| remote.url.as_str()).collect();
            let known = match known.as_slice() {
                [] => "it was not synced to any remote".to_owned(),
                known => format!("it knows {}", known.join(", ")),
            };
            return Err(usage(format!(
                "{} was not synced to {}: {known}",
                settings.lake.display(),
                self.remote
            ))
            .into());
        }
        printer.answer(&format!("{} is forgotten", self.remote));
        Ok(ExitStatus::Delivered)
    }
}
