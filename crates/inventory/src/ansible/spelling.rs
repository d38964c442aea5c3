//! Finds misspelt names of variables that Lanewatch or Ansible reads.

use std::collections::HashMap;

use super::connection_variables::is_of_ansible;
use crate::problem::nearest;

/// Variables that Lanewatch reads. A name that is almost one of these is taken for a misspelling, unless Ansible knows it; any other
/// variable is the user's own.
const KNOWN: &[&str] = &[
    "ansible_command_timeout",
    "ansible_connect_timeout",
    "ansible_connection",
    "ansible_group_priority",
    "ansible_host",
    "ansible_host_key_checking",
    "ansible_network_os",
    "ansible_password",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_private_key_passphrase",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_host",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_port",
    "ansible_ssh_private_key_file",
    "ansible_ssh_private_key_passphrase",
    "ansible_ssh_user",
    "ansible_user",
    "hardware_model",
    "interface_filter",
    "lanewatch_auth_order",
    "lanewatch_host_keys",
    "lanewatch_jump",
    "lanewatch_jump_password",
    "lanewatch_known_hosts",
    "lanewatch_legacy",
    "lanewatch_maintenance",
    "lanewatch_netconf_version",
    "lanewatch_proxy_command",
    "password_command",
    "password_file",
    "password_keyring",
];

/// What a name is, next to those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Almost this name: a misspelling.
    Misspelt(&'static str),
    /// This name with something behind it (`ansible_host6`): a misspelling, or a variable of the user's own.
    Longer(&'static str),
}

/// Finds misspellings, each name looked at once: ten thousand hosts set the same few.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    seen: HashMap<String, Option<Likeness>>,
}

impl Spelling {
    /// What the name was probably meant to be, if it is none that is known.
    pub(super) fn correct(&mut self, name: &str) -> Option<Likeness> {
        if let Some(known) = self.seen.get(name) {
            return *known;
        }
        let likeness = likeness(name);
        self.seen.insert(name.to_owned(), likeness);
        likeness
    }
}

fn likeness(name: &str) -> Option<Likeness> {
    if KNOWN.contains(&name) || is_of_ansible(name) {
        return None;
    }
    let near = nearest(name, KNOWN.iter().copied())?;
    let behind = name.strip_prefix(near);
    let is_own = behind.is_some_and(|behind| {
        name.starts_with("ansible_") || behind.chars().all(|letter| letter.is_ascii_digit())
    });
    Some(if is_own {
        Likeness::Longer(near)
    } else {
        Likeness::Misspelt(near)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_a_plugin_is_no_misspelling_of_another() {
        for name in [
            "ansible_scp_extra_args",
            "ansible_su_user",
            "ansible_su_pass",
            "ansible_sftp_extra_args",
            "ansible_paramiko_host",
            "ansible_become_user",
            "ansible_winrm_port",
            "ansible_persistent_connect_timeout",
            "mgmt_host",
        ] {
            assert_eq!(likeness(name), None, "{name}");
        }
    }

    #[test]
    fn a_longer_name_may_be_the_users_own_and_any_other_near_one_is_a_mistake() {
        for (name, likely) in [
            ("ansible_host6", Likeness::Longer("ansible_host")),
            ("ansible_hosts", Likeness::Longer("ansible_host")),
            ("password_file2", Likeness::Longer("password_file")),
            ("ansible_prot", Likeness::Misspelt("ansible_port")),
            ("interface_filters", Likeness::Misspelt("interface_filter")),
        ] {
            assert_eq!(likeness(name), Some(likely), "{name}");
        }
    }
}
