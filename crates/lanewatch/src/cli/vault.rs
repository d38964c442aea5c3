//! `lanewatch vault`: secrets in the form of Ansible Vault, without Ansible.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use collector::panic_report::{self, Place};
use inventory::vault::{self, DEFAULT_LABEL, Password, Vault, VaultSources, files};
use zeroize::Zeroizing;

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::{ExitStatus, usage, vault_edit};
use crate::settings::{Layers, Settings};

/// Encrypt and decrypt secrets in the form of Ansible Vault, interchangeably with ansible-vault.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault view group_vars/all/vault.yml -J", "Show an encrypted file; ask for the password."),
], PLAIN))]
pub(super) struct VaultCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Encrypt files in place, or standard input
    Encrypt(Encrypt),
    /// Encrypt texts, as variables to paste into a file
    #[command(visible_alias = "encrypt_string")]
    EncryptString(EncryptString),
    /// Decrypt files in place, or standard input
    Decrypt(Decrypt),
    /// Print files decrypted
    View(View),
    /// Edit encrypted files with the editor that EDITOR names
    Edit(Edit),
    /// Make an encrypted file with the editor that EDITOR names
    Create(Create),
    /// Encrypt files again with another password
    Rekey(Rekey),
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault encrypt group_vars/all/vault.yml --vault-password-file pass", "Encrypt a file in place."),
], PLAIN))]
struct Encrypt {
    /// The files; standard input if none is named, or for `-`
    files: Vec<PathBuf>,
    /// Write the result to this file and leave the input as it is; `-` is standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The label of the password to encrypt with
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault encrypt-string --stdin-name ansible_password --vault-password-file pass", "Encrypt a password that is read from standard input."),
], PLAIN))]
struct EncryptString {
    /// The texts; `-` is standard input, which keeps a text out of the shell's history
    texts: Vec<String>,
    /// The name of a text's variable, once for each text
    #[arg(short, long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// The name of the variable that standard input is read for
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,
    /// Where the result goes
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The label of the password to encrypt with
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault decrypt vault.yml --output - --vault-password-file pass", "Print a decrypted file."),
], PLAIN))]
struct Decrypt {
    /// The files; standard input if none is named, or for `-`
    files: Vec<PathBuf>,
    /// Write the result to this file and leave the input as it is; `-` is standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault view vault.yml -J", "Show a file; ask for the password."),
], PLAIN))]
struct View {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault edit group_vars/all/vault.yml -J", "Ask for the password, and edit the file decrypted."),
], PLAIN))]
struct Edit {
    /// The files, one after the other
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault create group_vars/all/vault.yml -J", "Ask for the password, and edit a new file."),
], PLAIN))]
struct Create {
    /// The file, which does not exist yet
    file: PathBuf,
    /// Which of several passwords is taken, by its label
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch vault rekey vault.yml --vault-password-file old --new-vault-password-file new", "Encrypt a file under a new password."),
], PLAIN))]
struct Rekey {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The new password: `label@FILE`, `label@prompt`
    #[arg(long, value_name = "ID", conflicts_with = "new_vault_password_file")]
    new_vault_id: Option<String>,
    /// A file that holds the new password, or a program that prints it
    #[arg(long, value_name = "FILE")]
    new_vault_password_file: Option<PathBuf>,
    /// The label of the password to encrypt with
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

impl VaultCommand {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        match self.command {
            Command::Encrypt(command) => command.run(&settings, printer),
            Command::EncryptString(command) => command.run(&settings, printer),
            Command::Decrypt(command) => command.run(&settings, printer),
            Command::View(command) => command.run(&settings),
            Command::Edit(command) => command.run(&settings, printer),
            Command::Create(command) => command.run(&settings, printer),
            Command::Rekey(command) => command.run(&settings, printer),
        }?;
        Ok(ExitStatus::Delivered)
    }
}

