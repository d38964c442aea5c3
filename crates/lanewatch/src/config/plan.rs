//! The plan: inventory × catalogue × settings, resolved and checked before the first packet.
//!
//! Nothing in it is a name to look up, and everything that is wrong is said at once. Secrets are in types that cannot print themselves.

use std::path::{Path, PathBuf};

use netconf::ssh::Target;
use records::InterfaceFilter;

use super::Catalogue;
use super::access::Access;
use super::inventory::Inventory;
use super::problem::{Problem, Problems};
use super::resolver::{Resolver, unusable};
use super::secrets::Secrets;
use super::settings::Settings;

/// What is done about host keys; where they are kept is another setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum HostKeys {
    /// Only keys in the known-hosts file.
    Strict,
    /// Unknown keys are written down, changed ones refused.
    AcceptNew,
    /// Any key: whoever answers gets the password.
    Off,
}

/// Everything a run needs to know.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    /// What this runner is called in file names and rows.
    pub(crate) runner_name: String,
    pub(crate) catalogue: Catalogue,
    /// By name.
    pub(crate) devices: Vec<DevicePlan>,
    /// How many devices of the inventory other shards hold.
    pub(crate) elsewhere: usize,
    /// What works, but should be known, once each.
    pub(crate) warnings: Vec<String>,
}

/// Everything a run needs to know of one device.
#[derive(Debug, Clone)]
pub(crate) struct DevicePlan {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// As the inventory says it; what the device says is a record.
    pub(crate) hardware_model: Option<String>,
    /// The filter as written, and as read.
    pub(crate) interface_filter: Option<(String, InterfaceFilter)>,
    /// Who has set the filter.
    pub(crate) filter_source: FilterSource,
    /// What the device itself is asked for, where the filter comes down to one pattern.
    pub(crate) interface_pattern: Option<String>,
    pub(crate) from_vault: FromVault,
}

/// What of a device comes out of a vault, or of a template that a secret takes part in: it is used, and no listing shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FromVault {
    pub(crate) address: bool,
    pub(crate) user: bool,
    pub(crate) route: bool,
    pub(crate) interface_filter: bool,
}

/// Who has set a device's interface filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterSource {
    /// The host itself, at this place of the inventory.
    Host(String),
    /// A group that the host is in, at this place of the inventory.
    Group {
        /// The group's name.
        name: String,
        /// File and line.
        place: String,
    },
    /// `-e` on the command line.
    ExtraVars,
    /// The setting `interfaces`: a flag, the environment or the settings' file.
    Setting,
    /// Nobody: all interfaces are collected.
    Nobody,
}

impl Plan {
    /// Reads inventory and catalogue and resolves them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once. Nothing was contacted.
    pub(crate) fn build(settings: Settings) -> Result<Self, Problems> {
        let (inventory, catalogue) = match (
            Inventory::read(&settings.sources()),
            Catalogue::read(&settings.catalogue),
        ) {
            (Ok(inventory), Ok(catalogue)) => (inventory, catalogue),
            (inventory, catalogue) => {
                let problems = [inventory.err(), catalogue.err()];
                return Err(Problems(
                    problems
                        .into_iter()
                        .flatten()
                        .flat_map(|found| found.0)
                        .collect(),
                ));
            }
        };
        let (mut devices, mut problems) = (Vec::new(), Vec::new());
        let runner_name = settings.runner_name().unwrap_or_else(|more| {
            problems.extend(more.0);
            String::new()
        });
        if !runner_name.is_empty() {
            problems.extend(unusable("the runner's name", &runner_name).map(Problem::new));
        }
        let mut plain_text_passwords = 0_usize;
        let mut secrets = Secrets::default();
        let mut access = Access::read(&settings, &mut problems);
        let mut elsewhere = 0;
        for host in inventory.hosts() {
            if settings
                .shard
                .is_some_and(|shard| !shard.holds(host.name()))
            {
                elsewhere += 1;
                continue;
            }
            let mut resolver = Resolver {
                name: host.name(),
                host,
                settings: &settings,
                problems: &mut problems,
                secrets: &mut secrets,
                plain_text_passwords: &mut plain_text_passwords,
            };
            devices.extend(resolver.device(&mut access));
        }
        if !problems.is_empty() {
            return Err(Problems::of_hosts(problems));
        }
        let mut warnings: Vec<String> = inventory
            .warnings()
            .iter()
            .map(ToString::to_string)
            .collect();
        if plain_text_passwords > 0 {
            warnings.push(format!(
                "the inventory holds the password of {plain_text_passwords} device(s) in plain text; a key file (`ansible_ssh_private_key_file`) or `--password-file` keeps it out"
            ));
        }
        warnings.extend(access.into_warnings());
        if let Some(shard) = settings.shard.filter(|_| devices.is_empty()) {
            warnings.push(format!(
                "none of the {elsewhere} devices of the inventory is in shard {shard}"
            ));
        }
        Ok(Self {
            settings,
            runner_name,
            catalogue,
            devices,
            elsewhere,
            warnings,
        })
    }
}

