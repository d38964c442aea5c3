//! Families that the rules and the dashboards read: what a history needs at least.

/// Their names, one a line: the documented ones and, where they differ, the conventional ones. A test compares the list with
/// `infrastructure`.
const WATCHED: &str = include_str!("watched.txt");

/// Whether a rule or a dashboard reads the family of this name.
pub fn is_watched(name: &str) -> bool {
    WATCHED.lines().any(|watched| watched == name)
}

#[test]
fn a_family_is_watched_or_not() {
    assert!(is_watched("junos_optics_rx_power_dbm") && is_watched("junos_up"));
    assert!(!is_watched("junos_optics_rx_voltage_volts") && !is_watched(""));
}
