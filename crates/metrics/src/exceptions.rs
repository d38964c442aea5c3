//! The family table's exceptions: columns whose names are not the rule's, columns that are no series, and series that have no column.
//!
//! What is not listed here follows the rule of [`crate::rule`]: a new column becomes a series by its table, name, unit and role.

use records::model::COHERENT;

use crate::family::{Family, Kind};
use crate::names::Detail;

/// A built-in table whose columns become series.
#[derive(Debug)]
pub(crate) struct TableRule {
    /// The dataset's name.
    pub(crate) dataset: &'static str,
    /// What the names of its families begin with.
    pub(crate) prefix: &'static str,
    /// The columns that become labels of every series.
    pub(crate) labels: &'static [&'static str],
    /// Facts of the module in a port: the labels of its one info series.
    pub(crate) module_facts: &'static [&'static str],
}

pub(crate) const TABLES: &[TableRule] = &[
    TableRule {
        dataset: "intf-dom",
        prefix: "junos_optics",
        labels: &["device", "if_name"],
        module_facts: &[
            "vendor",
            "part_number",
            "serial_number",
            "description",
            "cable_type",
            "fiber_type",
            "wavelength",
            "firmware_version",
            "revision",
        ],
    },
    TableRule {
        dataset: "lane-dom",
        prefix: "junos_optics",
        labels: &["device", "if_name", "lane"],
        module_facts: &[],
    },
    TableRule {
        dataset: "intf-counters",
        prefix: "junos_interface",
        labels: &["device", "if_name"],
        module_facts: &[],
    },
];

/// An empty cage says "Unknown" of its fibre and nothing else: that alone is no fact of a module.
pub(crate) const NO_FACT_ALONE: &str = "fiber_type";

/// A column whose name is not the rule's in one of the schemes.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) dataset: &'static str,
    pub(crate) column: &'static str,
    /// Its documented name. None: the rule's.
    pub(crate) documented: Option<&'static str>,
    /// Its conventional name. None: the documented one is conventional.
    pub(crate) conventional: Option<Conventional>,
}

/// A name that follows Prometheus' rules to the letter, with what else differs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conventional {
    pub(crate) name: &'static str,
    /// What the value is multiplied by.
    pub(crate) scale: f64,
    /// A label more.
    pub(crate) label: Option<(&'static str, &'static str)>,
}

const fn conventional(name: &'static str) -> Option<Conventional> {
    Some(Conventional {
        name,
        scale: 1.0,
        label: None,
    })
}

const fn exception(
    dataset: &'static str,
    column: &'static str,
    documented: &'static str,
    conventional: Option<Conventional>,
) -> Exception {
    Exception {
        dataset,
        column,
        documented: Some(documented),
        conventional,
    }
}

macro_rules! bins {
    ($($bin:literal)*) => {
        &[$(exception(
            "intf-counters",
            concat!("histogram_bin_", $bin),
            concat!("junos_interface_histogram_bin_", $bin),
            Some(Conventional {
                name: "junos_interface_fec_codewords_total",
                scale: 1.0,
                label: Some(("symbol_errors", $bin)),
            }),
        )),*]
    };
}

const BINS: &[Exception] =
    bins!("0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15");

const EXCEPTIONS: &[Exception] = &[
    exception(
        "lane-dom",
        "tx_bias",
        "junos_optics_tx_bias_current_milliamps",
        Some(Conventional {
            name: "junos_optics_tx_bias_current_amperes",
            scale: 1e-3,
            label: None,
        }),
    ),
    exception(
        "intf-counters",
        "fec_ccw",
        "junos_interface_fec_ccw",
        conventional("junos_interface_fec_corrected_codewords_total"),
    ),
    exception(
        "intf-counters",
        "fec_nccw",
        "junos_interface_fec_nccw",
        conventional("junos_interface_fec_uncorrected_codewords_total"),
    ),
    exception(
        "intf-counters",
        "fec_ccw_rate",
        "junos_interface_fec_ccw_rate",
        None,
    ),
    exception(
        "intf-counters",
        "fec_nccw_rate",
        "junos_interface_fec_nccw_rate",
        None,
    ),
    exception(
        "intf-counters",
        "pre_fec_ber_value",
        "junos_interface_pre_fec_ber",
        None,
    ),
    exception(
        "intf-counters",
        "interface_flapped_seconds",
        "junos_interface_last_flap_seconds",
        None,
    ),
    exception(
        "intf-dom",
        "module_max_power_w",
        "junos_optics_max_power_watts",
        None,
    ),
];

/// The exception of a column, if it is one.
pub(crate) fn of(dataset: &str, column: &str) -> Option<&'static Exception> {
    EXCEPTIONS
        .iter()
        .chain(BINS)
        .find(|found| found.dataset == dataset && found.column == column)
}

/// What a quantity is called in the families of its thresholds, where that is not the column's own word.
pub(crate) fn quantity_name(quantity: &str) -> &str {
    match quantity {
        "tx_bias" => "tx_bias_current",
        other => other,
    }
}

