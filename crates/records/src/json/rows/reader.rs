//! The reader of one table: which key fills which column, and what is filled in where no key does.
//!
//! Keys come in the same order in object after object, so that the column of a key is mostly known before the key is looked at.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::columns::CellColumns;
use super::objects::RowObject;
use super::scratch::{LimitColumns, Place, Scratch, Target, state, written};
use super::{DocumentOrigin, Fillers};
use crate::column::{ColumnSpec, Fill, MICROSECONDS_A_SECOND, PortPart, Role};
use crate::enrich::odd_name;
use crate::json::cell::{Cell, ROUNDED, expected, read};
use crate::json::node::Object;
use crate::json::original::{KEYS, Meaning};
use crate::model::{FiberRule, FiberType};
use crate::note::Notes;
use crate::port::PortName;
use crate::table::Table;
use crate::tables::{BuiltInTable, RowSelection, TABLES};
use crate::value::State;

/// The readers of [`TABLES`], in the same order.
pub(super) static READERS: LazyLock<Vec<Reader>> =
    LazyLock::new(|| TABLES.iter().map(Reader::of).collect());

/// The original's key of a module's medium: the cable type, or the first words of the optic type.
const MEDIUM: &str = "media_type";

/// A column that is not just the member of its name.
struct Special {
    column: usize,
    fill: Fill,
    /// Another column that it follows from.
    other: Option<usize>,
    /// The columns that a state speaks of.
    covered: Vec<usize>,
}

/// The quantities that have limits, and what a note calls the limits of each.
const LIMITED: [(&str, &str); 6] = [
    ("temperature", "temperature_limits"),
    ("laser_temperature", "laser_temperature_limits"),
    ("voltage", "voltage_limits"),
    ("tx_power", "tx_power_limits"),
    ("rx_power", "rx_power_limits"),
    ("tx_bias", "tx_bias_limits"),
];

pub(super) struct Reader {
    columns: Vec<ColumnSpec>,
    targets: HashMap<&'static str, Target>,
    specials: Vec<Special>,
    /// The limits of each quantity.
    limits: Vec<LimitColumns>,
    /// Columns that every row has.
    required: Vec<usize>,
    /// The column of the device's name for itself.
    hostname: usize,
    /// The column of the optic type, where the original's medium says it too.
    medium: Option<usize>,
}

impl Reader {
    fn of(table: &BuiltInTable) -> Self {
        let columns = table.columns.clone();
        let position = |name: &str| columns.iter().position(|column| column.name == name);
        let mut targets = HashMap::new();
        for (name, ours, meaning) in KEYS {
            if let Some(column) = position(ours) {
                targets.insert(
                    *name,
                    Target {
                        column,
                        meaning: *meaning,
                        is_own: false,
                    },
                );
            }
        }
        for (column, spec) in columns.iter().enumerate() {
            let meaning = match (spec.name, spec.fill) {
                ("fiber_type", _) => Meaning::Fiber,
                ("fiber_type_rule" | "wavelength_rule", _) => Meaning::Rule,
                (_, Fill::Timestamp) => Meaning::Time,
                _ => Meaning::Same,
            };
            let own = Target {
                column,
                meaning,
                is_own: true,
            };
            targets.insert(spec.name, own);
        }
        let specials = columns.iter().enumerate().filter_map(|(column, spec)| {
            let (other, covered) = match spec.fill {
                Fill::Member => return None,
                Fill::Light(other) | Fill::NumberIn(other) => (position(other), Vec::new()),
                Fill::Instant => (position("timestamp"), Vec::new()),
                Fill::State(fill) => {
                    let covered = columns.iter().enumerate();
                    let covered = covered.filter(|(_, column)| (fill.covers)(column.name));
                    (None, covered.map(|(at, _)| at).collect())
                }
                _ => (None, Vec::new()),
            };
            Some(Special {
                column,
                fill: spec.fill,
                other,
                covered,
            })
        });
        let required = columns
            .iter()
            .enumerate()
            .filter(|(_, spec)| !spec.nullable);
        let limits = LIMITED.iter().filter_map(|(quantity, field)| {
            let at = |level: &str| position(&format!("{quantity}_{level}"));
            let columns = [
                at("high_alarm")?,
                at("low_alarm")?,
                at("high_warn")?,
                at("low_warn")?,
            ];
            Some(LimitColumns {
                quantity,
                field,
                columns,
            })
        });
        Self {
            limits: limits.collect(),
            specials: specials.collect(),
            required: required.map(|(at, _)| at).collect(),
            hostname: position("hostname").unwrap_or(columns.len()),
            medium: position("cable_type").and(position("description")),
            targets,
            columns,
        }
    }

