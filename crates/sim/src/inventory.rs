//! Renders a running fleet as an Ansible inventory in YAML.

use std::fmt::Write;

use crate::fleet::{Fleet, RunningDevice};

/// The login variables of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// `ansible_ssh_private_key_file`.
    Key,
    /// `ansible_password`, in the clear.
    Password,
}

/// The inventory of `devices`, all or some of [`Fleet::devices`], as one group under `all`.
///
/// Hosts carry `ansible_host`, `ansible_port` and, where simulated, `hardware_model`; the group carries the login and
/// `lanewatch_known_hosts`. Every text is quoted, so any name will do.
pub fn render(fleet: &Fleet, devices: &[RunningDevice], group: &str, login: Login) -> String {
    let mut yaml = format!("all:\n  children:\n    {}:\n      hosts:\n", quoted(group));
    // Writing to a string does not fail.
    let mut line = |indent: usize, key: &str, value: &str| {
        let _written = writeln!(yaml, "{:indent$}{key}: {value}", "");
    };
    for device in devices {
        line(8, &quoted(&device.name), "");
        line(
            10,
            "ansible_host",
            &quoted(&device.address.ip().to_string()),
        );
        line(10, "ansible_port", &device.address.port().to_string());
        if let Some(model) = device.hardware_model {
            line(10, "hardware_model", &quoted(model));
        }
    }
    line(6, "vars", "");
    line(8, "ansible_user", &quoted(fleet.user()));
    match login {
        Login::Key => {
            let path = fleet.user_key().to_string_lossy();
            line(8, "ansible_ssh_private_key_file", &quoted(&path));
        }
        Login::Password => line(8, "ansible_password", &quoted(fleet.password())),
    }
    let known_hosts = fleet.known_hosts().to_string_lossy();
    line(8, "lanewatch_known_hosts", &quoted(&known_hosts));
    yaml.replace(": \n", ":\n")
}

/// A double-quoted scalar: YAML reads JSON's strings.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
