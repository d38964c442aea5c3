//! The variables of one host: each question is put to the inventory, and what is wrong with an answer is kept.

use std::str::FromStr;

use inventory::yaml::Value;
use inventory::{
    Host, PasswordSource, PasswordSources, Problem, ResolvedValue, Variable, expand_home,
    tells_secret,
};
use secrecy::{ExposeSecret as _, SecretString};

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

/// One host, and where problems with its variables go.
pub(super) struct HostVariables<'a> {
    pub(super) name: &'a str,
    pub(super) host: Host<'a>,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) passwords: &'a mut PasswordSources,
    pub(super) plain_text_passwords: &'a mut usize,
}

impl<'a> HostVariables<'a> {
    /// The password that the inventory holds, or that lies where it says.
    pub(super) fn password(&mut self) -> Option<SecretString> {
        if self.first(PASSWORD).is_some() {
            return self.secret(PASSWORD);
        }
        let (names, source) = if let Some(line) = self.text(PASSWORD_COMMAND) {
            (PASSWORD_COMMAND, PasswordSource::Command(line))
        } else if let Some(path) = self.text(PASSWORD_FILE) {
            (PASSWORD_FILE, PasswordSource::File(expand_home(&path)))
        } else {
            (
                PASSWORD_KEYRING,
                PasswordSource::Keyring(self.text(PASSWORD_KEYRING)?),
            )
        };
        match self.passwords.get(source) {
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

    pub(super) fn first(&self, names: Names) -> Option<&'a Variable> {
        names.iter().find_map(|name| self.host.variable(name))
    }

    /// The value of the first of the names that is set; one that cannot be had is a problem.
    fn resolve(&mut self, names: Names) -> Option<ResolvedValue> {
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

    fn not_single(&mut self, names: Names, resolved: &ResolvedValue) {
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

    pub(super) fn problem_at(&self, variable: Option<&Variable>, message: String) -> Problem {
        let (file, line) = variable.map_or(self.host.named_at(), |variable| {
            (&*variable.file, variable.line)
        });
        Problem::at(file, line, message).of_host(self.name)
    }
}