    /// Whether a key is one of a reading, a counter or a state: an object with one is a row.
    pub(super) fn measures(&self, key: &str) -> bool {
        let column = self
            .targets
            .get(key)
            .and_then(|target| self.columns.get(target.column));
        column.is_some_and(|column| !matches!(column.role, Role::Label | Role::Time))
    }

    /// The table of these objects. What they do not say of device and module is in `fillers`, by interface.
    pub(super) fn table<'j>(
        &self,
        built_in: &BuiltInTable,
        objects: &[RowObject<'j>],
        fillers: Option<&'j Fillers<'j>>,
        origin: &'j DocumentOrigin,
        which: RowSelection,
        notes: &mut Notes,
    ) -> Table {
        let mut rows = CellColumns::of(self.columns.len());
        let mut scratch = Scratch::of(self.columns.len());
        let mut around = Around::default();
        let mut before: Option<Cow<'_, str>> = None;
        for object in objects {
            let name = object.interface_name();
            let port = name.as_deref().and_then(PortName::parse);
            if let Some(name) = &name
                && port.is_none()
                && which == RowSelection::Ports
            {
                // Once for an interface, not for each of its lanes.
                if before.as_deref() != Some(&**name)
                    && let Some(note) = odd_name(object.rpc, name)
                {
                    notes.push(note);
                    before = Some(name.clone());
                }
                continue;
            }
            let place = Place {
                rpc: object.rpc,
                interface: name.as_deref(),
            };
            self.read_members(object.row, &place, &mut scratch, notes);
            around.hold(object.around);
            // An object of ours that was joined says all that is known for certain.
            let is_joined = scratch.says_states && scratch.has(self.hostname);
            if !is_joined
                && let Some(cells) = fillers
                    .zip(name.as_deref())
                    .and_then(|(fillers, name)| fillers.get(name))
            {
                scratch.fill(cells);
            }
            self.fill_in(name.as_ref(), port, origin, &mut around, &mut scratch);
            let missing = self
                .required
                .iter()
                .find(|at| scratch.cells.get(**at) == Some(&Cell::Absent));
            match missing.and_then(|at| self.columns.get(*at)) {
                None => rows.push(&mut scratch.cells, &scratch.touched),
                Some(column) => notes.push(place.note(
                    column.name,
                    "nothing",
                    "a value, as every row has one: the row is left out",
                )),
            }
            scratch.clear();
        }
        rows.table(built_in)
    }

