//! Gets vault passwords from a file, a program or the terminal.

use std::collections::BTreeSet;
use std::fmt;
use std::io::IsTerminal as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{DEFAULT_LABEL, Vault};
use crate::command_output::{CommandOutput, OutputError};
use crate::expand_home;

/// How long the output of a program may stay open after the program has ended.
const AFTER_ITS_END: Duration = Duration::from_secs(5);

/// What the command line and the environment say about vault passwords.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultSources {
    /// `label@source`, or a source alone; the source is a file, a program, or `prompt`.
    pub ids: Vec<String>,
    /// Files that hold a password, or programs that print one, for values of any vault id.
    pub password_files: Vec<PathBuf>,
    /// Whether to ask for a password at the terminal.
    pub ask: bool,
}

/// One vault password. It is had when it is first needed, and once.
pub struct Password {
    label: String,
    source: Source,
    secret: OnceLock<Result<Zeroizing<Vec<u8>>, String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    File(PathBuf),
    Prompt,
    /// It was there from the beginning.
    Given,
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Password")
            .field("label", &self.label)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl VaultSources {
    /// Adds what the environment says, as Ansible does: ANSIBLE_VAULT_IDENTITY_LIST, and ANSIBLE_VAULT_PASSWORD_FILE.
    pub fn with_environment(mut self) -> Self {
        let from = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(list) = from("ANSIBLE_VAULT_IDENTITY_LIST") {
            let ids = list
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(str::to_owned);
            self.ids.splice(..0, ids);
        }
        if let Some(file) = from("ANSIBLE_VAULT_PASSWORD_FILE") {
            self.password_files.push(PathBuf::from(file));
        }
        self
    }

    /// The passwords, none of them looked at yet: those with labels first.
    pub fn passwords(&self) -> Vec<Password> {
        let ids = self.ids.iter().map(|id| {
            let (label, source) = id.split_once('@').unwrap_or((DEFAULT_LABEL, id));
            let label = if label.is_empty() {
                DEFAULT_LABEL
            } else {
                label
            };
            match source {
                "prompt" | "prompt_ask_vault_pass" => Password::new(label, Source::Prompt),
                file => Password::new(label, Source::File(expand_home(file))),
            }
        });
        let files = self.password_files.iter().map(|file| {
            Password::new(
                DEFAULT_LABEL,
                Source::File(expand_home(&file.to_string_lossy())),
            )
        });
        let prompt = self
            .ask
            .then(|| Password::new(DEFAULT_LABEL, Source::Prompt));
        ids.chain(files).chain(prompt).collect()
    }

    /// The password files that are not there, each once.
    pub(crate) fn missing(&self) -> Vec<PathBuf> {
        let files = self.passwords().into_iter().filter_map(|password| {
            let Source::File(file) = password.source else {
                return None;
            };
            (!file.exists()).then_some(file)
        });
        files.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A vault with these passwords.
    pub fn vault(&self) -> Vault {
        Vault::new(self.passwords())
    }
}

impl Password {
    fn new(label: &str, source: Source) -> Self {
        Self {
            label: label.to_owned(),
            source,
            secret: OnceLock::new(),
        }
    }

    /// A password that is there already.
    pub fn given(label: &str, secret: Zeroizing<Vec<u8>>) -> Self {
        Self {
            secret: OnceLock::from(Ok(secret)),
            ..Self::new(label, Source::Given)
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(label: &str, secret: &str) -> Self {
        Self::given(label, Zeroizing::new(secret.as_bytes().to_vec()))
    }

    /// Its vault id, `default` if it has none.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether it is asked for at the terminal.
    pub fn is_asked(&self) -> bool {
        self.source == Source::Prompt
    }

    /// The password itself.
    pub(super) fn secret(&self) -> Result<&[u8], String> {
        let secret = self.secret.get_or_init(|| match &self.source {
            Source::File(file) if is_executable(file) => from_program(file, &self.label),
            Source::File(file) => from_file(file),
            Source::Prompt => ask(&format!("Vault password ({}): ", self.label)),
            Source::Given => Err("there is no password".to_owned()),
        });
        secret
            .as_ref()
            .map(|secret| secret.as_slice())
            .map_err(Clone::clone)
    }
}

/// Asks for a new password twice.
///
/// # Errors
///
/// There is no terminal, or the two differ.
pub fn ask_new(label: &str) -> Result<Password, String> {
    let first = ask(&format!("New vault password ({label}): "))?;
    let second = ask(&format!("Confirm new vault password ({label}): "))?;
    if first == second {
        Ok(Password::given(label, first))
    } else {
        Err("the two passwords differ; nothing was changed".to_owned())
    }
}

fn from_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = std::fs::read(file).map(Zeroizing::new).map_err(|error| {
        format!(
            "the vault password file {} cannot be read: {error}",
            file.display()
        )
    })?;
    trimmed(&text).ok_or_else(|| format!("the vault password file {} is empty", file.display()))
}

/// A program prints the password; one whose name ends in `-client` is told for which vault id.
fn from_program(file: &Path, label: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut command = Command::new(if file.components().count() == 1 {
        Path::new(".").join(file)
    } else {
        file.to_owned()
    });
    if file
        .file_stem()
        .is_some_and(|stem| stem.to_string_lossy().ends_with("-client"))
    {
        command.args(["--vault-id", label]);
    }
    let name = file.display();
    let mut child = command
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| format!("the vault password program {name} cannot be run: {error} (a file that holds the password itself must not be executable)"))?;
    let output = CommandOutput::of(&mut child);
    // It may ask a person for the password, who may take any time.
    let status = child
        .wait()
        .map_err(|error| format!("the vault password program {name} was lost: {error}"))?;
    if !status.success() {
        return Err(format!(
            "the vault password program {name} failed: {status}"
        ));
    }
    let printed = output.within(AFTER_ITS_END).map_err(|error| match error {
        OutputError::Unreadable => {
            format!("what the vault password program {name} printed cannot be read")
        }
        OutputError::KeptOpen => format!(
            "the vault password program {name} ended, but a process that it left behind kept its output open for {} s",
            AFTER_ITS_END.as_secs()
        ),
    })?;
    trimmed(&printed).ok_or_else(|| format!("the vault password program {name} printed nothing"))
}

fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return Err(format!(
            "there is no terminal to ask for the password at ({}); give a file",
            prompt.trim_end_matches(": ")
        ));
    }
    terminal
        .write_str(prompt)
        .map_err(|error| format!("the terminal cannot be written to: {error}"))?;
    let line = terminal
        .read_secure_line()
        .map(Zeroizing::new)
        .map_err(|error| format!("no password was read: {error}"))?;
    trimmed(line.as_bytes()).ok_or_else(|| "the password is empty".to_owned())
}

fn trimmed(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let trimmed = bytes.trim_ascii();
    (!trimmed.is_empty()).then(|| Zeroizing::new(trimmed.to_vec()))
}

fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_program_that_leaves_a_process_behind_does_not_keep_us() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password-client");
        std::fs::write(&file, "#!/bin/sh\nsleep 60 &\necho sesame\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        let began = Instant::now();
        let error = from_program(&file, DEFAULT_LABEL).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(40), "{error}");
        assert!(
            error.contains("left behind") && !error.contains("sesame"),
            "{error}"
        );
    }
}
