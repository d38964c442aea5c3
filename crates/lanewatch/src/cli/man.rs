//! `lanewatch man`: the manual pages, made from the command line's definition.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

use super::ExitStatus;
use super::help::{PLAIN, after, sections};
use super::printer::Printer;

/// Print the manual page of lanewatch, or write those of all commands.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch man | man -l -", "Read the first page."),
    ("lanewatch man --output-dir ~/.local/share/man/man1", "Install the pages of all commands for this user."),
], PLAIN))]
pub(super) struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER", alias = "out")]
    output_dir: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let mut definition = super::definition().disable_help_subcommand(true);
        definition.build();
        match self.output_dir {
            None => {
                let mut page = Vec::new();
                render(&definition, &mut page)?;
                printer.verbatim(&page);
            }
            Some(folder) => {
                let written =
                    std::fs::create_dir_all(&folder).and_then(|()| write_all(&definition, &folder));
                written.with_context(|| {
                    format!("cannot write the manual pages into {}", folder.display())
                })?;
                printer.answer(&format!("manual pages are in {}", folder.display()));
            }
        }
        Ok(ExitStatus::Delivered)
    }
}

/// Writes the page of a command and those of all commands below it.
fn write_all(command: &clap::Command, folder: &Path) -> io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let mut page = Vec::new();
    render(command, &mut page)?;
    std::fs::write(folder.join(format!("{name}.1")), page)?;
    let mut below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    below.try_for_each(|below| write_all(below, folder))
}

/// One page. What the help says below the options stands in sections of its own, as man-pages(7) names them.
fn render(command: &clap::Command, to: &mut Vec<u8>) -> io::Result<()> {
    let page = Page::new(command.clone());
    page.render_title(to)?;
    page.render_name_section(to)?;
    page.render_synopsis_section(to)?;
    page.render_description_section(to)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_hide_set())
    {
        page.render_options_section(to)?;
    }
    if command.has_subcommands() {
        page.render_subcommands_section(to)?;
    }
    let below = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut sections = sections(&below);
    // man-pages(7) has the exit statuses before the examples.
    sections.sort_by_key(|(heading, _)| *heading == "Examples");
    for (heading, lines) in sections {
        let mut roff = Roff::default();
        roff.control("SH", [heading.to_uppercase().as_str()]);
        roff.control("nf", []);
        roff.text(
            lines
                .iter()
                .map(|line| roman(format!("{line}\n")))
                .collect::<Vec<_>>(),
        );
        roff.control("fi", []);
        roff.to_writer(to)?;
    }
    match command.get_version() {
        Some(_) => page.render_version_section(to),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_examples_and_exit_statuses() {
        let folder = tempfile::tempdir().unwrap();
        let mut definition = super::super::definition().disable_help_subcommand(true);
        definition.build();
        write_all(&definition, folder.path()).unwrap();
        let pages: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(pages.len() > 20, "{}", pages.len());
        for page in pages {
            let path = page.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for heading in [".SH \"EXIT STATUS\"", ".SH EXAMPLES"] {
                assert!(
                    text.contains(heading),
                    "{}: no {heading}\n{text}",
                    path.display()
                );
            }
        }
    }
}
