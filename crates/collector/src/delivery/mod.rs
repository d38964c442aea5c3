//! Delivery: what devices leave goes to every sink, each in a thread of its own behind a bounded queue.
//!
//! ```text
//!                    ┌─ queue of 16 ────────► documents   holds the device's turn until its files are written
//!  DeviceOutput ─────┼─ queue of 16 ────────► lake        holds the device's turn until its rows are queued
//!  (FanOut::accept)  ├─ newest per device ──► metrics     never holds a turn; what is replaced is counted
//!                    ├─ newest per device ──► push        never holds a turn; each device is sent as soon as it has ended
//!                    └─ newest per device ──► scrape      the same, in memory, for those who scrape
//! ```
//!
//! A sink that holds turns does so for at most `sink_timeout`. A sink that takes longer is out of the run: it gets nothing more, the
//! run is marked undelivered, and the other sinks go on. To add a sink, add its file here, and its variant and its row of `sinks_of` in `sink`.

mod documents;
mod fan_out;
mod known_devices;
mod lake;
mod metrics;
mod output;
mod push;
mod queue;
mod scrape;
mod sink;

pub(crate) use fan_out::FanOut;
pub(crate) use output::{DeviceOutput, Published};
pub(crate) use sink::sinks_of;
