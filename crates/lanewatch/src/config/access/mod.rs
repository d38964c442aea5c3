//! How one gets to a device and is let in: variables, settings and what OpenSSH has been told, joined into a target.
//!
//! ```text
//!   variables of the host ─► arguments in ansible_ssh_*_args ─► settings ─► ~/.ssh/config ─► defaults
//!                            the first that says something counts
//! ```
//!
//! Left out: what is done on the way ([`netconf::ssh`]), and how the files of OpenSSH are read ([`netconf::ssh::openssh`]).

mod methods;
mod route;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use netconf::Framing;
use netconf::ssh::openssh::{Arguments, Config, HostKeyChecking, HostOptions, expand_path};
use netconf::ssh::{Credentials, Endpoint, HostKeyPolicy, KnownHosts, Target};
use secrecy::SecretString;

use self::methods::{Kind, Means, existing, methods, parse_order};
use super::plan::{FromVault, HostKeys, expand_home};
use super::problem::{Problem, did_you_mean};
use super::resolver::{Names, PASSWORDS, Resolver};
use super::settings::Settings;

/// NETCONF's own port (RFC 6242).
const DEFAULT_PORT: u16 = 830;
/// Where OpenSSH keeps host keys: the user's own, the first of which is written to, and the system's.
const USER_KNOWN_HOSTS: &[&str] = &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const GLOBAL_KNOWN_HOSTS: &[&str] = &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

const ADDRESS: Names = &["ansible_host", "ansible_ssh_host"];
const PORT: Names = &["ansible_port", "ansible_ssh_port"];
const USER: Names = &["ansible_user", "ansible_ssh_user"];
const KEY_FILE: Names = &["ansible_ssh_private_key_file", "ansible_private_key_file"];
const KEY_PASSPHRASE: Names = &[
    "ansible_ssh_private_key_passphrase",
    "ansible_private_key_passphrase",
];
/// In the order in which Ansible hands them to ssh.
const SSH_ARGUMENTS: [Names; 3] = [
    &["ansible_ssh_args"],
    &["ansible_ssh_common_args"],
    &["ansible_ssh_extra_args"],
];
const HOST_KEYS: Names = &["lanewatch_host_keys"];
const KNOWN_HOSTS: Names = &["lanewatch_known_hosts"];
const AUTH_ORDER: Names = &["lanewatch_auth_order"];
const LEGACY: Names = &["lanewatch_legacy"];
const NETCONF_VERSION: Names = &["lanewatch_netconf_version"];

/// The newest version of NETCONF that is offered to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetconfVersion {
    V1_0,
    V1_1,
}

impl NetconfVersion {
    /// How messages are kept apart in it.
    pub(crate) fn framing(self) -> Framing {
        match self {
            Self::V1_0 => Framing::EndOfMessage,
            Self::V1_1 => Framing::Chunked,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "1.0" | "1" => Some(Self::V1_0), // YAML may take 1.0 for a number
            "1.1" => Some(Self::V1_1),
            _ => None,
        }
    }
}

/// What the resolution of all hosts shares.
#[derive(Debug)]
pub(super) struct Access<'s> {
    settings: &'s Settings,
    /// What is read where the arguments name no file.
    usual: Config,
    /// Files that arguments name, each read once.
    named: BTreeMap<PathBuf, Config>,
    order: Option<Vec<Kind>>,
    /// Once each, however many hosts they concern.
    warnings: BTreeSet<String>,
    unchecked: usize,
}

/// Variables that several questions are decided by, each read once so that a mistake is told once.
struct Written {
    user: Option<String>,
    key_file: Option<PathBuf>,
    policy: Option<HostKeys>,
    known_hosts: Option<PathBuf>,
}

impl Written {
    fn read(host: &mut Resolver<'_>) -> Self {
        let policy = host.text(HOST_KEYS).and_then(|text| {
            let policy = <HostKeys as clap::ValueEnum>::from_str(&text, false);
            if policy.is_err() {
                let hint = did_you_mean(&text, ["strict", "accept-new", "off"]);
                let found = host.found(HOST_KEYS, &text);
                host.problem(
                    host.first(HOST_KEYS),
                    format!(
                        "`lanewatch_host_keys` is `strict`, `accept-new` or `off`; found {found}{hint}"
                    ),
                );
            }
            policy.ok()
        });
        Self {
            user: host.text(USER),
            key_file: host.text(KEY_FILE).map(|path| expand_home(&path)),
            policy,
            known_hosts: host.text(KNOWN_HOSTS).map(|path| expand_home(&path)),
        }
    }
}

/// What of the way to a host comes out of a vault. Arguments for ssh may say all of it.
pub(super) fn from_vault(host: &Resolver<'_>) -> FromVault {
    let by_arguments = SSH_ARGUMENTS.iter().any(|names| host.is_secret(names));
    FromVault {
        address: by_arguments || host.is_secret(ADDRESS),
        user: by_arguments || host.is_secret(USER),
        route: by_arguments || route::is_from_vault(host),
        ..FromVault::default()
    }
}

/// What OpenSSH would know of one host.
struct Known {
    /// The name that it is called by.
    name: String,
    /// From the arguments alone: above the settings.
    said: HostOptions,
    /// With the files: below the settings.
    all: HostOptions,
}

impl<'s> Access<'s> {
    /// Reads what OpenSSH has been told, and what the settings say of all hosts.
    pub(super) fn read(settings: &'s Settings, problems: &mut Vec<Problem>) -> Self {
        let read = match &settings.ssh_config {
            Some(file) if file == Path::new("none") => Ok(Config::default()),
            Some(file) => Config::read(file),
            None => Config::read_usual(),
        };
        let usual = read.unwrap_or_else(|error| {
            problems.push(Problem::new(format!("the ssh_config {error}")));
            Config::default()
        });
        let order = settings.auth_order.as_deref().and_then(|text| {
            let order = parse_order(text);
            order
                .map_err(|message| problems.push(Problem::new(format!("`auth_order`: {message}"))))
                .ok()
        });
        let warnings = usual.warnings().iter().cloned().collect();
        Self {
            settings,
            usual,
            named: BTreeMap::new(),
            order,
            warnings,
            unchecked: 0,
        }
    }