    /// Reads every member that a column is named after; what cannot be read costs a note.
    fn read_members<'j>(
        &self,
        row: &'j Object<'j>,
        place: &Place<'_>,
        scratch: &mut Scratch<'j>,
        notes: &mut Notes,
    ) {
        for (at, (key, node)) in row.iter().enumerate() {
            let known = scratch.order.get(at).filter(|(before, _)| *before == key);
            let target = match known {
                Some((_, target)) => *target,
                None => {
                    let target = self.targets.get(key).copied();
                    scratch.order.truncate(at);
                    scratch.order.push((key, target));
                    target
                }
            };
            scratch.says_states |= key.ends_with("_state");
            let Some(target) = target else {
                continue;
            };
            let Some(column) = self.columns.get(target.column) else {
                continue;
            };
            if !target.is_own && scratch.has(target.column) {
                continue;
            }
            let Some(read) = read(column, target.meaning, node) else {
                continue;
            };
            if read.state == State::Invalid {
                notes.push(place.note(column.name, &written(node), expected(column)));
            } else if read.is_rounded {
                notes.push(place.note(column.name, &written(node), ROUNDED));
            }
            let is_borrowed = !target.is_own || knows_nothing(target.meaning, &read.cell);
            scratch.set(target.column, read.cell, Some(read.state), is_borrowed);
            if let Some(slot) = scratch.nodes.get_mut(target.column) {
                *slot = Some(node);
            }
        }
        if let Some(medium) = self.medium
            && !scratch.has(medium)
            && let Some((column, node)) = self.columns.get(medium).zip(row.get(MEDIUM))
            && let Some(read) = read(column, Meaning::Same, node)
        {
            scratch.set(medium, read.cell, Some(read.state), true);
        }
        for special in &self.specials {
            let (Some(other), Some(column)) = (special.other, self.columns.get(special.column))
            else {
                continue;
            };
            match special.fill {
                // The text counts as the number that it holds, and is the device's word only if it holds one.
                Fill::NumberIn(text) => {
                    let Some(node) = scratch.nodes.get(other).copied().flatten() else {
                        continue;
                    };
                    let Some(read) = read(column, Meaning::Same, node) else {
                        continue;
                    };
                    if read.state == State::Invalid {
                        notes.push(place.note(text, &written(node), expected(column)));
                    }
                    let text = match read.state {
                        State::Ok => None,
                        _ => Some(Cell::Absent),
                    };
                    if !scratch.has(special.column) {
                        scratch.set(special.column, read.cell, Some(read.state), false);
                    }
                    scratch.restate(other, text, read.state);
                }
                Fill::Light(mw) => {
                    scratch.read_light(special.column, column.name, other, mw, place, notes)
                }
                _ => {}
            }
        }
        for limits in &self.limits {
            scratch.correct_limits(limits, place, notes);
        }
    }

    /// Fills in what is missing, as each column says.
    fn fill_in<'j>(
        &self,
        name: Option<&Cow<'j, str>>,
        port: Option<PortName<'_>>,
        origin: &'j DocumentOrigin,
        around: &mut Around<'j>,
        scratch: &mut Scratch<'j>,
    ) {
        for special in &self.specials {
            let Some(spec) = self.columns.get(special.column) else {
                continue;
            };
            let at = special.column;
            let is_absent = scratch.cells.get(at) == Some(&Cell::Absent);
            let cell = match special.fill {
                Fill::InterfaceName => name.cloned().map(Cell::Text),
                Fill::Runner => Some(Cell::text(&origin.runner_name)),
                Fill::RunTimestamp => Some(Cell::Integer(origin.run_timestamp)),
                _ if !is_absent => None,
                Fill::Member | Fill::NumberIn(_) | Fill::Light(_) => None,
                Fill::Document => around.cell(self, spec.name, at),
                Fill::Device => around
                    .cell(self, spec.name, at)
                    .or_else(|| Some(Cell::text(&origin.device))),
                Fill::Timestamp => around
                    .cell(self, spec.name, at)
                    .or(Some(Cell::Integer(origin.timestamp))),
                // Columns are filled in their order, and `timestamp` comes first.
                Fill::Instant => match special.other.and_then(|at| scratch.cells.get(at)) {
                    Some(Cell::Integer(seconds)) => {
                        let microseconds = seconds.saturating_mul(MICROSECONDS_A_SECOND);
                        Some(Cell::Integer(microseconds))
                    }
                    _ => None,
                },
                Fill::Port(part) => port.and_then(|name| {
                    let number = match part {
                        PortPart::Fpc => Some(name.location.fpc),
                        PortPart::Pic => Some(name.location.pic),
                        PortPart::Port => Some(name.location.port),
                        PortPart::Channel => name.channel,
                    };
                    number.map(|number| Cell::Integer(number.into()))
                }),
                // A document of ours says each state that there is.
                Fill::State(_) if scratch.says_states => None,
                Fill::State(fill) => {
                    state(&fill, &special.covered, scratch).map(|state| Cell::text(state.as_str()))
                }
            };
            if let Some(cell) = cell {
                scratch.set(at, cell, None, false);
            }
        }
    }
}

/// Whether this says that nothing was found: other documents may know more.
fn knows_nothing(meaning: Meaning, cell: &Cell<'_>) -> bool {
    match (meaning, cell) {
        (Meaning::Fiber, Cell::Text(fiber)) => fiber == FiberType::Unknown.as_str(),
        (Meaning::Rule, Cell::Text(rule)) => rule == FiberRule::Nothing.as_str(),
        _ => false,
    }
}

/// What the document around the objects says once for all, by column.
#[derive(Default)]
struct Around<'j> {
    document: Option<&'j Object<'j>>,
    cells: HashMap<usize, Option<Cell<'j>>>,
}

impl<'j> Around<'j> {
    fn hold(&mut self, document: Option<&'j Object<'j>>) {
        let is_same = match (self.document, document) {
            (Some(before), Some(now)) => std::ptr::eq(before, now),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.document = document;
            self.cells.clear();
        }
    }

    fn cell(&mut self, reader: &Reader, name: &'static str, column: usize) -> Option<Cell<'j>> {
        let document = self.document;
        let cell = self.cells.entry(column).or_insert_with(|| {
            let keys = KEYS.iter().filter(|(_, ours, _)| *ours == name);
            let keys = keys.map(|(key, ..)| *key);
            let mut found = std::iter::once(name).chain(keys).filter_map(|key| {
                let target = reader.targets.get(key)?;
                let spec = reader.columns.get(column)?;
                let read = read(spec, target.meaning, document?.get(key)?)?;
                (read.cell != Cell::Absent).then_some(read.cell)
            });
            found.next()
        });
        cell.clone()
    }
}
