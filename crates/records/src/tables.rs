//! The list of built-in tables, and a device's rows in them.
//!
//! Everything that is made for every table reads this list: schemas, the lake's folders and file names, the JSON documents
//! that hold the same rows, and reading them back. To add a table: its struct with its columns in [`crate::model`], its
//! rows in [`crate::enrich`], and one entry here.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::column::{ColumnSpec, Columns, Value};
use crate::enrich::DeviceRecords;
use crate::json_writer::JsonWriter;
use crate::model::{INTERFACE_COUNTERS_COLUMNS, INTERFACE_DOM_COLUMNS, LANE_DOM_COLUMNS};
use crate::table::{Dataset, Table, array, assemble, field};

/// Where a table's rows stand in the JSON documents of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentPlace {
    /// In the list `key` of the document of `rpc`, which may hold several lists.
    List {
        /// The RPC that the document is named after.
        rpc: &'static str,
        /// The member that is the list.
        key: &'static str,
    },
    /// In the document of `rpc`, each under its interface's name.
    ByInterface {
        /// The RPC that the document is named after.
        rpc: &'static str,
    },
}

impl DocumentPlace {
    /// The RPC that the document is named after.
    pub const fn rpc(self) -> &'static str {
        match self {
            Self::List { rpc, .. } | Self::ByInterface { rpc } => rpc,
        }
    }
}

/// What a built-in table is called, and where else its rows go.
struct TableSpec {
    /// Name of its folder.
    name: &'static str,
    /// Start of its file names.
    file_stem: &'static str,
    /// The same where each device has files of its own.
    per_device_stem: &'static str,
    /// What a row is.
    meaning: &'static str,
    /// The columns that its rows are sorted by.
    sort_columns: &'static [&'static str],
    document: DocumentPlace,
}

/// The built-in tables, in the order in which [`tables`] gives them.
pub static TABLES: LazyLock<Vec<BuiltInTable>> = LazyLock::new(|| {
    vec![
        built_in(
            TableSpec {
                name: "intf-dom",
                file_stem: "interface_dom",
                per_device_stem: "transceiver_info",
                meaning: "One row for each interface with optics in each run: the module, its state and its thresholds",
                sort_columns: &["device", "if_name"],
                document: DocumentPlace::List {
                    rpc: "optics_diagnostics",
                    key: "interfaces",
                },
            },
            INTERFACE_DOM_COLUMNS,
            |records| &records.interfaces,
            |row| row.location.is_some(),
        ),
        built_in(
            TableSpec {
                name: "lane-dom",
                file_stem: "lane_dom",
                per_device_stem: "optical_metrics",
                meaning: "One row for each optical lane in each run",
                sort_columns: &["device", "if_name", "lane"],
                document: DocumentPlace::List {
                    rpc: "optics_diagnostics",
                    key: "lanes",
                },
            },
            LANE_DOM_COLUMNS,
            |records| &records.lanes,
            |row| row.location.is_some(),
        ),
        built_in(
            TableSpec {
                name: "intf-counters",
                file_stem: "interface_counters",
                per_device_stem: "interface_stats",
                meaning: "One row for each interface in each run: status, FEC, traffic",
                sort_columns: &["device", "if_name"],
                document: DocumentPlace::ByInterface {
                    rpc: "interface_statistics",
                },
            },
            INTERFACE_COUNTERS_COLUMNS,
            |records| &records.counters,
            |row| row.location.is_some(),
        ),
    ]
});

/// The datasets of [`TABLES`], in the same order.
pub static DATASETS: LazyLock<Vec<Arc<Dataset>>> = LazyLock::new(|| {
    TABLES
        .iter()
        .map(|table| Arc::clone(&table.dataset))
        .collect()
});

/// The built-in dataset of this name, such as `lane-dom`.
pub fn dataset(name: &str) -> Option<&'static Arc<Dataset>> {
    DATASETS.iter().find(|dataset| dataset.name == name)
}

/// The JSON documents that hold rows of tables, by the name of their RPC, each once.
pub(crate) fn documents() -> Vec<&'static str> {
    let mut rpcs = Vec::new();
    for table in TABLES.iter() {
        if !rpcs.contains(&table.document.rpc()) {
            rpcs.push(table.document.rpc());
        }
    }
    rpcs
}

/// A built-in table: its dataset, its columns and its rows of a device.
pub struct BuiltInTable {
    /// Its name and schema.
    pub dataset: Arc<Dataset>,
    /// Where its rows stand in JSON.
    pub document: DocumentPlace,
    /// Its columns, in the order of the schema.
    pub columns: Vec<ColumnSpec>,
    rows: Box<dyn RowsOfDevice>,
}

