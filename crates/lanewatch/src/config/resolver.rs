//! One host of the inventory as a device of the plan: each question about it is put to its variables, and what is wrong is kept.

use std::str::FromStr;

use records::InterfaceFilter;
use secrecy::{ExposeSecret as _, SecretString};

use super::access::{self, Access};
use super::inventory::{Host, Resolved, SetBy, Variable};
use super::plan::{DevicePlan, FilterSource, FromVault, expand_home};
use super::problem::Problem;
use super::secret_names::tells_secret;
use super::secrets::{Secrets, Source};
use super::settings::Settings;
use super::yaml::Value;

/// The names of a variable that Ansible takes for the same thing, the usual one first.
pub(super) type Names = &'static [&'static str];

pub(super) const PASSWORD: Names = &[
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
];
const PASSWORD_COMMAND: Names = &["password_command"];
const PASSWORD_FILE: Names = &["password_file"];
const PASSWORD_KEYRING: Names = &["password_keyring"];
/// Each variable that says what a device's password is or where it lies.
pub(super) const PASSWORDS: [Names; 4] =
    [PASSWORD, PASSWORD_COMMAND, PASSWORD_FILE, PASSWORD_KEYRING];
const HARDWARE_MODEL: Names = &["hardware_model"];
const INTERFACE_FILTER: Names = &["interface_filter"];

/// Bytes that a device's or runner's name may have in the names of files, which have room for 255 with all that is added.
const LONGEST_NAME: usize = 120;

/// What to say of a name with which no file could be written, or no line of a report.
pub(super) fn unusable(what: &str, name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some(format!("{what} is empty"));
    }
    if name.contains(char::is_control) {
        return Some(format!(
            "{what} holds a control character: {}",
            name.escape_debug()
        ));
    }
    let length = sinks::encode_file_name(name).len();
    (length > LONGEST_NAME).then(|| {
        format!("{what} takes {length} bytes in the names of files; {LONGEST_NAME} are the most that fit")
    })
}

/// Turns one host of the inventory into a device of the plan.
pub(super) struct Resolver<'a> {
    pub(super) name: &'a str,
    pub(super) host: Host<'a>,
    pub(super) settings: &'a Settings,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) secrets: &'a mut Secrets,
    pub(super) plain_text_passwords: &'a mut usize,
}

impl<'a> Resolver<'a> {
    /// The device, unless something is wrong with it.
    pub(super) fn device(&mut self, access: &mut Access<'_>) -> Option<DevicePlan> {
        let before = self.problems.len();
        if let Some(message) = unusable("the host's name", self.name) {
            self.problem(None, message);
        }
        let target = access.target(self);
        let hardware_model = self.text(HARDWARE_MODEL);
        let interface_filter = self.interface_filter();
        let filter_source = self.filter_source();
        if let Some(own) = self.problems.get_mut(before..) {
            own.sort_by_key(|problem| problem.line); // as one reads the file
        }
        (self.problems.len() == before).then(|| DevicePlan {
            name: self.name.to_owned(),
            target,
            hardware_model,
            filter_source,
            interface_pattern: interface_filter
                .as_ref()
                .and_then(|(written, _)| device_pattern(written)),
            interface_filter,
            from_vault: FromVault {
                interface_filter: self.is_secret(INTERFACE_FILTER),
                ..access::from_vault(self)
            },
        })
    }

    /// The password that the inventory holds, or that lies where it says.
    pub(super) fn password(&mut self) -> Option<SecretString> {
        if self.first(PASSWORD).is_some() {
            return self.secret(PASSWORD);
        }
        let (names, source) = if let Some(line) = self.text(PASSWORD_COMMAND) {
            (PASSWORD_COMMAND, Source::Command(line))
        } else if let Some(path) = self.text(PASSWORD_FILE) {
            (PASSWORD_FILE, Source::File(expand_home(&path)))
        } else {
            (
                PASSWORD_KEYRING,
                Source::Keyring(self.text(PASSWORD_KEYRING)?),
            )
        };
        match self.secrets.get(source) {
            Ok(password) => Some(password),
            Err(message) => {
                match names {
                    PASSWORD_FILE => self.unusable_value(names, &message), // it names the file
                    _ => {
                        let name = names.first().copied().unwrap_or_default();
                        self.problem(self.first(names), format!("`{name}`: {message}"));
                    }
                }
                None
            }
        }
    }

    /// A password. YAML takes `0123`, `1.50` and `yes` for something else, and what it makes of them is not the password.
    pub(super) fn secret(&mut self, names: Names) -> Option<SecretString> {
        let resolved = self.resolve(names)?;
        let is_changed = matches!(
            resolved.value,
            Value::Integer(_) | Value::Float(_) | Value::Bool(_)
        );
        if is_changed {
            let kind = resolved.kind();
            self.problem(
                self.first(names),
                format!(
                    "YAML takes the password for {kind}, which may change it; put it in quotes"
                ),
            );
            return None;
        }
        *self.plain_text_passwords += usize::from(resolved.is_plain_text);
        let secret = resolved.secret();
        if secret.is_none() {
            self.not_single(names, &resolved);
        }
        secret
    }

