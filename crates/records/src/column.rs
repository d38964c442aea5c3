//! Columns: each is its name, type, unit, role, meaning and getter, written once.
//!
//! From the column lists in [`crate::model`] come the Arrow schemas, the field metadata (`unit`, `meaning`, `role`), the
//! record batches, the keys of the JSON objects, and how JSON objects are read back ([`Fill`]).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::value::State;

/// A cell, borrowed from its record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Not measured: null in the lake, no key in JSON.
    Absent,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Texts: a list in JSON, joined by commas in the lake. An empty list says that there is none, and is null in the lake.
    Texts(&'a [String]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl<'a> From<&'a Option<Arc<str>>> for Value<'a> {
    fn from(text: &'a Option<Arc<str>>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl<'a> From<&'a Option<Cow<'static, str>>> for Value<'a> {
    fn from(text: &'a Option<Cow<'static, str>>) -> Self {
        text.as_deref().map_or(Self::Absent, Self::Text)
    }
}

impl From<Option<f64>> for Value<'_> {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Absent, Self::Float)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Absent, Self::Integer)
    }
}

impl From<Option<u32>> for Value<'_> {
    fn from(value: Option<u32>) -> Self {
        value.map_or(Self::Absent, |value| Self::Integer(value.into()))
    }
}

/// A cell that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    /// Not sent, or not readable.
    Absent,
    /// Text.
    Text(Box<str>),
    /// A whole number.
    Integer(i64),
    /// A floating-point number, never infinite.
    Float(f64),
    /// True or false.
    Boolean(bool),
}

impl OwnedValue {
    /// The same, borrowed.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Boolean(truth) => Value::Boolean(*truth),
        }
    }
}

impl fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
        }
    }
}

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// 32-bit signed.
    Int32,
    /// 64-bit signed.
    Int64,
    /// 64-bit floating point.
    Float64,
    /// True or false.
    Boolean,
    /// An instant in UTC, in microseconds since 1970. The lake has it; JSON has the seconds beside it.
    Instant,
}

/// What a column is for: what a consumer may do with it without knowing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Names the row or groups rows.
    Label,
    /// A measurement that goes up and down.
    Gauge,
    /// Counts up until it is cleared.
    Counter,
    /// A limit that belongs to the module.
    Threshold,
    /// A word from a closed set.
    State,
    /// UTC seconds, or an instant in UTC.
    Time,
}

impl Role {
    /// The word in the schema's metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Threshold => "threshold",
            Self::State => "state",
            Self::Time => "time",
        }
    }
}

/// A part of a port's place, as in an interface's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortPart {
    /// The FPC's slot.
    Fpc,
    /// The PIC's slot.
    Pic,
    /// The port's number.
    Port,
    /// The channel of a broken-out port.
    Channel,
}

