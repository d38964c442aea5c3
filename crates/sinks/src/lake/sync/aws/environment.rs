//! The variables of the environment, read once: `AWS_*` and `HOME`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;

use reqsign_core::Env;

/// A snapshot of the process's environment. A variable that is empty counts as not set.
#[derive(Clone, Default)]
pub(in crate::lake::sync) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// What the process was started with.
    pub(in crate::lake::sync) fn of_process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| {
            // A value that is not UTF-8 belongs to no setting that is read here.
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// These variables.
    pub(in crate::lake::sync) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables = variables.into_iter();
        Self(variables.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a variable.
    pub(in crate::lake::sync) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of the first of these variables that is set.
    pub(in crate::lake::sync) fn first(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.get(name))
            .map(str::to_owned)
    }

    /// Whether a variable says `true`.
    pub(in crate::lake::sync) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values are credentials, some of them.
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Env for Environment {
    fn var(&self, key: &str) -> Option<String> {
        self.first(&[key])
    }

    fn vars(&self) -> HashMap<String, String> {
        self.0.clone().into_iter().collect()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}