    /// Host over group over command line: the inventory has merged the first two.
    fn interface_filter(&mut self) -> Option<(String, InterfaceFilter)> {
        let written = self
            .text(INTERFACE_FILTER)
            .or_else(|| self.settings.interfaces.clone())?;
        if written.trim().is_empty() {
            return None;
        }
        match written.parse::<InterfaceFilter>() {
            Ok(filter) => Some((written, filter)),
            Err(_) if self.is_secret(INTERFACE_FILTER) => {
                self.unusable_value(INTERFACE_FILTER, "");
                None
            }
            Err(error) => {
                let variable = self.first(INTERFACE_FILTER);
                let problem = self.problem_at(variable, error.to_string());
                self.problems.push(problem.marking(&written));
                None
            }
        }
    }

    /// An empty filter has a source too: a host may say so that it wants none of its group's.
    fn filter_source(&self) -> FilterSource {
        let found = INTERFACE_FILTER
            .iter()
            .find_map(|name| self.host.set_by(name).zip(self.host.variable(name)));
        match found {
            Some((set_by, Variable { file, line, .. })) => {
                let place = match line {
                    0 => file.display().to_string(),
                    line => format!("{}:{line}", file.display()),
                };
                match set_by {
                    SetBy::ExtraVars => FilterSource::ExtraVars,
                    SetBy::Host => FilterSource::Host(place),
                    SetBy::Group(name) => FilterSource::Group {
                        name: name.to_owned(),
                        place,
                    },
                }
            }
            None if self.settings.interfaces.is_some() => FilterSource::Setting,
            None => FilterSource::Nobody,
        }
    }

    pub(super) fn first(&self, names: Names) -> Option<&'a Variable> {
        names.iter().find_map(|name| self.host.variable(name))
    }

    /// The value of the first of the names that is set; one that cannot be had is a problem.
    fn resolve(&mut self, names: Names) -> Option<Resolved> {
        let name = names
            .iter()
            .find(|name| self.host.variable(name).is_some())?;
        self.host.resolve(name).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    /// A variable's text. What is no password may come out of a vault too: an address, a user's name.
    pub(super) fn text(&mut self, names: Names) -> Option<String> {
        let resolved = self.resolve(names)?;
        let secret = resolved.secret();
        if secret.is_none() {
            self.not_single(names, &resolved);
        }
        secret.map(|text| text.expose_secret().to_owned())
    }

    fn not_single(&mut self, names: Names, resolved: &Resolved) {
        let name = names.first().copied().unwrap_or_default();
        let found = resolved.kind();
        self.problem(
            self.first(names),
            format!("`{name}` must be a single value; found {found}"),
        );
    }

    pub(super) fn parsed<T: FromStr>(&mut self, names: Names, expected: &str) -> Option<T> {
        let text = self.text(names)?;
        let parsed = text.trim().parse().ok();
        if parsed.is_none() {
            let name = names.first().copied().unwrap_or_default();
            let found = self.found(names, &text);
            self.problem(
                self.first(names),
                format!("`{name}` must be {expected}; found {found}"),
            );
        }
        parsed
    }

    /// Whether the value comes out of a vault, or of a template that a secret takes part in.
    pub(super) fn is_secret(&self, names: Names) -> bool {
        let name = names.iter().find(|name| self.host.variable(name).is_some());
        name.and_then(|name| self.host.resolve(name).ok().flatten())
            .is_some_and(|resolved| resolved.is_secret)
    }

    /// A value as a message may show it.
    pub(super) fn found(&self, names: Names, text: &str) -> String {
        if self.is_secret(names) {
            "a secret value".to_owned()
        } else {
            format!("`{text}`")
        }
    }

    /// A value that what reads it cannot use. The reason may quote it, so of a secret it is not told.
    pub(super) fn unusable_value(&mut self, names: Names, reason: &str) {
        let name = names.first().copied().unwrap_or_default();
        let is_secret =
            self.is_secret(names) || self.text(names).is_some_and(|text| tells_secret(&text));
        let message = match is_secret {
            true => format!(
                "`{name}` cannot be used as it is; why is not told, for the value holds a secret"
            ),
            false => format!("`{name}`: {reason}"),
        };
        self.problem(self.first(names), message);
    }

    pub(super) fn problem(&mut self, variable: Option<&Variable>, message: String) {
        let problem = self.problem_at(variable, message);
        self.problems.push(problem);
    }

    fn problem_at(&self, variable: Option<&Variable>, message: String) -> Problem {
        let (file, line) = variable.map_or(self.host.named_at(), |variable| {
            (&*variable.file, variable.line)
        });
        Problem::at(file, line, message).of_host(self.name)
    }
}

/// A filter as Junos takes it in `<interface-name>`: one name or pattern, or nothing. A port's name selects its channels too, so it
/// becomes a pattern; what that selects too much, the filter takes out afterwards.
fn device_pattern(written: &str) -> Option<String> {
    let mut entries = written
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let (entry, more) = (entries.next()?, entries.next());
    match entry {
        _ if more.is_some() || entry.contains('?') => None,
        _ if entry.contains(['*', ':']) => Some(entry.to_owned()),
        _ => Some(format!("{entry}*")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_filters_where_one_pattern_says_it_all() {
        for (filter, pattern) in [
            ("et-0/0/1", Some("et-0/0/1*")),
            ("et-0/0/1:2", Some("et-0/0/1:2")),
            ("xe-*", Some("xe-*")),
            ("et-0/0/1,et-0/0/2", None),
            ("et-0/0/?", None),
        ] {
            assert_eq!(device_pattern(filter).as_deref(), pattern, "{filter}");
        }
    }
}
