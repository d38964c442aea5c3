//! Series that are worked out of several columns: states, margins, limits, and sums of the FEC histogram.
//!
//! They are what alerts rest on: a lane without light is a state and no absence, and no rule has to hold a constant or join a lane
//! with its module.

use std::collections::HashMap;

use arrow_array::{Array, Float64Array, RecordBatch, StringArray};
use records::fec::Code;
use records::table::Dataset;

use crate::exceptions::{Computed, TableRule};
use crate::family::Kind;
use crate::layout::{Label, LabelSource, Order, Part, Reads, Rows, labels};
use crate::names::Detail;

const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Computed {
    Computed {
        name,
        kind: Kind::Gauge,
        unit,
        labels: &[],
        help,
    }
}

const fn counter(name: &'static str, help: &'static str) -> Computed {
    Computed {
        kind: Kind::Counter,
        ..gauge(name, "", help)
    }
}

const LANE_STATE: Computed = gauge(
    "junos_optics_lane_state",
    "",
    "1 for a quantity that is not measured, with the reason: no_light, not_supported, not_present or invalid",
);
const BER_LIMIT: Computed = gauge(
    "junos_interface_pre_fec_ber_limit",
    "",
    "Bit error ratio before correction up to which the FEC mode keeps the frame loss ratio below 1e-12",
);
const SYMBOL_ERRORS: Computed = counter(
    "junos_interface_fec_symbol_errors_total",
    "Symbol errors of the codewords in the histogram since the counters were cleared",
);
const CODEWORDS_SEEN: Computed = counter(
    "junos_interface_fec_codewords_seen_total",
    "Codewords in the histogram since the counters were cleared",
);

/// A quantity that has warning limits in dB.
struct Margin {
    column: &'static str,
    low: &'static str,
    high: &'static str,
    family: Computed,
}

const MARGINS: &[Margin] = &[
    Margin {
        column: "rx_power",
        low: "rx_power_low_warn",
        high: "rx_power_high_warn",
        family: gauge(
            "junos_optics_rx_power_margin_db",
            "db",
            "Distance of the received power to the nearest warning limit of the module; negative beyond it",
        ),
    },
    Margin {
        column: "tx_power",
        low: "tx_power_low_warn",
        high: "tx_power_high_warn",
        family: gauge(
            "junos_optics_tx_power_margin_db",
            "db",
            "Distance of the transmitted power to the nearest warning limit of the module; negative beyond it",
        ),
    },
];

/// Columns that say why a quantity of a lane is there or not.
const LANE_STATES: &[(&str, &str)] = &[
    ("rx_power_state", "rx_power"),
    ("tx_power_state", "tx_power"),
    ("tx_bias_state", "tx_bias"),
];

/// The bit error ratio that a FEC mode bears; none for modes without such a limit.
pub(crate) fn ber_limit(mode: &str) -> Option<f64> {
    Code::of_mode(mode)?.ber_limit()
}

/// The column that says whether there is a histogram, if this is one of its bins.
pub(crate) fn histogram_state(dataset: &Dataset, column: &str) -> Option<usize> {
    let bin = column.strip_prefix("histogram_bin_")?;
    bin.parse::<usize>().ok()?;
    dataset.schema().index_of("histogram_state").ok()
}

/// The derived series of a table.
pub(crate) fn parts(dataset: &Dataset, rule: &TableRule, detail: Detail) -> Vec<Part> {
    match rule.dataset {
        "lane-dom" => {
            // Of a port, the worst lane's.
            let (own, rows): (&[&str], _) = match detail {
                Detail::Ports => (&["device", "if_name"], Rows::Smallest),
                Detail::Full | Detail::Lanes => (rule.labels, Rows::Sampled),
            };
            let mut parts = vec![margins(dataset, own, rows)];
            parts.extend(states(dataset, own, rows));
            parts
        }
        "intf-counters" => vec![limits(dataset, rule), sums(dataset, rule)],
        _ => Vec::new(),
    }
}

fn margins(dataset: &Dataset, own: &[&str], rows: Rows) -> Part {
    let mut part = Part::new(rows, labels(dataset, own), Order::ByRow);
    for margin in MARGINS {
        let Ok(column) = dataset.schema().index_of(margin.column) else {
            continue;
        };
        for (limit, is_low) in [("low", true), ("high", false)] {
            let reads = Reads::Margin {
                low: margin.low,
                high: margin.high,
                is_low,
            };
            let cell = part.cell(column, reads);
            part.source(margin.family.family(), cell, 1.0, vec![("limit", limit)]);
        }
    }
    part
}

fn states(dataset: &Dataset, own: &[&str], rows: Rows) -> Vec<Part> {
    let parts = LANE_STATES.iter().filter_map(|(column, quantity)| {
        let column = dataset.schema().index_of(column).ok()?;
        let mut own = labels(dataset, own);
        own.push(Label {
            name: "state".to_owned(),
            from: LabelSource::Column(column),
        });
        let mut part = Part::new(rows, own, Order::ByRow);
        let cell = part.cell(column, Reads::OtherThan("ok"));
        part.source(
            LANE_STATE.family(),
            cell,
            1.0,
            vec![("quantity", *quantity)],
        );
        Some(part)
    });
    parts.collect()
}

