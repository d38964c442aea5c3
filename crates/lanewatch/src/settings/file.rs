//! Finds and reads `lanewatch.toml`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use inventory::{Problem, expand_home, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::row::Row;
use super::table::ROWS;

/// What the file is called.
pub(super) const NAME: &str = "lanewatch.toml";

/// A file of settings, as written.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// By the setting's name.
    pub(super) values: BTreeMap<&'static str, Written>,
}

/// The texts of one setting, as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) texts: Vec<String>,
    pub(super) line: u64,
}

/// Write permission for everybody.
const WORLD_WRITABLE: u32 = 0o002;

/// The file that was asked for; else the one in the current folder; else the one of the user, below `XDG_CONFIG_HOME`. A file that anybody
/// may have put into the current folder is not read: its settings can run programs.
pub(super) fn find(
    asked: Option<PathBuf>,
    xdg_config_home: Option<&str>,
    warnings: &mut Vec<String>,
) -> Option<PathBuf> {
    let of_user = match xdg_config_home {
        Some(folder) => PathBuf::from(folder),
        None => expand_home("~/.config"),
    };
    if asked.is_some() {
        return asked;
    }
    let here = PathBuf::from(NAME);
    if here.is_file() {
        if !is_world_writable(Path::new(".")) && !is_world_writable(&here) {
            return Some(here);
        }
        warnings.push(format!(
            "{NAME} is not read: everybody may write to it or to this folder; `--config {NAME}` reads it if it is yours"
        ));
    }
    Some(of_user.join("lanewatch").join(NAME)).filter(|path| path.is_file())
}

/// Whether everybody may change what is there.
pub(super) fn is_world_writable(path: &Path) -> bool {
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|metadata| metadata.permissions().mode() & WORLD_WRITABLE != 0)
}

impl File {
    /// Reads a file. What is wrong with it goes to `problems`; what is right is kept.
    pub(super) fn read(path: PathBuf, problems: &mut Vec<Problem>) -> Self {
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(path, &text, problems),
            Err(error) => {
                problems.push(Problem::new(format!(
                    "cannot read the settings {}: {error}",
                    path.display()
                )));
                Self::default()
            }
        }
    }

    fn parse(path: PathBuf, text: &str, problems: &mut Vec<Problem>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let broken = !errors.is_empty();
        for error in errors {
            let line = error.span().map_or(0, |span| line_of(text, &span));
            let message = error.message().replace('\n', ", ");
            problems.push(Problem::at(
                &path,
                line,
                format!("this is not TOML: {message}"),
            ));
        }
        let mut file = Self {
            path,
            values: BTreeMap::new(),
        };
        if broken {
            problems.sort_by_key(|problem| problem.line);
            return file; // what was made of the rest is a guess
        }
        for (key, value) in table.get_ref() {
            let line = line_of(text, &key.span());
            match file.entry(text, key.get_ref(), value) {
                Ok((name, texts)) => {
                    file.values.insert(name, Written { texts, line });
                }
                Err(message) => {
                    let problem = Problem::at(&file.path, line, message);
                    problems.push(problem.marking(key.get_ref().as_ref()));
                }
            }
        }
        problems.sort_by_key(|problem| problem.line);
        file
    }

    fn entry(
        &self,
        text: &str,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(&'static str, Vec<String>), String> {
        let row = ROWS.iter().find(|row| row.is_named(key));
        let row = row.ok_or_else(|| unknown(key, value.get_ref()))?;
        if row.accepts.is_secret {
            return Err(format!(
                "`{key}` is a secret and does not belong in this file; set the variable {} or name a file with `{key}_file`",
                row.variable()
            ));
        }
        let texts = match value.get_ref() {
            DeValue::Array(values) if row.accepts.is_list => {
                let texts = values.iter().map(|value| scalar(text, value));
                texts.collect::<Option<Vec<_>>>()
            }
            _ => scalar(text, value).map(|text| vec![text]),
        };
        let list = if row.accepts.is_list {
            ", or a list of them"
        } else {
            ""
        };
        let texts = texts.ok_or_else(|| {
            let (expected, found) = (row.accepts.expected, value.get_ref().type_str());
            format!("`{key}` must be {expected}{list}; found a TOML {found}")
        })?;
        Ok((row.name, self.resolve(row, texts)))
    }

    /// Paths begin at the folder of the file that has them, wherever the program is started.
    fn resolve(&self, row: &Row, texts: Vec<String>) -> Vec<String> {
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        match folder {
            Some(folder) if row.accepts.is_path => {
                let paths = texts.iter().map(|text| match text.as_str() {
                    "" => PathBuf::new(), // is refused as it is
                    text => folder.join(expand_home(text)),
                });
                paths.map(|path| path.display().to_string()).collect()
            }
            _ => texts,
        }
    }
}

