//! JSON documents back to the rows of the tables: ours, or those of scripts that use the same keys.
//!
//! A row is an object whose keys are column names. What other writers put where nothing was measured (`"N/A"`, an empty text,
//! `"- Inf"`) is null, and the reason is in the `*_state` column beside it, as a collect has it. What follows from what is there
//! (port location from the name, the number from `pre_fec_ber`) is filled in where it is missing, as each column says
//! ([`Fill`]). What cannot be read, an object that can be no row and a document of another shape cost a note.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::cell::{expected, read, text};
use super::read::named_objects;
use crate::column::{
    ColumnSpec, Fill, MICROSECONDS_A_SECOND, OwnedValue, PortPart, StateFill, Value,
};
use crate::light::{Milliwatts, light};
use crate::note::{Note, Notes, shortened};
use crate::port::PortName;
use crate::table::{Table, array, assemble};
use crate::tables::{BuiltInTable, DocumentPlace, RowSelection, TABLES, documents};
use crate::value::{Reading, State};

/// What is said of all rows of a document from outside, in place of what the document says or where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct DocumentOrigin {
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
    documents_by_rpc: &[(String, Json)],
    origin: &DocumentOrigin,
    which: RowSelection,
    notes: &mut Notes,
) -> Vec<Table> {
    let mut objects: BTreeMap<&str, Vec<Object<'_>>> = BTreeMap::new();
    for rpc in documents() {
        if let Some((_, document)) = documents_by_rpc.iter().find(|(name, _)| name == rpc) {
            objects_of(rpc, document, &mut objects, notes);
        }
    }
    TABLES
        .iter()
        .map(|built_in| {
            let objects = objects.remove(built_in.dataset.name.as_str());
            table(built_in, objects.unwrap_or_default(), origin, which, notes)
        })
        .collect()
}

/// Adds the objects of a document that are rows, by the name of their table.
fn objects_of<'j>(
    rpc: &'static str,
    document: &'j Json,
    found: &mut BTreeMap<&'static str, Vec<Object<'j>>>,
    notes: &mut Notes,
) {
    let around = document.as_object();
    let mut keys = Vec::new();
    for built_in in TABLES.iter().filter(|table| table.document.rpc() == rpc) {
        let objects = match built_in.document {
            DocumentPlace::List { key, .. } => {
                keys.push(key);
                listed(rpc, key, around, notes)
            }
            DocumentPlace::ByInterface { .. } => by_interface(rpc, document, notes),
        };
        found.insert(&built_in.dataset.name, objects);
    }
    let has_one = |around: &Map<String, Json>| keys.iter().any(|key| around.contains_key(*key));
    if !keys.is_empty() && !around.is_some_and(has_one) {
        let shape = format!("an object with the lists `{}`", keys.join("` and `"));
        note_shape(rpc, "document", document, shape, notes);
    }
}

/// The objects of one list of a document.
fn listed<'j>(
    rpc: &'static str,
    key: &'static str,
    around: Option<&'j Map<String, Json>>,
    notes: &mut Notes,
) -> Vec<Object<'j>> {
    let Some(listed) = around.and_then(|around| around.get(key)) else {
        return Vec::new();
    };
    let items = listed.as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> = items.iter().filter_map(Json::as_object).collect();
    if !listed.is_array() || rows.len() < items.len() {
        note_shape(rpc, key, listed, "a list of objects".to_owned(), notes);
    }
    let objects = rows.into_iter().map(|row| Object {
        rpc,
        row,
        around,
        name: None,
    });
    objects.collect()
}

