//! The layers that settings are given in: a flag wins over the environment, the environment over the file, the file over Ansible's own
//! configuration, that over the default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use inventory::{Problem, did_you_mean, expand_home};

use super::ansible_cfg;
use super::file::{self, File};
use super::log::{LogFilter, MessageOptions, log_targets};
use super::row::{PREFIX, Row, ValueSource, variable_of};
use super::table::ROWS;
use super::value::Value;

/// The variable that names the file of settings, as `--config` does.
const CONFIG: &str = "LANEWATCH_CONFIG";

/// The text of each setting that was given, by layer.
#[derive(Default)]
pub(crate) struct Layers {
    /// By the setting's name.
    pub(super) flags: BTreeMap<&'static str, Vec<String>>,
    environment: BTreeMap<String, String>,
    pub(super) file: Option<File>,
    /// What `ansible.cfg` says.
    ansible: Option<File>,
    /// What should be known of the files.
    pub(super) warnings: Vec<String>,
    /// What is wrong with the file of settings.
    pub(super) problems: Vec<Problem>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The flag as written.
    Flag(String),
    /// The variable.
    Environment(String),
    /// File and line.
    File(PathBuf, u64),
    /// It was not given.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::File(file, line) => write!(formatter, "{}:{line}", file.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// Variables hold passwords, ours and those of others.
impl fmt::Debug for Layers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Layers").finish_non_exhaustive()
    }
}

