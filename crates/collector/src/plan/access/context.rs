//! What the access to all hosts shares: options, OpenSSH's files read once, and warnings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use inventory::{Problem, did_you_mean, expand_home};
use netconf::ssh::{HostKeyPolicy, KnownHosts};

use super::super::host_variables::{HostVariables, Names};
use super::super::ssh_config::{
    Arguments, Config, ConfigError, HostKeyChecking, HostOptions, expand_path,
};
use super::address::address;
use super::login_methods::{Kind, parse_order};
use crate::options::{HostKeys, LoginOptions};

/// NETCONF's own port (RFC 6242).
pub(crate) const DEFAULT_PORT: u16 = 830;
/// Where OpenSSH keeps host keys: the user's own, the first of which is written to, and the system's.
pub(crate) const USER_KNOWN_HOSTS: &[&str] = &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
pub(crate) const GLOBAL_KNOWN_HOSTS: &[&str] =
    &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

pub(crate) const ADDRESS: Names = &[
    "ansible_ssh_host",
    "ansible_host",
    "ansible_libssh_host",
    "ansible_paramiko_host",
];
pub(crate) const PORT: Names = &[
    "ansible_ssh_port",
    "ansible_port",
    "ansible_libssh_port",
    "ansible_paramiko_port",
];
pub(crate) const USER: Names = &[
    "ansible_ssh_user",
    "ansible_user",
    "ansible_libssh_user",
    "ansible_paramiko_user",
];
pub(crate) const KEY_FILE: Names = &[
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
    "ansible_libssh_private_key_file",
    "ansible_paramiko_private_key_file",
];
pub(crate) const KEY_PASSPHRASE: Names = &[
    "ansible_ssh_private_key_passphrase",
    "ansible_private_key_passphrase",
];
/// In the order in which Ansible hands them to ssh.
pub(crate) const SSH_ARGUMENTS: [Names; 3] = [
    &["ansible_ssh_args"],
    &["ansible_ssh_common_args"],
    &["ansible_ssh_extra_args"],
];
/// Whether host keys are checked, in the spellings of the plugins: `false` is `off`, `true` is `strict`.
const HOST_KEY_CHECKING: Names = &[
    "ansible_ssh_host_key_checking",
    "ansible_netconf_host_key_checking",
    "ansible_host_key_checking",
    "ansible_libssh_host_key_checking",
    "ansible_paramiko_host_key_checking",
];
/// The file of OpenSSH's configuration; `netconf` also takes `true` for the usual ones and `false` for none.
const SSH_CONFIG: Names = &["ansible_netconf_ssh_config", "ansible_libssh_config_file"];
/// Seconds until a connection is open.
pub(crate) const CONNECT_TIMEOUT: Names = &[
    "ansible_ssh_timeout",
    "ansible_connect_timeout",
    "ansible_persistent_connect_timeout",
    "ansible_paramiko_timeout",
    "ansible_timeout",
];
/// Seconds until a reply is there.
pub(crate) const REPLY_TIMEOUT: Names = &[
    "ansible_command_timeout",
    "ansible_persistent_command_timeout",
];
/// A command whose input and output are the connection, in the spellings of the plugins.
pub(crate) const PLUGINS_PROXY_COMMAND: Names = &[
    "ansible_netconf_proxy_command",
    "ansible_libssh_proxy_command",
    "ansible_paramiko_proxy_command",
];
/// Each variable of Ansible's connection plugins that counts, but for passwords.
pub(crate) const HONOURED: &[Names] = &[
    ADDRESS,
    PORT,
    USER,
    KEY_FILE,
    KEY_PASSPHRASE,
    SSH_ARGUMENTS[0],
    SSH_ARGUMENTS[1],
    SSH_ARGUMENTS[2],
    HOST_KEY_CHECKING,
    SSH_CONFIG,
    CONNECT_TIMEOUT,
    REPLY_TIMEOUT,
    PLUGINS_PROXY_COMMAND,
];
pub(crate) const HOST_KEYS: Names = &["lanewatch_host_keys"];
pub(crate) const KNOWN_HOSTS: Names = &["lanewatch_known_hosts"];
pub(crate) const AUTH_ORDER: Names = &["lanewatch_auth_order"];

/// What the resolution of all hosts shares.
#[derive(Debug)]
pub(crate) struct Access<'s> {
    pub(crate) options: &'s LoginOptions,
    /// What is read where the arguments name no file.
    pub(crate) usual: Config,
    /// Files that arguments name, each read once.
    pub(crate) named: BTreeMap<PathBuf, Config>,
    pub(crate) order: Option<Vec<Kind>>,
    /// Once each, however many hosts they concern.
    pub(crate) warnings: BTreeSet<String>,
    /// What is wrong with the settings or OpenSSH's files, once each, however many hosts meet it.
    pub(crate) mistakes: BTreeSet<String>,
    pub(crate) unchecked: usize,
}

