//! `lanewatch man`: the manual pages, made from the command line's definition.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use clap_mangen::Man as Page;

use super::ExitStatus;
use super::printer::Printer;

/// Print the manual page of lanewatch, or write those of all commands.
#[derive(Debug, Args)]
#[command(
    after_help = "lanewatch man | man -l -                     read the first page\n\
                  lanewatch man --out ~/.local/share/man/man1  install all"
)]
pub(super) struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let definition = super::definition();
        match self.out {
            None => {
                let mut page = Vec::new();
                Page::new(definition).render(&mut page)?;
                printer.verbatim(&page);
            }
            Some(folder) => {
                let written = std::fs::create_dir_all(&folder)
                    .and_then(|()| clap_mangen::generate_to(definition, &folder));
                written.with_context(|| {
                    format!("cannot write the manual pages into {}", folder.display())
                })?;
                printer.answer(&format!("manual pages are in {}", folder.display()));
            }
        }
        Ok(ExitStatus::Delivered)
    }
}