/// The objects of a document by interface: members by the interface's name, or elements that name theirs.
fn by_interface<'j>(rpc: &'static str, document: &'j Json, notes: &mut Notes) -> Vec<Object<'j>> {
    let named = named_objects(document);
    let is_whole = match document {
        Json::Object(_) => true,
        Json::Array(items) => !items.is_empty() && named.len() == items.len(),
        _ => false,
    };
    if !is_whole {
        let shape = "an object of interfaces by their names".to_owned();
        note_shape(rpc, "document", document, shape, notes);
    }
    let objects = named.into_iter().map(|(name, row)| Object {
        rpc,
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
    expected: String,
    notes: &mut Notes,
) {
    notes.push(Note {
        rpc: rpc.into(),
        interface: None,
        lane: None,
        field: field.into(),
        found: shortened(&found.to_string()),
        expected: expected.into(),
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
    built_in: &BuiltInTable,
    objects: Vec<Object<'_>>,
    origin: &DocumentOrigin,
    which: RowSelection,
    notes: &mut Notes,
) -> Table {
    let columns = &built_in.columns;
    let mut rows: Vec<Vec<OwnedValue>> = Vec::with_capacity(objects.len());
    for object in &objects {
        let name = object.interface_name();
        let has_port = name.as_deref().and_then(PortName::parse).is_some();
        if name.is_some() && !has_port && which == RowSelection::Ports {
            continue;
        }
        let members = object.members(columns, name.as_deref(), notes);
        let cells: Vec<_> = columns
            .iter()
            .map(|column| object.cell(column, name.as_deref(), &members, origin))
            .collect();
        let missing = columns
            .iter()
            .zip(&cells)
            .find(|(column, cell)| !column.nullable && **cell == OwnedValue::Absent);
        match missing {
            None => rows.push(cells),
            Some((column, _)) => notes.push(Note {
                rpc: object.rpc.into(),
                interface: name.as_deref().map(Arc::from),
                lane: None,
                field: column.name.into(),
                found: "nothing".to_owned(),
                expected: "a value, as every row has one: the row is left out".into(),
            }),
        }
    }
    let dataset = &built_in.dataset;
    let keys: Vec<_> = dataset
        .sort_columns
        .iter()
        .filter_map(|name| columns.iter().position(|column| column.name == *name))
        .collect();
    rows.sort_by(|a, b| {
        let order = keys.iter().map(|key| compare(a.get(*key), b.get(*key)));
        order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let arrays = columns.iter().enumerate().map(|(at, column)| {
        let cells = rows
            .iter()
            .map(|row| row.get(at).map_or(Value::Absent, OwnedValue::value));
        array(column.column_type, cells)
    });
    assemble(dataset, arrays.collect())
}

fn compare(a: Option<&OwnedValue>, b: Option<&OwnedValue>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(OwnedValue::Text(a)), Some(OwnedValue::Text(b))) => a.cmp(b),
        (Some(OwnedValue::Integer(a)), Some(OwnedValue::Integer(b))) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

/// The columns that an object has members for: the value, and the state where there is none.
type Members<'s> = BTreeMap<&'s str, (OwnedValue, State)>;

impl Object<'_> {
    fn interface_name(&self) -> Option<String> {
        match self.row.get("if_name").map_or(OwnedValue::Absent, text) {
            OwnedValue::Text(text) => Some(text.into()),
            _ => self.name.map(str::to_owned),
        }
    }

    /// Reads every member that a column is named after; what cannot be read costs a note.
    fn members<'s>(
        &self,
        columns: &'s [ColumnSpec],
        if_name: Option<&str>,
        notes: &mut Notes,
    ) -> Members<'s> {
        let mut read_or_note = |column: &ColumnSpec, member: &'static str| {
            let json = self.row.get(member)?;
            let (cell, state) = read(column, json)?;
            if state == State::Invalid {
                notes.push(Note {
                    rpc: self.rpc.into(),
                    interface: if_name.map(Arc::from),
                    lane: None,
                    field: member.into(),
                    found: shortened(json.as_str().unwrap_or(&json.to_string())),
                    expected: expected(column).into(),
                });
            }
            Some((cell, state))
        };
        let mut members = Members::new();
        for column in columns {
            if let Some(read) = read_or_note(column, column.name) {
                members.insert(column.name, read);
            }
        }
        for column in columns {
            // The text counts as the number that it holds, and is the device's word only if it holds one.
            if let Fill::NumberIn(text_column) = column.fill
                && let Some((number, state)) = read_or_note(column, text_column)
            {
                members.entry(column.name).or_insert((number, state));
                if let Some((text, of_text)) = members.get_mut(text_column) {
                    *of_text = state;
                    if state != State::Ok {
                        *text = OwnedValue::Absent;
                    }
                }
            }
        }
        for column in columns {
            if let Fill::Light(mw_column) = column.fill {
                self.read_light(column.name, mw_column, if_name, &mut members, notes);
            }
        }
        members
    }

    /// One power in two units: what they say together takes the place of what each says.
    fn read_light<'s>(
        &self,
        dbm_column: &'static str,
        mw_column: &'static str,
        if_name: Option<&str>,
        members: &mut Members<'s>,
        notes: &mut Notes,
    ) {
        let reading = |column: &str| {
            members.get(column).map(|(cell, state)| match cell {
                OwnedValue::Float(value) => Reading::Measured(*value),
                _ => Reading::Absent(*state),
            })
        };
        let (Some(json), Some(mw)) = (self.row.get(mw_column), reading(mw_column)) else {
            return;
        };
        let written = json
            .as_str()
            .map_or_else(|| json.to_string(), str::to_owned);
        let dbm = reading(dbm_column);
        let (power, apart) = light(dbm, Some(Milliwatts::of(mw, &written)));
        if apart {
            notes.push(Note {
                rpc: self.rpc.into(),
                interface: if_name.map(Arc::from),
                lane: None,
                field: dbm_column.into(),
                found: shortened(&format!("{mw_column} {written} beside it")),
                expected: "the same power in dBm and in mW".into(),
            });
        }
        let cell = |value: Option<f64>| value.map_or(OwnedValue::Absent, OwnedValue::Float);
        if dbm.is_some() || power.state == State::NoLight {
            members.insert(dbm_column, (cell(power.dbm), power.state));
        }
        if let Some((of_mw, _)) = members.get_mut(mw_column) {
            *of_mw = cell(power.mw);
        }
    }

    fn cell(
        &self,
        column: &ColumnSpec,
        if_name: Option<&str>,
        members: &Members<'_>,
        origin: &DocumentOrigin,
    ) -> OwnedValue {
        let own = || {
            let own = members.get(column.name);
            own.map_or(OwnedValue::Absent, |(cell, _)| cell.clone())
        };
        let around = || {
            let json = self.around.and_then(|around| around.get(column.name));
            let read = json.and_then(|json| read(column, json));
            read.map_or(OwnedValue::Absent, |(cell, _)| cell)
        };
        let text = |text: &str| OwnedValue::Text(text.into());
        match column.fill {
            Fill::Member | Fill::NumberIn(_) | Fill::Light(_) => own(),
            Fill::InterfaceName => if_name.map_or(OwnedValue::Absent, text),
            Fill::Document => own().or_else(around),
            Fill::Device => own().or_else(around).or_else(|| text(&origin.device)),
            Fill::Runner => text(&origin.runner_name),
            Fill::RunTimestamp => OwnedValue::Integer(origin.run_timestamp),
            Fill::Timestamp => own()
                .or_else(around)
                .or_else(|| OwnedValue::Integer(origin.timestamp)),
            Fill::Instant => {
                let own = members.get("timestamp").map(|(cell, _)| cell.clone());
                let around = || self.around?.get("timestamp")?.as_i64();
                let seconds = match own {
                    Some(OwnedValue::Integer(seconds)) => seconds,
                    _ => around().unwrap_or(origin.timestamp),
                };
                OwnedValue::Integer(seconds.saturating_mul(MICROSECONDS_A_SECOND))
            }
            Fill::Port(part) => own().or_else(|| {
                let number = if_name
                    .and_then(PortName::parse)
                    .and_then(|name| match part {
                        PortPart::Fpc => Some(name.location.fpc),
                        PortPart::Pic => Some(name.location.pic),
                        PortPart::Port => Some(name.location.port),
                        PortPart::Channel => name.channel,
                    });
                number.map_or(OwnedValue::Absent, |number| {
                    OwnedValue::Integer(number.into())
                })
            }),
            // A document of ours says each state that there is.
            Fill::State(_) if self.row.keys().any(|key| key.ends_with("_state")) => own(),
            Fill::State(fill) => {
                let state = state(&fill, members);
                state.map_or(OwnedValue::Absent, |state| text(state.as_str()))
            }
        }
    }
}

/// Why the values are there or not that a state column speaks of, for a writer that does not say it itself.
fn state(fill: &StateFill, members: &Members<'_>) -> Option<State> {
    let counts = |cell: &OwnedValue| fill.zero_counts || *cell != OwnedValue::Float(0.0);
    let found: Vec<State> = members
        .iter()
        .filter(|(name, (cell, _))| (fill.covers)(name) && counts(cell))
        .map(|(_, (_, state))| *state)
        .collect();
    let ranked = fill.ranked.iter().find(|state| found.contains(state));
    ranked.or(found.first()).copied().or(fill.missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};

    fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> &'b A {
        let column = batch.column_by_name(name).unwrap();
        column.as_any().downcast_ref().unwrap()
    }

    fn origin() -> DocumentOrigin {
        DocumentOrigin {
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
        let tables = tables(&documents, &origin(), RowSelection::Ports, &mut notes);
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
        assert_eq!([state.value(0), state.value(1)], ["not_present", "ok"]);
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
        let tables = tables(&documents, &origin(), RowSelection::Ports, &mut notes);
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
            let tables = tables(&documents, &origin(), RowSelection::Ports, &mut notes);
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
            tables(&documents, &origin(), RowSelection::Ports, &mut notes);
        }
        assert!(notes.is_empty(), "{notes:?}");
    }
}
