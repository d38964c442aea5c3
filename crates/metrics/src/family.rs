//! What a series is: its family, its labels and its value.

/// What a family's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Counts up until it is cleared.
    Counter,
    /// Facts in the labels, and the value 1. The text format knows no such kind and calls it a gauge.
    Info,
}

impl Kind {
    /// The word of the text format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge | Self::Info => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// All series of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Name of the samples, with unit and `_total`.
    pub name: String,
    /// What the values are.
    pub kind: Kind,
    /// The unit as the name has it (`celsius`), or nothing.
    pub unit: &'static str,
    /// One sentence.
    pub help: String,
}

/// One series with its value, borrowed for as long as the visit lasts.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Which family it belongs to.
    pub family: &'a Family,
    /// MetricNames and values in the order of the text format; the values are valid (see [`valid`](crate::valid)) and not yet escaped.
    pub labels: &'a [(&'a str, &'a str)],
    /// A finite number.
    pub value: f64,
}

impl Series<'_> {
    /// Whether the label has this value.
    pub fn has(&self, label: &str, value: &str) -> bool {
        self.labels.contains(&(label, value))
    }
}