/// Columns that are no series, with the reason.
const OMITTED: &[(&str, &[&str], &str)] = &[
    (
        "intf-dom",
        &[
            "rx_power",
            "rx_power_mw",
            "tx_power",
            "tx_power_mw",
            "tx_bias",
        ],
        "a module with one lane: the lane's series say it",
    ),
    (
        "lane-dom",
        &["temperature", "voltage"],
        "values of the module: the interface's series say them",
    ),
    (
        "lane-dom",
        &["rx_power_mw", "tx_power_mw"],
        "the series in dBm say it",
    ),
];

/// Why a numeric column is no series, if it is none.
pub(crate) fn omitted(dataset: &str, column: &str) -> Option<&'static str> {
    let listed = OMITTED
        .iter()
        .find(|(of, columns, _)| *of == dataset && columns.contains(&column));
    if let Some((_, _, why)) = listed {
        return Some(why);
    }
    match dataset {
        "lane-dom" if COHERENT.iter().any(|quantity| quantity.name == column) => {
            Some("up to 58 quantities of each coherent lane: they are in the lake")
        }
        "intf-counters" if column.ends_with("_live") || column.ends_with("_harvest") => {
            Some("the bin's sum of both is a series")
        }
        _ => None,
    }
}

/// Columns of interfaces and modules that are series at [`Detail::Ports`].
const OF_PORTS: &[(&str, &[&str])] = &[
    ("intf-dom", &["temperature"]),
    (
        "intf-counters",
        &[
            "fec_ccw",
            "fec_nccw",
            "pre_fec_ber_value",
            "interface_flapped_seconds",
        ],
    ),
];

/// Whether a gauge or counter is a series at this level of detail.
pub(crate) fn is_in(detail: Detail, dataset: &str, column: &str) -> bool {
    match detail {
        Detail::Full => true,
        Detail::Lanes => !column.starts_with("histogram_bin_"),
        Detail::Ports => OF_PORTS
            .iter()
            .any(|(of, columns)| *of == dataset && columns.contains(&column)),
    }
}

/// A column of words that becomes a number.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) dataset: &'static str,
    pub(crate) column: &'static str,
    pub(crate) family: &'static str,
    pub(crate) help: &'static str,
    /// Each word with its number; any other word is no sample.
    pub(crate) values: &'static [(&'static str, f64)],
}

const UP_OR_DOWN: &[(&str, f64)] = &[("up", 1.0), ("down", 0.0)];

pub(crate) const WORDS: &[Word] = &[
    Word {
        dataset: "intf-counters",
        column: "oper_status",
        family: "junos_interface_up",
        help: "Whether the interface is up",
        values: UP_OR_DOWN,
    },
    Word {
        dataset: "intf-counters",
        column: "admin_status",
        family: "junos_interface_admin_up",
        help: "Whether the interface is enabled",
        values: UP_OR_DOWN,
    },
];

/// A family that no column makes.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    pub(crate) labels: &'static [&'static str],
    pub(crate) help: &'static str,
}

impl Computed {
    /// It as a family.
    pub(crate) fn family(&self) -> Family {
        Family {
            name: self.name.to_owned(),
            kind: self.kind,
            unit: self.unit,
            help: self.help.to_owned(),
        }
    }
}

pub(crate) const MODULE_INFO: Computed = Computed {
    name: "junos_optics_info",
    kind: Kind::Info,
    unit: "",
    labels: &["device", "interface"],
    help: "Facts of the module in a port",
};

pub(crate) const THRESHOLD_HELP: &str =
    "Limit of the module, above or below which it raises an alarm or a warning";
pub(crate) const MAPPED_INFO_HELP: &str = "What else is known of it";

#[cfg(test)]
mod tests {
    use records::table::Dataset;

    use super::*;

    fn dataset(name: &str) -> &'static Dataset {
        records::tables::dataset(name).unwrap()
    }

    #[test]
    fn every_column_that_is_listed_is_a_column() {
        let exceptions = EXCEPTIONS.iter().chain(BINS);
        let mut listed: Vec<(&str, &str)> = exceptions.map(|e| (e.dataset, e.column)).collect();
        listed.extend(WORDS.iter().map(|word| (word.dataset, word.column)));
        for (dataset, columns, _) in OMITTED {
            listed.extend(columns.iter().map(|column| (*dataset, *column)));
        }
        for (dataset, columns) in OF_PORTS {
            listed.extend(columns.iter().map(|column| (*dataset, *column)));
        }
        for table in TABLES {
            let columns = table.labels.iter().chain(table.module_facts);
            listed.extend(columns.map(|column| (table.dataset, *column)));
        }
        assert!(listed.len() > 50);
        for (name, column) in listed {
            assert!(
                dataset(name).schema().field_with_name(column).is_ok(),
                "{name}: {column}"
            );
        }
    }

    #[test]
    fn an_exception_is_none_that_the_rule_makes_anyway() {
        use crate::names::{by_rule, unit_name, without_abbreviation};
        for exception in EXCEPTIONS.iter().chain(BINS) {
            let table = TABLES
                .iter()
                .find(|table| table.dataset == exception.dataset);
            let schema = dataset(exception.dataset).schema();
            let field = schema.field_with_name(exception.column).unwrap();
            let kind = if field.metadata()["role"] == "counter" {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            let unit = unit_name(&field.metadata()["unit"]);
            let column = without_abbreviation(exception.column, unit);
            let rule = by_rule(table.unwrap().prefix, column, unit, kind);
            assert!(exception.documented != Some(rule.as_str()), "{rule}");
        }
    }
}