/// Variables that several questions are decided by, each read once so that a mistake is told once.
pub(crate) struct Written {
    pub(crate) user: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) policy: Option<HostKeys>,
    /// What Ansible's variables say of host keys.
    pub(crate) plugins_policy: Option<HostKeys>,
    pub(crate) known_hosts: Option<PathBuf>,
}

impl Written {
    pub(crate) fn read(host: &mut HostVariables<'_>) -> Self {
        let policy = host.text(HOST_KEYS).and_then(|text| {
            let policy = HostKeys::parse(&text);
            if policy.is_none() {
                let hint = did_you_mean(&text, ["strict", "accept-new", "off"]);
                let found = host.found(HOST_KEYS, &text);
                host.problem(
                    host.first(HOST_KEYS),
                    format!(
                        "`lanewatch_host_keys` is `strict`, `accept-new` or `off`; found {found}{hint}"
                    ),
                );
            }
            policy
        });
        Self {
            user: host.filled(USER),
            key_file: host.filled(KEY_FILE).map(|path| expand_home(&path)),
            policy,
            plugins_policy: host_key_checking(host),
            known_hosts: host.text(KNOWN_HOSTS).map(|path| expand_home(&path)),
        }
    }
}

fn host_key_checking(host: &mut HostVariables<'_>) -> Option<HostKeys> {
    let text = host.text(HOST_KEY_CHECKING)?;
    let is_checked = truth(&text);
    if is_checked.is_none() {
        let (name, found) = (
            host.name_of(HOST_KEY_CHECKING),
            host.found(HOST_KEY_CHECKING, &text),
        );
        let message = format!("`{name}` must be `true` or `false`; found {found}");
        host.problem(host.first(HOST_KEY_CHECKING), message);
    }
    Some(match is_checked? {
        true => HostKeys::Strict,
        false => HostKeys::Off,
    })
}

/// The words that Ansible takes for truth values.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" | "1.0" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" | "0.0" => Some(false),
        _ => None,
    }
}

/// Seconds that a variable says; zero asks for nothing.
pub(crate) fn seconds(host: &mut HostVariables<'_>, names: Names) -> Option<Duration> {
    let text = host.text(names)?;
    let seconds = text.trim().parse::<f64>().ok();
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    if limit.is_none() {
        let (name, found) = (host.name_of(names), host.found(names, &text));
        let message = format!("`{name}` must be a number of seconds; found {found}");
        host.problem(host.first(names), message);
    }
    limit.filter(|limit| !limit.is_zero())
}

/// What OpenSSH would know of one host.
pub(crate) struct Known {
    /// The name that it is called by.
    pub(crate) name: String,
    /// From `ansible_ssh_args` alone, which Ansible gives to ssh before what its variables say.
    pub(crate) first: HostOptions,
    /// From the arguments alone: above the settings.
    pub(crate) said: HostOptions,
    /// With the files: below the settings.
    pub(crate) all: HostOptions,
}

impl<'s> Access<'s> {
    /// Reads what OpenSSH has been told, and what the settings say of all hosts.
    pub(crate) fn read(options: &'s LoginOptions, problems: &mut Vec<Problem>) -> Self {
        let read = match &options.ssh_config {
            Some(file) if file == Path::new("none") => Ok(Config::default()),
            Some(file) => Config::read(file),
            None => Config::read_usual(),
        };
        let usual = read.unwrap_or_else(|error| {
            problems.push(Problem::new(format!("the ssh_config {error}")));
            Config::default()
        });
        let order = options.auth_order.as_deref().and_then(|text| {
            let order = parse_order(text);
            order
                .map_err(|message| problems.push(Problem::new(format!("`auth_order`: {message}"))))
                .ok()
        });
        let warnings = usual.warnings().iter().cloned().collect();
        Self {
            options,
            usual,
            named: BTreeMap::new(),
            order,
            warnings,
            mistakes: BTreeSet::new(),
            unchecked: 0,
        }
    }

