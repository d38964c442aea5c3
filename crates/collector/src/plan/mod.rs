//! The plan: inventory × catalogue × options, resolved and checked before the first packet.
//!
//! Nothing in it is a name to look up, and everything that is wrong is said at once. Secrets are in types that cannot print themselves.
//!
//! ```text
//!  host_variables   questions to one host of the inventory
//!  ssh_config       OpenSSH's files and arguments
//!  access           the two joined into a target: address, route, credentials, host keys
//!  not_junos        hosts of other vendors, which are left out
//!  shared_address   devices with the same address and port
//!  connection_variables  warnings about variables without effect
//!  interface_filter which interfaces are collected, and who says so
//!  maintenance      planned work on a device
//!  shard            which devices are this runner's
//!  device_plan      the result for one device
//! ```

mod access;
mod connection_variables;
mod device_plan;
mod host_variables;
mod interface_filter;
mod maintenance;
mod not_junos;
mod shard;
mod shared_address;
mod ssh_config;

use inventory::{Inventory, PasswordSources, Problem, Problems};

use crate::catalogue::Catalogue;
use crate::options::Options;
use access::Access;
use host_variables::{HostVariables, Names};
use not_junos::NotJunos;

pub use access::NetconfVersion;
pub use device_plan::{DevicePlan, FilterSource, FromVault};
pub use maintenance::{Maintenance, utc_second};
pub use shard::Shard;

const HARDWARE_MODEL: Names = &["hardware_model"];

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What this runner is called in file names and rows.
    pub runner_name: String,
    /// The RPCs that each device is asked.
    pub catalogue: Catalogue,
    /// By name.
    pub devices: Vec<DevicePlan>,
    /// The devices of this shard that `--limit` leaves out, by name.
    pub left_out: Vec<String>,
    /// How many devices of the inventory other shards hold.
    pub elsewhere: usize,
    /// What the devices of this runner are called together in metrics: the inventory's name, and the part of it that is collected.
    pub shard_name: Option<String>,
    /// What works, but should be known, once each.
    pub warnings: Vec<String>,
}

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

impl Plan {
    /// The same plan for one of its devices; the others count as left out. None if it has no such device.
    pub fn for_device(&self, name: &str) -> Option<Self> {
        let device = self.devices.iter().find(|device| device.name == name)?;
        let others = self.devices.iter().map(|device| &device.name);
        let others = others.filter(|other| *other != name);
        let mut left_out: Vec<_> = others.chain(&self.left_out).cloned().collect();
        left_out.sort();
        Some(Self {
            runner_name: self.runner_name.clone(),
            catalogue: self.catalogue.clone(),
            devices: vec![device.clone()],
            left_out,
            elsewhere: self.elsewhere,
            shard_name: self.shard_name.clone(),
            warnings: Vec::new(),
        })
    }

