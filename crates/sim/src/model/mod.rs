//! A simulated box: what is in its ports, and what it would report at a simulated second.
//!
//! [`Device`] is built once from a platform's blueprint, a seed and conditions; its readings are values, rounded as the box would send
//! them. Text is made of them in [`render`](crate::render), and the ledger writes the same values down, so neither can copy the other's
//! mistakes.

mod build;
mod chassis;
mod device;
mod optics;
mod statistics;

pub(crate) use chassis::{EnvironmentReading, RouteEngineReading};
pub(crate) use device::{Content, Device, Epoch, Socket};
pub(crate) use optics::{LaneReading, ModuleReading, OpticsReading};
pub(crate) use statistics::{FecReading, InterfaceReading, Traffic};
