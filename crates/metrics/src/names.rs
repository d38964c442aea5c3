//! Naming schemes, and the rule that makes a family's name of a column.

use records::mapping::Unit;

use crate::family::Kind;

/// Which names series have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetricNames {
    /// Those that the system's users know: `junos_interface_fec_ccw`.
    #[default]
    Documented,
    /// Those that Prometheus' rules ask for: `junos_interface_fec_corrected_codewords_total`.
    Conventional,
    /// The documented ones, and beside them the conventional ones that differ.
    Both,
    /// Those of the newest original: `rx_power`, `interface_fec_ccw`, with its labels.
    Original,
}

/// How much is said of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Everything.
    #[default]
    Full,
    /// No thresholds and no bins of the FEC histogram; margins and the histogram's sums say what alerts need of them.
    Lanes,
    /// Nothing a lane: of a port the worst lane's margin and states, bit error ratio, FEC totals, and whether it is up.
    Ports,
}

/// Units that are no base units, with the base unit and what a value is multiplied by. A decibel has none.
const BASE_UNITS: &[(&str, &str, f64)] = &[
    ("bits_per_second", "bytes_per_second", 0.125),
    ("days", "seconds", 86_400.0),
    ("gigabytes", "bytes", 1e9),
    ("hours", "seconds", 3_600.0),
    ("kilobytes", "bytes", 1e3),
    ("megabytes", "bytes", 1e6),
    ("megahertz", "hertz", 1e6),
    ("microseconds", "seconds", 1e-6),
    ("milliamps", "amperes", 1e-3),
    ("milliseconds", "seconds", 1e-3),
    ("millivolts", "volts", 1e-3),
    ("milliwatts", "watts", 1e-3),
    ("nanometers", "meters", 1e-9),
    ("picoseconds", "seconds", 1e-12),
];

/// The base unit that Prometheus' rules ask for in place of this one.
pub(crate) fn base_unit(unit: &str) -> Option<(&'static str, f64)> {
    let found = BASE_UNITS.iter().find(|(known, ..)| *known == unit);
    found.map(|(_, base, scale)| (*base, *scale))
}

/// The unit that a name ends with; nothing if it ends with none that is known.
pub(crate) fn unit_of(name: &str) -> &'static str {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let built_in = BUILT_IN_UNITS.iter().map(|(_, unit)| *unit);
    let units = records::mapping::UNITS.iter().map(|unit| unit.suffix);
    let bases = BASE_UNITS.iter().map(|(_, base, _)| *base);
    let matching = built_in.chain(units).chain(bases).filter(|unit| {
        !unit.is_empty()
            && name
                .strip_suffix(unit)
                .is_some_and(|rest| rest.ends_with('_'))
    });
    matching.max_by_key(|unit| unit.len()).unwrap_or("")
}

/// Every unit that only built-in columns have, with the end of a name. Those of mappings stand in [`Unit`].
const BUILT_IN_UNITS: &[(&str, &str)] = &[
    ("{codeword}", "codewords"),
    ("{error}/s", "errors_per_second"),
    ("{packet}", "packets"),
    ("{packet}/s", "packets_per_second"),
    ("MHz", "megahertz"),
    ("ps", "picoseconds"),
];

/// Units as the ends of columns' names: the unit's long name takes their place.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("_bps", "bits_per_second"),
    ("_pps", "packets_per_second"),
    ("_w", "watts"),
    ("_nm", "nanometers"),
];

/// What a unit's code is called in a name; nothing for a unit that has no name, and for a pure number.
pub(crate) fn unit_name(code: &str) -> &'static str {
    let built_in = BUILT_IN_UNITS.iter().find(|(known, _)| *known == code);
    built_in.map_or_else(
        || Unit::of_code(code).map_or("", |unit| unit.suffix),
        |(_, name)| name,
    )
}

/// The name of a built-in column without an abbreviation of its unit.
pub(crate) fn without_abbreviation<'c>(column: &'c str, unit: &str) -> &'c str {
    ABBREVIATIONS
        .iter()
        .filter(|(_, name)| *name == unit)
        .find_map(|(end, _)| column.strip_suffix(end))
        .unwrap_or(column)
}

/// `{prefix}_{column}_{unit}`, with `_total` for a counter; what the column's name says already is not said twice.
pub(crate) fn by_rule(prefix: &str, column: &str, unit: &str, kind: Kind) -> String {
    let mut name = format!("{prefix}_{column}");
    let total = if kind == Kind::Counter { "total" } else { "" };
    for end in [unit, total] {
        let is_said = name
            .strip_suffix(end)
            .is_some_and(|rest| rest.ends_with('_'));
        if !end.is_empty() && !is_said {
            name.push('_');
            name.push_str(end);
        }
    }
    name
}

/// A threshold's quantity, limit and severity: `rx_power_low_alarm`.
pub(crate) fn threshold(column: &str) -> Option<(&str, &'static str, &'static str)> {
    let (rest, severity) = match column.strip_suffix("_alarm") {
        Some(rest) => (rest, "alarm"),
        None => (column.strip_suffix("_warn")?, "warning"),
    };
    match rest.strip_suffix("_high") {
        Some(quantity) => Some((quantity, "high", severity)),
        None => Some((rest.strip_suffix("_low")?, "low", severity)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_each_thing_once() {
        for (column, code, kind, name) in [
            ("temperature", "Cel", Kind::Gauge, "x_temperature_celsius"),
            ("up_time", "s", Kind::Counter, "x_up_time_seconds_total"),
            ("up_seconds", "s", Kind::Gauge, "x_up_seconds"),
            ("load", "1", Kind::Gauge, "x_load"),
            ("errors_total", "1", Kind::Counter, "x_errors_total"),
            (
                "input_packets",
                "{packet}",
                Kind::Counter,
                "x_input_packets_total",
            ),
            (
                "input_pps",
                "{packet}/s",
                Kind::Gauge,
                "x_input_packets_per_second",
            ),
            ("speed_bps", "bit/s", Kind::Gauge, "x_speed_bits_per_second"),
            ("max_power_w", "W", Kind::Gauge, "x_max_power_watts"),
            ("lows", "W", Kind::Gauge, "x_lows_watts"),
            ("delay", "parsec", Kind::Gauge, "x_delay"),
        ] {
            let unit = unit_name(code);
            assert_eq!(
                by_rule("x", without_abbreviation(column, unit), unit, kind),
                name
            );
        }
    }

    #[test]
    fn the_unit_is_the_longest_that_a_name_ends_with() {
        for (name, unit) in [
            ("x_input_bits_per_second", "bits_per_second"),
            ("x_input_bytes_total", "bytes"),
            ("x_tx_bias_current_amperes", "amperes"),
            ("x_fec_codewords_total", "codewords"),
            ("x_seconds", "seconds"),
            ("seconds", ""),
            ("x_fec_ccw", ""),
            ("x_up", ""),
        ] {
            assert_eq!(unit_of(name), unit, "{name}");
        }
        for (_, base, _) in BASE_UNITS {
            assert_eq!(base_unit(base), None, "{base} is one");
        }
    }

    #[test]
    fn a_threshold_is_told_by_the_end_of_its_name() {
        assert_eq!(
            threshold("tx_bias_low_warn"),
            Some(("tx_bias", "low", "warning"))
        );
        assert_eq!(
            threshold("voltage_high_alarm"),
            Some(("voltage", "high", "alarm"))
        );
        assert_eq!(threshold("module_max_power_w"), None);
    }
}