    /// What works but should be known.
    pub(super) fn into_warnings(self) -> Vec<String> {
        let mut warnings: Vec<_> = self.warnings.into_iter().collect();
        if self.unchecked > 0 {
            let unchecked = self.unchecked;
            warnings.push(format!(
                "the host keys of {unchecked} device(s) are not checked (`--host-keys off`, `lanewatch_host_keys` or `StrictHostKeyChecking no`): whoever answers at an address is taken for the device"
            ));
        }
        warnings
    }

    /// The device as a target. What is wrong goes to the resolver's problems.
    pub(super) fn target(&mut self, host: &mut Resolver<'_>) -> Target {
        let written = Written::read(host);
        let known = self.known(host, &written);
        let real = known.all.host_name.as_deref().unwrap_or("%h");
        let port = host
            .parsed::<std::num::NonZeroU16>(PORT, "a port from 1 to 65535")
            .map(std::num::NonZeroU16::get)
            .or(known.all.port);
        let endpoint = Endpoint {
            host: real.replace("%h", &known.name),
            port: port.unwrap_or(DEFAULT_PORT),
        };
        let credentials = self.credentials(host, &written, &known);
        let host_keys = self.host_keys(
            &written,
            &known.name,
            &known.said,
            &known.all,
            &credentials.user,
        );
        if host_keys == HostKeyPolicy::Off {
            self.unchecked += 1;
        }
        let route = self.route(host, &written, &known);
        let version = host.text(NETCONF_VERSION);
        let offer = version.and_then(|text| {
            let offer = NetconfVersion::parse(&text).map(NetconfVersion::framing);
            if offer.is_none() {
                let found = host.found(NETCONF_VERSION, &text);
                let message =
                    format!("`lanewatch_netconf_version` is `1.0` or `1.1`; found {found}");
                host.problem(host.first(NETCONF_VERSION), message);
            }
            offer
        });
        let is_legacy = host.parsed::<bool>(LEGACY, "`true` or `false`");
        Target {
            route,
            legacy: is_legacy.unwrap_or(known.all.wants_legacy),
            offer,
            connect_timeout: known.all.connect_timeout.filter(|t| *t > Duration::ZERO),
            ..Target::new(endpoint, credentials, host_keys)
        }
    }

    /// Asks the arguments and the files about the host.
    fn known(&mut self, host: &mut Resolver<'_>, written: &Written) -> Known {
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
        let user = written.user.clone().or_else(|| self.settings.user.clone());
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

    fn config(
        &mut self,
        file: Option<&Path>,
    ) -> Result<&Config, netconf::ssh::openssh::ConfigError> {
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

    fn credentials(
        &self,
        host: &mut Resolver<'_>,
        written: &Written,
        known: &Known,
    ) -> Credentials {
        let user = written
            .user
            .clone()
            .or_else(|| known.said.user.clone())
            .or_else(|| self.settings.user.clone())
            .or_else(|| known.all.user.clone())
            .unwrap_or_else(local_user);
        let passphrase = host.text(KEY_PASSPHRASE).map(SecretString::from);
        let password = host.password();
        let mut means = Means {
            passphrase: passphrase.or_else(|| self.settings.private_key_passphrase.clone()),
            password: password.or_else(|| self.settings.password.clone()),
            ..Means::default()
        };
        if let Some(path) = written.key_file.clone().or_else(|| {
            let is_said = !known.said.identity_files.is_empty();
            self.settings.private_key.clone().filter(|_| !is_said)
        }) {
            if let Err(error) = std::fs::File::open(&path) {
                let shown = match host.is_secret(KEY_FILE) {
                    true => "that a vault names".to_owned(),
                    false => path.display().to_string(),
                };
                let message = format!("the private key {shown} cannot be read: {error}");
                host.problem(host.first(KEY_FILE), message);
            }
            means.keys.push(path);
            means.keys_are_named = true;
        } else {
            means.keys = existing(known.all.identity_paths(&known.name, &user));
            means.keys_are_named = !means.keys.is_empty();
        }
        let order = match host.text(AUTH_ORDER).map(|text| parse_order(&text)) {
            None => self.order.clone(),
            Some(Ok(order)) => Some(order),
            Some(Err(message)) => {
                host.unusable_value(AUTH_ORDER, &message);
                None
            }
        };
        let methods = methods(means, order, &known.all, &known.name, &user);
        // Where one is named and cannot be used, that has been said.
        let mut named = PASSWORDS.iter().chain([&KEY_FILE]);
        let is_named = named.any(|names| host.first(names).is_some());
        if methods.is_empty() && !is_named {
            host.problem(
                None,
                "there is no way to log in: set `ansible_ssh_private_key_file` or `ansible_password` in the inventory, give `--private-key` or `--password-file`, or start an SSH agent"
                    .to_owned(),
            );
        }
        Credentials { user, methods }
    }

    /// Variable over arguments over setting over files.
    fn host_keys(
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
            .or(self.settings.host_keys)
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
    fn known_hosts(
        &self,
        written: &Written,
        name: &str,
        said: &HostOptions,
        all: &HostOptions,
        user: &str,
    ) -> KnownHosts {
        let alias = all.host_key_alias.clone();
        let set = self.settings.known_hosts.clone();
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

fn local_user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "root".to_owned())
}

#[cfg(test)]
mod tests;
