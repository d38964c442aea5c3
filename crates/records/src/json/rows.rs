//! JSON documents back to the rows of the tables: ours, or those of scripts that use the same keys.
//!
//! A row is an object whose keys are column names. What other writers put where nothing was measured (`"N/A"`, an empty text,
//! `"- Inf"`) is null, and the reason is in the `*_state` column beside it, as a collect has it. What follows from what is there
//! (port location from the name, the number from `pre_fec_ber`) is filled in where it is missing. What cannot be read, an object
//! that can be no row and a document of another shape cost a note.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{Field, Schema};
use serde_json::{Map, Value as Json};

use super::cell::{Cell, expected, kind, read, text};
use super::read::named_objects;
use crate::note::{Note, Notes, shortened};
use crate::port::PortName;
use crate::table::{DATASETS, Dataset, Rows, Table, array, assemble};
use crate::value::State;

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

const OPTICS: &str = "optics_diagnostics";
const STATISTICS: &str = "interface_statistics";

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
        found.map(|(_, document)| document)
    };
    let (interfaces, lanes) = match find(OPTICS) {
        Some(document) => optics(document, notes),
        None => Default::default(),
    };
    let counters = match find(STATISTICS) {
        Some(document) => statistics(document, notes),
        None => Default::default(),
    };
    let [interface_dom, lane_dom, interface_counters] = &*DATASETS;
    vec![
        table(interface_dom, interfaces, origin, which, notes),
        table(lane_dom, lanes, origin, which, notes),
        table(interface_counters, counters, origin, which, notes),
    ]
}

/// The objects of an optics document: of its interfaces and of its lanes.
fn optics<'j>(document: &'j Json, notes: &mut Notes) -> (Vec<Object<'j>>, Vec<Object<'j>>) {
    let around = document.as_object();
    let mut of = |key: &'static str| -> Vec<Object<'j>> {
        let Some(listed) = around.and_then(|around| around.get(key)) else {
            return Vec::new();
        };
        let items = listed.as_array().map_or(&[][..], Vec::as_slice);
        let rows: Vec<_> = items.iter().filter_map(Json::as_object).collect();
        if !listed.is_array() || rows.len() < items.len() {
            note_shape(OPTICS, key, listed, "a list of objects", notes);
        }
        let objects = rows.into_iter().map(|row| Object {
            rpc: OPTICS,
            row,
            around,
            name: None,
        });
        objects.collect()
    };
    let objects = (of("interfaces"), of("lanes"));
    if around
        .is_none_or(|around| !around.contains_key("interfaces") && !around.contains_key("lanes"))
    {
        let shape = "an object with the lists `interfaces` and `lanes`";
        note_shape(OPTICS, "document", document, shape, notes);
    }
    objects
}

/// The objects of a statistics document: members by interface name, or elements that name theirs.
fn statistics<'j>(document: &'j Json, notes: &mut Notes) -> Vec<Object<'j>> {
    let named = named_objects(document);
    let is_whole = match document {
        Json::Object(_) => true,
        Json::Array(items) => !items.is_empty() && named.len() == items.len(),
        _ => false,
    };
    if !is_whole {
        let shape = "an object of interfaces by their names";
        note_shape(STATISTICS, "document", document, shape, notes);
    }
    let objects = named.into_iter().map(|(name, row)| Object {
        rpc: STATISTICS,
        row,
        around: document.as_object(),
        name: Some(name),
    });
    objects.collect()
}

fn note_shape(
    rpc: &'static str,
    field: &'static str,
    found: &Json,
    expected: &'static str,
    notes: &mut Notes,
) {
    notes.push(Note {
        rpc: rpc.into(),
        interface: None,
        lane: None,
        field: field.into(),
        found: shortened(&found.to_string()),
        expected,
    });
}

/// An object that is to be a row.
struct Object<'j> {
    rpc: &'static str,
    row: &'j Map<String, Json>,
    /// The document around it, which may say once what holds for all.
    around: Option<&'j Map<String, Json>>,
    /// The key it stands under, if that is the interface's name.
    name: Option<&'j str>,
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
        let said = object.read(&schema, name.as_deref(), notes);
        let cells: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| object.cell(field, name.as_deref(), &said, origin))
            .collect();
        let missing = schema
            .fields()
            .iter()
            .zip(&cells)
            .find(|(field, cell)| !field.is_nullable() && **cell == Cell::Absent);
        match missing {
            None => rows.push(cells),
            Some((field, _)) => notes.push(Note {
                rpc: object.rpc.into(),
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
            .map(|row| row.get(at).map_or(crate::table::Value::Absent, Cell::value));
        array(kind(field), cells) as ArrayRef
    });
    assemble(dataset, columns.collect())
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Cell::Text(a)), Some(Cell::Text(b))) => a.cmp(b),
        (Some(Cell::Integer(a)), Some(Cell::Integer(b))) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

/// What an object says itself, by column, with the reason where it says that there is nothing.
type Said<'s> = BTreeMap<&'s str, (Cell, State)>;

