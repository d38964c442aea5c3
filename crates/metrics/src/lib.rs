//! Tables as Prometheus series: which series a column becomes, and the formats that receivers take.
//!
//! ```text
//!  Table ─► rule ─► layout   how its columns become series: from table, name, unit and role
//!   │        ├ exceptions     the family table: other names, columns that are no series, series that have no column
//!   │        ├ derived        what is worked out of several columns: states, margins, limits, sums of the FEC histogram
//!   │        └ original       names and labels of the original
//!   ▼
//!  block                a table's rows, packed: eight bytes a sample
//!   ▼
//!  Exposition ─► for_each_series ─► encode::text, encode::openmetrics, encode::remote_write
//! ```
//!
//! An [`Exposition`] is one run. A [`Fleet`] holds the newest series of each device for those who ask at any time.
//!
//! A series is borrowed while it is visited; nobody owns a set of labels. The families come in the order of their names, each in one
//! piece, as the text format wants it, while memory holds packed numbers and not text. A value that was not measured is no sample.
//! Facts of a module are one `junos_optics_info` series and its thresholds are said once, not with every lane; a module is known by
//! its port, so the channels of a broken-out port share both.
//!
//! Label values are made valid in one place, [`valid`], when they enter. Nothing here opens a file or a socket, waits, or reads a
//! clock: who writes and sends is the business of other crates.
//!
//! ```
//! use metrics::{Exposition, Health, MetricNames, encode};
//!
//! let mut exposition = Exposition::new(MetricNames::Documented);
//! exposition.add_health(&Health { device: "leaf1".into(), is_up: true, ..Health::default() });
//! let text = encode::text::write(&exposition, Vec::new())?;
//! assert!(String::from_utf8_lossy(&text).contains("junos_up{device=\"leaf1\"} 1\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod block;
mod derived;
pub mod encode;
mod error;
mod exceptions;
mod exposition;
mod family;
mod fleet;
mod health;
mod labels;
mod layout;
mod names;
mod number;
mod original;
mod previous;
mod recall;
#[cfg(test)]
mod reference;
mod rule;
mod watched;

pub use error::{Error, Result};
pub use exposition::Exposition;
pub use family::{Family, Kind, Series};
pub use fleet::{DeviceTables, Fleet, FleetSeries};
pub use health::{
    DeviceInfo, FindingCount, Health, Maintenance, PUSH_INFO_FAMILY, PushInfo, RpcHealth,
};
pub use labels::{LONGEST_VALUE, valid, valid_bytes};
pub use names::{Detail, MetricNames};
pub use recall::is_recalled;
pub use watched::is_watched;
