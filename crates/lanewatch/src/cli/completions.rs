//! `lanewatch completions`: what a shell needs to complete commands, flags and their choices, RPCs, hosts and groups.
//!
//! The script asks the program at each completion, so that hosts and groups are those of the inventory that is being typed, else of the
//! one in `lanewatch.toml` or the environment. No vault is opened for it, and a mistake in an inventory means no proposal.

use std::ffi::OsStr;
use std::path::PathBuf;

use ::inventory::vault::VaultSources;
use ::inventory::{Inventory, InventorySources};
use clap::{Args, ValueEnum};
use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, EnvCompleter, Shells};

use super::ExitStatus;
use super::help::{PLAIN, after};
use super::printer::Printer;
use crate::settings::Layers;

/// The variable by which the script tells us that it asks for proposals.
const ASKED: &str = "COMPLETE";

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch completions bash > ~/.local/share/bash-completion/completions/lanewatch", "Install them for bash."),
    ("lanewatch completions zsh > \"${fpath[1]}/_lanewatch\"", "Install them for zsh."),
    ("lanewatch completions fish > ~/.config/fish/completions/lanewatch.fish", "Install them for fish."),
], PLAIN))]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Zsh,
}

impl Completions {
    pub(super) fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &clap_complete::env::Bash,
            Shell::Elvish => &clap_complete::env::Elvish,
            Shell::Fish => &clap_complete::env::Fish,
            Shell::Zsh => &clap_complete::env::Zsh,
        };
        let mut script = Vec::new();
        shell.write_registration(ASKED, "lanewatch", "lanewatch", "lanewatch", &mut script)?;
        printer.verbatim(&script);
        Ok(ExitStatus::Delivered)
    }
}

/// Answers a shell that asks for proposals. Returns whether one did.
pub(super) fn answer_shell() -> bool {
    let asked = CompleteEnv::with_factory(super::definition)
        .var(ASKED)
        .shells(Shells::builtins());
    let folder = std::env::current_dir().ok();
    asked
        .try_complete(std::env::args_os(), folder.as_deref())
        .unwrap_or_else(|error| {
            drop(error.print());
            true
        })
}

/// The hosts and groups of the inventory whose names begin with what was typed.
pub(super) fn hosts_and_groups(typed: &OsStr) -> Vec<CompletionCandidate> {
    let words: Vec<_> = std::env::args_os()
        .filter_map(|word| word.into_string().ok())
        .collect();
    let typed = typed.to_string_lossy();
    let names = names(inventories(&words));
    names
        .into_iter()
        .filter(|name| name.starts_with(&*typed))
        .map(CompletionCandidate::new)
        .collect()
}

/// The inventories of a command line that is being typed, else those of the settings.
fn inventories(words: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "-i" | "--inventory" => words.next().map(String::as_str),
            word => word.strip_prefix("--inventory="),
        };
        found.extend(value.map(PathBuf::from));
    }
    match found.is_empty() {
        true => Layers::without_flags().resolve().settings.inventory,
        false => found,
    }
}

/// The names of all hosts and groups, in order; none where the inventory cannot be read.
fn names(inventories: Vec<PathBuf>) -> Vec<String> {
    let sources = InventorySources {
        inventories,
        playbook_dir: None,
        extra_vars: Vec::new(),
        limit: None,
        vault: VaultSources::default(),
    };
    let Ok(inventory) = Inventory::read(&sources) else {
        return Vec::new();
    };
    let mut names: Vec<_> = inventory
        .hosts()
        .flat_map(|host| {
            let groups = host.group_names().into_iter().map(str::to_owned);
            groups.chain([host.name().to_owned()]).collect::<Vec<_>>()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_groups_are_those_of_the_inventory_that_is_typed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.yaml");
        std::fs::write(
            &path,
            "spines: {hosts: {spine-01: , spine-02: }}\nleaves: {hosts: {leaf-01: }}\n",
        )
        .unwrap();
        let path = path.to_str().unwrap().to_owned();
        for words in [
            vec![
                "lanewatch".to_owned(),
                "collect".to_owned(),
                "-i".to_owned(),
                path.clone(),
            ],
            vec!["lanewatch".to_owned(), format!("--inventory={path}")],
        ] {
            let found = names(inventories(&words));
            assert_eq!(
                found,
                ["leaf-01", "leaves", "spine-01", "spine-02", "spines"]
            );
        }
        assert!(names(vec![folder.path().join("no.yaml")]).is_empty());
    }
}