/// Where a column's value comes from when a row is read from a JSON object.
#[derive(Debug, Clone, Copy)]
pub enum Fill {
    /// From the object's member of the same name, and from nowhere else.
    Member,
    /// The interface's name: the object's member, else the key that it stands under.
    InterfaceName,
    /// The member, else that of the document around the object.
    Document,
    /// The same, else the device that the caller names.
    Device,
    /// The runner that the caller names.
    Runner,
    /// When the run began, as the caller says.
    RunTimestamp,
    /// The member, else that of the document around the object, else the time that the caller names.
    Timestamp,
    /// What [`Self::Timestamp`] gives, as an instant.
    Instant,
    /// The member, else what the interface's name says.
    Port(PortPart),
    /// The member, a power in dBm; with the power in mW of this column it says how much light there is.
    Light(&'static str),
    /// The member, else the number that this text column holds.
    NumberIn(&'static str),
    /// The member, else what the states of other columns add up to.
    State(StateFill),
}

/// How a `*_state` column follows from the columns that it speaks of, for a writer that does not say it.
#[derive(Debug, Clone, Copy)]
pub struct StateFill {
    /// True for the names of the columns that it speaks of.
    pub covers: fn(&str) -> bool,
    /// Of several states the first of these that is among them; none of these: any.
    pub ranked: &'static [State],
    /// False where 0 is no evidence: an empty cage sends it too.
    pub zero_counts: bool,
    /// The state where the object has none of the columns.
    pub missing: Option<State>,
}

impl StateFill {
    /// The state of one column.
    pub(crate) const fn of_one(covers: fn(&str) -> bool, missing: Option<State>) -> Fill {
        Fill::State(Self {
            covers,
            ranked: &[],
            zero_counts: true,
            missing,
        })
    }

    /// The state of several counters. One that could not be read is not hidden by one that could.
    pub(crate) const fn of_counters(covers: fn(&str) -> bool) -> Fill {
        Fill::State(Self {
            covers,
            ranked: &[State::Invalid, State::Ok],
            zero_counts: true,
            missing: Some(State::NotPresent),
        })
    }

    /// The state of a module: one measurement is enough.
    pub(crate) const fn of_module() -> Fill {
        Fill::State(Self {
            covers: |name| {
                ["temperature", "voltage", "rx_power", "tx_power", "tx_bias"].contains(&name)
            },
            ranked: &[State::Ok, State::NoLight, State::Invalid, State::NotPresent],
            zero_counts: false,
            missing: None,
        })
    }
}

/// What the column `time` of every table means.
pub(crate) const TIME: &str = "`timestamp` as an instant in UTC";
pub(crate) const MICROSECONDS_A_SECOND: i64 = 1_000_000;

/// The value of the column `time` for UTC seconds.
pub(crate) const fn instant(timestamp: i64) -> Value<'static> {
    Value::Integer(timestamp.saturating_mul(MICROSECONDS_A_SECOND))
}

/// What is known of a column without its records.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// Name in JSON and in the lake.
    pub name: &'static str,
    /// How it is stored.
    pub column_type: ColumnType,
    /// Unit, in the form of UCUM where there is one (`dBm`, `mW`, `mA`, `Cel`, `V`, `W`, `nm`, `bit/s`, `s`); empty for
    /// text.
    pub unit: &'static str,
    /// What it is for.
    pub role: Role,
    /// One sentence for the schema's metadata.
    pub meaning: &'static str,
    /// False for the columns that every row has.
    pub nullable: bool,
    /// Where its value comes from when a row is read from JSON.
    pub fill: Fill,
}

/// One column of the records `R`.
#[derive(Debug)]
pub struct Column<R: 'static> {
    /// What is known of it without its records.
    pub spec: ColumnSpec,
    /// The cell of a record.
    pub get: fn(&R) -> Value<'_>,
}

impl<R> Column<R> {
    const fn new(
        name: &'static str,
        column_type: ColumnType,
        unit: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        let spec = ColumnSpec {
            name,
            column_type,
            unit,
            role,
            meaning,
            nullable: true,
            fill: Fill::Member,
        };
        Self { spec, get }
    }

    /// A text column that may be absent.
    pub(crate) const fn text(
        name: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self::new(name, ColumnType::Text, "", role, meaning, get)
    }

    /// A floating-point column that may be absent.
    pub(crate) const fn float(
        name: &'static str,
        unit: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self::new(name, ColumnType::Float64, unit, role, meaning, get)
    }

    /// A 64-bit column that may be absent.
    pub(crate) const fn int64(
        name: &'static str,
        unit: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self::new(name, ColumnType::Int64, unit, role, meaning, get)
    }

    /// The instant `time` of a row, for engines that know instants. `get` gives microseconds.
    pub(crate) const fn time(get: fn(&R) -> Value<'_>) -> Self {
        let column = Self::new("time", ColumnType::Instant, "", Role::Time, TIME, get);
        column.filled(Fill::Instant)
    }

    /// A 32-bit column that may be absent: slots, ports, lanes.
    pub(crate) const fn int32(
        name: &'static str,
        role: Role,
        meaning: &'static str,
        get: fn(&R) -> Value<'_>,
    ) -> Self {
        Self::new(name, ColumnType::Int32, "", role, meaning, get)
    }

    /// The same column, there in every row.
    pub(crate) const fn always(mut self) -> Self {
        self.spec.nullable = false;
        self
    }

    /// The same column, filled in this way when a row is read from JSON.
    pub(crate) const fn filled(mut self, fill: Fill) -> Self {
        self.spec.fill = fill;
        self
    }
}

/// A column list in sections, so that parts of it can be generated.
pub type Columns<R> = &'static [&'static [Column<R>]];
