//! A device of the plan: how it is reached and what is collected from it.

use netconf::ssh::Target;
use records::InterfaceFilter;

/// Everything a run needs to know of one device.
#[derive(Debug, Clone)]
pub struct DevicePlan {
    pub name: String,
    pub target: Target,
    /// As the inventory says it; what the device says is a record.
    pub hardware_model: Option<String>,
    /// The filter as written, and as read.
    pub interface_filter: Option<(String, InterfaceFilter)>,
    /// Who has set the filter.
    pub filter_source: FilterSource,
    /// What the device itself is asked for, where the filter comes down to one pattern.
    pub interface_pattern: Option<String>,
    pub from_vault: FromVault,
}

/// What of a device comes out of a vault, or of a template that a secret takes part in: it is used, and no listing shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FromVault {
    pub address: bool,
    pub user: bool,
    pub route: bool,
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
