//! Gets a password from a command, a file or the keyring of the operating system.
//!
//! Each source is asked once a run, however many hosts name it. What goes wrong is said without a word of what was printed, and the
//! commands' own error output is not shown, for a password may stand in either.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::command_output::{CommandOutput, OutputError};

/// How long a command may take, its output included. A person may have to touch a token.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// What to do where the program that reads the keyring is missing.
const KEYRING_PROGRAM: &str = "; on Linux it comes with libsecret (the package libsecret-tools)";

/// Where a password lies.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum PasswordSource {
    /// A line for the shell.
    Command(String),
    /// A file whose first line it is.
    File(PathBuf),
    /// `service/account` in the keyring.
    Keyring(String),
}

/// The passwords that were had so far.
#[derive(Default)]
pub struct PasswordSources {
    had: HashMap<PasswordSource, Result<SecretString, String>>,
}

/// A command's line may hold a secret.
impl fmt::Debug for PasswordSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Command(_) => "Command(secret)",
            Self::File(_) => "File(secret)",
            Self::Keyring(_) => "Keyring(secret)",
        })
    }
}

impl fmt::Debug for PasswordSources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl PasswordSources {
    /// The password, asked for where it was not yet.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, as the end of a sentence that has named the variable.
    pub fn get(&mut self, source: PasswordSource) -> Result<SecretString, String> {
        let had = self
            .had
            .entry(source)
            .or_insert_with_key(|source| match source {
                PasswordSource::Command(line) => {
                    let mut command = Command::new("sh");
                    command.args(["-c", line]);
                    printed(command, TIME_LIMIT)
                }
                PasswordSource::File(path) => {
                    let text = std::fs::read_to_string(path)
                        .map(Zeroizing::new)
                        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                    first_line(&text)
                        .ok_or_else(|| format!("the first line of {} is empty", path.display()))
                }
                PasswordSource::Keyring(entry) => {
                    let (service, account) = entry
                        .split_once('/')
                        .filter(|(service, account)| !service.is_empty() && !account.is_empty())
                        .ok_or("it is written `service/account`")?;
                    printed(keyring(service, account), TIME_LIMIT).map_err(|error| {
                        let is_there = !error.contains("cannot be run");
                        let hint = if is_there { "" } else { KEYRING_PROGRAM };
                        format!("{error}{hint}")
                    })
                }
            });
        had.clone()
    }
}

/// The program that reads an entry of the keyring: of the Secret Service, or of macOS.
fn keyring(service: &str, account: &str) -> Command {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("security");
        command.args(["find-generic-password", "-s", service, "-a", account, "-w"]);
        command
    } else {
        let mut command = Command::new("secret-tool");
        command.args(["lookup", "service", service, "account", account]);
        command
    }
}

/// The first line that a command prints. The limit holds for all of it: until the command has ended, and until everybody who has its
/// output open has closed it. A process that the command leaves behind keeps the pipe open and must not keep us.
fn printed(mut command: Command, limit: Duration) -> Result<SecretString, String> {
    let deadline = Instant::now() + limit;
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let name = child.get_program().to_string_lossy().into_owned();
    let mut child = child
        .spawn()
        .map_err(|error| format!("`{name}` cannot be run: {error}"))?;
    let output = CommandOutput::of(&mut child);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => {
                // Whether it ends or not, there is no password.
                drop(child.kill());
                drop(child.wait());
                return Err(format!(
                    "the command did not end within {} s",
                    limit.as_secs()
                ));
            }
        }
    };
    if !status.success() {
        return Err(format!(
            "the command failed ({status}); run it by hand to see why"
        ));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let text = output.within(left).map_err(|error| match error {
        OutputError::Unreadable => "what the command printed cannot be read".to_owned(),
        OutputError::KeptOpen => format!(
            "the command ended, but a process that it left behind kept its output open until {} s were over",
            limit.as_secs()
        ),
    })?;
    let text = str::from_utf8(&text).map_err(|_| "what the command printed is no text")?;
    first_line(text).ok_or_else(|| "the command printed nothing".to_owned())
}

fn first_line(text: &str) -> Option<SecretString> {
    let line = text.lines().next()?.trim_end_matches('\r');
    (!line.is_empty()).then(|| SecretString::from(line))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_command_is_run_once_for_all_hosts_that_name_it() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let source = PasswordSource::Command(format!(
            "echo x >> {}; echo 'sesame 7'; echo more",
            count.display()
        ));
        let mut secrets = PasswordSources::default();
        for _ in 0..3 {
            assert_eq!(
                secrets.get(source.clone()).unwrap().expose_secret(),
                "sesame 7"
            );
        }
        assert_eq!(std::fs::read_to_string(count).unwrap(), "x\n");
        assert!(!format!("{secrets:?}").contains("sesame"));
    }

    #[test]
    fn what_goes_wrong_is_said_without_what_was_printed() {
        let mut secrets = PasswordSources::default();
        let errors: Vec<_> = [
            PasswordSource::Command("echo sesame; echo sesame >&2; exit 3".to_owned()),
            PasswordSource::Command("true".to_owned()),
            PasswordSource::File(PathBuf::from("/nowhere/password")),
            PasswordSource::Keyring("sesame".to_owned()),
        ]
        .into_iter()
        .map(|source| secrets.get(source).unwrap_err())
        .collect();
        assert!(!errors.concat().contains("sesame"));
        insta::assert_snapshot!(errors.join("\n"), @"
        the command failed (exit status: 3); run it by hand to see why
        the command printed nothing
        /nowhere/password cannot be read: No such file or directory (os error 2)
        it is written `service/account`
        ");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let mut command = Command::new("sleep");
        command.arg("60");
        let error = printed(command, Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("did not end"), "{error}");
    }

    #[test]
    fn a_process_left_behind_that_keeps_the_output_open_does_not_keep_us() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 30 & echo sesame"]);
        let began = Instant::now();
        let error = printed(command, Duration::from_millis(500)).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(15), "{error}");
        assert!(error.contains("left behind"), "{error}");
        assert!(!error.contains("sesame"));
    }

    #[test]
    fn a_process_left_behind_without_the_output_is_no_matter() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 5 >/dev/null & echo sesame"]);
        let secret = printed(command, Duration::from_secs(30)).unwrap();
        assert_eq!(secret.expose_secret(), "sesame");
    }
}
