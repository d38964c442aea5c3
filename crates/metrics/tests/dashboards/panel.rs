//! What a dashboard consists of, in the terms of this folder: panels, queries, variables. [`super::json`] writes it as Grafana reads it.

/// A dashboard.
#[derive(Debug)]
pub(super) struct Dashboard {
    /// Its file's name, and the end of its uid.
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) variables: Vec<Variable>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) rows: Vec<Row>,
}

/// A choice at the top of a dashboard.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// `label_values(…)`.
    pub(super) query: &'static str,
    /// What is cut out of each value.
    pub(super) regex: &'static str,
    pub(super) many: bool,
    pub(super) is_hidden: bool,
}

/// Marks on the time axis.
#[derive(Debug)]
pub(super) struct Annotation {
    pub(super) name: &'static str,
    pub(super) expr: &'static str,
    pub(super) title: &'static str,
}

/// Panels below a heading, from left to right.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) unit: &'static str,
    pub(super) width: u8,
    pub(super) height: u8,
    pub(super) kind: Kind,
    pub(super) queries: Vec<Query>,
    /// From which value on which colour; the first has no lower end.
    pub(super) colours: Vec<(Option<f64>, &'static str)>,
    /// What a value is called.
    pub(super) words: Vec<(f64, &'static str)>,
}

/// How a panel draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Stat,
    /// Lines over time; `log`: on a logarithmic axis.
    Lines {
        log: bool,
    },
    /// States over time.
    Timeline,
    /// A table of labels and one value, sorted by it.
    Table {
        value: &'static str,
        descending: bool,
        /// The dashboard that a row leads to.
        link: Option<Link>,
    },
    /// A table with a label down, a label across, and the value as colour.
    Grid {
        down: &'static str,
        across: &'static str,
    },
    /// Each query is a bucket, from the bottom up.
    HeatMap,
    Bars,
}

/// Where a row of a table leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Device,
    Interface,
}

/// A query of a panel.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) expr: String,
    pub(super) legend: &'static str,
    /// A limit: a dashed line.
    pub(super) is_limit: bool,
}

/// Good, to be looked at, bad.
pub(super) const GREEN: &str = "green";
pub(super) const YELLOW: &str = "yellow";
pub(super) const RED: &str = "red";

impl Panel {
    pub(super) fn new(
        kind: Kind,
        title: &'static str,
        description: &'static str,
        unit: &'static str,
    ) -> Self {
        let (width, height) = match kind {
            Kind::Stat => (3, 4),
            Kind::Grid { .. } => (12, 14),
            _ => (12, 9),
        };
        Self {
            title,
            description,
            unit,
            width,
            height,
            kind,
            queries: Vec::new(),
            colours: vec![(None, GREEN)],
            words: Vec::new(),
        }
    }

    pub(super) fn query(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        self.queries.push(Query {
            expr: expr.into(),
            legend,
            is_limit: false,
        });
        self
    }

    pub(super) fn limit(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        self.queries.push(Query {
            expr: expr.into(),
            legend,
            is_limit: true,
        });
        self
    }

    /// The colours from these values on; below the first is `first`.
    pub(super) fn colours(mut self, first: &'static str, others: &[(f64, &'static str)]) -> Self {
        self.colours = vec![(None, first)];
        let others = others.iter().map(|(from, colour)| (Some(*from), *colour));
        self.colours.extend(others);
        self
    }

    pub(super) fn words(mut self, words: &[(f64, &'static str)]) -> Self {
        self.words = words.to_vec();
        self
    }

    pub(super) fn wide(mut self, width: u8) -> Self {
        self.width = width;
        self
    }
}

/// The shard, of which all are chosen at first.
pub(super) const SHARD: Variable = Variable {
    name: "shard",
    label: "Shard",
    query: "label_values(junos_device_info, shard)",
    regex: "",
    many: true,
    is_hidden: false,
};

/// One device of the shards.
pub(super) const DEVICE: Variable = Variable {
    name: "device",
    label: "Device",
    query: "label_values(junos_device_info{shard=~\"$shard\"}, device)",
    regex: "",
    many: false,
    is_hidden: false,
};
