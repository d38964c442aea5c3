//! JSON documents back to the rows of the tables: ours, or those of scripts that use the same keys.
//!
//! A row is an object whose keys are column names. What other writers put where nothing was measured (`"N/A"`, an empty text,
//! `"- Inf"`) is null. What follows from what is there (port location from the name, the number from `pre_fec_ber`) is filled
//! in where it is missing. A row that has no interface, or a lane without number, costs a note.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field};
use serde_json::{Map, Value as Json};

use crate::note::{Note, Notes};
use crate::port::PortName;
use crate::table::{DATASETS, Dataset, Kind, Rows, Table, Value, array, assemble};

/// What is said of all rows of a document from outside, in place of what the document says or where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The device, where an object names none.
    pub device: String,
    /// The runner, whatever the document says.
    pub runner_name: String,
    /// When the run began, whatever the document says.
    pub run_timestamp: i64,
    /// When the replies came, where the document does not say it.
    pub timestamp: i64,
}

/// The rows of a device's documents, given by RPC name as in the names of their files: one table for each dataset. Documents
/// that hold no rows (`system_information`, …) are skipped.
pub fn tables(
    documents: &[(String, Json)],
    origin: &Origin,
    which: Rows,
    notes: &mut Notes,
) -> Vec<Table> {
    let find = |rpc: &str| {
        let found = documents.iter().find(|(name, _)| name == rpc);
        found.and_then(|(_, document)| document.as_object())
    };
    let (optics, statistics) = (find("optics_diagnostics"), find("interface_statistics"));
    let listed = |key: &str| -> Vec<Object<'_>> {
        let rows = optics
            .and_then(|document| document.get(key))
            .and_then(Json::as_array);
        let rows = rows.into_iter().flatten().filter_map(Json::as_object);
        rows.map(|row| Object {
            row,
            around: optics,
            name: None,
        })
        .collect()
    };
    let by_name = statistics.into_iter().flatten().filter_map(|(name, row)| {
        let row = row.as_object()?;
        Some(Object {
            row,
            around: statistics,
            name: Some(name),
        })
    });
    let [interface_dom, lane_dom, interface_counters] = &*DATASETS;
    vec![
        table(interface_dom, listed("interfaces"), origin, which, notes),
        table(lane_dom, listed("lanes"), origin, which, notes),
        table(interface_counters, by_name.collect(), origin, which, notes),
    ]
}

/// An object that is to be a row.
struct Object<'j> {
    row: &'j Map<String, Json>,
    /// The document around it, which may say once what holds for all.
    around: Option<&'j Map<String, Json>>,
    /// The key it stands under, if that is the interface's name.
    name: Option<&'j str>,
}

/// A cell that owns its text.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Absent,
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
}

fn table(
    dataset: &Arc<Dataset>,
    objects: Vec<Object<'_>>,
    origin: &Origin,
    which: Rows,
    notes: &mut Notes,
) -> Table {
    let schema = dataset.schema();
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(objects.len());
    for object in &objects {
        let name = object.text("if_name");
        let has_port = name.as_deref().and_then(PortName::parse).is_some();
        if name.is_some() && !has_port && which == Rows::Ports {
            continue;
        }
        let cells: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| object.cell(field, name.as_deref(), origin))
            .collect();
        let missing = schema
            .fields()
            .iter()
            .zip(&cells)
            .find(|(field, cell)| !field.is_nullable() && **cell == Cell::Absent);
        match missing {
            None => rows.push(cells),
            Some((field, _)) => notes.push(Note {
                rpc: "json".into(),
                interface: name.as_deref().map(Arc::from),
                lane: None,
                field: field.name().clone().into(),
                found: "nothing".to_owned(),
                expected: "a value, as every row has one: the row is left out",
            }),
        }
    }
    let keys: Vec<_> = dataset
        .sort_columns
        .iter()
        .filter_map(|name| schema.index_of(name).ok())
        .collect();
    rows.sort_by(|a, b| {
        let order = keys.iter().map(|key| compare(a.get(*key), b.get(*key)));
        order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let cells = rows
            .iter()
            .map(|row| row.get(at).map_or(Value::Absent, Cell::value));
        column(field, cells)
    });
    assemble(dataset, columns.collect())
}

