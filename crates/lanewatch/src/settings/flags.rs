//! The settings as flags: put into the command line's definition, and read back from what was typed.

use std::collections::BTreeMap;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::layers::Layers;
use super::row::Row;
use super::table::{ROWS, SESSION};

/// The flag that names the file of settings.
const CONFIG: &str = "config";

impl Layers {
    /// What the environment and the file of settings say.
    pub(crate) fn without_flags() -> Self {
        Self::collect(BTreeMap::new(), None, variables())
    }
}

/// The variables of the environment that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Whether a command, given as `lake sync`, takes the setting of this name as a flag.
pub(crate) fn takes(command: &str, setting: &str) -> bool {
    let row = ROWS.iter().find(|row| row.name == setting);
    row.is_some_and(|row| row.is_flag_of(command))
}

/// Gives each command the flags that the table says it takes.
pub(crate) fn add_to(command: Command) -> Command {
    add_below("", command)
}

fn add_below(path: &str, mut command: Command) -> Command {
    let names: Vec<_> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |below| add_below(path.trim(), below));
    }
    let taken: Vec<_> = ROWS.iter().filter(|row| row.is_flag_of(path)).collect();
    if taken.is_empty() {
        return command;
    }
    let config = Arg::new(CONFIG).long(CONFIG).value_name("FILE").help(
        "The settings file [default: lanewatch.toml here, else in $XDG_CONFIG_HOME/lanewatch]",
    );
    command.arg(config).args(taken.into_iter().map(argument))
}

fn argument(row: &'static Row) -> Arg {
    let argument = Arg::new(row.name)
        .long(row.name.replace('_', "-"))
        .value_name(row.value)
        .help(row.help())
        .help_heading(row.group)
        .hide_short_help(row.group == SESSION)
        .aliases(row.formerly.map(|name| name.replace('_', "-")))
        .action(if row.accepts.is_list || row.accepts.is_counted {
            ArgAction::Append
        } else {
            ArgAction::Set
        })
        .value_parser(AsWritten(row.accepts.choices));
    let argument = match row.short {
        Some(short) => argument.short(short),
        None => argument,
    };
    match row.accepts.alone {
        Some(alone) => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value(alone),
        None => argument,
    }
}

/// Takes any text, so that what is wrong with it is told with everything else that is wrong; help and completions know the choices.
#[derive(Clone)]
pub(crate) struct AsWritten(pub(crate) &'static [&'static str]);

impl TypedValueParser for AsWritten {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        if self.0.is_empty() {
            return None;
        }
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

/// What was typed, with the environment and the file of settings below it.
pub(crate) fn given(mut matches: &ArgMatches) -> Layers {
    let mut path = Vec::new();
    while let Some((name, below)) = matches.subcommand() {
        path.push(name);
        matches = below;
    }
    let path = path.join(" ");
    let typed = |name: &str| {
        let texts = matches.try_get_many::<String>(name).ok()??; // an error where the command has no such flag
        Some(texts.cloned().collect::<Vec<_>>())
    };
    // A command may have a flag of its own by the name of a setting that it does not take.
    let taken = ROWS.iter().filter(|row| row.is_flag_of(&path));
    let flags: BTreeMap<_, _> = taken
        .filter_map(|row| Some((row.name, typed(row.name)?)))
        .collect();
    let config = typed(CONFIG).and_then(|mut texts| texts.pop());
    Layers::collect(flags, config, variables())
}
