//! What is wrong with what the user wrote: all of it at once, each with its place.

use std::fmt;
use std::path::PathBuf;

/// One mistake, as a sentence with its place and, where there is one, the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file, if it is about one.
    pub(crate) file: Option<PathBuf>,
    /// The line in it, from 1.
    pub(crate) line: Option<u64>,
    /// What was found and what was expected.
    pub(crate) message: String,
}

impl Problem {
    /// A mistake in no file: on the command line, in the environment.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            message: message.into(),
        }
    }

    /// A mistake in a file.
    pub(crate) fn at(file: impl Into<PathBuf>, line: u64, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            line: (line > 0).then_some(line),
            message: message.into(),
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
        formatter.write_str(&self.message)
    }
}

/// Everything that is wrong with the configuration. Nothing was contacted, nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("{}", join(.0))]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

fn join(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `; did you mean …?` if one of `known` is close to `written`, else nothing.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The name of `known` that `written` was probably meant to be: at most two letters away, and not the same.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
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
}
