//! What is read of one object, before it is a row.

use std::sync::Arc;

use crate::column::StateFill;
use crate::json::cell::Cell;
use crate::json::node::Node;
use crate::json::original::Meaning;
use crate::light::{Milliwatts, light};
use crate::limit_pairs;
use crate::model::Limits;
use crate::note::{Note, Notes, shortened};
use crate::value::{Reading, State};

/// What a key fills.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) column: usize,
    pub(super) meaning: Meaning,
    /// False for a name that is the original's: ours wins.
    pub(super) is_own: bool,
}

/// What is read of the object at hand.
pub(super) struct Scratch<'j> {
    pub(super) cells: Vec<Cell<'j>>,
    /// Why each cell is there or not, where the object has its key.
    states: Vec<Option<State>>,
    /// Whether a cell is from a key that is not our name, or less exact.
    borrowed: Vec<bool>,
    /// The JSON of each column that was read.
    pub(super) nodes: Vec<Option<&'j Node<'j>>>,
    pub(super) touched: Vec<usize>,
    pub(super) says_states: bool,
    /// The column of each key of the object before, by its place.
    pub(super) order: Vec<(&'j str, Option<Target>)>,
}

impl<'j> Scratch<'j> {
    pub(super) fn of(columns: usize) -> Self {
        Self {
            cells: vec![Cell::Absent; columns],
            states: vec![None; columns],
            borrowed: vec![false; columns],
            nodes: vec![None; columns],
            touched: Vec::with_capacity(columns),
            says_states: false,
            order: Vec::new(),
        }
    }

    /// Whether a member was read for this column.
    pub(super) fn has(&self, column: usize) -> bool {
        self.states.get(column).is_some_and(Option::is_some)
    }

    pub(super) fn set(
        &mut self,
        column: usize,
        cell: Cell<'j>,
        state: Option<State>,
        is_borrowed: bool,
    ) {
        let (Some(slot), Some(of_state), Some(borrowed)) = (
            self.cells.get_mut(column),
            self.states.get_mut(column),
            self.borrowed.get_mut(column),
        ) else {
            return;
        };
        *slot = cell;
        *borrowed = is_borrowed;
        if state.is_some() {
            *of_state = state;
        }
        self.touched.push(column);
    }

    /// Corrects what was read for a column, if anything was.
    pub(super) fn restate(&mut self, column: usize, cell: Option<Cell<'j>>, state: State) {
        if let Some(Some(of_state)) = self.states.get_mut(column) {
            *of_state = state;
        }
        if let (Some(cell), Some(slot)) = (cell, self.cells.get_mut(column)) {
            *slot = cell;
        }
    }

    /// Takes what the device's other documents say, where the object says nothing or less exactly so.
    pub(super) fn fill(&mut self, known: &[(usize, Cell<'j>)]) {
        for (column, cell) in known {
            let is_free = self.cells.get(*column) == Some(&Cell::Absent);
            let is_less = self.borrowed.get(*column) == Some(&true);
            if is_free || is_less {
                self.set(*column, cell.clone(), None, false);
            }
        }
    }

    /// One power in two units: what they say together takes the place of what each says.
    pub(super) fn read_light(
        &mut self,
        dbm_column: usize,
        dbm_name: &'static str,
        mw_column: usize,
        mw_name: &'static str,
        place: &Place<'_>,
        notes: &mut Notes,
    ) {
        let reading = |column: usize| {
            let state = self.states.get(column).copied().flatten()?;
            Some(match self.cells.get(column) {
                Some(Cell::Float(value)) => Reading::Measured(*value),
                _ => Reading::Absent(state),
            })
        };
        let node = self.nodes.get(mw_column).copied().flatten();
        let (Some(node), Some(mw)) = (node, reading(mw_column)) else {
            return;
        };
        let written = written(node);
        let dbm = reading(dbm_column);
        let (power, apart) = light(dbm, Some(Milliwatts::of(mw, &written)));
        if apart {
            notes.push(place.note(
                dbm_name,
                &format!("{mw_name} {written} beside it"),
                "the same power in dBm and in mW",
            ));
        }
        let cell = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Float);
        if dbm.is_some() || power.state == State::NoLight {
            self.set(dbm_column, cell(power.dbm), Some(power.state), false);
        }
        if let Some(of_mw) = self.cells.get_mut(mw_column) {
            *of_mw = cell(power.mw);
        }
    }

    /// Limits that can hold no value between them are none, with a note.
    pub(super) fn correct_limits(
        &mut self,
        columns: &LimitColumns,
        place: &Place<'_>,
        notes: &mut Notes,
    ) {
        let [high_alarm, low_alarm, high_warn, low_warn] =
            columns.columns.map(|at| match self.cells.get(at) {
                Some(Cell::Float(value)) => Some(*value),
                _ => None,
            });
        let limits = Limits {
            high_alarm,
            low_alarm,
            high_warn,
            low_warn,
        };
        let none = Limits::default();
        let Some((kept, found)) = limit_pairs::corrected(limits, none, columns.quantity) else {
            return;
        };
        notes.push(place.note(columns.field, &found, limit_pairs::EXPECTED));
        let kept = [
            kept.high_alarm,
            kept.low_alarm,
            kept.high_warn,
            kept.low_warn,
        ];
        for (at, kept) in columns.columns.into_iter().zip(kept) {
            if let Some(cell) = self.cells.get_mut(at) {
                *cell = kept.map_or(Cell::Absent, Cell::Float);
            }
        }
    }

    /// Forgets the object.
    pub(super) fn clear(&mut self) {
        for &column in &self.touched {
            if let Some(cell) = self.cells.get_mut(column) {
                *cell = Cell::Absent;
            }
            if let Some(state) = self.states.get_mut(column) {
                *state = None;
            }
            if let Some(borrowed) = self.borrowed.get_mut(column) {
                *borrowed = false;
            }
            if let Some(node) = self.nodes.get_mut(column) {
                *node = None;
            }
        }
        self.touched.clear();
        self.says_states = false;
    }
}

/// Where the limits of one quantity stand.
pub(super) struct LimitColumns {
    pub(super) quantity: &'static str,
    /// What a note calls them.
    pub(super) field: &'static str,
    /// High and low of alarms, high and low of warnings.
    pub(super) columns: [usize; 4],
}

/// A value as it was written, for a note.
pub(super) fn written(node: &Node<'_>) -> String {
    node.as_text()
        .map_or_else(|| node.to_string(), str::to_owned)
}

/// Where a value stands, for its note.
pub(super) struct Place<'p> {
    pub(super) rpc: &'static str,
    pub(super) interface: Option<&'p str>,
}

impl Place<'_> {
    pub(super) fn note(&self, field: &'static str, found: &str, expected: &'static str) -> Note {
        Note {
            rpc: self.rpc.into(),
            interface: self.interface.map(Arc::from),
            lane: None,
            field: field.into(),
            found: shortened(found),
            expected: expected.into(),
        }
    }
}

/// Why the values are there or not that a state column speaks of, for a writer that does not say it itself.
pub(super) fn state(fill: &StateFill, covered: &[usize], scratch: &Scratch<'_>) -> Option<State> {
    let counts = |at: usize| fill.zero_counts || scratch.cells.get(at) != Some(&Cell::Float(0.0));
    let found = || {
        covered
            .iter()
            .filter(|at| counts(**at))
            .filter_map(|at| scratch.states.get(*at).copied().flatten())
    };
    let ranked = fill
        .ranked
        .iter()
        .find(|state| found().any(|found| found == **state));
    ranked.copied().or_else(|| found().next()).or(fill.missing)
}
