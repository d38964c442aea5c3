//! The series of one table's rows, packed: eight bytes a sample, each label value once.
//!
//! A table of the lake is an order of magnitude larger than what its series need, and a fleet's have to stay in memory until
//! each family can be written in one piece. So rows are packed when they come and the table is given back.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use arrow_array::{
    Array, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};

use crate::derived::{self, Modules};
use crate::family::Series;
use crate::labels::LabelColumn;
use crate::layout::{Cell, Label, LabelSource, Order, Part, Reads, Rows, SourceValue};
use crate::original;

/// Packed rows of one part of a table.
#[derive(Debug)]
pub(crate) struct Block {
    rows: usize,
    /// In the order of [`Part::labels`].
    labels: Vec<LabelColumn>,
    /// In the order of [`Part::facts`].
    facts: Vec<LabelColumn>,
    /// In the order of [`Part::cells`]: a number a row, not a number where there is no sample. None: no row has one.
    cells: Vec<Option<Box<[f64]>>>,
}

impl Block {
    /// Packs a table's rows; `modules` are those of its devices. None: no row has a sample.
    pub(crate) fn new(part: &Part, batch: &RecordBatch, modules: &Modules) -> Option<Self> {
        let table = Table { batch, modules };
        let mut rows = table.rows(part);
        let numbers = |rows: &[usize]| -> Vec<Box<[f64]>> {
            let cells = part.cells.iter();
            cells
                .map(|cell| rows.iter().map(|row| table.number(cell, *row)).collect())
                .collect()
        };
        let mut cells = numbers(&rows);
        if matches!(part.rows, Rows::Sampled | Rows::Smallest) {
            let is_sampled = |at: usize| cells.iter().any(|cell| cell[at].is_finite());
            let kept: Vec<usize> = (0..rows.len()).filter(|at| is_sampled(*at)).collect();
            if kept.len() < rows.len() {
                rows = kept.into_iter().map(|at| rows[at]).collect();
                cells = numbers(&rows);
            }
        }
        if part.rows == Rows::Smallest {
            table.reduce(part, &mut rows, &mut cells);
        }
        if rows.is_empty() {
            return None;
        }
        let column =
            |label: &Label| LabelColumn::new(rows.iter().map(|row| table.label(&label.from, *row)));
        let cells = cells.into_iter().map(|numbers| {
            let is_sampled = numbers.iter().any(|number| number.is_finite());
            is_sampled.then_some(numbers)
        });
        Some(Self {
            labels: part.labels.iter().map(column).collect(),
            facts: part.facts.iter().map(column).collect(),
            cells: cells.collect(),
            rows: rows.len(),
        })
    }

    /// A block of one part whose label values are given: of each row, in the order of the part's labels; and one cell.
    pub(crate) fn of_values(labels: &[&[Option<&str>]], values: &[f64]) -> Self {
        let column = |at: usize| {
            let values = labels.iter();
            LabelColumn::new(values.map(|row| row.get(at).copied().flatten().map(Cow::Borrowed)))
        };
        let width = labels.first().map_or(0, |row| row.len());
        Self {
            rows: values.len(),
            labels: (0..width).map(column).collect(),
            facts: Vec::new(),
            cells: vec![Some(values.into())],
        }
    }

