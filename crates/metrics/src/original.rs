//! The names and labels of the system's newest original, so that dashboards that were made for it go on.
//!
//! Its series have no prefix, and say of the module and the device in labels of every sample what ours say once. Series that it does
//! not have keep their documented names.

pub(crate) use records::json::original::{fiber, profile};
use records::table::Dataset;

use crate::layout::{Label, LabelSource};

/// Its name of each column.
pub(crate) const NAMES: &[(&str, &str, &str)] = &[
    ("lane-dom", "rx_power", "rx_power"),
    ("lane-dom", "rx_power_mw", "rx_power_mw"),
    ("lane-dom", "tx_power", "tx_power"),
    ("lane-dom", "tx_power_mw", "tx_power_mw"),
    ("lane-dom", "tx_bias", "tx_bias"),
    ("intf-dom", "temperature", "temperature"),
    ("intf-dom", "voltage", "voltage"),
    ("intf-counters", "fec_ccw", "interface_fec_ccw"),
    ("intf-counters", "fec_nccw", "interface_fec_nccw"),
    (
        "intf-counters",
        "fec_ccw_rate",
        "interface_fec_ccw_error_rate",
    ),
    (
        "intf-counters",
        "fec_nccw_rate",
        "interface_fec_nccw_error_rate",
    ),
    (
        "intf-counters",
        "pre_fec_ber_value",
        "interface_pre_fec_ber",
    ),
];

/// Its name of a column, if it has one.
pub(crate) fn name(dataset: &str, column: &str) -> Option<String> {
    if let Some(bin) = column.strip_prefix("histogram_bin_") {
        let is_sum = bin.bytes().all(|byte| byte.is_ascii_digit());
        return is_sum.then(|| format!("interface_fec_histogram_bin_{bin}"));
    }
    NAMES
        .iter()
        .find(|(of, known, _)| *of == dataset && *known == column)
        .map(|(.., name)| (*name).to_owned())
}

/// Its labels beside device, interface and lane, of those columns that the table has. A lane has its module's from the table of
/// modules.
pub(crate) fn labels(dataset: &Dataset) -> Vec<Label> {
    let schema = dataset.schema();
    let column = |name: &str| schema.index_of(name).ok();
    let of_module = |name: &'static str| {
        let has_module = column("vendor").is_some();
        let elsewhere = has_module.then_some(LabelSource::Module(name));
        column(name).map(LabelSource::Column).or(elsewhere)
    };
    let labels = [
        (
            "origin_hostname",
            column("hostname").map(LabelSource::Column),
        ),
        ("device_profile", column("model").map(LabelSource::Profile)),
        ("origin_name", of_module("device_serial")),
        ("vendor", of_module("vendor")),
        ("part_number", of_module("part_number")),
        ("serial_number", of_module("serial_number")),
        ("media_type", of_module("description")),
        ("cable_type", of_module("cable_type")),
        ("wavelength", of_module("wavelength")),
        ("fiber_type", column("fiber_type").map(LabelSource::Fiber)),
    ];
    let labels = labels.into_iter().filter_map(|(name, from)| {
        Some(Label {
            name: name.to_owned(),
            from: from?,
        })
    });
    // The counters of an interface say nothing of a module, but have a description of their own.
    labels
        .filter(|label| {
            column("vendor").is_some()
                || matches!(label.name.as_str(), "origin_hostname" | "device_profile")
        })
        .collect()
}