    /// Reads inventory and catalogue and resolves them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once. Nothing was contacted.
    pub fn build(options: &Options) -> Result<Self, Problems> {
        let (inventory, catalogue) = match (
            Inventory::read(&options.devices.sources),
            Catalogue::read(&options.devices.catalogue),
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
        let runner_name =
            runner_name(options.devices.runner_name.as_deref()).unwrap_or_else(|more| {
                problems.extend(more.0);
                String::new()
            });
        if !runner_name.is_empty() {
            problems.extend(unusable("the runner's name", &runner_name).map(Problem::new));
        }
        let mut plain_text_passwords = 0_usize;
        let mut passwords = PasswordSources::default();
        let mut access = Access::read(&options.login, &mut problems);
        let mut elsewhere = 0;
        let (mut not_junos, mut warned, mut asked) = (NotJunos::default(), Vec::new(), Vec::new());
        let (shard, interfaces) = (options.devices.shard, options.devices.interfaces.as_deref());
        // The setting is wrong once, and not at each host that has no filter of its own.
        let mistake = interfaces.and_then(interface_filter::mistake);
        let interfaces = interfaces.filter(|_| mistake.is_none());
        problems.extend(mistake.map(Problem::new));
        for host in inventory.hosts() {
            if shard.is_some_and(|shard| !shard.holds(host.name())) {
                elsewhere += 1;
                continue;
            }
            let mut variables = HostVariables {
                name: host.name(),
                host,
                problems: &mut problems,
                passwords: &mut passwords,
                plain_text_passwords: &mut plain_text_passwords,
                warnings: &mut warned,
            };
            if not_junos.leaves_out(&mut variables) {
                continue;
            }
            asked.push(host);
            devices.extend(variables.device(&mut access, interfaces));
        }
        problems.extend(access.mistakes.iter().map(Problem::new));
        let left_out_as_others = not_junos.warning();
        if asked.is_empty() && problems.is_empty() && elsewhere == 0 {
            problems.extend(
                left_out_as_others
                    .as_deref()
                    .map(|others| Problem::new(format!("no host is left to be asked: {others}"))),
            );
        }
        if !problems.is_empty() {
            return Err(Problems::of_hosts(problems));
        }
        let left_out = inventory.names_left_out();
        let left_out = left_out.filter(|name| shard.is_none_or(|shard| shard.holds(name)));
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
        warnings.extend(left_out_as_others);
        warnings.extend(Problems::of_hosts(warned).0.iter().map(ToString::to_string));
        warnings.extend(connection_variables::warnings(&inventory, &asked));
        warnings.extend(shared_address::warnings(&devices));
        warnings.extend(access.into_warnings());
        if let Some(shard) = shard.filter(|_| devices.is_empty()) {
            warnings.push(format!(
                "none of the {elsewhere} devices of the inventory is in shard {shard}"
            ));
        }
        Ok(Self {
            runner_name,
            catalogue,
            devices,
            left_out: left_out.map(str::to_owned).collect(),
            elsewhere,
            shard_name: shard::name(&options.devices.sources.inventories, shard),
            warnings,
        })
    }
}

impl HostVariables<'_> {
    /// The device, unless something is wrong with it.
    fn device(&mut self, access: &mut Access<'_>, interfaces: Option<&str>) -> Option<DevicePlan> {
        let before = self.problems.len();
        if let Some(message) = unusable("the host's name", self.name) {
            self.problem(None, message);
        }
        let target = access.target(self);
        let hardware_model = self.text(HARDWARE_MODEL);
        let filter = interface_filter::interface_filter(self, interfaces);
        let filter_source = interface_filter::filter_source(self, interfaces);
        let maintenance = maintenance::maintenance(self);
        if let Some(own) = self.problems.get_mut(before..) {
            own.sort_by_key(|problem| problem.line); // as one reads the file
        }
        (self.problems.len() == before).then(|| DevicePlan {
            name: self.name.to_owned(),
            target,
            hardware_model,
            groups: self
                .host
                .group_names()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            maintenance,
            filter_source,
            interface_pattern: filter
                .as_ref()
                .and_then(|(written, _)| interface_filter::device_pattern(written)),
            interface_filter: filter,
            from_vault: FromVault {
                interface_filter: self.is_secret(interface_filter::INTERFACE_FILTER),
                ..access::from_vault(self)
            },
        })
    }
}

/// The runner's name: what was asked for, else the host's.
///
/// # Errors
///
/// Neither has one.
pub fn runner_name(asked: Option<&str>) -> Result<String, Problems> {
    let host = || {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    };
    asked.map(str::to_owned).or_else(host).ok_or_else(|| {
        Problem::new("this host has no name to call the runner by; give `--runner-name`").into()
    })
}

#[cfg(test)]
mod tests {
    use netconf::ssh::Method;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn plan(text: &str) -> Result<Plan, String> {
        plan_of("i.yaml", text)
    }

