//! Junos replies to typed records, joined by port, and to their columns.
//!
//! # The narrow waist
//!
//! Everything before this crate is bytes and sockets, everything behind it is columns. In between, and only here, is it
//! known what the numbers mean:
//!
//! ```text
//!  reply ──► xml ──► junos ──► model::Snapshot ──► enrich::join ──► DeviceRecords ──► table::tables ──► lake, metrics
//!  bytes     cursor   parsers   what was said       by location      typed rows    └► json::documents ─► files
//! ```
//!
//! A column's name, type, unit and meaning are written once, beside its struct, in [`model`]; Arrow schemas, field
//! metadata and JSON keys are made from that list. A sink never names a record type.
//!
//! # The map
//!
//! | module | what it holds |
//! |---|---|
//! | [`xml`] | one pass over the text: local names, trimmed text, wrappers, messages of the device, damage |
//! | [`decimal`], [`value`] | digits to number; text to number, or to the reason why there is none |
//! | [`junos`] | one parser for each RPC, and the list of them |
//! | [`mapping`] | RPCs without a compiler: replies read as a catalogue says |
//! | [`merge`] | JSON documents of any age, joined as a run joins |
//! | [`reader`] | who reads a reply: a parser or a mapping |
//! | [`model`] | the records and their columns |
//! | [`port`] | (FPC, PIC, port): the key of every join |
//! | [`enrich`] | the joins, the fibre type, the status |
//! | [`table`], [`json`] | records to Arrow and to JSON |
//! | [`fec`] | growth of counters, bit error ratio from what was counted |
//! | [`filter`], [`note`], [`error`] | which interfaces, what could not be used, what the caller got wrong |
//!
//! # What is promised
//!
//! Parsing never fails as a whole and never panics. A damaged value costs a note and a null, a damaged lane its lane, a
//! damaged interface that interface. What was not measured is absent, with its reason beside it, and never 0. Nothing
//! here opens a file or a socket, waits, or reads a clock.
//!
//! ```
//! use records::{Context, Snapshot, enrich, junos, table};
//!
//! let reply = b"<interface-information><physical-interface><name>et-0/0/1</name><optics-diagnostics>\
//!     <optics-diagnostics-lane-values><lane-index>0</lane-index>\
//!     <laser-rx-optical-power-dbm>-2.28</laser-rx-optical-power-dbm></optics-diagnostics-lane-values>\
//!     </optics-diagnostics></physical-interface></interface-information>";
//! let mut snapshot = Snapshot::default();
//! let parser = junos::parser("optics_diagnostics").unwrap();
//! let outcome = parser.parse(reply, 1_770_132_645, &mut snapshot);
//! assert_eq!(outcome.failure(), None);
//!
//! let context = Context { device: "leaf1".into(), runner_name: "runner01".into(), ..Context::default() };
//! let records = enrich::join(snapshot, &context);
//! assert_eq!(records.lanes[0].lane.values.rx.dbm, Some(-2.28));
//! assert_eq!(table::tables(&records)[1].batch.num_rows(), 1);
//! ```

mod decimal;
pub mod enrich;
pub mod error;
pub mod fec;
pub mod filter;
pub mod json;
pub mod junos;
pub mod mapping;
pub mod merge;
pub mod model;
pub mod note;
pub mod port;
pub mod reader;
pub mod table;
pub mod value;
pub mod xml;

pub use enrich::{Context, DeviceRecords};
pub use error::Error;
pub use filter::InterfaceFilter;
pub use model::{ChassisInventory, Snapshot};
pub use note::{Note, Notes};
pub use port::PortLocation;
pub use reader::Reader;
pub use value::State;
pub use xml::{DeviceError, Outcome};
