//! Reading a reply: one forward pass over the text, no tree.
//!
//! [`scanner`] finds tags and texts, and [`names`] guesses which name comes next; [`cursor`] gives elements by local name and their
//! trimmed text; [`mod@walk`] finds the items of a reply behind whatever wrappers stand around them, unwraps
//! `multi-routing-engine-results` once for every RPC, and goes on after damage; [`device_error`] keeps what the device says instead of data. Nothing here knows what an item means.

mod cursor;
mod damage;
mod device_error;
#[cfg(test)]
mod differential_tests;
mod names;
mod scanner;
mod walk;

pub(crate) use cursor::{Cursor, Element};
pub(crate) use damage::Damage;
pub use device_error::{DeviceError, ErrorKind, Severity};
pub(crate) use names::Meanings;
pub use walk::Outcome;
pub(crate) use walk::{Shape, walk};