    /// Visits the samples of these sources, which are of one family.
    pub(crate) fn visit<E>(
        &self,
        part: &Part,
        sources: &[usize],
        visit: &mut impl FnMut(&Series<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut labels = Vec::new();
        match part.order {
            Order::ByColumn => {
                for source in sources.iter().filter(|at| self.is_sampled(part, **at)) {
                    for row in 0..self.rows {
                        self.sample(part, *source, row, &mut labels, visit)?;
                    }
                }
            }
            Order::ByRow => {
                for row in 0..self.rows {
                    for source in sources {
                        self.sample(part, *source, row, &mut labels, visit)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a source has a sample in some row.
    fn is_sampled(&self, part: &Part, source: usize) -> bool {
        match part.sources.get(source).map(|source| source.value) {
            Some(SourceValue::Cell { at, .. }) => self.cells.get(at).is_some_and(Option::is_some),
            Some(SourceValue::Info { .. }) => true,
            None => false,
        }
    }

    fn sample<'b, E>(
        &'b self,
        part: &'b Part,
        source: usize,
        row: usize,
        labels: &mut Vec<(&'b str, &'b str)>,
        visit: &mut impl FnMut(&Series<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(source) = part.sources.get(source) else {
            return Ok(());
        };
        labels.clear();
        let value = match source.value {
            SourceValue::Cell { at, scale } => {
                let Some(Some(cells)) = self.cells.get(at) else {
                    return Ok(());
                };
                let value = cells.get(row).map_or(f64::NAN, |value| value * scale);
                if !value.is_finite() {
                    return Ok(());
                }
                labels.extend(pairs(&part.labels, &self.labels, row));
                value
            }
            SourceValue::Info { no_fact_alone } => {
                labels.extend(pairs(&part.labels, &self.labels, row));
                let own = labels.len();
                labels.extend(pairs(&part.facts, &self.facts, row));
                if labels[own..]
                    .iter()
                    .all(|(name, _)| no_fact_alone == Some(name))
                {
                    return Ok(());
                }
                1.0
            }
        };
        labels.extend(source.labels.iter().copied());
        visit(&Series {
            family: &source.family,
            labels,
            value,
        })
    }
}

/// The labels that a row has.
fn pairs<'b>(
    names: &'b [Label],
    columns: &'b [LabelColumn],
    row: usize,
) -> impl Iterator<Item = (&'b str, &'b str)> {
    names
        .iter()
        .zip(columns)
        .filter_map(move |(label, column)| Some((label.name.as_str(), column.get(row)?)))
}

/// A table that is being packed.
struct Table<'t> {
    batch: &'t RecordBatch,
    modules: &'t Modules,
}

impl<'t> Table<'t> {
    fn column(&self, at: usize) -> &'t dyn Array {
        self.batch.column(at).as_ref()
    }

    fn named(&self, name: &str, row: usize) -> Option<Cow<'t, str>> {
        text(self.batch.column_by_name(name)?.as_ref(), row)
    }

    /// The rows that count.
    fn rows(&self, part: &Part) -> Vec<usize> {
        let all = 0..self.batch.num_rows();
        let is_labelled = |row: &usize| {
            let mut labels = part.labels.iter();
            labels.all(|label| match label.from {
                LabelSource::Column(at) | LabelSource::Port(at) => !self.column(at).is_null(*row),
                _ => true,
            })
        };
        match part.rows {
            Rows::All => all.collect(),
            Rows::Labelled | Rows::Sampled | Rows::Smallest => all.filter(is_labelled).collect(),
            Rows::Modules => {
                let mut known = HashSet::new();
                all.filter(is_labelled)
                    .filter(|row| known.insert(self.module(*row)))
                    .collect()
            }
        }
    }

    /// Which module a row is about: the device and the place. The channels of a broken-out port share one.
    fn module(&self, row: usize) -> [Cow<'t, str>; 4] {
        let of = |name: &str| self.named(name, row);
        let device = of("device").unwrap_or_default();
        match (of("fpc"), of("pic"), of("port")) {
            (None, None, None) => {
                let interface = of("if_name").unwrap_or_default();
                [device, port(interface), Cow::default(), Cow::default()]
            }
            (fpc, pic, port) => [
                device,
                fpc.unwrap_or_default(),
                pic.unwrap_or_default(),
                port.unwrap_or_default(),
            ],
        }
    }

    /// Makes one row of those with the same labels, with the smallest number of each cell.
    fn reduce(&self, part: &Part, rows: &mut Vec<usize>, cells: &mut [Box<[f64]>]) {
        let mut first: HashMap<Vec<Option<Cow<'t, str>>>, usize> = HashMap::new();
        let mut kept = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let labels = part.labels.iter();
            let labels = labels.map(|label| self.label(&label.from, *row)).collect();
            let into = *first.entry(labels).or_insert(at);
            if into == at {
                kept.push(at);
            }
            for cell in &mut *cells {
                // Of a number and none it is the number.
                cell[into] = cell[into].min(cell[at]);
            }
        }
        for cell in &mut *cells {
            *cell = kept.iter().map(|at| cell[*at]).collect();
        }
        *rows = kept.into_iter().map(|at| rows[at]).collect();
    }

    /// The value of a label.
    fn label(&self, from: &LabelSource, row: usize) -> Option<Cow<'t, str>> {
        match from {
            LabelSource::Column(at) => text(self.column(*at), row),
            LabelSource::Port(at) => text(self.column(*at), row).map(port),
            LabelSource::Profile(at) => {
                let model = text(self.column(*at), row)?;
                Some(Cow::Owned(original::profile(&model)))
            }
            LabelSource::Fiber(at) => {
                let fiber = text(self.column(*at), row)?;
                Some(Cow::Owned(original::fiber(&fiber).to_owned()))
            }
            LabelSource::Module(name) => text(self.modules.column(name)?, self.module_row(row)?),
            LabelSource::Given => None,
        }
    }