    fn plan_of(name: &str, text: &str) -> Result<Plan, String> {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join(name);
        std::fs::write(&inventory, text).unwrap();
        let mut options = Options::for_tests(&inventory);
        options.devices.interfaces = Some("et-0/0/*".to_owned());
        Plan::build(&options).map_err(|problems| {
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

    /// The password of the first method that has one.
    fn password(device: &DevicePlan) -> Option<&str> {
        device
            .target
            .credentials
            .methods
            .iter()
            .find_map(|method| match method {
                Method::Password(password) => Some(password.expose_secret()),
                _ => None,
            })
    }

    #[test]
    fn digits_of_an_ini_file_are_a_password_and_what_ini_changes_is_refused_with_the_way_to_write_it()
     {
        let plan = plan_of(
            "hosts",
            "a ansible_password=123456\nb ansible_password=\"'0123'\"\n[g]\nc\n\n[g:vars]\nansible_password='1_000'\n",
        )
        .unwrap();
        let found: Vec<_> = plan.devices.iter().map(password).collect();
        assert_eq!(found, [Some("123456"), Some("0123"), Some("1_000")]);
        for changed in ["1_000", "1e5", "0x1F"] {
            let told = plan_of("hosts", &format!("a ansible_password={changed}\n")).unwrap_err();
            assert!(
                told.contains("/hosts:1") && told.contains("INI takes the password for"),
                "{told}"
            );
            assert!(
                told.contains(r#"`ansible_password="'…'"`"#) && !told.contains(changed),
                "{told}"
            );
        }
    }

    #[test]
    fn a_password_that_ends_in_a_line_break_is_told_before_it_is_sent() {
        let plan = plan("all: {hosts: {a: {ansible_password: \"sesame\\n\"}}}").unwrap();
        assert_eq!(password(&plan.devices[0]), Some("sesame\n"));
        let told = plan.warnings.join("\n");
        assert!(
            told.contains("`ansible_password` ends in a line break"),
            "{told}"
        );
        assert!(!told.contains("sesame"), "{told}");
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
    fn hosts_of_other_vendors_are_left_out_before_a_password_of_theirs_is_looked_for() {
        let plan = plan(
            "all:\n  vars: {password_command: 'echo sesame'}\n  hosts:\n    e1: {ansible_network_os: junipernetworks.junos.junos, ansible_connection: local}\n    e2: {ansible_connection: ansible.netcommon.netconf}\n    e3: {ansible_connection: local, ansible_host: 192.0.2.9}\n    ceos: {ansible_network_os: arista.eos.eos, ansible_connection: network_cli, password_command: 'false'}\n    win: {ansible_connection: winrm}\n    localhost: {ansible_connection: local}\n",
        )
        .unwrap();
        let names: Vec<_> = plan
            .devices
            .iter()
            .map(|device| device.name.as_str())
            .collect();
        assert_eq!(names, ["e1", "e2", "e3"]);
        insta::assert_snapshot!(plan.warnings.join("\n"), @"3 hosts are no Junos devices and are left out: ceos (`ansible_network_os: arista.eos.eos`), localhost (`ansible_connection: local`), win (`ansible_connection: winrm`); leave them out yourself with `--limit 'all:!ceos:!localhost:!win'`, or set `ansible_network_os: junos` where one is a Junos device");
    }

    #[test]
    fn planned_work_is_read_with_its_end_its_reason_and_its_interfaces() {
        let plan = plan(
            "all:\n  hosts:\n    a: {lanewatch_maintenance: {until: 2026-12-01 22:00, reason: new panel, interfaces: [et-0/0/1, 'xe-*']}}\n    b: {lanewatch_maintenance: false}\n    c: {lanewatch_maintenance: {reason: '{{ why }}', interfaces: ~}, why: upgrade}\n    d:\n  children: {g: {hosts: {d: , e: }, vars: {lanewatch_maintenance: {until: '2026-12-01'}}}}\n",
        )
        .unwrap();
        let works = plan.devices.iter().map(|device| {
            let work = device.maintenance.as_ref()?;
            let interfaces = work
                .interfaces
                .as_ref()
                .map(|(written, _)| written.as_str());
            Some((work.until, work.reason.as_str(), interfaces))
        });
        let works: Vec<_> = works.collect();
        let evening = 1_796_162_400;
        assert_eq!(
            works,
            [
                Some((Some(evening), "new panel", Some("et-0/0/1,xe-*"))),
                None,
                Some((None, "upgrade", None)),
                Some((Some(evening + 2 * 3600), "", None)),
                Some((Some(evening + 2 * 3600), "", None)),
            ]
        );
        let groups: Vec<_> = plan
            .devices
            .iter()
            .map(|device| device.groups.join(","))
            .collect();
        assert_eq!(groups, ["ungrouped", "ungrouped", "ungrouped", "g", "g"]);
        assert_eq!(plan.shard_name.as_deref(), Some("i"));
    }

    #[test]
    fn mistakes_in_planned_work_are_told_before_a_device_is_asked() {
        let problems = plan(
            "all:\n  hosts:\n    a:\n      lanewatch_maintenance: true\n    b:\n      lanewatch_maintenance: {until: tonight}\n    c:\n      lanewatch_maintenance: {end: 2026-12-01, reason: [x]}\n    d:\n      lanewatch_maintenance: {interfaces: [et 0]}\n",
        )
        .unwrap_err();
        insta::assert_snapshot!(problems, @r#"
        /i.yaml:4: a: `lanewatch_maintenance`: must be a mapping with `until`, `reason` and `interfaces`; found a truth value
        /i.yaml:6: b: `lanewatch_maintenance`: `until` must be a time: `2026-12-01 22:00` (UTC), `2026-12-01T22:00:00+01:00`, `2026-12-01` (the whole day) or UTC seconds; found `tonight`
        /i.yaml:8: c: `lanewatch_maintenance`: has no key `end`; its keys are `until`, `reason` and `interfaces`
        /i.yaml:8: c: `lanewatch_maintenance`: `reason` must be text; found a list
        /i.yaml:10: d: `lanewatch_maintenance`: `interfaces`: the interface filter entry "et 0" holds ' ': expected an interface name such as et-0/0/32 or a pattern with * and ?
        "#);
    }

    #[test]
    fn one_address_of_two_devices_and_plain_names_are_told() {
        let plan = plan("all:\n  hosts:\n    a: {ansible_host: 192.0.2.1}\n    b: {ansible_host: 192.0.2.1, ansible_port: 830}\n    c:\n      port: 22\n      password: sesame\n").unwrap();
        let warnings = plan.warnings.join("\n").replace("/i.yaml", "i.yaml");
        let warnings = warnings.lines().map(|line| {
            line.rsplit_once("/i.yaml")
                .map_or(line, |(_, behind)| behind)
        });
        let warnings: Vec<_> = warnings.collect();
        assert!(warnings.iter().any(|line| line.contains("`password` of 1 host(s) is no variable that Lanewatch reads; did you mean `ansible_password`?")), "{warnings:?}");
        assert!(
            warnings
                .iter()
                .any(|line| line.contains("did you mean `ansible_port`?")),
            "{warnings:?}"
        );
        assert!(
            warnings
                .iter()
                .any(|line| line.contains("a, b have the same address and port, 192.0.2.1:830")),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_mistake_of_many_hosts_is_told_once_with_their_number() {
        let problems = plan(
            "all:\n  hosts:\n    a: {ansible_port: x}\n    b: {ansible_port: x}\n    c:\n      ansible_host: 'd:830'\n",
        )
        .unwrap_err();
        insta::assert_snapshot!(problems, @r"
        /i.yaml:3: a and 1 more host: `ansible_port` must be a port from 1 to 65535; found `x` (also at line 4)
        /i.yaml:6: c: `ansible_host` is no address: the port belongs into `ansible_port: 830`; write `d`; found `d:830`
        ");
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