impl Object<'_> {
    fn text(&self, key: &str) -> Option<String> {
        match self.row.get(key).map_or(Cell::Absent, text) {
            Cell::Text(text) => Some(text),
            _ if key == "if_name" => self.name.map(str::to_owned),
            _ => None,
        }
    }

    fn read<'s>(&self, schema: &'s Schema, if_name: Option<&str>, notes: &mut Notes) -> Said<'s> {
        let mut said = Said::new();
        for field in schema.fields() {
            let Some(json) = self.row.get(field.name()) else {
                continue;
            };
            let Some((cell, state)) = read(field, json) else {
                continue;
            };
            if state == State::Invalid {
                notes.push(Note {
                    rpc: self.rpc.into(),
                    interface: if_name.map(Arc::from),
                    lane: None,
                    field: field.name().clone().into(),
                    found: shortened(json.as_str().unwrap_or(&json.to_string())),
                    expected: expected(field),
                });
            }
            said.insert(field.name(), (cell, state));
        }
        // The text counts as the number that it holds, and is the device's word only if it holds one.
        if let Ok(value) = schema.field_with_name("pre_fec_ber_value")
            && let Some(json) = self.row.get("pre_fec_ber")
            && let Some((number, state)) = read(value, json)
        {
            if state == State::Invalid {
                notes.push(Note {
                    rpc: self.rpc.into(),
                    interface: if_name.map(Arc::from),
                    lane: None,
                    field: "pre_fec_ber".into(),
                    found: shortened(json.as_str().unwrap_or(&json.to_string())),
                    expected: expected(value),
                });
            }
            said.entry(value.name()).or_insert((number, state));
            if let Some((text, of_text)) = said.get_mut("pre_fec_ber") {
                *of_text = state;
                if state != State::Ok {
                    *text = Cell::Absent;
                }
            }
        }
        said
    }

    fn cell(&self, field: &Field, if_name: Option<&str>, said: &Said<'_>, origin: &Origin) -> Cell {
        let own = || {
            let own = said.get(field.name().as_str());
            own.map_or(Cell::Absent, |(cell, _)| cell.clone())
        };
        let around = || {
            let json = self.around.and_then(|around| around.get(field.name()));
            let read = json.and_then(|json| read(field, json));
            read.map_or(Cell::Absent, |(cell, _)| cell)
        };
        let port = || if_name.and_then(PortName::parse);
        let slot = |number: Option<u32>| number.map_or(Cell::Absent, |n| Cell::Integer(n.into()));
        match field.name().as_str() {
            "if_name" => if_name.map_or(Cell::Absent, |name| Cell::Text(name.to_owned())),
            "device" => own()
                .or_else(around)
                .or_else(|| Cell::Text(origin.device.clone())),
            "runner_name" => Cell::Text(origin.runner_name.clone()),
            "run_timestamp" => Cell::Integer(origin.run_timestamp),
            "timestamp" => own()
                .or_else(around)
                .or_else(|| Cell::Integer(origin.timestamp)),
            "hostname" | "model" => own().or_else(around),
            "fpc" => own().or_else(|| slot(port().map(|port| port.location.fpc))),
            "pic" => own().or_else(|| slot(port().map(|port| port.location.pic))),
            "port" => own().or_else(|| slot(port().map(|port| port.location.port))),
            "channel" => own().or_else(|| slot(port().and_then(|port| port.channel))),
            name => match name.strip_suffix("_state") {
                // A document of ours says each state that there is.
                Some(of) if !self.row.keys().any(|key| key.ends_with("_state")) => {
                    let state = self.state(of, said);
                    state.map_or(Cell::Absent, |state| Cell::Text(state.as_str().to_owned()))
                }
                _ => own(),
            },
        }
    }

    /// Why a value is there or not, for a writer that does not say it itself.
    fn state(&self, of: &str, said: &Said<'_>) -> Option<State> {
        let states = |wanted: &dyn Fn(&str) -> bool| -> Vec<State> {
            let found = said.iter().filter(|(name, _)| wanted(name));
            found.map(|(_, (_, state))| *state).collect()
        };
        match of {
            // A counter that could not be read is not missed behind one that could.
            "fec" => Some(most(
                &states(&|name| name == "fec_ccw" || name == "fec_nccw"),
                &[State::Invalid, State::Ok],
            )),
            "histogram" => Some(most(
                &states(&|name| name.starts_with("histogram_bin_")),
                &[State::Invalid, State::Ok],
            )),
            // One measurement is enough; a zero alone may come from an empty cage, and is none.
            "optics" => {
                let of_module = ["temperature", "voltage", "rx_power", "tx_power", "tx_bias"];
                let is_zero = |name: &str| {
                    said.get(name)
                        .is_some_and(|(cell, _)| *cell == Cell::Float(0.0))
                };
                let found = states(&|name| of_module.contains(&name) && !is_zero(name));
                let ranked = [State::Ok, State::NoLight, State::Invalid, State::NotPresent];
                (!found.is_empty()).then(|| most(&found, &ranked))
            }
            of => match said.get(of) {
                Some((_, state)) => Some(*state),
                // Power and current of a module stand at its lanes, unless it has but one.
                None if self.rpc == OPTICS && !self.row.contains_key("lane") => None,
                None => Some(State::NotSupported),
            },
        }
    }
}

