//! Files in the format of `ssh_config(5)`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use netconf::ssh::matches_host_pattern;

use super::options::{HostOptions, split_words};

/// Files that include files more deeply than this include themselves.
const DEEPEST_INCLUDE: usize = 16;

/// The lines of a file and of all that it includes, each with its condition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    lines: Vec<Line>,
    warnings: Vec<String>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {reason}", .file.display(), .line.map_or_else(String::new, |line| format!(" line {line}")))]
pub(crate) struct ConfigError {
    /// Which file.
    pub file: PathBuf,
    /// The line, from 1, if it is about one.
    pub line: Option<usize>,
    /// What was found, and what was expected.
    pub reason: String,
}

#[derive(Debug, Clone)]
struct Line {
    /// All must hold: the block's, and that of the block that includes the file.
    conditions: Arc<[Condition]>,
    keyword: String,
    value: String,
    file: PathBuf,
    number: usize,
}

#[derive(Debug, Clone)]
enum Condition {
    /// `Host a* !ab`.
    Name(Vec<String>),
    /// `Match`: each criterion and its patterns.
    Match(Vec<(Criterion, Vec<String>)>),
    /// A `Match` that cannot be decided here.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criterion {
    Host,
    OriginalHost,
    User,
}

impl Config {
    /// Reads a file and what it includes. Relative includes begin at `~/.ssh`, or at `/etc/ssh` for files from there.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a line that cannot be understood. An include that matches no file is none.
    pub(crate) fn read(file: &Path) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        config.include(file, &[], 0)?;
        Ok(config)
    }

    /// The user's own file and then the system's, as far as they are there.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub(crate) fn read_usual() -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let own = std::env::home_dir().map(|home| home.join(".ssh/config"));
        for file in own
            .into_iter()
            .chain([PathBuf::from("/etc/ssh/ssh_config")])
        {
            if file.exists() {
                config.include(&file, &[], 0)?;
            }
        }
        Ok(config)
    }

    /// What could not be taken into account whatever the host, as sentences.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Adds what is said about a host that was called by `name`, below what `options` has already. `user` is who logs in if
    /// the options do not say it.
    ///
    /// # Errors
    ///
    /// A line that applies and has a value that cannot be understood.
    pub(crate) fn apply(
        &self,
        name: &str,
        user: &str,
        options: &mut HostOptions,
    ) -> Result<(), ConfigError> {
        let name = name.to_lowercase();
        for line in &self.lines {
            let mut conditions = line.conditions.iter();
            if conditions.all(|condition| condition.holds(&name, user, options)) {
                let place = format!("{} line {}", line.file.display(), line.number);
                let set = options.set(&line.keyword, &line.value, &place);
                set.map_err(|reason| {
                    error(
                        &line.file,
                        line.number,
                        format!("{}: {reason}", line.keyword),
                    )
                })?;
            }
        }
        Ok(())
    }

    fn include(
        &mut self,
        file: &Path,
        outer: &[Condition],
        depth: usize,
    ) -> Result<(), ConfigError> {
        let unreadable = |reason: String| ConfigError {
            file: file.to_owned(),
            line: None,
            reason,
        };
        if depth > DEEPEST_INCLUDE {
            return Err(unreadable(
                "the files include each other without end".to_owned(),
            ));
        }
        let text = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        self.parse(&String::from_utf8_lossy(&text), file, outer, depth)
    }

    fn parse(
        &mut self,
        text: &str,
        file: &Path,
        outer: &[Condition],
        depth: usize,
    ) -> Result<(), ConfigError> {
        // The lines of a block share its conditions: a block with many patterns may have many lines.
        let mut conditions: Arc<[Condition]> = outer.into();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let Some((keyword, value)) = key_and_value(line) else {
                continue;
            };
            let wrong = |reason: String| error(file, number, format!("{keyword}: {reason}"));
            if value.is_empty() {
                return Err(wrong("it has no value".to_owned()));
            }
            match keyword.to_ascii_lowercase().as_str() {
                "host" => {
                    let patterns = split_words(value).map_err(wrong)?;
                    conditions = below(outer, Condition::Name(patterns));
                }
                "match" => {
                    let criteria = split_words(value).map_err(wrong)?;
                    let condition = match parse_match(&criteria) {
                        Ok(criteria) => Condition::Match(criteria),
                        Err(reason) => {
                            self.warnings.push(format!(
                                "{} line {number}: `Match {value}` does not apply: {reason}",
                                file.display()
                            ));
                            Condition::Never
                        }
                    };
                    conditions = below(outer, condition);
                }
                "include" => {
                    for pattern in split_words(value).map_err(wrong)? {
                        let found = included(&pattern, file).map_err(|e| wrong(e.to_string()))?;
                        for included in found {
                            self.include(&included, &conditions, depth + 1)?;
                        }
                    }
                }
                _ => self.lines.push(Line {
                    conditions: Arc::clone(&conditions),
                    keyword: keyword.to_owned(),
                    value: value.to_owned(),
                    file: file.to_owned(),
                    number,
                }),
            }
        }
        Ok(())
    }
}

