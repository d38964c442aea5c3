//! A simulated device: the content of its ports, and its readings at a simulated time.
//!
//! A [`Device`] is built once from a platform's blueprint, a seed and conditions. Its readings are values, rounded as the device
//! would send them. [`render`](crate::render) makes text of them, and the ledger records the same values, so neither can copy the
//! other's mistakes.

mod build;
mod chassis;
mod device;
mod optics;
mod statistics;

pub(crate) use chassis::{EnvironmentReading, RouteEngineReading};
pub(crate) use device::{Content, Device, Epoch, Socket};
pub(crate) use optics::{LaneReading, ModuleReading, OpticsReading};
pub(crate) use statistics::{FecReading, InterfaceReading, Traffic};