impl Settings {
    /// The runner's name: what was asked for, else the host's.
    pub(crate) fn runner_name(&self) -> Result<String, Problems> {
        let host = || {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        };
        self.runner_name.clone().or_else(host).ok_or_else(|| {
            Problem::new("this host has no name to call the runner by; give `--runner-name`").into()
        })
    }
}

/// `~/x` below the home folder; anything else as it is.
pub(crate) fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
impl Settings {
    /// What a user would have who gave an inventory and little else.
    pub(crate) fn for_tests(inventory: &Path) -> Self {
        Self {
            inventory: vec![inventory.to_owned()],
            runner_name: Some("r".to_owned()),
            user: Some("fallback".to_owned()),
            password: Some(secrecy::SecretString::from("hunter2")),
            concurrency: 10,
            device_timeout: std::time::Duration::from_secs(1),
            run_timeout: std::time::Duration::from_secs(60),
            keep_runs: 1,
            lake: PathBuf::from("lake"),
            attempts: 1,
            ssh_config: Some(PathBuf::from("none")),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<Plan, String> {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("i.yaml");
        std::fs::write(&inventory, text).unwrap();
        Plan::build(Settings {
            interfaces: Some("et-0/0/*".to_owned()),
            ..Settings::for_tests(&inventory)
        })
        .map_err(|problems| {
            problems
                .to_string()
                .replace(&folder.path().display().to_string(), "")
        })
    }

    #[test]
    fn what_the_inventory_leaves_open_comes_from_the_command_line() {
        let plan = plan("all: {hosts: {a: , b: {ansible_host: 192.0.2.7, ansible_port: 22, ansible_user: u, interface_filter: et-0/0/1}}}").unwrap();
        let [a, b] = plan.devices.as_slice() else {
            panic!()
        };
        assert_eq!(
            (
                a.target.endpoint.to_string().as_str(),
                a.target.credentials.user.as_str()
            ),
            ("a:830", "fallback")
        );
        assert_eq!(a.interface_pattern.as_deref(), Some("et-0/0/*"));
        assert_eq!(
            (
                b.target.endpoint.to_string().as_str(),
                b.target.credentials.user.as_str()
            ),
            ("192.0.2.7:22", "u")
        );
        assert_eq!(
            b.interface_pattern.as_deref(),
            Some("et-0/0/1*"),
            "a port's name selects its channels"
        );
        assert!(plan.warnings.is_empty());
    }

    #[test]
    fn no_secret_is_printed() {
        let plan = plan("all: {hosts: {a: {ansible_password: sesame}}}").unwrap();
        let printed = format!("{plan:?}");
        assert!(
            !printed.contains("hunter2") && !printed.contains("sesame"),
            "{printed}"
        );
        assert_eq!(
            plan.warnings.len(),
            1,
            "a password in plain text draws one warning"
        );
    }

    #[test]
    fn everything_wrong_with_every_host_is_told_at_once() {
        let problems = plan(
            "all:\n  hosts:\n    a:\n      ansible_port: 83O\n      ansible_user: '{{ vault_user }}'\n    b:\n      ansible_ssh_private_key_file: /nowhere/key\n      lanewatch_host_keys: loose\n      interface_filter: et 0\n",
        )
        .unwrap_err();
        insta::assert_snapshot!(problems, @r#"
        /i.yaml:4: a: `ansible_port` must be a port from 1 to 65535; found `83O`
        /i.yaml:5: a: `ansible_user`: the template refers to `vault_user`, which is set nowhere
        /i.yaml:7: b: the private key /nowhere/key cannot be read: No such file or directory (os error 2)
        /i.yaml:8: b: `lanewatch_host_keys` is `strict`, `accept-new` or `off`; found `loose`
        /i.yaml:9: b: the interface filter entry "et 0" holds ' ': expected an interface name such as et-0/0/32 or a pattern with * and ?
        "#);
    }

    #[test]
    fn what_yaml_would_change_or_no_file_could_be_called_is_refused() {
        let long = "x".repeat(121);
        let problems = plan(&format!(
            "all:\n  hosts:\n    a:\n      ansible_port: 0\n      ansible_password: 0123\n    b: {{ansible_password: $ANSIBLE_VAULT;1.1}}\n    {long}:\n"
        ))
        .unwrap_err();
        insta::assert_snapshot!(problems.replace(&long, "LONG"), @"
        /i.yaml:4: a: `ansible_port` must be a port from 1 to 65535; found `0`
        /i.yaml:5: a: YAML takes the password for a number, which may change it; put it in quotes
        /i.yaml:6: b: `ansible_password` is a vault value without its tag: write `ansible_password: !vault |` and the value below it
        /i.yaml:7: LONG: the host's name takes 121 bytes in the names of files; 120 are the most that fit
        ");
    }
}