impl Encrypt {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let inputs = inputs(self.files, self.output.as_deref())?;
        let password = encrypting(settings.vault(), self.encrypt_vault_id.as_deref())?;
        for input in inputs {
            let plain = read(&input)?;
            if plain.starts_with(b"$ANSIBLE_VAULT") {
                return Err(usage(format!(
                    "{} is encrypted already; `lanewatch vault rekey` changes its password",
                    input.display()
                ))
                .into());
            }
            let text = vault::encrypt(&plain, &password).map_err(usage)?;
            deliver(
                text.as_bytes(),
                self.output.as_deref().unwrap_or(&input),
                "encrypted",
                printer,
            )?;
        }
        Ok(())
    }
}

impl EncryptString {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let from_stdin = self.stdin_name.is_some()
            || self.texts.iter().any(|text| text == "-")
            || self.texts.is_empty();
        let mut texts: Vec<(Option<String>, Zeroizing<Vec<u8>>)> = Vec::new();
        if from_stdin {
            texts.push((self.stdin_name, read(Path::new("-"))?));
        }
        let arguments: Vec<_> = self.texts.into_iter().filter(|text| text != "-").collect();
        if self.names.len() > arguments.len() {
            return Err(usage(format!(
                "there are {} names for {} texts; for standard input, give `--stdin-name`",
                self.names.len(),
                arguments.len()
            ))
            .into());
        }
        let mut names = self.names.into_iter();
        texts.extend(
            arguments
                .into_iter()
                .map(|text| (names.next(), Zeroizing::new(text.into_bytes()))),
        );
        if texts.iter().any(|(_, text)| text.is_empty()) {
            return Err(usage("a text to encrypt is empty").into());
        }
        let password = encrypting(settings.vault(), self.encrypt_vault_id.as_deref())?;
        let mut written = String::new();
        for (name, text) in &texts {
            let sealed = vault::encrypt(text, &password).map_err(usage)?;
            written += &as_yaml(name.as_deref(), &sealed);
        }
        deliver(
            written.as_bytes(),
            self.output.as_deref().unwrap_or(Path::new("-")),
            "written",
            printer,
        )
    }
}

/// A vault value as a YAML block, indented as ansible-vault does it.
fn as_yaml(name: Option<&str>, sealed: &str) -> String {
    let mut block = name.map_or_else(String::new, |name| format!("{name}: "));
    block += "!vault |\n";
    for line in sealed.lines() {
        block += &format!("          {line}\n");
    }
    block
}

impl Decrypt {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let inputs = inputs(self.files, self.output.as_deref())?;
        let vault = reading(settings.vault())?;
        for input in inputs {
            let plain = open(&vault, &input)?;
            deliver(
                &plain,
                self.output.as_deref().unwrap_or(&input),
                "decrypted",
                printer,
            )?;
        }
        Ok(())
    }
}

impl View {
    fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let vault = reading(settings.vault())?;
        for file in self.files {
            to_stdout(&open(&vault, &file)?)?;
        }
        Ok(())
    }
}

impl Edit {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let vault = reading(settings.vault())?;
        for file in self.files {
            let plain = open(&vault, &file)?;
            let sealed = read(&file)?;
            let sealed = str::from_utf8(&sealed).context("it was opened, so it is text")?;
            let is_changed = vault_edit::edit(&vault, &file, sealed, &plain)?;
            let done = match is_changed {
                true => "encrypted",
                false => "unchanged",
            };
            printer.answer(&format!("{} is {done}", file.display()));
        }
        Ok(())
    }
}

impl Create {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let file = &self.file;
        if file.exists() {
            return Err(usage(format!(
                "{} exists already; `lanewatch vault edit` changes what is encrypted, `lanewatch vault encrypt` encrypts what is not",
                file.display()
            ))
            .into());
        }
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(usage(format!("the folder {} does not exist", folder.display())).into());
        }
        let password = encrypting(settings.vault(), self.encrypt_vault_id.as_deref())?;
        let plain = vault_edit::in_editor(file, b"")?;
        let text = vault::encrypt(&plain, &password).map_err(usage)?;
        deliver(text.as_bytes(), file, "encrypted", printer)
    }
}