fn limits(dataset: &Dataset, rule: &TableRule) -> Part {
    let mut own = labels(dataset, rule.labels);
    let mode = dataset.schema().index_of("fec_mode");
    own.extend(mode.iter().map(|column| Label {
        name: "fec".to_owned(),
        from: LabelSource::Column(*column),
    }));
    let mut part = Part::new(Rows::Sampled, own, Order::ByRow);
    if let Ok(mode) = mode {
        let cell = part.cell(mode, Reads::BerLimit);
        part.source(BER_LIMIT.family(), cell, 1.0, Vec::new());
    }
    part
}

fn sums(dataset: &Dataset, rule: &TableRule) -> Part {
    let own = labels(dataset, rule.labels);
    let mut part = Part::new(Rows::Sampled, own, Order::ByRow);
    let bins = (0..).map_while(|bin| {
        let name = format!("histogram_bin_{bin}");
        dataset.schema().index_of(&name).ok()
    });
    let bins: Vec<usize> = bins.collect();
    if let Some(first) = bins.first().copied() {
        let cell = part.cell(first, Reads::SymbolErrors(bins.clone()));
        part.source(SYMBOL_ERRORS.family(), cell, 1.0, Vec::new());
        let cell = part.cell(first, Reads::Codewords(bins));
        part.source(CODEWORDS_SEEN.family(), cell, 1.0, Vec::new());
    }
    part
}

/// The modules of the devices whose lanes come next: the last table of modules that was added.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    batch: Option<RecordBatch>,
    /// The row of each device's interface.
    rows: HashMap<(String, String), usize>,
}

impl Modules {
    pub(crate) fn new(batch: &RecordBatch) -> Self {
        let mut rows = HashMap::new();
        let text = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<StringArray>()
        };
        if let (Some(devices), Some(interfaces)) = (text("device"), text("if_name")) {
            let names = devices.iter().zip(interfaces).enumerate();
            rows.extend(names.filter_map(|(row, (device, interface))| {
                Some(((device?.to_owned(), interface?.to_owned()), row))
            }));
        }
        Self {
            batch: Some(batch.clone()),
            rows,
        }
    }

    /// The row of the module of a device's interface.
    pub(crate) fn row(&self, device: &str, interface: &str) -> Option<usize> {
        let key = (device.to_owned(), interface.to_owned());
        self.rows.get(&key).copied()
    }

    /// A column of that table.
    pub(crate) fn column(&self, name: &str) -> Option<&dyn Array> {
        let column = self.batch.as_ref()?.column_by_name(name)?;
        Some(column.as_ref())
    }

    /// A number of a row.
    pub(crate) fn number(&self, row: usize, column: &str) -> Option<f64> {
        let column = self.column(column)?.as_any();
        let column = column.downcast_ref::<Float64Array>()?;
        column.is_valid(row).then(|| column.value(row))
    }
}

/// How far a value is inside of its limits, if the nearer limit is the one that is asked for. A value in the middle is nearer to the
/// low one.
pub(crate) fn margin(value: f64, low: Option<f64>, high: Option<f64>, is_low: bool) -> Option<f64> {
    let below = low.map(|low| value - low);
    let above = high.map(|high| high - value);
    let low_is_nearer = match (below, above) {
        (Some(below), Some(above)) => below <= above,
        (below, _) => below.is_some(),
    };
    let nearer = if low_is_nearer { below } else { above };
    nearer.filter(|_| low_is_nearer == is_low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_that_of_the_nearer_limit() {
        let (low, high) = (Some(-10.0), Some(4.0));
        assert_eq!(margin(-8.0, low, high, true), Some(2.0));
        assert_eq!(margin(-8.0, low, high, false), None);
        assert_eq!(margin(5.0, low, high, false), Some(-1.0));
        assert_eq!(margin(-12.0, low, high, true), Some(-2.0));
        assert_eq!(margin(-3.0, low, high, true), Some(7.0));
        assert_eq!(margin(-3.0, low, high, false), None, "one of both");
        assert_eq!(margin(1.0, None, high, false), Some(3.0));
        assert_eq!(margin(1.0, low, None, true), Some(11.0));
        assert_eq!(margin(1.0, None, None, true), None);
    }

    #[test]
    fn a_limit_is_the_codes_and_unknown_modes_have_none() {
        assert_eq!(ber_limit("FEC119"), Some(2.4e-4));
        assert_eq!(ber_limit("FEC91"), Some(2.1e-5));
        assert_eq!(ber_limit("FEC74"), None);
        assert_eq!(ber_limit("NONE"), None);
    }
}
