//! Rows of a table as samples: its labels, and what is said once a module.

use std::collections::HashSet;

use arrow_array::{
    Array, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use records::mapping::{COMMON_COLUMNS, Unit};
use records::table::Table;

use super::families::{Families, Kind};
use super::names::{self, Names, Series};

/// Facts of a module: the labels of its one info series.
const MODULE_FACTS: &[&str] = &[
    "vendor",
    "part_number",
    "serial_number",
    "description",
    "cable_type",
    "fiber_type",
    "wavelength",
    "firmware_version",
    "revision",
];

type Modules = HashSet<(String, String)>;

pub(super) fn add(table: &Table, names: Names, families: &mut Families, modules: &mut Modules) {
    match table.dataset.name.as_str() {
        "intf-dom" => interfaces(&table.batch, families, modules),
        "lane-dom" => measured(
            &table.batch,
            &["device", "if_name", "lane"],
            names::of_lane,
            names,
            families,
        ),
        "intf-counters" => {
            measured(
                &table.batch,
                &["device", "if_name"],
                names::of_interface,
                names,
                families,
            );
            states(&table.batch, families);
        }
        _ => mapped(table, families),
    }
}

/// One sample for each value of the columns that are series.
fn measured(
    batch: &RecordBatch,
    labels: &[&str],
    series_of: fn(&str) -> Option<Series>,
    names: Names,
    families: &mut Families,
) {
    let labels: Vec<_> = labels
        .iter()
        .map(|name| (label_of(name), column(batch, name)))
        .collect();
    for (at, field) in batch.schema_ref().fields().iter().enumerate() {
        let Some(documented) = series_of(field.name()) else {
            continue;
        };
        let help = meaning(field);
        let conventional = names::conventional(field.name()).filter(|_| names == Names::Both);
        let values = batch.column(at);
        for row in 0..batch.num_rows() {
            let Some(value) = number(values, row) else {
                continue;
            };
            let texts: Vec<_> = labels
                .iter()
                .filter_map(|(name, column)| Some((*name, text((*column)?, row)?)))
                .collect();
            for series in [Some(documented), conventional].into_iter().flatten() {
                let mut pairs: Vec<(&str, &str)> = texts
                    .iter()
                    .map(|(name, text)| (*name, text.as_str()))
                    .collect();
                pairs.extend(series.label);
                families.sample(series.name, series.kind, help, &pairs, value * series.scale);
            }
        }
    }
}

/// Temperature and voltage of each interface; facts and thresholds of each module.
fn interfaces(batch: &RecordBatch, families: &mut Families, modules: &mut Modules) {
    measured(
        batch,
        &["device", "if_name"],
        names::of_module,
        Names::Documented,
        families,
    );
    let schema = batch.schema();
    for row in 0..batch.num_rows() {
        let of = |name: &str| column(batch, name).and_then(|column| text(column, row));
        let (Some(device), Some(interface)) = (of("device"), of("if_name")) else {
            continue;
        };
        // The channels of a port share its module.
        let port = interface.split(':').next().unwrap_or_default().to_owned();
        let location = ["fpc", "pic", "port"]
            .map(|name| of(name).unwrap_or_default())
            .join("/");
        let place = if location == "//" {
            port.clone()
        } else {
            location
        };
        if !modules.insert((device.clone(), place)) {
            continue;
        }
        let module = [("device", device.as_str()), ("interface", port.as_str())];
        let facts: Vec<_> = MODULE_FACTS
            .iter()
            .filter_map(|name| Some((*name, of(name)?)))
            .collect();
        // An empty cage says "Unknown" of its fibre, and nothing else.
        if facts.iter().any(|(name, _)| *name != "fiber_type") {
            let labels: Vec<_> = module
                .into_iter()
                .chain(facts.iter().map(|(name, text)| (*name, text.as_str())))
                .collect();
            families.gauge(
                "junos_optics_info",
                "Facts of the module in a port",
                &labels,
                1.0,
            );
        }
        for (at, field) in schema.fields().iter().enumerate() {
            if let Some((family, limit, severity)) = names::of_threshold(field.name())
                && let Some(value) = number(batch.column(at), row)
            {
                let labels = [
                    module[0],
                    module[1],
                    ("limit", limit),
                    ("severity", severity),
                ];
                families.gauge(
                    family,
                    "Limit of the module, above or below which it raises an alarm or a warning",
                    &labels,
                    value,
                );
            }
        }
        if let Some(power) =
            column(batch, "module_max_power_w").and_then(|column| number(column, row))
        {
            families.gauge(
                "junos_optics_max_power_watts",
                "Electrical power that the module may draw",
                &module,
                power,
            );
        }
    }
}

/// `up` and `down` as 1 and 0.
fn states(batch: &RecordBatch, families: &mut Families) {
    for (name, family, help) in [
        (
            "oper_status",
            "junos_interface_up",
            "Whether the interface is up",
        ),
        (
            "admin_status",
            "junos_interface_admin_up",
            "Whether the interface is enabled",
        ),
    ] {
        for row in 0..batch.num_rows() {
            let of = |name: &str| column(batch, name).and_then(|column| text(column, row));
            let (Some(device), Some(interface), Some(state)) =
                (of("device"), of("if_name"), of(name))
            else {
                continue;
            };
            let value = match state.as_str() {
                "up" => 1.0,
                "down" => 0.0,
                _ => continue,
            };
            families.gauge(
                family,
                help,
                &[("device", &device), ("interface", &interface)],
                value,
            );
        }
    }
}

/// A mapped table: gauges and counters by their role, labelled with the key; what else describes an item is one info series.
fn mapped(table: &Table, families: &mut Families) {
    let (batch, dataset) = (&table.batch, &table.dataset);
    let keys: Vec<&str> = dataset.sort_columns.iter().map(String::as_str).collect();
    let schema = batch.schema();
    for row in 0..batch.num_rows() {
        let of = |name: &str| column(batch, name).and_then(|column| text(column, row));
        let own: Vec<_> = keys
            .iter()
            .copied()
            .chain(["routing_engine"])
            .filter_map(|name| Some((label_of(name), of(name)?)))
            .collect();
        let mut own: Vec<_> = own
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        own.sort_by_key(|(name, _)| *name != "device");
        let mut facts = Vec::new();
        for (at, field) in schema.fields().iter().enumerate() {
            let name = field.name().as_str();
            if keys.contains(&name) || COMMON_COLUMNS.contains(&name) {
                continue;
            }
            let role = field.metadata().get("role").map_or("", String::as_str);
            if role == "label" {
                facts.extend(text(batch.column(at), row).map(|text| (name, text)));
                continue;
            }
            let Some(value) = number(batch.column(at), row) else {
                continue;
            };
            let unit = field
                .metadata()
                .get("unit")
                .and_then(|code| Unit::of_code(code));
            let kind = if role == "counter" {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            families.sample(
                &mapped_name(&dataset.name, name, unit, kind),
                kind,
                meaning(field),
                &own,
                value,
            );
        }
        if !facts.is_empty() {
            let labels: Vec<_> = own
                .iter()
                .copied()
                .chain(facts.iter().map(|(name, text)| (*name, text.as_str())))
                .collect();
            families.gauge(
                &format!("junos_{}_info", dataset.name),
                "What else is known of it",
                &labels,
                1.0,
            );
        }
    }
}

/// `junos_{table}_{field}_{unit}`, with `_total` for a counter; what the field's name says already is not said twice.
fn mapped_name(table: &str, field: &str, unit: Option<&Unit>, kind: Kind) -> String {
    let mut name = format!("junos_{table}_{field}");
    for end in [
        unit.map_or("", |unit| unit.suffix),
        if kind == Kind::Counter { "total" } else { "" },
    ] {
        if !end.is_empty() && !name.ends_with(&format!("_{end}")) {
            name.push('_');
            name.push_str(end);
        }
    }
    name
}

/// What a column is called as a label.
fn label_of(column: &str) -> &str {
    if column == "if_name" {
        "interface"
    } else {
        column
    }
}

fn meaning(field: &arrow_schema::Field) -> &str {
    field.metadata().get("meaning").map_or("", String::as_str)
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b dyn Array> {
    batch.column_by_name(name).map(|column| &**column)
}

/// The cell as a number, if it is one.
fn number(column: &dyn Array, row: usize) -> Option<f64> {
    if column.is_null(row) {
        return None;
    }
    let any = column.as_any();
    if let Some(column) = any.downcast_ref::<Float64Array>() {
        Some(column.value(row))
    } else if let Some(column) = any.downcast_ref::<Int64Array>() {
        Some(column.value(row) as f64)
    } else if let Some(column) = any.downcast_ref::<Int32Array>() {
        Some(column.value(row).into())
    } else {
        let column = any.downcast_ref::<BooleanArray>()?;
        Some(f64::from(u8::from(column.value(row))))
    }
}

/// The cell as a label.
fn text(column: &dyn Array, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    let any = column.as_any();
    if let Some(column) = any.downcast_ref::<StringArray>() {
        Some(column.value(row).to_owned())
    } else if let Some(column) = any.downcast_ref::<Int32Array>() {
        Some(column.value(row).to_string())
    } else if let Some(column) = any.downcast_ref::<Int64Array>() {
        Some(column.value(row).to_string())
    } else {
        let column = any.downcast_ref::<BooleanArray>()?;
        Some(column.value(row).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_name_says_each_thing_once() {
        let unit = |code| Unit::of_code(code);
        for (field, code, kind, name) in [
            (
                "temperature",
                "Cel",
                Kind::Gauge,
                "junos_x_temperature_celsius",
            ),
            (
                "up_time",
                "s",
                Kind::Counter,
                "junos_x_up_time_seconds_total",
            ),
            ("up_seconds", "s", Kind::Gauge, "junos_x_up_seconds"),
            ("load", "1", Kind::Gauge, "junos_x_load"),
            ("errors_total", "1", Kind::Counter, "junos_x_errors_total"),
        ] {
            assert_eq!(mapped_name("x", field, unit(code), kind), name);
        }
    }
}
