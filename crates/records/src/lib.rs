//! Junos replies to typed records, joined by port, and to their columns.
//!
//! # The narrow waist
//!
//! Everything before this crate is bytes and sockets, everything behind it is columns. In between, and only here, is it
//! known what the numbers mean:
//!
//! ```text
//!  reply ──► xml ──► parsers ──► Snapshot ──► enrich::join ──► DeviceRecords ──► tables::tables ──► lake, metrics
//!  bytes     cursor   a vendor's  what was said  by location      typed rows    └► json::documents ─► files
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
//! | [`parsers`] | the vendors, one parser for each RPC of each |
//! | [`mapping`] | RPCs without a compiler: replies read as a catalogue says |
//! | [`merge`] | JSON documents of any age, joined as a run joins |
//! | [`reader`], [`reply_name`] | who reads a reply: a parser or a mapping; what a reply is called |
//! | [`mod@column`] | what a column is |
//! | [`model`] | the records and their columns |
//! | [`snapshot`] | what all replies of a device said |
//! | [`port`] | (FPC, PIC, port): the key of every join |
//! | [`enrich`] | the joins, the fibre type, the status |
//! | [`tables`] | the list of built-in tables, and a device's rows in them |
//! | [`table`], [`json`] | rows to Arrow, and to and from JSON |
//! | [`judge`] | what is wrong with a module, of flags, limits and darkness |
//! | [`fec`] | growth of counters, bit error ratio from what was counted |
//! | [`filter`], [`note`], [`error`] | which interfaces, what could not be used, what the caller got wrong |
//! | [`unread`] | what a reply measures and no parser reads |
//!
//! # What is promised
//!
//! Parsing never fails as a whole and never panics. A damaged value costs a note and a null, a damaged lane its lane, a
//! damaged interface that interface. What was not measured is absent, with its reason beside it, and never 0. Nothing
//! here opens a file or a socket, waits, or reads a clock.
//!
//! ```
//! use records::{Context, Snapshot, enrich, parsers, tables};
//!
//! let reply = b"<interface-information><physical-interface><name>et-0/0/1</name><optics-diagnostics>\
//!     <optics-diagnostics-lane-values><lane-index>0</lane-index>\
//!     <laser-rx-optical-power-dbm>-2.28</laser-rx-optical-power-dbm></optics-diagnostics-lane-values>\
//!     </optics-diagnostics></physical-interface></interface-information>";
//! let mut snapshot = Snapshot::default();
//! let parser = parsers::find("optics_diagnostics").unwrap();
//! let outcome = parser.parse(reply, 1_770_132_645, &mut snapshot);
//! assert_eq!(outcome.failure(), None);
//!
//! let context = Context { device: "leaf1".into(), runner_name: "runner01".into(), ..Context::default() };
//! let records = enrich::join(snapshot, &context);
//! assert_eq!(records.lanes[0].lane.values.rx.dbm, Some(-2.28));
//! assert_eq!(tables::tables(&records)[1].batch.num_rows(), 1);
//! ```

pub mod column;
mod decimal;
pub mod enrich;
pub mod error;
pub mod fec;
pub mod filter;
pub mod json;
mod json_writer;
pub mod judge;
mod light;
mod limit_pairs;
pub mod mapping;
pub mod merge;
pub mod model;
pub mod note;
pub mod parsers;
pub mod port;
mod quantity;
pub mod reader;
pub mod reply_name;
pub mod snapshot;
pub mod table;
pub mod tables;
pub mod unread;
pub mod value;
pub mod xml;

pub use enrich::{Context, DeviceRecords};
pub use error::Error;
pub use filter::InterfaceFilter;
pub use model::ChassisInventory;
pub use note::{Note, Notes};
pub use parsers::Arrival;
pub use port::PortLocation;
pub use reader::ReplyReader;
pub use reply_name::{PicSlots, ReplyName};
pub use snapshot::Snapshot;
pub use unread::Unread;
pub use value::State;
pub use xml::{DeviceError, Outcome};