impl Layers {
    /// Adds the environment and the file of settings to the flags.
    pub(super) fn collect(
        flags: BTreeMap<&'static str, Vec<String>>,
        config: Option<String>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Self {
        // A variable that is set to nothing is how compose files and unit files say that it is not set.
        let environment: BTreeMap<_, _> =
            variables.filter(|(_, value)| !value.is_empty()).collect();
        let mut problems = Vec::new();
        let asked = config.or_else(|| environment.get(CONFIG).cloned());
        let xdg_config_home = environment.get("XDG_CONFIG_HOME").map(String::as_str);
        let asked = asked.as_deref().map(expand_home);
        let mut warnings = Vec::new();
        let path = file::find(asked, xdg_config_home, &mut warnings);
        let file = path.map(|path| File::read(path, &mut problems));
        let ansible = ansible_cfg::read(&environment, &mut warnings);
        Self {
            ansible,
            warnings,
            flags,
            environment,
            file,
            problems,
        }
    }

    /// What is written to standard error besides errors. A value that cannot be read has its default here; [`Self::resolve`] reports it.
    pub(crate) fn messages(&self) -> MessageOptions {
        let mut reader = Reader::of(self);
        let filter: Option<LogFilter> = reader.value("log");
        let verbosity = reader.value("verbose").unwrap_or_default();
        MessageOptions {
            log: log_targets(filter.as_ref(), verbosity),
            log_format: reader.value("log_format").unwrap_or_default(),
            is_quiet: reader.value("quiet").unwrap_or_default(),
            color: reader.value("color").unwrap_or_default(),
        }
    }

    /// The texts of a setting in the layer that wins, and where they were given.
    pub(super) fn given(&self, row: &Row) -> Option<(Vec<String>, Origin)> {
        self.of_lanewatch(row)
            .or_else(|| self.of_ansible(row).into_iter().next())
    }

    /// What Ansible's own configuration says, the first that wins first.
    fn of_ansible(&self, row: &Row) -> Vec<(Vec<String>, Origin)> {
        let of_environment = ansible_cfg::of_environment(row, &self.environment)
            .map(|(texts, variable)| (texts, Origin::Environment(variable)));
        let of_file = self.ansible.as_ref().and_then(|file| of_file(file, row));
        of_environment.into_iter().chain(of_file).collect()
    }

    /// Forgets a value of Ansible's own configuration, so that nothing shows it for the one that counts.
    pub(super) fn pass_over(&mut self, name: &str, origin: &Origin) {
        match (origin, &mut self.ansible) {
            (Origin::Environment(variable), _) => drop(self.environment.remove(variable)),
            (_, Some(file)) => drop(file.values.remove(name)),
            _ => {}
        }
    }

    fn of_lanewatch(&self, row: &Row) -> Option<(Vec<String>, Origin)> {
        let variable = |name: &str| {
            let text = self.environment.get(name)?;
            let texts = if row.accepts.is_list {
                text.split(',').map(|part| part.trim().to_owned()).collect()
            } else {
                vec![text.clone()]
            };
            Some((texts, Origin::Environment(name.to_owned())))
        };
        let flag = || {
            let texts = self.flags.get(row.name)?;
            Some((texts.clone(), Origin::Flag(row.flag())))
        };
        row.overruled_by
            .and_then(variable)
            .or_else(flag)
            .or_else(|| variable(&row.variable()))
            .or_else(|| row.formerly.and_then(|name| variable(&variable_of(name))))
            .or_else(|| row.also.and_then(variable))
            .or_else(|| of_file(self.file.as_ref()?, row))
    }

    /// Variables that look like ours and are not.
    pub(super) fn unknown_variables(&self) -> Vec<String> {
        let former = ROWS.iter().filter_map(|row| row.formerly.map(variable_of));
        let known: Vec<_> = ROWS.iter().map(Row::variable).chain(former).collect();
        let ours = self
            .environment
            .keys()
            .filter(|name| name.starts_with(PREFIX));
        let unknown = ours.filter(|name| *name != CONFIG && !known.contains(name));
        unknown
            .map(|name| {
                let hint = did_you_mean(name, known.iter().map(String::as_str));
                format!("the variable {name} is no setting and is ignored{hint}")
            })
            .collect()
    }
}

/// The texts of a setting in a file, and where they stand.
fn of_file(file: &File, row: &Row) -> Option<(Vec<String>, Origin)> {
    let written = file.values.get(row.name)?;
    let origin = Origin::File(file.path.clone(), written.line);
    Some((written.texts.clone(), origin))
}

/// Reads values from the layers and keeps what is wrong with them.
pub(super) struct Reader<'l> {
    layers: &'l Layers,
    pub(super) problems: Vec<Problem>,
    /// Values of Ansible's own configuration that Lanewatch cannot take: the setting, where the value is, and what is wrong with it.
    pub(super) passed_over: Vec<(&'static str, Origin, Problem)>,
}

impl<'l> Reader<'l> {
    pub(super) fn of(layers: &'l Layers) -> Self {
        Self {
            layers,
            problems: Vec::new(),
            passed_over: Vec::new(),
        }
    }
}

impl ValueSource for Reader<'_> {
    fn value<T: Value>(&mut self, name: &str) -> Option<T> {
        let row = ROWS.iter().find(|row| row.name == name)?;
        if let Some((texts, origin)) = self.layers.of_lanewatch(row) {
            let value = T::parse_all(&texts);
            if value.is_none() {
                self.problems.push(refuse(row, &texts, &origin));
            }
            return value;
        }
        for (texts, origin) in self.layers.of_ansible(row) {
            if let Some(value) = T::parse_all(&texts) {
                return Some(value);
            }
            let problem = refuse(row, &texts, &origin);
            self.passed_over.push((row.name, origin, problem));
        }
        None
    }
}

fn refuse(row: &Row, texts: &[String], origin: &Origin) -> Problem {
    let expected = row.accepts.expected;
    let found = if row.accepts.is_secret {
        String::new()
    } else {
        format!("; found `{}`", texts.join("`, `"))
    };
    let written = texts.first().map(String::as_str).unwrap_or_default();
    let hint = did_you_mean(written, row.accepts.choices.iter().copied());
    let say = |name: &str| format!("`{name}` must be {expected}{found}{hint}");
    match origin {
        Origin::Flag(flag) => Problem::new(say(flag)),
        Origin::Environment(variable) => Problem::new(say(variable)),
        Origin::File(file, line) => Problem::at(file, *line, say(row.name)).marking(written),
        Origin::Default => Problem::new(say(row.name)),
    }
}