impl fmt::Debug for BuiltInTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BuiltInTable")
            .field(&self.dataset.name)
            .finish()
    }
}

impl BuiltInTable {
    /// Writes its rows of a device to where they stand in their JSON document.
    pub(crate) fn write_json(&self, json: &mut JsonWriter, records: &DeviceRecords) {
        match self.document {
            DocumentPlace::List { key, .. } => {
                json.key(key);
                json.open('[');
                self.rows.write_json(json, records, None);
                json.close(']');
            }
            DocumentPlace::ByInterface { .. } => {
                self.rows.write_json(json, records, Some("if_name"));
            }
        }
    }
}

/// The rows of one table, whatever their type.
trait RowsOfDevice: Send + Sync {
    /// The rows as a table, sorted.
    fn table(&self, dataset: &Arc<Dataset>, records: &DeviceRecords, which: RowSelection) -> Table;

    /// Every row as an object: as an element, or as a member whose key is the value of the column `key`.
    fn write_json(&self, json: &mut JsonWriter, records: &DeviceRecords, key: Option<&str>);
}

struct TypedRows<R: 'static> {
    columns: Columns<R>,
    rows: fn(&DeviceRecords) -> &[R],
    has_port: fn(&R) -> bool,
}

fn built_in<R>(
    spec: TableSpec,
    columns: Columns<R>,
    rows: fn(&DeviceRecords) -> &[R],
    has_port: fn(&R) -> bool,
) -> BuiltInTable {
    let specs: Vec<_> = columns
        .iter()
        .copied()
        .flatten()
        .map(|column| column.spec)
        .collect();
    let fields = specs.iter().map(|column| {
        let ColumnSpec {
            name,
            column_type,
            unit,
            role,
            meaning,
            nullable,
            ..
        } = *column;
        field(name, column_type, unit, role, meaning, nullable)
    });
    let mut dataset = Dataset::new(spec.name, spec.sort_columns, fields.collect());
    spec.file_stem.clone_into(&mut dataset.file_stem);
    spec.per_device_stem
        .clone_into(&mut dataset.per_device_stem);
    spec.meaning.clone_into(&mut dataset.meaning);
    BuiltInTable {
        dataset: Arc::new(dataset),
        document: spec.document,
        columns: specs,
        rows: Box::new(TypedRows {
            columns,
            rows,
            has_port,
        }),
    }
}

impl<R> RowsOfDevice for TypedRows<R> {
    fn table(&self, dataset: &Arc<Dataset>, records: &DeviceRecords, which: RowSelection) -> Table {
        let columns = || self.columns.iter().copied().flatten();
        let mut rows: Vec<&R> = (self.rows)(records)
            .iter()
            .filter(|row| which == RowSelection::All || (self.has_port)(row))
            .collect();
        let keys: Vec<_> = dataset
            .sort_columns
            .iter()
            .filter_map(|name| columns().find(|column| column.spec.name == *name))
            .collect();
        rows.sort_by(|a, b| {
            let orders = keys.iter().map(|key| order((key.get)(a), (key.get)(b)));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let arrays = columns().map(|column| {
            array(
                column.spec.column_type,
                rows.iter().map(|row| (column.get)(row)),
            )
        });
        assemble(dataset, arrays.collect())
    }

    fn write_json(&self, json: &mut JsonWriter, records: &DeviceRecords, key: Option<&str>) {
        let mut columns = self.columns.iter().copied().flatten();
        let key = key.and_then(|name| columns.find(|column| column.spec.name == name));
        for row in (self.rows)(records) {
            match key.map(|key| (key.get)(row)) {
                Some(Value::Text(name)) => json.key(name),
                Some(_) => continue, // a row without a name has no place in such a document
                None => json.element(),
            }
            json.row(self.columns, row);
        }
    }
}

/// The order of two cells of a sort column.
fn order(a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}

/// Which interfaces become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSelection {
    /// Those with a port location, `xx-F/P/N[:C]`.
    Ports,
    /// Every physical interface.
    All,
}

/// The device's rows: one table for each built-in dataset, also when it is empty, and one for each mapping. Interfaces with
/// a port location only.
pub fn tables(records: &DeviceRecords) -> Vec<Table> {
    tables_with(records, RowSelection::Ports)
}

/// The device's rows, with a choice of which.
pub fn tables_with(records: &DeviceRecords, which: RowSelection) -> Vec<Table> {
    let built_in = TABLES
        .iter()
        .map(|table| table.rows.table(&table.dataset, records, which));
    let mapped = records.mapped.iter();
    built_in
        .chain(mapped.map(|mapped| crate::mapping::table(&records.facts, mapped)))
        .collect()
}