/// The first of these that was found, else any that was.
fn most(found: &[State], ranked: &[State]) -> State {
    let first = ranked.iter().find(|state| found.contains(state));
    let any = first.or_else(|| found.first());
    any.copied().unwrap_or(State::NotSupported)
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
        let state = column::<StringArray>(lanes, "rx_power_state");
        assert_eq!([state.value(0), state.value(1)], ["ok", "no_light"]);
        let state = column::<StringArray>(lanes, "tx_power_state");
        assert_eq!([state.value(0), state.value(1)], ["not_supported", "ok"]);
        let state = column::<StringArray>(interfaces, "voltage_state");
        assert_eq!(state.value(0), "not_present");
        assert!(column::<StringArray>(interfaces, "rx_power_state").is_null(0));
        assert_eq!(
            column::<StringArray>(interfaces, "optics_state").value(0),
            "ok"
        );
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
    fn what_cannot_be_read_is_null_and_invalid_and_costs_a_note_alone() {
        let statistics = serde_json::json!({
            "et-0/0/1": {"fec_ccw": -1, "fec_nccw": 5, "pre_fec_ber": "7", "histogram_bin_0": 9, "histogram_bin_1": "x"},
            "et-0/0/2": {"fec_ccw": 3, "fec_state": "ok"},
        });
        let documents = [("interface_statistics".to_owned(), statistics)];
        let mut notes = Notes::default();
        let tables = tables(&documents, &origin(), Rows::Ports, &mut notes);
        let counters = &tables[2].batch;
        assert_eq!(counters.num_rows(), 2);
        for name in [
            "fec_ccw",
            "pre_fec_ber",
            "pre_fec_ber_value",
            "histogram_bin_1",
        ] {
            assert!(counters.column_by_name(name).unwrap().is_null(0), "{name}");
        }
        assert_eq!(column::<Int64Array>(counters, "fec_nccw").value(0), 5);
        for name in ["fec_state", "pre_fec_ber_state", "histogram_state"] {
            let state = column::<StringArray>(counters, name);
            assert_eq!(state.value(0), "invalid", "{name}");
        }
        // A document that says its states is believed.
        assert_eq!(column::<StringArray>(counters, "fec_state").value(1), "ok");
        assert!(column::<StringArray>(counters, "histogram_state").is_null(1));
        let said: Vec<_> = notes.as_slice().iter().map(Note::to_string).collect();
        assert_eq!(
            said,
            [
                "interface_statistics: et-0/0/1: fec_ccw: found \"-1\", expected a whole number from 0 on, of 63 bits",
                "interface_statistics: et-0/0/1: histogram_bin_1: found \"x\", expected a whole number from 0 on, of 63 bits",
                "interface_statistics: et-0/0/1: pre_fec_ber: found \"7\", expected a ratio between 0 and 1",
            ]
        );
    }

    #[test]
    fn a_document_of_another_shape_gives_no_rows_and_says_so() {
        for (rpc, document, says) in [
            (
                "optics_diagnostics",
                serde_json::json!([]),
                "document: found \"[]\"",
            ),
            (
                "optics_diagnostics",
                serde_json::json!([1, 2]),
                "document: found",
            ),
            (
                "optics_diagnostics",
                serde_json::json!({}),
                "document: found",
            ),
            (
                "optics_diagnostics",
                serde_json::json!({"lanes": 3}),
                "lanes: found \"3\"",
            ),
            (
                "optics_diagnostics",
                serde_json::json!({"interfaces": [4]}),
                "interfaces: found",
            ),
            (
                "interface_statistics",
                serde_json::json!([]),
                "document: found \"[]\"",
            ),
            (
                "interface_statistics",
                serde_json::json!("x"),
                "document: found",
            ),
            (
                "interface_statistics",
                serde_json::json!([{"x": 1}]),
                "document: found",
            ),
        ] {
            let mut notes = Notes::default();
            let documents = [(rpc.to_owned(), document)];
            let tables = tables(&documents, &origin(), Rows::Ports, &mut notes);
            assert!(tables.iter().all(|table| table.batch.num_rows() == 0));
            let [note] = notes.as_slice() else {
                panic!("{notes:?}")
            };
            assert!(note.to_string().contains(says), "{note}");
        }
        let mut notes = Notes::default();
        for (rpc, document) in [
            ("optics_diagnostics", serde_json::json!({"lanes": []})),
            ("interface_statistics", serde_json::json!({})),
            (
                "interface_statistics",
                serde_json::json!([{"if_name": "et-0/0/1", "fec_ccw": 1}]),
            ),
        ] {
            let documents = [(rpc.to_owned(), document)];
            tables(&documents, &origin(), Rows::Ports, &mut notes);
        }
        assert!(notes.is_empty(), "{notes:?}");
    }
}
