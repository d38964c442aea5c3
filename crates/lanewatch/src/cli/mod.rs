//! The command line: one file a command, one enum of ways to end.

mod check;
mod collect;
mod completions;
mod config;
mod demo;
mod findings;
mod help;
mod inventory;
mod lake;
mod log;
mod man;
mod merge;
mod parse;
mod plan;
mod printer;
mod push;
mod query;
mod record;
mod replay;
mod serve;
mod signals;
mod sim;
mod vault;
mod vault_edit;

use std::process::ExitCode;

use ::inventory::{Problem, Problems};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::settings;
use crate::view::{Screen, hide_bars};
use printer::Printer;

/// Watches the optics of fleets of Junos devices: every lane's power, bias and FEC errors, as JSON and as a Parquet lake.
#[derive(Debug, Parser)]
#[command(
    name = "lanewatch",
    version,
    max_term_width = 100,
    after_help = help::after(&[
        ("lanewatch demo", "Show the whole way on a simulated fleet."),
        ("lanewatch check -i inventory.yaml", "Check each device of an inventory before its first collection."),
        ("lanewatch collect -i inventory.yaml", "Collect all devices once."),
        ("lanewatch help lake sync", "Show the help of a command."),
    ], help::PLAIN)
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check each device before its first collection
    Check(check::Check),
    /// Collect all devices of an inventory once
    Collect(collect::Collect),
    /// Show settings and where their values come from
    Config(config::Config),
    /// Print completions for bash, zsh or fish
    Completions(completions::Completions),
    /// Run the whole process on a simulated fleet
    Demo(demo::Demo),
    /// Show which lanes look bad, and what is new
    Findings(findings::Findings),
    /// Print or write manual pages
    Man(man::Man),
    /// Write, sync, check and describe the Parquet lake
    Lake(lake::Lake),
    /// Show the inventory as it is read
    Inventory(inventory::InventoryCommand),
    /// Show what collect would do, contacting nothing
    Plan(plan::Plan),
    /// Add device and module facts to an optics document
    Merge(merge::Merge),
    /// Turn saved replies to one RPC into JSON
    Parse(parse::Parse),
    /// Push series to a Prometheus Pushgateway
    Push(push::Push),
    /// Query the lake in SQL
    Query(query::Query),
    /// Save the replies of devices as a run folder
    Record(record::Record),
    /// Parse saved replies again, without a device
    Replay(replay::Replay),
    /// Collect at an interval and serve the series over HTTP
    Serve(serve::Serve),
    /// Run simulated Junos devices behind real SSH
    Sim(sim::Sim),
    /// Encrypt and decrypt secrets as ansible-vault does
    Vault(vault::VaultCommand),
}

/// The note that `parse` and `replay` print once if they read `pic_detail` documents of the scripts' newest version.
const PIC_DETAIL_OF_ORIGINAL: &str =
    "the pic_detail documents are of the original's newest version, and read as such";

/// How a command ended. The numbers are a promise to whoever calls us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExitStatus {
    /// All devices delivered.
    Delivered,
    /// Something went wrong that is no device's fault.
    Internal,
    /// Usage or configuration: nothing was contacted.
    Usage,
    /// Some devices failed, the rest are delivered.
    SomeFailed,
    /// No device delivered.
    NoneDelivered,
    /// Delivered and safe on this disk, but the remote lake is behind.
    Behind,
    /// Another daemon has what this one needs: nothing was contacted.
    Held,
    /// The daemon stopped in the middle of a pass.
    Abandoned,
    /// What another program that we ran for the user ended with.
    Other(u8),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Delivered => 0,
            ExitStatus::Internal => 1,
            ExitStatus::Usage => 2,
            ExitStatus::SomeFailed => 3,
            ExitStatus::NoneDelivered => 4,
            ExitStatus::Behind => 5,
            ExitStatus::Held => 6,
            ExitStatus::Abandoned => 7,
            ExitStatus::Other(status) => status,
        })
    }
}

/// An error of the caller's making: exit status 2.
fn usage(error: impl std::fmt::Display) -> Problems {
    Problem::new(format!("{error:#}")).into()
}

/// The whole command line: each command's own arguments, and the settings that it takes.
fn definition() -> clap::Command {
    let command = settings::add_to(Cli::command());
    with_proposals(command)
}

/// Lets a shell propose hosts and groups where a command takes them.
fn with_proposals(command: clap::Command) -> clap::Command {
    const TAKING: [&str; 4] = ["limit", "name", "group", "host"];
    let names: Vec<_> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    let command = names
        .into_iter()
        .fold(command, |command, name| match name.as_str() {
            "vault" | "config" | "sim" => command,
            _ => command.mut_subcommand(name, with_proposals),
        });
    command.mut_args(
        |argument| match TAKING.contains(&argument.get_id().as_str()) {
            true => argument.add(ArgValueCompleter::new(completions::hosts_and_groups)),
            false => argument,
        },
    )
}

