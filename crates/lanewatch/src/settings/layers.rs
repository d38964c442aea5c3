//! Flag over environment over file over default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::file::{self, File};
use super::row::{PREFIX, Row};
use super::table::{ROWS, Settings};
use super::value::{LogFilter, Value};
use collector::{Options, Plan};
use inventory::expand_home;
use inventory::{Problem, Problems, did_you_mean};
use inventory::{SECRET, tells_secret};

/// The variable that names the file of settings, as `--config` does.
const CONFIG: &str = "LANEWATCH_CONFIG";

/// What was said in each place.
#[derive(Default)]
pub(crate) struct Layers {
    /// By the setting's name.
    pub(super) flags: BTreeMap<&'static str, Vec<String>>,
    environment: BTreeMap<String, String>,
    file: Option<File>,
    problems: Vec<Problem>,
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
    /// Nobody said anything.
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

/// The settings, and everything that is wrong with what was written.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) settings: Settings,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// What works, but should be known.
    pub(crate) warnings: Vec<String>,
    problems: Vec<Problem>,
    layers: Layers,
}

/// A plan, what it was made with, and the settings of what comes after the run.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) options: Options,
    pub(crate) settings: Settings,
}

/// One setting, for people: its row, its value as one would write it, and where that came from.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) row: &'static Row,
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
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
        let path = file::find(asked.as_deref().map(expand_home), xdg_config_home);
        let file = path.map(|path| File::read(path, &mut problems));
        Self {
            flags,
            environment,
            file,
            problems,
        }
    }

    /// What is to be logged. It is needed before anything else is settled; what is wrong with it is told with the rest.
    pub(crate) fn log(&self) -> Option<LogFilter> {
        self.read("log", &mut Vec::new())
    }

    /// Settles every setting.
    pub(crate) fn resolve(self) -> Resolved {
        let mut problems = Vec::new();
        let mut settings = Settings::read(&self, &mut problems);
        settings.read_password_file(&mut problems);
        let warnings = self.unknown_variables();
        let mut layers = self;
        let before = std::mem::take(&mut layers.problems);
        if let Some(file) = &layers.file {
            log::info!("settings are read from {}", file.path.display());
        }
        let mut problems: Vec<_> = before.into_iter().chain(problems).collect();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line))); // as one reads the file
        Resolved {
            settings,
            file: layers.file.as_ref().map(|file| file.path.clone()),
            warnings,
            problems,
            layers,
        }
    }

    /// The value of a setting, unless nobody gave one or it cannot be read.
    pub(super) fn read<T: Value>(&self, name: &str, problems: &mut Vec<Problem>) -> Option<T> {
        let row = ROWS.iter().find(|row| row.name == name)?;
        let (texts, origin) = self.said(row)?;
        let value = T::parse_all(&texts);
        if value.is_none() {
            problems.push(refuse(row, &texts, &origin));
        }
        value
    }

    /// What was said of a setting in the place that counts.
    fn said(&self, row: &Row) -> Option<(Vec<String>, Origin)> {
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
        let file = || {
            let file = self.file.as_ref()?;
            let said = file.values.get(row.name)?;
            Some((
                said.texts.clone(),
                Origin::File(file.path.clone(), said.line),
            ))
        };
        row.overruled_by
            .and_then(variable)
            .or_else(flag)
            .or_else(|| variable(&row.variable()))
            .or_else(|| row.also.and_then(variable))
            .or_else(file)
    }

    /// Variables that look like ours and are not.
    fn unknown_variables(&self) -> Vec<String> {
        let known: Vec<_> = ROWS.iter().map(Row::variable).collect();
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

impl Settings {
    /// The password of the file wins over the one of the environment.
    fn read_password_file(&mut self, problems: &mut Vec<Problem>) {
        let Some(file) = &self.password_file else {
            return;
        };
        let said = match std::fs::read_to_string(file) {
            Ok(text) => match text.lines().next().filter(|line| !line.is_empty()) {
                Some(line) => {
                    self.password = Some(SecretString::from(line));
                    return;
                }
                None => format!(
                    "the first line of the password file {} is empty",
                    file.display()
                ),
            },
            Err(error) => format!("cannot read the password file {}: {error}", file.display()),
        };
        problems.push(Problem::new(said));
    }
}

impl Resolved {
    /// The settings alone, for commands without a plan.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub(crate) fn settings(self) -> Result<Settings, Problems> {
        if self.problems.is_empty() {
            Ok(self.settings)
        } else {
            Err(Problems(self.problems))
        }
    }

    /// The plan. What is wrong with the settings is told together with what is wrong with inventory and catalogue.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub(crate) fn plan(self) -> Result<Planned, Problems> {
        let mut problems = self.problems;
        let options = self.settings.options();
        match Plan::build(&options) {
            Ok(mut plan) if problems.is_empty() => {
                plan.warnings.splice(0..0, self.warnings);
                Ok(Planned {
                    plan,
                    options,
                    settings: self.settings,
                })
            }
            Ok(_) => Err(Problems(problems)),
            Err(more) => {
                problems.extend(more.0);
                Err(Problems(problems))
            }
        }
    }

    /// Each setting with its value and where that came from.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let values = self.settings.shown();
        let rows = ROWS.iter().zip(values);
        rows.map(|(row, value)| {
            let said = self.layers.said(row);
            // `extra_vars` may set a password, `proxy_command` and addresses hand one on.
            let value = value.map(|value| match tells_secret(&value) {
                true => SECRET.to_owned(),
                false => value,
            });
            Shown {
                row,
                value,
                origin: said.map_or(Origin::Default, |(_, origin)| origin),
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(flags: &[(&'static str, &str)], variables: &[(&str, &str)], file: &str) -> Resolved {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file::NAME);
        std::fs::write(&path, file).unwrap();
        let flags = flags
            .iter()
            .map(|(name, text)| (*name, vec![(*text).to_owned()]));
        let variables = variables
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Layers::collect(flags.collect(), path.to_str().map(str::to_owned), variables).resolve()
    }

    fn keep_runs(resolved: &Resolved) -> (usize, String) {
        let shown = resolved.shown();
        let shown = shown
            .iter()
            .find(|shown| shown.row.name == "keep_runs")
            .unwrap();
        let origin = shown.origin.to_string();
        let origin = origin.rsplit('/').next().unwrap().to_owned();
        (resolved.settings.keep_runs, origin)
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let (flag, variable, file) = (
            ("keep_runs", "4"),
            ("LANEWATCH_KEEP_RUNS", "3"),
            "\nkeep_runs = 2\n",
        );
        let cases = [
            (layers(&[flag], &[variable], file), (4, "flag --keep-runs")),
            (
                layers(&[], &[variable], file),
                (3, "environment LANEWATCH_KEEP_RUNS"),
            ),
            (layers(&[], &[], file), (2, "lanewatch.toml:2")),
            (
                layers(&[], &[("LANEWATCH_KEEP_RUNS", "")], ""),
                (10, "default"),
            ),
        ];
        for (resolved, (value, origin)) in cases {
            assert_eq!(resolved.problems, []);
            assert_eq!(keep_runs(&resolved), (value, origin.to_owned()));
        }
    }

    #[test]
    fn semaphores_name_for_the_runner_wins_over_the_flag() {
        let semaphore = ("SEMAPHORE_RUNNER_NAME", "theirs");
        let resolved = layers(&[("runner_name", "ours")], &[semaphore], "");
        assert_eq!(resolved.settings.runner_name.as_deref(), Some("theirs"));
        let resolved = layers(
            &[("runner_name", "ours")],
            &[("SEMAPHORE_RUNNER_NAME", "")],
            "",
        );
        assert_eq!(resolved.settings.runner_name.as_deref(), Some("ours"));
    }

    #[test]
    fn a_list_has_commas_in_a_variable() {
        let resolved = layers(&[], &[("LANEWATCH_INVENTORY", "a.yaml, b.yaml")], "");
        let expected = ["a.yaml", "b.yaml"].map(PathBuf::from);
        assert_eq!(resolved.settings.inventory, expected);
    }

    #[test]
    fn what_cannot_be_read_is_said_wherever_it_stands_and_all_at_once() {
        let resolved = layers(
            &[("concurrency", "0"), ("host_keys", "stric")],
            &[
                ("LANEWATCH_ATTEMPTS", "many"),
                ("LANEWATCH_DEVICE_TIMEOUT", "inf"),
            ],
            "keep_runs = -1\nlake = ''\n",
        );
        let problems: Vec<_> = resolved
            .problems
            .iter()
            .map(|problem| &*problem.message)
            .collect();
        insta::assert_snapshot!(problems.join("\n"), @"
        `--host-keys` must be `strict`, `accept-new` or `off`; found `stric`; did you mean `strict`?
        `--concurrency` must be a whole number from 1 up; found `0`
        `LANEWATCH_DEVICE_TIMEOUT` must be a time such as `500ms`, `10s`, `2m` or `1h`, more than none and at most `24h` (a number alone is seconds); found `inf`
        `LANEWATCH_ATTEMPTS` must be a whole number from 1 up; found `many`
        `keep_runs` must be a whole number from 1 up; found `-1`
        `lake` must be a path; found ``
        ");
    }

    #[test]
    fn a_variable_that_is_almost_a_setting_draws_a_warning() {
        let resolved = layers(
            &[],
            &[
                ("LANEWATCH_PASWORD", "sesame"),
                ("LANEWATCH_IMAGE_TAG", "7"),
            ],
            "",
        );
        insta::assert_snapshot!(resolved.warnings.join("\n"), @"
        the variable LANEWATCH_IMAGE_TAG is no setting and is ignored
        the variable LANEWATCH_PASWORD is no setting and is ignored; did you mean `LANEWATCH_PASSWORD`?
        ");
    }

    #[test]
    fn the_password_is_the_first_line_of_its_file_and_shows_as_set() {
        use secrecy::ExposeSecret as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "sesame\nmore\n").unwrap();
        let flags = [("password_file", path.to_str().unwrap())];
        let resolved = layers(&flags, &[("LANEWATCH_PASSWORD", "other")], "");
        let password = resolved.settings.password.as_ref().unwrap();
        assert_eq!(password.expose_secret(), "sesame");
        assert!(!format!("{:?}", resolved.shown()).contains("sesame"));
    }
}