/// A string, or a number or truth value as it is written.
fn scalar(text: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => text
            .get(value.span())
            .map(|written| written.replace('_', "")),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn unknown(key: &str, value: &DeValue<'_>) -> String {
    // `output-dir` and `--output-dir` are how the flag is written.
    let spelt = key.trim_start_matches('-').replace('-', "_").to_lowercase();
    let exact = ROWS.iter().map(|row| row.name).find(|name| *name == spelt);
    let near = exact.or_else(|| nearest(&spelt, ROWS.iter().map(|row| row.name)));
    match near {
        Some(near) => format!("unknown setting `{key}`; did you mean `{near}`?"),
        None if matches!(value, DeValue::Table(_)) => {
            format!(
                "unknown setting `{key}`: there are no sections, all settings stand at the top of the file"
            )
        }
        None => format!("unknown setting `{key}`; `lanewatch config show` lists all"),
    }
}

fn line_of(text: &str, span: &Range<usize>) -> u64 {
    let before = text.get(..span.start).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (File, Vec<String>) {
        let mut problems = Vec::new();
        let file = File::parse(PathBuf::from("etc/lanewatch.toml"), text, &mut problems);
        let problems = problems.iter().map(ToString::to_string).collect();
        (file, problems)
    }

    #[test]
    fn strings_numbers_and_lists_are_taken_as_written_with_their_line() {
        let (file, problems) = read(
            "# ours\nconcurrency = 1_000\n\ninventory = [\"a.yaml\", \"/b.yaml\"]\nuser = 'u'\n",
        );
        assert_eq!(problems, [""; 0]);
        let written = |name| {
            let written: &Written = &file.values[name];
            (written.texts.join(" "), written.line)
        };
        assert_eq!(written("concurrency"), ("1000".to_owned(), 2));
        assert_eq!(written("inventory"), ("etc/a.yaml /b.yaml".to_owned(), 4));
        assert_eq!(written("user"), ("u".to_owned(), 5));
    }

    #[test]
    fn everything_wrong_is_said_with_its_line_and_what_was_meant() {
        let (_, problems) = read(
            "concurency = 3\noutput-dir = 'x'\n[collect]\nuser = 'u'\n[retry_pause]\n[password]\n",
        );
        insta::assert_snapshot!(problems.join("\n"), @"
        etc/lanewatch.toml:1: unknown setting `concurency`; did you mean `concurrency`?
        etc/lanewatch.toml:2: unknown setting `output-dir`; did you mean `output_dir`?
        etc/lanewatch.toml:3: unknown setting `collect`: there are no sections, all settings stand at the top of the file
        etc/lanewatch.toml:5: `retry_pause` must be a time such as `500ms`, `10s`, `2m` or `1h`, more than none and at most `24h` (a number alone is seconds); found a TOML table
        etc/lanewatch.toml:6: `password` is a secret and does not belong in this file; set the variable LANEWATCH_PASSWORD or name a file with `password_file`
        ");
    }

    #[test]
    fn what_is_no_toml_is_said_with_its_line() {
        let (file, problems) = read("user = 'u'\nlake = \nkeep_runs = [1\n");
        assert!(file.values.is_empty());
        assert!(
            problems[0].starts_with("etc/lanewatch.toml:2: this is not TOML: "),
            "{problems:?}"
        );
    }

    #[test]
    fn a_folder_that_everybody_may_write_to_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_world_writable(folder.path()));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(is_world_writable(folder.path()));
    }

    #[test]
    fn a_secret_is_refused_and_not_repeated() {
        let (_, problems) = read("password = 'sesame'\n");
        assert!(problems[0].contains("LANEWATCH_PASSWORD") && !problems[0].contains("sesame"));
    }
}
