//! JSON documents back to the rows of the tables: ours, or those of scripts, in both of their states.
//!
//! A row is an object whose keys are column names, or the original's names for them. What other writers put where nothing was
//! measured (`"N/A"`, an empty text, `"- Inf"`, `-Infinity`) is null, and the reason is in the `*_state` column beside it, as a
//! collect has it. What follows from what is there (port location from the name, the number from `pre_fec_ber`) is filled in where it
//! is missing, as each column says ([`Fill`](crate::column::Fill)); so is what the device's other documents know of device and module.
//! What cannot be read and an object that can be no row cost a note; a document of another shape is refused.

mod columns;
mod objects;
mod reader;
mod scratch;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::cell::Cell;
use super::joined::{Beside, DocumentError, Joined};
use super::node::Node;
use super::original::Dialect;
use crate::column::Value;
use crate::note::Notes;
use crate::port::PortName;
use crate::table::Table;
use crate::tables::{RowSelection, TABLES};
use objects::RowObject;
use reader::READERS;

/// Values for all rows of a document that the caller supplies. Each field says whether it replaces the document's value or is its default.
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

/// The rows of a device.
#[derive(Debug)]
pub struct DeviceRows {
    /// One table for each dataset, also when it is empty.
    pub tables: Vec<Table>,
    /// Who wrote the documents: the original's newest version, if it wrote one of them.
    pub dialect: Dialect,
}

/// The rows of a device's documents, given by RPC name as in the names of their files. Those that hold no rows (`system_information`,
/// `chassis_inventory`, `pic_detail`) say what the others leave out of device and module.
///
/// # Errors
///
/// [`DocumentError`] for a document whose shape is not one of its RPC.
pub fn tables(
    documents: &[(String, Node<'_>)],
    origin: &DocumentOrigin,
    which: RowSelection,
    notes: &mut Notes,
) -> Result<DeviceRows, DocumentError> {
    let of = |rpc: &str| {
        let found = documents.iter().find(|(name, _)| name == rpc);
        found.map(|(_, document)| document)
    };
    let measures = |key: &str| READERS.iter().any(|reader| reader.measures(key));
    let mut found: Vec<Vec<RowObject<'_>>> = TABLES.iter().map(|_| Vec::new()).collect();
    for rpc in crate::tables::documents() {
        if let Some(document) = of(rpc) {
            objects::gather(rpc, document, &measures, &mut found, notes)?;
        }
    }
    let mut dialect = Dialect::Documented;
    // The objects of a document are alike: the first says who wrote them.
    for object in found.iter().filter_map(|objects| objects.first()) {
        dialect = dialect.or(super::shape::of_object(object.row));
    }
    let beside = Beside {
        system_information: of("system_information"),
        chassis_inventory: of("chassis_inventory"),
        pic_detail: of("pic_detail"),
    };
    let known = Known::of(&found, beside)?;
    if let Some(known) = &known {
        dialect = dialect.or(known.joined.dialect);
    }
    let facts = known.as_ref().map(Known::by_table).unwrap_or_default();
    let tables = TABLES
        .iter()
        .zip(READERS.iter())
        .zip(found)
        .enumerate()
        .map(|(at, ((built_in, reader), objects))| {
            let fillers = facts.get(at);
            reader.table(built_in, &objects, fillers, origin, which, notes)
        });
    Ok(DeviceRows {
        tables: tables.collect(),
        dialect,
    })
}

/// What a table's rows are filled with where they say nothing, by interface name: columns and their cells.
pub(super) type Fillers<'k> = HashMap<&'k str, Vec<(usize, Cell<'k>)>>;

/// What the documents without rows know of the interfaces in those that have some.
struct Known {
    names: Vec<String>,
    joined: Joined,
}

impl Known {
    /// None where there is no such document, or no row lacks anything: ours say all that is known.
    fn of(
        found: &[Vec<RowObject<'_>>],
        documents: Beside<'_, '_>,
    ) -> Result<Option<Self>, DocumentError> {
        if documents.is_empty() {
            return Ok(None);
        }
        let others = found.iter().flatten().filter(|object| !object.is_joined());
        let mut names = BTreeSet::new();
        let mut before = None;
        for name in others.filter_map(RowObject::interface_name) {
            // The lanes of an interface follow one another.
            if before.as_ref() != Some(&name) {
                names.insert(name.clone());
                before = Some(name);
            }
        }
        let names: Vec<String> = names.into_iter().map(Cow::into_owned).collect();
        let joined = Joined::of(&names, documents)?;
        Ok((!names.is_empty()).then_some(Self { names, joined }))
    }

    /// For each table of [`TABLES`].
    fn by_table(&self) -> Vec<Fillers<'_>> {
        let facts = self.joined.facts();
        let of_device = [
            ("hostname", Value::from(&facts.hostname)),
            ("model", Value::from(&facts.model)),
        ];
        let fillers = TABLES.iter().map(|table| {
            let columns = table.columns.iter().enumerate();
            let places: HashMap<_, _> = columns.map(|(at, column)| (column.name, at)).collect();
            let of_name = |name: &'_ String| match table.dataset.name.as_str() {
                "intf-dom" => self.joined.of_interface(name),
                "lane-dom" => self.joined.of_lane(name),
                _ => of_device.to_vec(),
            };
            let names = self.names.iter();
            let placed = names.filter(|name| PortName::parse(name).is_some());
            placed
                .map(|name| (name.as_str(), cells_of(&places, of_name(name))))
                .collect()
        });
        fillers.collect()
    }
}

/// The cells of those columns that the table has.
fn cells_of<'k>(
    places: &HashMap<&str, usize>,
    known: Vec<(&'static str, Value<'k>)>,
) -> Vec<(usize, Cell<'k>)> {
    let place = |(key, value): (&str, Value<'k>)| {
        let at = *places.get(key)?;
        (value != Value::Absent).then(|| (at, cell_of(value)))
    };
    known.into_iter().filter_map(place).collect()
}

fn cell_of(value: Value<'_>) -> Cell<'_> {
    match value {
        Value::Text(text) => Cell::Text(Cow::Borrowed(text)),
        Value::Integer(number) => Cell::Integer(number),
        Value::Float(number) => Cell::Float(number),
        Value::Boolean(truth) => Cell::Boolean(truth),
        Value::Texts(texts) => Cell::Text(Cow::Owned(texts.join(","))),
        Value::Absent => Cell::Absent,
    }
}
