//! Resolves the settings from their layers, and makes the options and the plan of a command from them.

use std::path::PathBuf;

use collector::{Options, Plan};
use inventory::{Problem, Problems, SECRET, tells_secret};
use secrecy::SecretString;

use super::layers::{Layers, Origin, Reader};
use super::row::Row;
use super::table::{ROWS, Settings};

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

impl Layers {
    /// Resolves every setting.
    pub(crate) fn resolve(self) -> Resolved {
        let mut reader = Reader::of(&self);
        let mut settings = Settings::read(&mut reader);
        let (mut problems, passed_over) = (reader.problems, reader.passed_over);
        settings.read_password_file(&mut problems);
        let mut warnings = self.unknown_variables();
        warnings.extend(self.warnings.iter().cloned());
        let mut layers = self;
        for (name, origin, problem) in passed_over {
            layers.pass_over(name, &origin);
            warnings.push(format!("{problem}; the value is ignored"));
        }
        let of_file = std::mem::take(&mut layers.problems);
        if let Some(file) = &layers.file {
            tracing::info!(file = %file.path.display(), "settings read");
        }
        let mut problems: Vec<_> = of_file.into_iter().chain(problems).collect();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line))); // as one reads the file
        Resolved {
            settings,
            file: layers.file.as_ref().map(|file| file.path.clone()),
            warnings,
            problems,
            layers,
        }
    }
}

impl Settings {
    /// The password of the file wins over the one of the environment.
    fn read_password_file(&mut self, problems: &mut Vec<Problem>) {
        let Some(file) = &self.password_file else {
            return;
        };
        let message = match std::fs::read_to_string(file) {
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
        problems.push(Problem::new(message));
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
            let given = self.layers.given(row);
            // `extra_vars` may set a password, `proxy_command` and addresses hand one on.
            let value = value.map(|value| match tells_secret(&value) {
                true => SECRET.to_owned(),
                false => value,
            });
            Shown {
                row,
                value,
                origin: given.map_or(Origin::Default, |(_, origin)| origin),
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
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
        `--concurrency` must be a whole number from 1 to 1000000; found `0`
        `LANEWATCH_DEVICE_TIMEOUT` must be a time such as `500ms`, `10s`, `2m` or `1h`, more than none and at most `24h` (a number alone is seconds); found `inf`
        `LANEWATCH_ATTEMPTS` must be a whole number from 1 up; found `many`
        `keep_runs` must be a whole number from 1 up; found `-1`
        `lake` must be a path; found ``
        ");
    }

    #[test]
    fn a_value_of_ansible_that_cannot_be_taken_is_passed_over_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ansible.cfg");
        std::fs::write(
            &path,
            "[defaults]\nforks = many\nremote_port = 2222\ntimeout = 0\n",
        )
        .unwrap();
        let config = ("ANSIBLE_CONFIG", path.to_str().unwrap());
        let resolved = layers(&[], &[config, ("ANSIBLE_REMOTE_PORT", "ssh")], "");
        assert_eq!(resolved.problems, []);
        let shown = resolved.shown();
        let of = |name| {
            let shown = shown.iter().find(|shown| shown.row.name == name).unwrap();
            let origin = shown.origin.to_string();
            let origin = origin.rsplit('/').next().unwrap().to_owned();
            (shown.value.clone().unwrap(), origin)
        };
        assert_eq!(of("port"), ("2222".to_owned(), "ansible.cfg:3".to_owned()));
        assert_eq!(of("concurrency").1, "default");
        assert_eq!(of("connect_timeout").1, "default");
        let warnings = resolved.warnings.join("\n");
        let warnings = warnings.replace(&*folder.path().to_string_lossy(), "");
        insta::assert_snapshot!(warnings, @"
        `ANSIBLE_REMOTE_PORT` must be a port from 1 to 65535; found `ssh`; the value is ignored
        /ansible.cfg:2: `concurrency` must be a whole number from 1 to 1000000; found `many`; the value is ignored
        /ansible.cfg:4: `connect_timeout` must be a time such as `500ms`, `10s`, `2m` or `1h`, more than none and at most `24h` (a number alone is seconds); found `0`; the value is ignored
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
