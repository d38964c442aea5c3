//! The text of all fixtures, held fast: the names, labels, values and order that people's dashboards rest on.
//!
//! The files were written by the code that this crate took over from, and stay: what has come since is listed here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use metrics::{MetricNames, encode};

use crate::fleet;

/// Families that have come since, in the documented names.
const ADDED: &[&str] = &[
    "junos_interface_fec_codewords_seen_total",
    "junos_interface_fec_symbol_errors_total",
    "junos_interface_pre_fec_ber_limit",
    "junos_optics_lane_state",
    "junos_optics_laser_temperature_threshold_celsius",
    "junos_optics_rx_power_margin_db",
    "junos_optics_tx_power_margin_db",
    "junos_rpc_last_success_timestamp_seconds",
];

/// Those that have come with the conventional names: base units.
const ADDED_CONVENTIONAL: &[&str] = &[
    "junos_interface_input_bytes_per_second",
    "junos_interface_output_bytes_per_second",
    "junos_interface_speed_bytes_per_second",
    "junos_optics_tx_bias_current_threshold_amperes",
    "junos_route_engine_memory_dram_size_bytes",
];

#[test]
fn the_text_of_all_fixtures_is_what_it_was() {
    for (names, file, added) in [
        (MetricNames::Documented, "documented.prom", [ADDED, &[]]),
        (MetricNames::Both, "both.prom", [ADDED, ADDED_CONVENTIONAL]),
    ] {
        let text = encode::text::write(&fleet::exposition(names), Vec::new()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let golden = std::fs::read_to_string(Path::new("tests/golden").join(file)).unwrap();
        let (mut found, expected) = (families(&text), families(&golden));
        let new: BTreeSet<_> = added.into_iter().flatten().copied().collect();
        for family in &new {
            assert!(found.remove(family).is_some(), "no {family}");
            assert!(!expected.contains_key(family), "{family} is not new");
        }
        assert!(
            found.keys().eq(expected.keys()),
            "{file}: {:?}",
            found.keys()
        );
        for (family, expected) in expected {
            let lines = found[family].lines();
            // A bin without a count is 0 since, where there is a histogram.
            let is_bin = family.contains("_histogram_bin_") || family.contains("_fec_codewords_");
            let is_new = |line: &str| is_bin && line.ends_with(" 0") && !expected.contains(line);
            let same: String = lines
                .filter(|line| !is_new(line))
                .flat_map(|line| [line, "\n"])
                .collect();
            assert_eq!(same, expected, "{file}: {family}");
        }
        // In the order of their names, as they were.
        let order: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("# TYPE "))
            .collect();
        assert!(order.is_sorted());
    }
}

/// Each family's lines.
fn families(text: &str) -> BTreeMap<&str, &str> {
    let mut families = BTreeMap::new();
    for part in text
        .split_inclusive('\n')
        .collect::<Vec<_>>()
        .chunk_by(|_, next| !next.starts_with("# HELP "))
    {
        let name = part[0].split(' ').nth(2).unwrap();
        let start = part[0].as_ptr() as usize - text.as_ptr() as usize;
        let length: usize = part.iter().map(|line| line.len()).sum();
        assert!(
            families
                .insert(name, &text[start..start + length])
                .is_none(),
            "{name} twice"
        );
    }
    families
}
