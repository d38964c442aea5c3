//! Problems in what the user wrote, each with its file, line and text; all of them are reported at once.
//!
//! ```text
//! lab.yaml:5: unknown variable `ansible_prot`; did you mean `ansible_port`?
//!   5 |       ansible_prot: 83
//!     |       ^^^^^^^^^^^^
//! ```
//!
//! A line is shown only as far as it holds no secret: see `snippet`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::snippet::snippet;

/// One mistake, as a sentence with its place and, where there is one, the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, if it is about one.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// What on that line is wrong, where it is less than the line.
    pub found: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// The host of the inventory that meets it, if it is not the matter of all.
    host: Option<String>,
    /// What else there is to say of a problem of hosts.
    shared: Option<Box<Shared>>,
}

/// What a problem of hosts has in common with those of other hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Shared {
    /// Whether its place is only where the host is named: not where the mistake is.
    is_at_host: bool,
    /// How many other hosts meet the same.
    more_hosts: usize,
    /// The first few of the other lines that have the same mistake.
    places: Vec<String>,
    /// How many other lines there are.
    place_count: usize,
}

/// How many other places a folded problem names.
const MOST_PLACES: usize = 3;

impl Problem {
    /// A mistake in no file: on the command line, in the environment.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            found: None,
            message: message.into(),
            host: None,
            shared: None,
        }
    }

    /// A mistake in a file.
    pub fn at(file: impl Into<PathBuf>, line: u64, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            line: (line > 0).then_some(line),
            found: None,
            message: message.into(),
            host: None,
            shared: None,
        }
    }

    /// Says which host meets it.
    pub fn of_host(self, name: &str) -> Self {
        Self {
            host: Some(name.to_owned()),
            ..self
        }
    }

    /// Says that the place is only where the host is named.
    pub fn at_host(mut self) -> Self {
        self.shared_mut().is_at_host = true;
        self
    }

    fn shared_mut(&mut self) -> &mut Shared {
        self.shared.get_or_insert_default()
    }

    fn is_at_host(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.is_at_host)
    }

    /// Says which part of the line is the mistake, to be marked where the line is shown.
    pub fn marking(self, found: &str) -> Self {
        Self {
            found: Some(found.to_owned()),
            ..self
        }
    }

    /// The sentence, and below it the line as `source` has it.
    pub fn with_snippet(&self, source: impl Fn(&Path) -> Option<String>) -> String {
        let place = self.file.as_ref().zip(self.line);
        let shown = place.and_then(|(file, line)| {
            let (text, line) = (source(file)?, usize::try_from(line).ok()?);
            let found = self.found.as_deref();
            let found =
                found.or_else(|| quoted(&self.message, text.lines().nth(line.checked_sub(1)?)?));
            snippet(&text, line, found)
        });
        match shown {
            Some(shown) => format!("{self}\n{shown}"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(formatter, "{line}:")?;
            }
            formatter.write_str(" ")?;
        }
        if let Some(host) = &self.host {
            match self.shared.as_ref().map_or(0, |shared| shared.more_hosts) {
                0 => write!(formatter, "{host}: ")?,
                1 => write!(formatter, "{host} and 1 more host: ")?,
                more => write!(formatter, "{host} and {more} more hosts: ")?,
            }
        }
        formatter.write_str(&self.message)?;
        if let Some(shared) = self.shared.as_ref().filter(|shared| shared.place_count > 0) {
            write!(formatter, " (also at {}", shared.places.join(", "))?;
            let more = shared.place_count.saturating_sub(shared.places.len());
            if more > 0 {
                write!(formatter, " and {more} more")?;
            }
            formatter.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// Everything that is wrong with the configuration. Nothing was contacted, nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("{}", join(.0))]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Problems {
    /// The problems of many hosts: what several of them meet is told once, with the first of them, how many more there are, and the
    /// other lines that have it. One line that makes another value for each host, as a template does, is one mistake too.
    pub fn of_hosts(problems: Vec<Problem>) -> Self {
        let mut folded: Vec<Problem> = Vec::new();
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut known_lines: HashMap<_, usize> = HashMap::new();
        let mut places: HashSet<(usize, Option<PathBuf>, Option<u64>)> = HashSet::new();
        let mut hosts: HashSet<(usize, Option<String>)> = HashSet::new();
        for problem in problems {
            let mut at = folded.len();
            if problem.host.is_some() {
                let same = (
                    problem.message.clone(),
                    problem.found.clone(),
                    problem.is_at_host(),
                );
                let line = (!problem.is_at_host()).then(|| problem.place_and_kind());
                let of_line = line.as_ref().and_then(|line| known_lines.get(line));
                at = of_line.copied().unwrap_or(at);
                at = *known.entry(same).or_insert(at);
                if let Some(line) = line {
                    known_lines.entry(line).or_insert(at);
                }
                let place = (at, problem.file.clone(), problem.line);
                let is_new_place = places.insert(place);
                let is_new_host = hosts.insert((at, problem.host.clone()));
                if let Some(first) = folded.get_mut(at) {
                    first.shared_mut().more_hosts += usize::from(is_new_host);
                    if is_new_place && !problem.is_at_host() {
                        first.name_place(&problem);
                    }
                    continue;
                }
            }
            folded.push(problem);
        }
        Self(folded)
    }
}

impl Problem {
    /// Where it is and what it says, but for the value that was found.
    fn place_and_kind(&self) -> (Option<PathBuf>, Option<u64>, String) {
        let (kind, _) = self
            .message
            .split_once("; found `")
            .unwrap_or((&self.message, ""));
        (self.file.clone(), self.line, kind.to_owned())
    }

    /// Adds the place of another problem that says the same.
    fn name_place(&mut self, other: &Self) {
        let line = other.line.map_or_else(String::new, |line| line.to_string());
        let place = match &other.file {
            Some(_) if other.file == self.file => format!("line {line}"),
            Some(file) => format!("{}:{line}", file.display()),
            None => line,
        };
        let shared = self.shared_mut();
        shared.place_count += 1;
        if shared.places.len() < MOST_PLACES {
            shared.places.push(place);
        }
    }
}

fn join(problems: &[Problem]) -> String {
    let sentences = problems.iter().map(ToString::to_string);
    sentences.collect::<Vec<_>>().join("\n")
}

/// What a message quotes of a line: what it says that it found, else the first words in backticks that stand there.
fn quoted<'m>(message: &'m str, line: &str) -> Option<&'m str> {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let found = message
        .rsplit_once("found `")
        .and_then(|(_, rest)| rest.split('`').next());
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    let stands_there = |word: &&str| {
        !word.is_empty()
            && line.match_indices(*word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + word.len()..].chars().next();
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            })
    };
    found.into_iter().chain(words).find(stands_there)
}