fn column<'r>(field: &Field, cells: impl ExactSizeIterator<Item = Value<'r>>) -> ArrayRef {
    array(kind(field), cells)
}

fn kind(field: &Field) -> Kind {
    match field.data_type() {
        DataType::Int32 => Kind::Int32,
        DataType::Int64 => Kind::Int64,
        DataType::Float64 => Kind::Float64,
        DataType::Boolean => Kind::Boolean,
        _ => Kind::Text,
    }
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Cell::Text(a)), Some(Cell::Text(b))) => a.cmp(b),
        (Some(Cell::Integer(a)), Some(Cell::Integer(b))) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

impl Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
        }
    }

    fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Absent { other() } else { self }
    }
}

impl Object<'_> {
    fn text(&self, key: &str) -> Option<String> {
        match self.row.get(key).map_or(Cell::Absent, text) {
            Cell::Text(text) => Some(text),
            _ if key == "if_name" => self.name.map(str::to_owned),
            _ => None,
        }
    }

    fn cell(&self, field: &Field, if_name: Option<&str>, origin: &Origin) -> Cell {
        let said = |object: &Map<String, Json>| {
            let json = object.get(field.name());
            json.map_or(Cell::Absent, |json| read(kind(field), json))
        };
        let around = || self.around.map_or(Cell::Absent, said);
        let own = said(self.row);
        let port = || if_name.and_then(PortName::parse);
        let slot = |number: Option<u32>| number.map_or(Cell::Absent, |n| Cell::Integer(n.into()));
        match field.name().as_str() {
            "if_name" => if_name.map_or(Cell::Absent, |name| Cell::Text(name.to_owned())),
            "device" => own
                .or_else(around)
                .or_else(|| Cell::Text(origin.device.clone())),
            "runner_name" => Cell::Text(origin.runner_name.clone()),
            "run_timestamp" => Cell::Integer(origin.run_timestamp),
            "timestamp" => own
                .or_else(around)
                .or_else(|| Cell::Integer(origin.timestamp)),
            "hostname" | "model" => own.or_else(around),
            "fpc" => own.or_else(|| slot(port().map(|port| port.location.fpc))),
            "pic" => own.or_else(|| slot(port().map(|port| port.location.pic))),
            "port" => own.or_else(|| slot(port().map(|port| port.location.port))),
            "channel" => own.or_else(|| slot(port().and_then(|port| port.channel))),
            "pre_fec_ber_value" => own.or_else(|| {
                let written = self.row.get("pre_fec_ber");
                written.map_or(Cell::Absent, |json| read(Kind::Float64, json))
            }),
            _ => own,
        }
    }
}

fn read(kind: Kind, json: &Json) -> Cell {
    match kind {
        Kind::Text => text(json),
        Kind::Int32 => match integer(json) {
            Some(value) if i32::try_from(value).is_ok() => Cell::Integer(value),
            _ => Cell::Absent,
        },
        Kind::Int64 => integer(json).map_or(Cell::Absent, Cell::Integer),
        Kind::Float64 => {
            let value = match json {
                Json::Number(number) => number.as_f64(),
                Json::String(text) => plain(text).parse().ok(),
                _ => None,
            };
            let value = value.filter(|value: &f64| value.is_finite());
            value.map_or(Cell::Absent, Cell::Float)
        }
        Kind::Boolean => json.as_bool().map_or(Cell::Absent, Cell::Boolean),
    }
}

/// Text; a number as it is written; a list joined by commas, and none where it is empty.
fn text(json: &Json) -> Cell {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Array(items) => {
            let items = items.iter().filter_map(Json::as_str);
            items.collect::<Vec<_>>().join(",")
        }
        _ => return Cell::Absent,
    };
    if text.is_empty() || ["N/A", "n/a", "None", "null"].contains(&text.as_str()) {
        return Cell::Absent;
    }
    Cell::Text(text)
}

