//! What the access to all hosts shares: options, OpenSSH's files read once, and warnings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use inventory::{Problem, did_you_mean, expand_home};
use netconf::ssh::{HostKeyPolicy, KnownHosts};

use super::super::host_variables::{HostVariables, Names};
use super::super::ssh_config::{
    Arguments, Config, ConfigError, HostKeyChecking, HostOptions, expand_path,
};
use super::login_methods::{Kind, parse_order};
use crate::options::{HostKeys, LoginOptions};

/// NETCONF's own port (RFC 6242).
pub(crate) const DEFAULT_PORT: u16 = 830;
/// Where OpenSSH keeps host keys: the user's own, the first of which is written to, and the system's.
pub(crate) const USER_KNOWN_HOSTS: &[&str] = &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
pub(crate) const GLOBAL_KNOWN_HOSTS: &[&str] =
    &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

pub(crate) const ADDRESS: Names = &["ansible_host", "ansible_ssh_host"];
pub(crate) const PORT: Names = &["ansible_port", "ansible_ssh_port"];
pub(crate) const USER: Names = &["ansible_user", "ansible_ssh_user"];
pub(crate) const KEY_FILE: Names = &["ansible_ssh_private_key_file", "ansible_private_key_file"];
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
    pub(crate) unchecked: usize,
}

/// Variables that several questions are decided by, each read once so that a mistake is told once.
pub(crate) struct Written {
    pub(crate) user: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) policy: Option<HostKeys>,
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
            user: host.text(USER),
            key_file: host.text(KEY_FILE).map(|path| expand_home(&path)),
            policy,
            known_hosts: host.text(KNOWN_HOSTS).map(|path| expand_home(&path)),
        }
    }
}

/// What OpenSSH would know of one host.
pub(crate) struct Known {
    /// The name that it is called by.
    pub(crate) name: String,
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
            unchecked: 0,
        }
    }

    /// What works but should be known.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        let mut warnings: Vec<_> = self.warnings.into_iter().collect();
        if self.unchecked > 0 {
            let unchecked = self.unchecked;
            warnings.push(format!(
                "the host keys of {unchecked} device(s) are not checked (`--host-keys off`, `lanewatch_host_keys` or `StrictHostKeyChecking no`): whoever answers at an address is taken for the device"
            ));
        }
        warnings
    }

    /// Asks the arguments and the files about the host.
    pub(crate) fn known(&mut self, host: &mut HostVariables<'_>, written: &Written) -> Known {
        let name = host.text(ADDRESS).unwrap_or_else(|| host.name.to_owned());
        let mut arguments = Arguments::default();
        let mut texts = Vec::new();
        for names in SSH_ARGUMENTS {
            if let Some(text) = host.text(names) {
                // Each by itself first, so that a mistake is told with its variable.
                match Arguments::parse(&text) {
                    Ok(_) => texts.push(text),
                    Err(message) => {
                        host.unusable_value(names, &message);
                    }
                }
            }
        }
        if let Ok(parsed) = Arguments::parse(&texts.join(" ")) {
            arguments = parsed;
        }
        let user = written.user.clone().or_else(|| self.options.user.clone());
        let user = user.unwrap_or_else(local_user);
        let said = arguments.options;
        let mut all = said.clone();
        let file = arguments
            .config_file
            .map(|file| expand_home(&file.to_string_lossy()));
        let applied = match self.config(file.as_deref()) {
            Ok(config) => config.apply(&name, &user, &mut all),
            Err(error) => Err(error),
        };
        if let Err(error) = applied {
            host.problem(None, format!("the ssh_config {error}"));
        }
        self.warnings.extend(all.warnings.drain(..));
        Known { name, said, all }
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

    /// Variable over arguments over setting over files.
    pub(crate) fn host_keys(
        &self,
        written: &Written,
        name: &str,
        said: &HostOptions,
        all: &HostOptions,
        user: &str,
    ) -> HostKeyPolicy {
        let of = |options: &HostOptions| {
            options.host_key_checking.map(|checking| match checking {
                HostKeyChecking::Strict => HostKeys::Strict,
                HostKeyChecking::AcceptNew => HostKeys::AcceptNew,
                HostKeyChecking::Off => HostKeys::Off,
            })
        };
        let policy = written
            .policy
            .or_else(|| of(said))
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

pub(crate) fn local_user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "root".to_owned())
}