/// `; did you mean …?` if one of `known` is close to `written`, else nothing.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The name of `known` that `written` was probably meant to be: at most two letters away, and not the same.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, name), name))
        .filter(|(distance, _)| (1..=2).contains(distance))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed_and_only_a_near_one() {
        assert_eq!(
            nearest("ansible_prot", ["ansible_port", "ansible_host"]),
            Some("ansible_port")
        );
        assert_eq!(nearest("rack", ["ansible_port", "ansible_host"]), None);
        assert_eq!(nearest("ansible_port", ["ansible_port"]), None);
    }

    #[test]
    fn what_a_message_quotes_is_what_is_marked() {
        let line = "    a: {ansible_port: 83O, ansible_prot: 1}";
        let found = "a: `ansible_port` must be a port; found `83O`";
        assert_eq!(quoted(found, line), Some("83O"));
        let unknown = "unknown variable `ansible_prot`; did you mean `ansible_port`?";
        assert_eq!(quoted(unknown, line), Some("ansible_prot"));
        assert_eq!(
            quoted("the group `nsible` is `83`", line),
            None,
            "parts of words are not words"
        );
        assert_eq!(quoted("found a list", line), None);
    }

    #[test]
    fn a_line_that_makes_another_value_for_each_host_is_one_mistake() {
        let of = |host: &str, line| {
            let message = format!("`ansible_host` is no address; found `{host} x`");
            Problem::at("g.yml", line, message).of_host(host)
        };
        let problems = vec![of("a", 1), of("b", 1), of("c", 2), of("d", 1)];
        insta::assert_snapshot!(Problems::of_hosts(problems), @r"
        g.yml:1: a and 2 more hosts: `ansible_host` is no address; found `a x`
        g.yml:2: c: `ansible_host` is no address; found `c x`
        ");
    }

    #[test]
    fn what_many_hosts_meet_is_told_once_with_its_places() {
        let of = |host: &str, line| Problem::at("g.yml", line, "`x` is set nowhere").of_host(host);
        let problems = vec![of("a", 1), of("b", 1), of("b", 2), of("c", 1), of("c", 2)];
        let all = Problem::new("no host to fold by");
        let problems = [problems, vec![all.clone(), all]].concat();
        insta::assert_snapshot!(Problems::of_hosts(problems), @r"
        g.yml:1: a and 2 more hosts: `x` is set nowhere (also at line 2)
        no host to fold by
        no host to fold by
        ");
    }

    #[test]
    fn a_problem_is_shown_with_its_line_and_without_one_where_the_file_is_gone() {
        let problem = Problem::at("i.yaml", 2, "`ansible_port` must be a port").marking("83O");
        let text = "a:\n  ansible_port: 83O\n";
        insta::assert_snapshot!(problem.with_snippet(|_| Some(text.to_owned())), @"
        i.yaml:2: `ansible_port` must be a port
          2 |   ansible_port: 83O
            |                 ^^^
        ");
        assert_eq!(problem.with_snippet(|_| None), problem.to_string());
    }
}
