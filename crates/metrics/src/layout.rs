//! How a table becomes series: worked out once a table by [`crate::rule`], used for every device's rows.

use std::sync::Arc;

use records::table::Dataset;

use crate::family::Family;

/// How a table becomes series: in parts, each with labels of its own.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) parts: Vec<Part>,
}

/// Series with the same labels.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) rows: Rows,
    pub(crate) labels: Vec<Label>,
    /// The further labels of an info series.
    pub(crate) facts: Vec<Label>,
    /// The columns that are read as numbers.
    pub(crate) cells: Vec<Cell>,
    pub(crate) sources: Vec<Source>,
    pub(crate) order: Order,
}

/// Which rows of the table count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All.
    All,
    /// Those that have all labels.
    Labelled,
    /// The first of each module.
    Modules,
    /// Those that have all labels and a number.
    Sampled,
    /// The same; of rows with the same labels the smallest number of each cell.
    Smallest,
}

/// How the samples of one family follow each other where several columns make them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// All rows of a column, then those of the next.
    ByColumn,
    /// All columns of a row, then those of the next.
    ByRow,
}

/// A label and where its value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) from: LabelSource,
}

/// Where a label's value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LabelSource {
    /// This column.
    Column(usize),
    /// This column, which is an interface's name: the port, without its channel.
    Port(usize),
    /// This column, which is the device's model: its profile in the original's words.
    Profile(usize),
    /// This column, which is a fibre type: in the original's words.
    Fiber(usize),
    /// The column of this name, in the row of the table of modules that is about the same interface.
    Module(&'static str),
    /// None: the value is given when the block is made.
    Given,
}

/// A column that is read as numbers.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) column: usize,
    pub(crate) reads: Reads,
}

/// How a number is read.
#[derive(Debug, Clone)]
pub(crate) enum Reads {
    /// As it is.
    Number,
    /// As it is; nothing counts as 0 where the other column says `ok`. A series that begins with its first count has no increase.
    Count { state: usize },
    /// A word's number; other words are no sample.
    Words(&'static [(&'static str, f64)]),
    /// 1 for every word but this one.
    OtherThan(&'static str),
    /// The number of codewords in these bins.
    Codewords(Vec<usize>),
    /// The number of symbol errors of the codewords in these bins.
    SymbolErrors(Vec<usize>),
    /// The bit error ratio that the FEC mode in this column bears.
    BerLimit,
    /// How far the number is inside of the module's limits, where the nearer one is this.
    Margin {
        low: &'static str,
        high: &'static str,
        is_low: bool,
    },
}

/// What makes samples of a family.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) family: Arc<Family>,
    pub(crate) value: SourceValue,
    /// Further labels, the same in every row.
    pub(crate) labels: Vec<(&'static str, &'static str)>,
}

/// Where a source's value is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SourceValue {
    /// A cell, by its number in [`Part::cells`], multiplied.
    Cell { at: usize, scale: f64 },
    /// The value 1, where there are facts other than this one.
    Info { no_fact_alone: Option<&'static str> },
}

impl Part {
    pub(crate) fn new(rows: Rows, labels: Vec<Label>, order: Order) -> Self {
        Self {
            rows,
            labels,
            facts: Vec::new(),
            cells: Vec::new(),
            sources: Vec::new(),
            order,
        }
    }

    /// Adds a cell and returns its number.
    pub(crate) fn cell(&mut self, column: usize, reads: Reads) -> usize {
        self.cells.push(Cell { column, reads });
        self.cells.len() - 1
    }

    /// Adds a source that is a cell.
    pub(crate) fn source(
        &mut self,
        family: Family,
        at: usize,
        scale: f64,
        labels: Vec<(&'static str, &'static str)>,
    ) {
        self.push(family, SourceValue::Cell { at, scale }, labels);
    }

    /// Adds an info series.
    pub(crate) fn info(&mut self, family: Family, no_fact_alone: Option<&'static str>) {
        self.push(family, SourceValue::Info { no_fact_alone }, Vec::new());
    }

    fn push(
        &mut self,
        family: Family,
        value: SourceValue,
        labels: Vec<(&'static str, &'static str)>,
    ) {
        // Columns of one family share it.
        let known = self.sources.iter().find(|source| *source.family == family);
        let family = known.map_or_else(|| Arc::new(family), |source| Arc::clone(&source.family));
        self.sources.push(Source {
            family,
            value,
            labels,
        });
    }
}

/// These columns as labels. `if_name` is called `interface`.
pub(crate) fn labels(dataset: &Dataset, columns: &[&str]) -> Vec<Label> {
    let schema = dataset.schema();
    let is_taken = columns.contains(&"interface");
    let labels = columns.iter().filter_map(|name| {
        let at = schema.index_of(name).ok()?;
        let label = if *name == "if_name" && !is_taken {
            "interface"
        } else {
            name
        };
        Some(Label {
            name: label.to_owned(),
            from: LabelSource::Column(at),
        })
    });
    labels.collect()
}
