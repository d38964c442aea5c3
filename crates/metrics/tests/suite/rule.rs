//! The rule: a column that nobody has listed becomes a series by its table, name, unit and role.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field};
use metrics::{Exposition, MetricNames};
use records::table::{Dataset, Table};

fn field(name: &str, kind: DataType, unit: &str, role: &str) -> Field {
    let metadata = [("unit", unit), ("role", role), ("meaning", "Something")];
    let metadata = metadata.map(|(key, text)| (key.to_owned(), text.to_owned()));
    Field::new(name, kind, true).with_metadata(HashMap::from(metadata))
}

fn lines(name: &str, columns: Vec<(Field, ArrayRef)>) -> Vec<String> {
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let dataset = Arc::new(Dataset::found(name, fields));
    let batch = RecordBatch::try_new(dataset.schema(), arrays).unwrap();
    let mut exposition = Exposition::new(MetricNames::Documented);
    exposition.add(&Table { dataset, batch });
    let mut lines = Vec::new();
    let Ok(()) = exposition.for_each_series::<Infallible>(|series| {
        let labels = series
            .labels
            .iter()
            .map(|(name, text)| format!("{name}={text}"));
        let labels = labels.collect::<Vec<_>>().join(",");
        lines.push(format!(
            "{} {:?} {labels} {}",
            series.family.name, series.family.kind, series.value
        ));
        Ok(())
    });
    lines
}

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn float(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

#[test]
fn a_new_column_of_a_built_in_table_is_a_series_without_a_line_of_code() {
    let found = lines(
        "lane-dom",
        vec![
            (
                field("if_name", DataType::Utf8, "", "label"),
                text(&[Some("et-0/0/0"), Some("et-0/0/1")]),
            ),
            (
                field("lane", DataType::Int32, "", "label"),
                Arc::new(Int32Array::from(vec![0, 7])),
            ),
            (
                field("device", DataType::Utf8, "", "label"),
                text(&[Some("leaf1"), Some("leaf1")]),
            ),
            (
                field("eye_opening", DataType::Float64, "mV", "gauge"),
                float(&[Some(0.5), None]),
            ),
            (
                field("slips", DataType::Int64, "1", "counter"),
                Arc::new(Int64Array::from(vec![i64::MAX, 2])),
            ),
            (
                field("note", DataType::Utf8, "", "label"),
                text(&[Some("x"), None]),
            ),
            (
                field("word", DataType::Utf8, "", "gauge"),
                text(&[Some("x"), None]),
            ),
        ],
    );
    assert_eq!(
        found,
        [
            "junos_optics_eye_opening_millivolts Gauge device=leaf1,interface=et-0/0/0,lane=0 0.5",
            "junos_optics_slips_total Counter device=leaf1,interface=et-0/0/0,lane=0 9223372036854776000",
            "junos_optics_slips_total Counter device=leaf1,interface=et-0/0/1,lane=7 2",
        ]
    );
}

#[test]
fn a_new_threshold_is_said_once_a_module() {
    let found = lines(
        "intf-dom",
        vec![
            (
                field("if_name", DataType::Utf8, "", "label"),
                text(&[Some("et-0/0/0:0"), Some("et-0/0/0:1"), None]),
            ),
            (
                field("device", DataType::Utf8, "", "label"),
                text(&[Some("leaf1"); 3]),
            ),
            (
                field("fiber_type", DataType::Utf8, "", "label"),
                text(&[Some("Unknown"); 3]),
            ),
            (
                field("snr_low_warn", DataType::Float64, "dB", "threshold"),
                float(&[Some(14.0); 3]),
            ),
            (
                field("reach_m", DataType::Float64, "m", "threshold"),
                float(&[Some(500.0); 3]),
            ),
        ],
    );
    assert_eq!(
        found,
        [
            "junos_optics_reach_m Gauge device=leaf1,interface=et-0/0/0 500",
            "junos_optics_snr_threshold_db Gauge device=leaf1,interface=et-0/0/0,limit=low,severity=warning 14",
        ]
    );
}

#[test]
fn a_table_that_nobody_has_listed_is_series_too() {
    let found = lines(
        "power",
        vec![
            (
                field("volts", DataType::Float64, "V", "gauge"),
                float(&[Some(f64::INFINITY), Some(-0.0)]),
            ),
            (
                field("is_on", DataType::Boolean, "", "gauge"),
                Arc::new(BooleanArray::from(vec![true, false])),
            ),
            (
                field("kind", DataType::Utf8, "", "label"),
                text(&[Some("AC"), None]),
            ),
        ],
    );
    assert_eq!(
        found,
        [
            "junos_power_info Info kind=AC 1",
            "junos_power_is_on Gauge  1",
            "junos_power_is_on Gauge  0",
            "junos_power_volts Gauge  -0",
        ]
    );
}
