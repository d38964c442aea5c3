//! A device of the plan: how it is reached and what is collected from it.

use netconf::ssh::Target;
use records::InterfaceFilter;

use super::maintenance::Maintenance;

/// Everything a run needs to know of one device.
#[derive(Debug, Clone)]
pub struct DevicePlan {
    /// The name of the device in the inventory.
    pub name: String,
    /// The address, the route, the login and the host keys.
    pub target: Target,
    /// As the inventory says it; what the device says is a record.
    pub hardware_model: Option<String>,
    /// The groups that it is in, by name; `all` is left out.
    pub groups: Vec<String>,
    /// Planned work on it, over or not.
    pub maintenance: Option<Maintenance>,
    /// The filter as written, and as read.
    pub interface_filter: Option<(String, InterfaceFilter)>,
    /// Who has set the filter.
    pub filter_source: FilterSource,
    /// What the device itself is asked for, where the filter comes down to one pattern.
    pub interface_pattern: Option<String>,
    /// What of this plan is a secret that no listing shows.
    pub from_vault: FromVault,
}

/// What of a device comes out of a vault, or of a template that a secret takes part in: it is used, and no listing shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FromVault {
    /// The address or the port.
    pub address: bool,
    /// The user.
    pub user: bool,
    /// The jump hosts or the proxy command.
    pub route: bool,
    /// The interface filter.
    pub interface_filter: bool,
}

/// Who has set a device's interface filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterSource {
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