/// A whole number, also one that was written as text or with a point (`4.0`).
fn integer(json: &Json) -> Option<i64> {
    let whole = |value: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and far inside what 64 bits hold"
        )]
        (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
    };
    match json {
        Json::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Json::String(text) => plain(text).parse().ok(),
        _ => None,
    }
}

/// Without thousands separators.
fn plain(text: &str) -> String {
    text.trim().replace(',', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};

    fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> &'b A {
        let column = batch.column_by_name(name).unwrap();
        column.as_any().downcast_ref().unwrap()
    }

    fn origin() -> Origin {
        Origin {
            device: "leaf1".to_owned(),
            runner_name: "runner01".to_owned(),
            run_timestamp: 100,
            timestamp: 99,
        }
    }

    #[test]
    fn documents_of_scripts_become_rows_and_what_was_not_measured_is_null() {
        let optics = serde_json::json!({
            "timestamp": 42,
            "interfaces": [{"if_name": "et-0/0/1", "temperature": "45.5", "voltage": "N/A", "vendor": ""}],
            "lanes": [
                {"if_name": "et-0/0/1:2", "lane": 1, "rx_power": "- Inf", "tx_power": -1.5},
                {"if_name": "et-0/0/1:2", "lane": "0", "rx_power": -2.5},
                {"if_name": "et-0/0/1", "rx_power": -2.5},
                {"if_name": "ae0", "lane": 0}
            ]
        });
        let statistics = serde_json::json!({
            "et-0/0/1": {"fec_ccw": "1,234", "pre_fec_ber": "1.5e-9", "speed_bps": 1e11, "histogram_bin_3": 7},
            "generated_by": "a script"
        });
        let documents = [
            ("optics_diagnostics".to_owned(), optics),
            ("interface_statistics".to_owned(), statistics),
            (
                "system_information".to_owned(),
                serde_json::json!({"hostname": "x"}),
            ),
        ];
        let mut notes = Notes::default();
        let tables = tables(&documents, &origin(), Rows::Ports, &mut notes);
        let [interfaces, lanes, counters] = [0, 1, 2].map(|at| &tables[at].batch);

        assert_eq!(
            column::<Float64Array>(interfaces, "temperature").value(0),
            45.5
        );
        for name in ["voltage", "vendor"] {
            assert!(
                interfaces.column_by_name(name).unwrap().is_null(0),
                "{name}"
            );
        }
        assert_eq!(column::<Int64Array>(interfaces, "timestamp").value(0), 42);
        assert_eq!(
            column::<Int64Array>(interfaces, "run_timestamp").value(0),
            100
        );
        assert_eq!(
            column::<StringArray>(interfaces, "device").value(0),
            "leaf1"
        );

        assert_eq!(lanes.num_rows(), 2, "no lane number, no port: no row");
        assert_eq!(column::<Int32Array>(lanes, "lane").values(), &[0, 1]);
        assert_eq!(column::<Int32Array>(lanes, "channel").values(), &[2, 2]);
        assert!(column::<Float64Array>(lanes, "rx_power").is_null(1));
        assert_eq!(notes.as_slice().len(), 1);

        assert_eq!(column::<Int64Array>(counters, "fec_ccw").value(0), 1234);
        assert_eq!(
            column::<Int64Array>(counters, "speed_bps").value(0),
            100_000_000_000
        );
        assert_eq!(
            column::<Float64Array>(counters, "pre_fec_ber_value").value(0),
            1.5e-9
        );
        assert_eq!(column::<Int64Array>(counters, "timestamp").value(0), 99);
    }

    #[test]
    fn what_is_no_document_gives_no_rows() {
        let mut notes = Notes::default();
        for document in [
            serde_json::json!([1, 2]),
            serde_json::json!({"lanes": 3, "interfaces": [4]}),
        ] {
            let documents = [("optics_diagnostics".to_owned(), document)];
            let tables = tables(&documents, &origin(), Rows::Ports, &mut notes);
            assert!(tables.iter().all(|table| table.batch.num_rows() == 0));
        }
    }
}