/// Adds what the caller probably meant: whoever comes from other tools names the inventory without its flag.
fn with_tip(mut error: clap::Error, typed: &[String]) -> clap::Error {
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let is_inventory = !found.starts_with('-')
        && (std::path::Path::new(found).exists()
            || found.ends_with(".yaml")
            || found.ends_with(".yml"));
    let words: Vec<_> = typed
        .iter()
        .take_while(|word| *word != found)
        .map(String::as_str)
        .collect();
    let command = words.iter().filter(|word| !word.starts_with('-')).copied();
    let command = command.take(2).collect::<Vec<_>>().join(" ");
    let takes_one = command
        .split_once(' ')
        .into_iter()
        .map(|(first, _)| first)
        .chain([command.as_str()])
        .any(|command| settings::takes(command, "inventory"));
    if error.kind() == ErrorKind::UnknownArgument && is_inventory && takes_one {
        let tip = format!("an inventory is named with `-i`: `lanewatch {command} -i {found}`");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
    error
}

/// Parses, runs, converts.
pub(crate) fn main() -> ExitCode {
    if completions::answer_shell() {
        return ExitStatus::Delivered.into();
    }
    let parsed = definition().try_get_matches().and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, matches))
    });
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let typed: Vec<_> = std::env::args().skip(1).collect();
            let error = with_tip(error, &typed);
            // Help and version are answers, not errors; clap knows where each goes.
            drop(error.print());
            return if error.use_stderr() {
                ExitStatus::Usage.into()
            } else {
                ExitStatus::Delivered.into()
            };
        }
    };
    let given = settings::given(&matches);
    let messages = given.messages();
    let printer = Printer::new(messages.is_quiet, Screen::of_stdout(messages.color));
    if let Some(filter) = messages.log {
        log::start(filter, messages.log_format);
    }
    if messages.is_quiet {
        hide_bars();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.error(&format!("the system refuses threads: {error}"));
            return ExitStatus::Internal.into();
        }
    };
    let ended = runtime.block_on(async {
        match cli.command {
            Command::Check(command) => command.run(given, &printer).await,
            Command::Collect(command) => command.run(given, &printer).await,
            Command::Config(command) => command.run(given, &printer),
            Command::Completions(command) => command.run(&printer),
            Command::Demo(command) => command.run(&printer).await,
            Command::Findings(command) => command.run(given, &printer),
            Command::Man(command) => command.run(&printer),
            Command::Merge(command) => command.run(&printer),
            Command::Parse(command) => command.run(given, &printer),
            Command::Lake(command) => command.run(given, &printer).await,
            Command::Push(command) => command.run(given, &printer).await,
            Command::Query(command) => command.run(given).await,
            Command::Record(command) => command.run(given, &printer).await,
            Command::Inventory(command) => command.run(given, &printer),
            Command::Plan(command) => command.run(given, &printer),
            Command::Replay(command) => command.run(given, &printer),
            Command::Serve(command) => command.run(given, &printer).await,
            Command::Sim(command) => command.run(&printer).await,
            Command::Vault(command) => command.run(given, &printer),
        }
    });
    // Work that is stuck in the file system must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match ended {
        Ok(ExitStatus::Delivered) if let Some(error) = printer.lost() => {
            printer.error(&format!(
                "the answer could not be written to standard output: {error}"
            ));
            ExitStatus::Internal.into()
        }
        Ok(status) => status.into(),
        Err(error) => {
            let status = if error.is::<Problems>() {
                ExitStatus::Usage
            } else {
                ExitStatus::Internal
            };
            match error.downcast_ref::<Problems>() {
                Some(problems) => tell(problems, &printer),
                None => printer.error(&format!("{error:#}")),
            }
            status.into()
        }
    }
}

/// Says each mistake, with the line that it stands on, and what they mean together.
fn tell(problems: &Problems, printer: &Printer) {
    for problem in &problems.0 {
        printer.error(&problem.with_snippet(|file| std::fs::read_to_string(file).ok()));
    }
    if problems.0.len() > 1 {
        printer.note(&format!(
            "{} mistakes; nothing was contacted",
            problems.0.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::ROWS;

    /// The command of this path, as `lake sync`.
    fn command(path: &str) -> Option<clap::Command> {
        path.split(' ').try_fold(definition(), |command, name| {
            command.find_subcommand(name).cloned()
        })
    }

    #[test]
    fn the_commands_of_each_setting_exist_and_have_its_flag() {
        for row in ROWS {
            for path in row.commands {
                let found = command(path);
                let found = found.unwrap_or_else(|| panic!("{}: no command `{path}`", row.name));
                let has_flag = found.get_arguments().any(|flag| flag.get_id() == row.name);
                assert_eq!(has_flag, !row.accepts.is_secret, "{}: {path}", row.name);
            }
        }
    }

    #[test]
    fn an_inventory_without_its_flag_draws_a_tip_where_a_command_takes_one() {
        let tip = |typed: &[&str]| {
            let words = ["lanewatch"].iter().chain(typed);
            let error = definition().try_get_matches_from(words).unwrap_err();
            let typed: Vec<_> = typed.iter().map(|word| (*word).to_owned()).collect();
            with_tip(error, &typed).to_string()
        };
        let text = tip(&["collect", "fleet.yaml"]);
        assert!(
            text.contains(
                "tip: an inventory is named with `-i`: `lanewatch collect -i fleet.yaml`"
            ),
            "{text}"
        );
        assert!(tip(&["inventory", "list", "fleet.yml"]).contains("inventory list -i fleet.yml"));
        assert!(!tip(&["collect", "fleet"]).contains("tip:"));
        assert!(!tip(&["lake", "status", "fleet.yaml"]).contains("-i"));
    }

    #[test]
    fn the_definition_has_no_two_flags_of_one_name() {
        definition().debug_assert();
    }
}
