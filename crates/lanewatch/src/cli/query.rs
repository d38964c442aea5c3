//! `lanewatch query`: hands over to `lanewatch-query`, a program of its own, as git does to its subcommands.
//!
//! The query engine takes minutes to compile; whoever does not ask does not build it. The program takes our place in this
//! process, so that arguments, standard input and output, signals and exit status are its own.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use super::help::{PLAIN, after};
use super::{ExitStatus, usage};
use crate::settings::Layers;

/// The program.
const PROGRAM: &str = "lanewatch-query";

/// Where the program finds the lake of the settings.
const LAKE: &str = "LANEWATCH_LAKE";

/// Query the lake in SQL.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(after_help = after(&[
    ("lanewatch query 'SELECT count(*) FROM lane_dom'", "Count the rows of a table."),
], PLAIN))]
pub(super) struct Query {
    /// The statement and the arguments of lanewatch-query: --help says which there are
    #[arg(
        value_name = "ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

impl Query {
    /// Comes back only if it cannot hand over.
    pub(super) async fn run(self, given: Layers) -> anyhow::Result<ExitStatus> {
        let Some(program) = find() else {
            return Err(usage(format!(
                "`lanewatch query` needs the program `{PROGRAM}`, which is neither beside this one nor on the PATH: build it in a checkout \
                 of Lanewatch with `cargo install --path query` (some minutes, for it brings a query engine)"
            ))
            .into());
        };
        let settings = given.resolve().settings()?;
        let mut command = Command::new(&program);
        let is_in_bucket = |text: &OsStr| text.to_string_lossy().contains("s3://");
        if is_in_bucket(settings.lake.as_os_str())
            || self.arguments.iter().any(|text| is_in_bucket(text))
        {
            // Profiles are read here, as for a sync: the program itself takes what the environment says.
            for (variable, value) in settings.access()?.as_environment().await.map_err(usage)? {
                match value {
                    Some(value) => command.env(variable, value),
                    None => command.env_remove(variable),
                };
            }
        }
        command.args(self.arguments).env(LAKE, settings.lake);
        let error = command.exec();
        Err(usage(format!("cannot run {}: {error}", program.display())).into())
    }
}

/// The program beside our own, else the first one on the search path.
fn find() -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own
        .as_deref()
        .and_then(|own| own.parent())
        .map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = beside.into_iter().chain(std::env::split_paths(&path));
    folders
        .map(|folder| folder.join(PROGRAM))
        .find(|program| program.is_file())
}