    /// What works but should be known.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        let mut warnings: Vec<_> = self.warnings.into_iter().collect();
        if self.unchecked > 0 {
            let unchecked = self.unchecked;
            warnings.push(format!(
                "the host keys of {unchecked} device(s) are not checked (`--host-keys off`, `lanewatch_host_keys`, `ansible_host_key_checking`, `host_key_checking` in ansible.cfg or `StrictHostKeyChecking no`): whoever answers at an address is taken for the device"
            ));
        }
        warnings
    }

    /// Asks the arguments and the files about the host.
    pub(crate) fn known(&mut self, host: &mut HostVariables<'_>, written: &Written) -> Known {
        let name = self.name(host);
        let mut arguments = Arguments::default();
        let mut first = HostOptions::default();
        let mut texts = Vec::new();
        for (place, names) in SSH_ARGUMENTS.into_iter().enumerate() {
            if let Some(text) = host.text(names) {
                // Each by itself first, so that a mistake is told with its variable.
                match Arguments::parse(&text) {
                    Ok(parsed) => {
                        if place == 0 {
                            first = parsed.options;
                        }
                        texts.push(text);
                    }
                    Err(message) => {
                        host.unusable_value(names, &message);
                    }
                }
            }
        }
        if let Ok(parsed) = Arguments::parse(&texts.join(" ")) {
            arguments = parsed;
        }
        let user = first.user.clone().or_else(|| written.user.clone());
        let user = user.or_else(|| self.options.user.clone());
        let user = user.unwrap_or_else(local_user);
        let said = arguments.options;
        let mut all = said.clone();
        let file = arguments
            .config_file
            .map(|file| expand_home(&file.to_string_lossy()))
            .or_else(|| plugins_ssh_config(host));
        let applied = match self.config(file.as_deref()) {
            Ok(config) => config.apply(&name, &user, &mut all),
            Err(error) => Err(error),
        };
        if let Err(error) = applied {
            self.mistakes.insert(format!("the ssh_config {error}"));
        }
        self.warnings.extend(all.warnings.drain(..));
        Known {
            name,
            first,
            said,
            all,
        }
    }

    /// What the host is called on the network: what a variable says, else its name in the inventory.
    fn name(&mut self, host: &mut HostVariables<'_>) -> String {
        let Some(written) = host.text(ADDRESS) else {
            return host.name.to_owned();
        };
        address(&written).unwrap_or_else(|reason| {
            let name = host.name_of(ADDRESS);
            let message = match host.is_secret(ADDRESS) {
                true => format!("`{name}` is no address; it is a secret value and is not shown"),
                false => format!("`{name}` is no address: {reason}; found `{written}`"),
            };
            host.problem(host.first(ADDRESS), message);
            written
        })
    }

    pub(crate) fn config(&mut self, file: Option<&Path>) -> Result<&Config, ConfigError> {
        let Some(file) = file else {
            return Ok(&self.usual);
        };
        if !self.named.contains_key(file) {
            let config = match file == Path::new("none") {
                true => Config::default(),
                false => Config::read(file)?,
            };
            self.warnings.extend(config.warnings().iter().cloned());
            self.named.insert(file.to_owned(), config);
        }
        Ok(self.named.get(file).unwrap_or(&self.usual))
    }

    /// Variable over arguments over setting over files. Of Ansible's variables `false` stands where Ansible puts it among the
    /// arguments, behind `ansible_ssh_args` and before the others; `true` adds no argument.
    pub(crate) fn host_keys(&self, written: &Written, known: &Known, user: &str) -> HostKeyPolicy {
        let Known {
            name,
            first,
            said,
            all,
        } = known;
        let of = |options: &HostOptions| {
            options.host_key_checking.map(|checking| match checking {
                HostKeyChecking::Strict => HostKeys::Strict,
                HostKeyChecking::AcceptNew => HostKeys::AcceptNew,
                HostKeyChecking::Off => HostKeys::Off,
            })
        };
        let plugins = written.plugins_policy;
        let policy = written
            .policy
            .or_else(|| of(first))
            .or(plugins.filter(|policy| *policy == HostKeys::Off))
            .or_else(|| of(said))
            .or(plugins)
            .or(self.options.host_keys)
            .or_else(|| of(all))
            .unwrap_or(HostKeys::Strict);
        let known_hosts = self.known_hosts(written, name, said, all, user);
        match policy {
            HostKeys::Strict => HostKeyPolicy::Strict { known_hosts },
            HostKeys::AcceptNew => HostKeyPolicy::AcceptNew { known_hosts },
            HostKeys::Off => HostKeyPolicy::Off,
        }
    }

    /// A file that is named here is the only one; OpenSSH's are the user's and then the system's.
    pub(crate) fn known_hosts(
        &self,
        written: &Written,
        name: &str,
        said: &HostOptions,
        all: &HostOptions,
        user: &str,
    ) -> KnownHosts {
        let alias = all.host_key_alias.clone();
        let set = self.options.known_hosts.clone();
        let named = written
            .known_hosts
            .clone()
            .or_else(|| set.filter(|_| said.user_known_hosts.is_none()));
        if let Some(file) = named {
            let files = vec![file];
            return KnownHosts { files, alias };
        }
        let expanded = |files: &Option<Vec<String>>, usual: &[&str]| -> Vec<PathBuf> {
            let expand = |file: &str| expand_path(file, name, user);
            match files {
                Some(files) => files.iter().map(|file| expand(file)).collect(),
                None => usual.iter().map(|file| expand(file)).collect(),
            }
        };
        let mut files = expanded(&all.user_known_hosts, USER_KNOWN_HOSTS);
        files.extend(expanded(&all.global_known_hosts, GLOBAL_KNOWN_HOSTS));
        files.retain(|file| file != Path::new("none"));
        KnownHosts { files, alias }
    }
}

/// The file of OpenSSH's configuration that a plugin's variable names.
fn plugins_ssh_config(host: &mut HostVariables<'_>) -> Option<PathBuf> {
    let text = host.text(SSH_CONFIG).filter(|text| !text.is_empty())?;
    match truth(&text) {
        Some(true) => None,
        Some(false) => Some(PathBuf::from("none")),
        None => Some(expand_home(&text)),
    }
}

pub(crate) fn local_user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "root".to_owned())
}