impl Rekey {
    fn run(self, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
        let vault = reading(settings.vault())?;
        // Everything is opened before anything is changed: no half of the files under the new password.
        let opened = self
            .files
            .iter()
            .map(|file| open(&vault, file))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let new = VaultSources {
            ids: self.new_vault_id.into_iter().collect(),
            password_files: self.new_vault_password_file.into_iter().collect(),
            ask: false,
        };
        let new = if new == VaultSources::default() && self.encrypt_vault_id.is_some() {
            settings.vault()
        } else {
            new
        };
        let password = encrypting(new, self.encrypt_vault_id.as_deref())?;
        for (file, plain) in self.files.iter().zip(opened) {
            let text = vault::encrypt(&plain, &password).map_err(usage)?;
            files::replace(file, text.as_bytes())
                .with_context(|| format!("cannot write {}", file.display()))?;
            printer.answer(&format!("{} is encrypted anew", file.display()));
        }
        Ok(())
    }
}

/// The files to work on: standard input where none is named.
fn inputs(files: Vec<PathBuf>, output: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    if output.is_some() && files.len() > 1 {
        return Err(usage("`--output` takes one file; give one input").into());
    }
    Ok(if files.is_empty() {
        vec![PathBuf::from("-")]
    } else {
        files
    })
}

/// The passwords to open with; whoever gives none is asked.
fn reading(mut sources: VaultSources) -> anyhow::Result<Vault> {
    sources.ask |= sources.ids.is_empty() && sources.password_files.is_empty();
    Ok(sources.vault())
}

/// The one password to encrypt under.
fn encrypting(sources: VaultSources, label: Option<&str>) -> anyhow::Result<Password> {
    if let Some(label) = label.filter(|label| label.contains([';', '\n'])) {
        return Err(usage(format!("a vault id holds no semicolon: `{label}`")).into());
    }
    let mut passwords = sources.passwords();
    if let Some(label) = label {
        let labels: Vec<String> = passwords
            .iter()
            .map(|password| format!("`{}`", password.label()))
            .collect();
        passwords.retain(|password| password.label() == label);
        if passwords.is_empty() {
            return Err(usage(format!(
                "there is no vault password with the label `{label}`: there is {}",
                labels.join(", ")
            ))
            .into());
        }
    }
    if passwords.len() > 1 && label.is_none() {
        let labels: Vec<String> = passwords
            .iter()
            .map(|password| format!("`{}`", password.label()))
            .collect();
        return Err(usage(format!("several vault passwords are given ({}); say with `--encrypt-vault-id` which one is taken", labels.join(", "))).into());
    }
    match passwords.into_iter().next() {
        Some(password) if password.is_asked() => {
            Ok(vault::ask_new(password.label()).map_err(usage)?)
        }
        Some(password) if password.label().contains(';') => Err(usage(format!(
            "a vault id holds no semicolon: `{}`",
            password.label()
        ))
        .into()),
        Some(password) => Ok(password),
        None => Ok(vault::ask_new(DEFAULT_LABEL).map_err(usage)?),
    }
}

fn read(input: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    files::read(input)
        .map_err(|error| usage(format!("cannot read {}: {error}", input.display())).into())
}

fn open(vault: &Vault, input: &Path) -> anyhow::Result<vault::Plain> {
    let text = read(input)?;
    let text = str::from_utf8(&text).map_err(|_| {
        usage(format!(
            "{} is not encrypted: it is no text",
            input.display()
        ))
    })?;
    if !vault::is_encrypted(text) {
        return Err(usage(format!("{} is not encrypted", input.display())).into());
    }
    vault
        .decrypt(text)
        .map_err(|error| usage(format!("{}: {error}", input.display())).into())
}

/// Writes a result where it belongs, and says so unless it is the answer itself.
fn deliver(bytes: &[u8], to: &Path, done: &str, printer: &Printer) -> anyhow::Result<()> {
    if to == Path::new("-") {
        return to_stdout(bytes);
    }
    files::write_private(to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    printer.answer(&format!("{} is {done}", to.display()));
    Ok(())
}

/// As it is: a program may read it.
fn to_stdout(bytes: &[u8]) -> anyhow::Result<()> {
    panic_report::rehearse(Place::Answer, &String::from_utf8_lossy(bytes));
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    // A prompt does not belong on the last line of a text.
    if stdout.is_terminal() && !bytes.ends_with(b"\n") {
        stdout.write_all(b"\n")?;
    }
    Ok(stdout.flush()?)
}
