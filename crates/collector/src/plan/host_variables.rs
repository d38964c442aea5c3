//! The variables of one host: each question is put to the inventory, and what is wrong with an answer is kept.

use std::str::FromStr;

use inventory::yaml::{Value, is_template};
use inventory::{
    Host, PasswordSource, PasswordSources, Problem, ResolvedValue, Variable, expand_home,
    tells_secret,
};
use secrecy::{ExposeSecret as _, SecretString};

/// The names of a variable that Ansible takes for the same thing. The first that is set counts: that of the `ssh` plugin before the
/// general one, as its arguments show, then those of the other plugins.
pub(super) type Names = &'static [&'static str];

pub(super) const PASSWORD: Names = &[
    "ansible_ssh_password",
    "ansible_ssh_pass",
    "ansible_netconf_password",
    "ansible_password",
    "ansible_libssh_password",
    "ansible_libssh_pass",
    "ansible_paramiko_password",
    "ansible_paramiko_pass",
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
    /// What works, but should be known, with its place.
    pub(super) warnings: &'a mut Vec<Problem>,
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

    /// A password. YAML takes `0123`, `1.50` and `yes` for something else, and what it makes of them is not the password. Ansible logs
    /// in with a number of an INI file as Python writes it; where that is what stands there, so does Lanewatch.
    pub(super) fn secret(&mut self, names: Names) -> Option<SecretString> {
        let resolved = self.resolve(names)?;
        let variable = self.first(names);
        let written = variable.and_then(|variable| variable.written.as_deref());
        let is_kept = match (&resolved.value, written) {
            (Value::Integer(number), Some(written)) => number.to_string() == written.trim(),
            (Value::Integer(_) | Value::Float(_) | Value::Bool(_), _) => false,
            _ => true,
        };
        if !is_kept {
            let (name, kind) = (self.name_of(names), resolved.kind());
            let message = match written {
                Some(_) => format!(
                    "`{name}`: INI takes the password for {kind}, which changes it; write `{name}=\"'…'\"` on a host's line, `{name}='…'` in a section `[…:vars]`"
                ),
                None => format!(
                    "YAML takes the password for {kind}, which may change it; put it in quotes"
                ),
            };
            self.problem(variable, message);
            return None;
        }
        *self.plain_text_passwords += usize::from(resolved.is_plain_text || written.is_some());
        let secret = resolved.secret();
        match &secret {
            None => self.not_single(names, &resolved),
            Some(text) if text.expose_secret().ends_with(['\n', '\r']) => {
                let message = format!(
                    "`{}` ends in a line break, which is sent as a part of it: encrypt it again without one (`printf %s`, not `echo`) if the device refuses it",
                    self.name_of(names)
                );
                let warning = self.problem_at(variable, message);
                self.warnings.push(warning);
            }
            Some(_) => {}
        }
        secret
    }

    /// Whether a variable is set: null and `omit` are how one says that it is not.
    fn is_set(&self, name: &str) -> bool {
        match self
            .host
            .variable(name)
            .map(|variable| &variable.node.value)
        {
            None | Some(Value::Null) => false,
            Some(Value::Text(text)) if is_template(text) => {
                let resolved = self
                    .host
                    .resolve(name)
                    .map(|found| found.map(|found| found.value));
                !matches!(resolved, Ok(None | Some(Value::Null)))
            }
            Some(_) => true,
        }
    }

    /// The first of the names that is set.
    fn set_name(&self, names: Names) -> Option<&'static str> {
        names.iter().copied().find(|name| self.is_set(name))
    }

    /// The name to show: the one that is set, else the first.
    pub(super) fn name_of(&self, names: Names) -> &'static str {
        let set = self.set_name(names);
        set.or_else(|| names.first().copied()).unwrap_or_default()
    }

    pub(super) fn first(&self, names: Names) -> Option<&'a Variable> {
        self.host.variable(self.set_name(names)?)
    }

    /// The value of the first of the names that is set; one that cannot be had is a problem.
    pub(super) fn resolve(&mut self, names: Names) -> Option<ResolvedValue> {
        let name = self.set_name(names)?;
        self.host.resolve(name).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    /// The text of a variable that means nothing when it is empty.
    pub(super) fn filled(&mut self, names: Names) -> Option<String> {
        let text = self.text(names)?;
        if text.is_empty() {
            let message = format!(
                "`{}` is empty; take it out, or set it to null where the value of a group is not wanted",
                self.name_of(names)
            );
            self.problem(self.first(names), message);
            return None;
        }
        Some(text)
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
        let name = self.name_of(names);
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
            let name = self.name_of(names);
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
        let name = self.set_name(names);
        name.and_then(|name| self.host.resolve(name).ok().flatten())
            .is_some_and(|resolved| resolved.is_secret)
    }

    /// The value as text, for what must be found out about a secret one without a problem being told.
    pub(super) fn exposed(&self, names: Names) -> Option<String> {
        let resolved = self.host.resolve(self.set_name(names)?).ok().flatten()?;
        Some(resolved.secret()?.expose_secret().to_owned())
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
        let name = self.name_of(names);
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
        let problem = Problem::at(file, line, message).of_host(self.name);
        match variable {
            Some(_) => problem,
            None => problem.at_host(),
        }
    }
}
