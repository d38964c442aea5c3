//! RPCs without a compiler: a reply read as a catalogue's `mapping:` says, into a table of its own.
//!
//! ```text
//!  ItemPath  environment-information/environment-item      which elements are rows
//!  fields    name ◄ name      temperature ◄ temperature/@celsius, else temperature
//!     │
//!     ▼ read     the cursor of the built-in parsers: wrappers, routing engines, rpc-errors and damage are dealt with there
//!  MappedRow ─► MappedRows ─► table: a dataset named as the mapping      ─► json: {device}_{name}_metrics.json
//! ```
//!
//! A [`Mapping`] is complete and consistent once it is built; what a person wrote is read and checked where the
//! catalogue is. The rules are those of the built-in parsers: what was not sent is null, what cannot be read costs a
//! note and a null, a row that is damaged costs that row.

mod definition;
mod numbers;
mod path;
mod read;
mod rows;
mod units;

pub use definition::{COMMON_COLUMNS, FieldType, MappedField, Mapping};
pub use path::{FieldPath, ItemPath};
pub use read::read;
pub use rows::{MappedRow, MappedRows};
pub(crate) use rows::{document, table};
pub use units::{UNITS, Unit};
