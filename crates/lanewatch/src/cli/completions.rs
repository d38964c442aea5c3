//! `lanewatch completions`: what a shell needs to complete commands, flags and their choices.

use clap::Args;
use clap_complete::Shell;

use super::ExitStatus;
use super::help::{PLAIN, after};
use super::printer::Printer;

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch completions bash > ~/.local/share/bash-completion/completions/lanewatch", "Install them for bash."),
    ("lanewatch completions zsh > \"${fpath[1]}/_lanewatch\"", "Install them for zsh."),
    ("lanewatch completions fish > ~/.config/fish/completions/lanewatch.fish", "Install them for fish."),
], PLAIN))]
pub(super) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, printer: &Printer) -> ExitStatus {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut super::definition(),
            "lanewatch",
            &mut script,
        );
        printer.verbatim(&script);
        ExitStatus::Delivered
    }
}
