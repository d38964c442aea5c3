//! Joining what the replies say, by port location and by nothing else.
//!
//! [`transceivers`] makes one module of chassis inventory and PIC detail; [`facts`] is what tells of its fibre and light; [`fibre`] tells single-mode from multi-mode, [`wavelength`] which light;
//! [`names`] finds the name that the device itself uses for a location. [`join`]
//! puts them into rows. Nothing here reads XML, and nothing here knows a sink.

mod facts;
pub(crate) mod fibre;
mod fibre_tables;
mod join;
mod medium;
mod members;
mod names;
mod transceivers;
mod wavelength;

pub use join::{Context, DeviceRecords, join};
pub use names::PortNames;
pub(crate) use names::odd_name;