/// The conditions of a block, those of the block that includes the file before its own.
fn below(outer: &[Condition], own: Condition) -> Arc<[Condition]> {
    outer.iter().cloned().chain([own]).collect()
}

fn error(file: &Path, line: usize, reason: String) -> ConfigError {
    ConfigError {
        file: file.to_owned(),
        line: Some(line),
        reason,
    }
}

/// `Keyword value`, `Keyword=value` or `Keyword = value`; `None` for blank lines and comments.
pub(super) fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=');
    let (keyword, rest) = line.split_at_checked(end.unwrap_or(line.len()))?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Some((keyword, rest.trim()))
}

fn parse_match(words: &[String]) -> Result<Vec<(Criterion, Vec<String>)>, String> {
    let mut criteria = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let criterion = match word.to_ascii_lowercase().as_str() {
            "all" => continue,
            "host" => Criterion::Host,
            "originalhost" => Criterion::OriginalHost,
            "user" => Criterion::User,
            other => return Err(format!("the criterion `{other}` is not read here")),
        };
        let patterns = words
            .next()
            .ok_or_else(|| format!("`{word}` lacks its patterns"))?;
        criteria.push((criterion, patterns.split(',').map(str::to_owned).collect()));
    }
    Ok(criteria)
}

impl Condition {
    fn holds(&self, name: &str, user: &str, options: &HostOptions) -> bool {
        match self {
            Self::Never => false,
            Self::Name(patterns) => any_matches(patterns, name),
            Self::Match(criteria) => criteria.iter().all(|(criterion, patterns)| {
                let subject = match criterion {
                    Criterion::OriginalHost => name.to_owned(),
                    Criterion::User => options.user.as_deref().unwrap_or(user).to_lowercase(),
                    Criterion::Host => options.real_name(name).to_lowercase(),
                };
                any_matches(patterns, &subject)
            }),
        }
    }
}

/// Some pattern matches, and none after `!` does.
fn any_matches(patterns: &[String], name: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches_host_pattern(pattern, name) => return false,
            Some(_) => {}
            None => found |= matches_host_pattern(pattern, name),
        }
    }
    found
}

