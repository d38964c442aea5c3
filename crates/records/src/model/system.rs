//! `get-system-information`: what the box is. Of several routing engines, the first that answered with data.

/// The device as it describes itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemInformation {
    /// `host-name`.
    pub hostname: Option<String>,
    /// `hardware-model`, such as `qfx5220-32cd`.
    pub model: Option<String>,
    /// `os-name`, such as `junos` or `junos-evo`.
    pub os_name: Option<String>,
    /// `os-version`, such as `22.4R3.25`.
    pub version: Option<String>,
    /// `serial-number` of the chassis.
    pub serial_number: Option<String>,
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<String>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}
