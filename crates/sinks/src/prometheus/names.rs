//! Which series a column of the built-in tables becomes.

use super::families::Kind;

/// Which names series have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Those that the system's users know: `junos_interface_fec_ccw`.
    #[default]
    Documented,
    /// Those, and beside them the ones that Prometheus' rules ask for: `junos_interface_fec_corrected_codewords_total`.
    Both,
}

/// A series made of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What the value is multiplied by.
    pub(super) scale: f64,
    /// A label more.
    pub(super) label: Option<(&'static str, &'static str)>,
}

const fn series(name: &'static str, kind: Kind) -> Series {
    Series {
        name,
        kind,
        scale: 1.0,
        label: None,
    }
}

/// The series of a lane's columns.
pub(super) fn of_lane(column: &str) -> Option<Series> {
    let name = match column {
        "rx_power" => "junos_optics_rx_power_dbm",
        "tx_power" => "junos_optics_tx_power_dbm",
        "tx_bias" => "junos_optics_tx_bias_current_milliamps",
        "laser_temperature" => "junos_optics_laser_temperature_celsius",
        _ => return None,
    };
    Some(series(name, Kind::Gauge))
}

/// The series of a module's columns. The powers of single-lane modules are those of their lane.
pub(super) fn of_module(column: &str) -> Option<Series> {
    let name = match column {
        "temperature" => "junos_optics_temperature_celsius",
        "voltage" => "junos_optics_voltage_volts",
        _ => return None,
    };
    Some(series(name, Kind::Gauge))
}

/// The family of a threshold with its limit and severity: `rx_power_low_alarm`.
pub(super) fn of_threshold(column: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let (rest, severity) = match column.strip_suffix("_alarm") {
        Some(rest) => (rest, "alarm"),
        None => (column.strip_suffix("_warn")?, "warning"),
    };
    let (quantity, limit) = match rest.strip_suffix("_high") {
        Some(quantity) => (quantity, "high"),
        None => (rest.strip_suffix("_low")?, "low"),
    };
    let family = match quantity {
        "temperature" => "junos_optics_temperature_threshold_celsius",
        "voltage" => "junos_optics_voltage_threshold_volts",
        "tx_power" => "junos_optics_tx_power_threshold_dbm",
        "rx_power" => "junos_optics_rx_power_threshold_dbm",
        "tx_bias" => "junos_optics_tx_bias_current_threshold_milliamps",
        _ => return None,
    };
    Some((family, limit, severity))
}

/// The series of an interface's counters.
pub(super) fn of_interface(column: &str) -> Option<Series> {
    if let Some(bin) = bin_of(column) {
        return Some(series(BINS[bin], Kind::Counter));
    }
    let (name, kind) = match column {
        "fec_ccw" => ("junos_interface_fec_ccw", Kind::Counter),
        "fec_nccw" => ("junos_interface_fec_nccw", Kind::Counter),
        "fec_ccw_rate" => ("junos_interface_fec_ccw_rate", Kind::Gauge),
        "fec_nccw_rate" => ("junos_interface_fec_nccw_rate", Kind::Gauge),
        "pre_fec_ber_value" => ("junos_interface_pre_fec_ber", Kind::Gauge),
        "speed_bps" => ("junos_interface_speed_bits_per_second", Kind::Gauge),
        "input_bps" => ("junos_interface_input_bits_per_second", Kind::Gauge),
        "output_bps" => ("junos_interface_output_bits_per_second", Kind::Gauge),
        "input_pps" => ("junos_interface_input_packets_per_second", Kind::Gauge),
        "output_pps" => ("junos_interface_output_packets_per_second", Kind::Gauge),
        "input_bytes" => ("junos_interface_input_bytes_total", Kind::Counter),
        "output_bytes" => ("junos_interface_output_bytes_total", Kind::Counter),
        "input_packets" => ("junos_interface_input_packets_total", Kind::Counter),
        "output_packets" => ("junos_interface_output_packets_total", Kind::Counter),
        "pcs_bit_error_seconds" => ("junos_interface_pcs_bit_error_seconds_total", Kind::Counter),
        "pcs_errored_blocks_seconds" => (
            "junos_interface_pcs_errored_blocks_seconds_total",
            Kind::Counter,
        ),
        "interface_flapped_seconds" => ("junos_interface_last_flap_seconds", Kind::Gauge),
        _ => return None,
    };
    Some(series(name, kind))
}

/// The conventional series beside a documented one.
pub(super) fn conventional(column: &str) -> Option<Series> {
    if let Some(bin) = bin_of(column) {
        return Some(Series {
            label: Some(("symbol_errors", NUMBERS[bin])),
            ..series("junos_interface_fec_codewords_total", Kind::Counter)
        });
    }
    match column {
        "tx_bias" => Some(Series {
            scale: 1e-3,
            ..series("junos_optics_tx_bias_current_amperes", Kind::Gauge)
        }),
        "fec_ccw" => Some(series(
            "junos_interface_fec_corrected_codewords_total",
            Kind::Counter,
        )),
        "fec_nccw" => Some(series(
            "junos_interface_fec_uncorrected_codewords_total",
            Kind::Counter,
        )),
        _ => None,
    }
}

/// The bin of `histogram_bin_N`, the sum of live and harvest.
fn bin_of(column: &str) -> Option<usize> {
    let bin = column.strip_prefix("histogram_bin_")?;
    NUMBERS.iter().position(|number| *number == bin)
}

const NUMBERS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
];

macro_rules! bins {
    ($($bin:literal)*) => { [$(concat!("junos_interface_histogram_bin_", $bin)),*] };
}

const BINS: [&str; 16] = bins!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);

#[cfg(test)]
mod tests {
    use records::table::Dataset;

    use super::*;

    fn has(dataset: &Dataset, column: &str) -> bool {
        dataset.schema().field_with_name(column).is_ok()
    }

    #[test]
    fn every_column_that_is_named_here_is_a_column() {
        let of = |name| records::tables::dataset(name).unwrap();
        let (interfaces, lanes, counters) = (of("intf-dom"), of("lane-dom"), of("intf-counters"));
        for column in ["rx_power", "tx_power", "tx_bias", "laser_temperature"] {
            assert!(has(lanes, column) && of_lane(column).is_some(), "{column}");
        }
        let schema = interfaces.schema();
        let thresholds = schema
            .fields()
            .iter()
            .filter(|field| of_threshold(field.name()).is_some());
        assert_eq!(thresholds.count(), 20);
        let schema = counters.schema();
        let named = schema
            .fields()
            .iter()
            .filter(|field| of_interface(field.name()).is_some());
        assert_eq!(named.count(), 17 + 16);
        assert_eq!(
            of_interface("histogram_bin_15").map(|series| series.name),
            Some("junos_interface_histogram_bin_15")
        );
        assert_eq!(of_interface("histogram_bin_3_live"), None);
    }
}