/// The files that an `Include` names: `~`, paths relative to the usual folder, and wildcards in the last part.
fn included(pattern: &str, from: &Path) -> io::Result<Vec<PathBuf>> {
    let home = std::env::home_dir().unwrap_or_default();
    let path = match pattern.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None if Path::new(pattern).is_absolute() => PathBuf::from(pattern),
        None if from.starts_with("/etc/ssh") => Path::new("/etc/ssh").join(pattern),
        None => home.join(".ssh").join(pattern),
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|name| name.contains(['*', '?'])) else {
        return Ok(if path.is_file() {
            vec![path]
        } else {
            Vec::new()
        });
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let entry_name = entry.file_name().to_string_lossy().to_lowercase();
        // As in a shell, a wildcard does not find hidden files.
        let is_hidden = entry_name.starts_with('.') && !name.starts_with('.');
        if !is_hidden && matches_host_pattern(&name, &entry_name) && entry.path().is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::options::Proxy;
    use super::*;

    #[test]
    fn the_lines_of_a_block_share_its_patterns() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        fs::write(&file, "Host a b\nUser x\nPort 1\nHost c\nPort 2\n").unwrap();
        let config = Config::read(&file).unwrap();
        let conditions: Vec<_> = config.lines.iter().map(|line| &line.conditions).collect();
        assert!(Arc::ptr_eq(conditions[0], conditions[1]));
        assert!(!Arc::ptr_eq(conditions[1], conditions[2]));
    }

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        config.parse(text, Path::new("config"), &[], 0).unwrap();
        config
    }

    fn options(text: &str, host: &str) -> HostOptions {
        let mut options = HostOptions::default();
        config(text).apply(host, "me", &mut options).unwrap();
        options
    }

    const TEXT: &str = "# ours\nUser early\n\nHost *.lab !bad.lab\n  HostName %h.example.net\n\tPort=2222\n\
        ProxyJump = jump\nHost r1.lab\nPort 1\nIdentityFile ~/.ssh/a\nMatch host *.example.net user early\n\
        IdentityFile \"~/.ssh/b c\"\nMatch exec true\nPort 9\nHost *\nUser late\nStrictHostKeyChecking accept-new\n";

    #[test]
    fn the_first_match_counts_and_identities_add_up() {
        let found = options(TEXT, "R1.lab");
        assert_eq!(found.user.as_deref(), Some("early"));
        assert_eq!(found.host_name.as_deref(), Some("%h.example.net"));
        assert_eq!(found.port, Some(2222));
        assert!(matches!(found.proxy, Some(Proxy::Jump(_))));
        assert_eq!(found.identity_files, ["~/.ssh/a", "~/.ssh/b c"]);
        assert!(found.host_key_checking.is_some());

        let bad = options(TEXT, "bad.lab");
        assert_eq!((bad.host_name, bad.port, bad.proxy), (None, None, None));
    }

    #[test]
    fn a_match_that_cannot_be_decided_does_not_apply_and_is_named() {
        let config = config(TEXT);
        let warnings = config.warnings();
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].starts_with("config line 13: `Match exec true` does not apply"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_told_with_its_place() {
        let mut options = HostOptions::default();
        let config = config("Host a\nPort many\n");
        config.apply("b", "me", &mut options).unwrap();
        let error = config.apply("a", "me", &mut options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "config line 2: Port: a port is a number from 1 to 65535; found \"many\""
        );
        let mut config = Config::default();
        let error = config.parse("Host\n", Path::new("c"), &[], 0).unwrap_err();
        assert_eq!(error.to_string(), "c line 1: Host: it has no value");
    }

    #[test]
    fn included_files_are_under_the_condition_of_their_block() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir(at.join("d")).unwrap();
        fs::write(at.join("d/10-b.conf"), "Port 10\n").unwrap();
        fs::write(at.join("d/20-a.conf"), "Port 20\nHost x*\nUser inner\n").unwrap();
        fs::write(at.join("d/.hidden.conf"), "Port 30\n").unwrap();
        let main = at.join("main");
        let text = format!(
            "Host x1\nInclude {}/d/*.conf {0}/none\nUser outer\n",
            at.display()
        );
        fs::write(&main, text).unwrap();
        let config = Config::read(&main).unwrap();
        let of = |host: &str| {
            let mut options = HostOptions::default();
            config.apply(host, "me", &mut options).unwrap();
            (options.port, options.user)
        };
        assert_eq!(of("x1"), (Some(10), Some("inner".to_owned())));
        assert_eq!(of("x2"), (None, None));

        fs::write(&main, format!("Include {}\n", main.display())).unwrap();
        let error = Config::read(&main).unwrap_err();
        assert!(error.reason.contains("include each other"), "{error}");
    }
}