    /// The row of the interface's module in the table of modules.
    fn module_row(&self, row: usize) -> Option<usize> {
        let (device, interface) = (self.named("device", row)?, self.named("if_name", row)?);
        self.modules.row(&device, &interface)
    }

    /// A cell's number; not a number where there is none.
    fn number(&self, cell: &Cell, row: usize) -> f64 {
        let column = self.column(cell.column);
        let found = match &cell.reads {
            Reads::Number => number(column, row),
            Reads::Count { state } => number(column, row).or_else(|| {
                let state = text(self.column(*state), row)?;
                (state == "ok").then_some(0.0)
            }),
            Reads::Words(words) => text(column, row).and_then(|text| {
                let word = words.iter().find(|(word, _)| *word == text);
                word.map(|(_, number)| *number)
            }),
            Reads::OtherThan(word) => {
                text(column, row).and_then(|text| (text != *word).then_some(1.0))
            }
            Reads::Codewords(bins) => self.sum(bins, row, |_| 1.0),
            Reads::SymbolErrors(bins) => self.sum(bins, row, |bin| bin as f64),
            Reads::BerLimit => text(column, row).and_then(|mode| derived::ber_limit(&mode)),
            Reads::Margin { low, high, is_low } => number(column, row).and_then(|value| {
                let module = self.module_row(row)?;
                let low = self.modules.number(module, low);
                let high = self.modules.number(module, high);
                derived::margin(value, low, high, *is_low)
            }),
        };
        found.unwrap_or(f64::NAN)
    }

    /// The weighted sum of the bins that were sent; none without the first.
    fn sum(&self, bins: &[usize], row: usize, weight: impl Fn(usize) -> f64) -> Option<f64> {
        number(self.column(*bins.first()?), row)?;
        let bins = bins.iter().enumerate();
        let counts =
            bins.filter_map(|(bin, column)| Some(weight(bin) * number(self.column(*column), row)?));
        Some(counts.sum())
    }
}

/// An interface's name without its channel.
fn port(interface: Cow<'_, str>) -> Cow<'_, str> {
    match interface.find(':') {
        None => interface,
        Some(end) => Cow::Owned(interface[..end].to_owned()),
    }
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
fn text(column: &dyn Array, row: usize) -> Option<Cow<'_, str>> {
    if column.is_null(row) {
        return None;
    }
    let any = column.as_any();
    if let Some(column) = any.downcast_ref::<StringArray>() {
        Some(Cow::Borrowed(column.value(row)))
    } else if let Some(column) = any.downcast_ref::<Int32Array>() {
        Some(Cow::Owned(column.value(row).to_string()))
    } else if let Some(column) = any.downcast_ref::<Int64Array>() {
        Some(Cow::Owned(column.value(row).to_string()))
    } else {
        let column = any.downcast_ref::<BooleanArray>()?;
        Some(Cow::Owned(column.value(row).to_string()))
    }
}
