//! What the user asked for: every setting declared once, read from four places.
//!
//! ```text
//!   table   one row a setting: name, type, default, what it is for, which commands take it
//!     ├─► flags        --like-this, in help, completions and man pages
//!     ├─► environment  LANEWATCH_LIKE_THIS
//!     ├─► file         like_this in lanewatch.toml
//!     └─► reference    docs/settings.md
//!   ansible_cfg  what Ansible's own configuration says, below all of these
//!   aws_keys     the keys of the remote lake that the inventory holds
//!   layers   flag over environment over file over default, and where each value came from
//!   resolve  Settings, Options and Plan of a command, with everything that is wrong
//!   log      filter, verbosity and format of the log
//! ```
//!
//! To add a setting, add its row to `table` and use the field of [`Settings`] that it makes.

mod ansible_cfg;
mod aws_keys;
mod file;
mod flags;
mod layers;
mod log;
#[cfg(test)]
mod reference;
mod resolve;
mod row;
mod table;
mod tolerance;
mod value;

pub(crate) use flags::{AsWritten, add_to, given, takes};
pub(crate) use layers::Layers;
pub(crate) use log::LogFormat;
pub(crate) use resolve::{Planned, Shown};
pub(crate) use table::Settings;
pub(crate) use tolerance::Tolerance;
pub(crate) use value::{Age, duration};

#[cfg(test)]
pub(crate) use table::ROWS;
