//! Finds misspelt names of variables that Lanewatch or Ansible reads.

use std::collections::HashMap;

use crate::problem::nearest;

/// Variables that Lanewatch or Ansible's connection plugins read. A name that is almost one of these is taken for a misspelling; any
/// other variable is the user's own.
const KNOWN: &[&str] = &[
    "ansible_become",
    "ansible_become_method",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_become_user",
    "ansible_command_timeout",
    "ansible_connect_timeout",
    "ansible_connection",
    "ansible_group_priority",
    "ansible_host",
    "ansible_host_key_checking",
    "ansible_network_os",
    "ansible_pass",
    "ansible_password",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_private_key_passphrase",
    "ansible_python_interpreter",
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
    "lanewatch_netconf_version",
    "lanewatch_proxy_command",
    "password_command",
    "password_file",
    "password_keyring",
];

/// Finds misspellings, each name looked at once: ten thousand hosts set the same few.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    seen: HashMap<String, Option<&'static str>>,
}

impl Spelling {
    /// What the name was probably meant to be, if it is none that is known.
    pub(super) fn correct(&mut self, name: &str) -> Option<&'static str> {
        if let Some(known) = self.seen.get(name) {
            return *known;
        }
        let correct = if KNOWN.contains(&name) {
            None
        } else {
            nearest(name, KNOWN.iter().copied())
        };
        self.seen.insert(name.to_owned(), correct);
        correct
    }
}
