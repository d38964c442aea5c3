//! Simulates Junos devices behind a real SSH server.
//!
//! A [`Fleet`] puts devices on loopback ports, each with a host key and the `netconf` subsystem. Third-party clients accept them as the
//! devices that they simulate. Lanewatch's tests and its demo use such fleets. The crate uses the server side of `netconf`. It shares no
//! code with Lanewatch's records and files, so that a mistake on one side is not hidden by the same mistake on the other.
//!
//! ```text
//!   FleetSpec + SimClock ─► Fleet ─► ssh ─► session ─► answer ─► model ─► render ─► reply
//!                                             │                    │
//!                                             └─► recorded         └─► ledger
//! ```
//!
//! Input:
//! - [`spec`]: devices, what answers for them, the fleet; [`Condition`]s of ports; [`Fault`]s of connections; the [`SimClock`].
//!
//! Simulation:
//! - [`seed`]: reproducible random values;
//! - [`physics`]: codes, lanes and counters;
//! - [`platform`]: the blueprint of each platform;
//! - [`model`]: one device and its readings.
//!
//! Replies:
//! - [`operation`], [`pattern`] and [`answer`]: the request and the data for the reply;
//! - [`render`]: replies as XML; [`pyez_facts`]: the operations of PyEZ's fact collection;
//! - [`ledger`]: the same values as JSON, for tests;
//! - [`recorded`]: saved replies in place of a simulated device.
//!
//! Network:
//! - [`fleet`], [`ssh`], [`session`], [`shutdown`], [`keys`]: ports, logins, sessions, their end, keys;
//! - [`faults`]: faults in all of these;
//! - [`inventory`]: the fleet as an Ansible inventory.
//!
//! The replies of a simulated device depend on the fleet's seed, the device's seed and name, the second at which the clock started, and
//! the simulated time. They never depend on earlier requests.
//!
//! ```no_run
//! use sim::{SimClock, Condition, Fleet, FleetSpec, PortLocation, inventory, spec};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut devices = spec::mixed(4, 7);
//! let failing = Condition::FailingLane { lane: 2, over: std::time::Duration::from_secs(6 * 3_600) };
//! devices[0] = devices[0].clone().with_condition(PortLocation::new(0, 0, 1), failing);
//! let clock = SimClock::starting_at(1_764_000_000);
//! let fleet = Fleet::start(FleetSpec::new(devices, "fleet", 7), clock.clone()).await?;
//! let hosts = inventory::render(&fleet, fleet.devices(), "fabric", inventory::Login::Key);
//! std::fs::write("hosts.yml", hosts)?;
//! clock.advance(std::time::Duration::from_secs(3_600));
//! fleet.stop().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod clock;
mod conditions;
mod error;
mod faults;
mod fleet;
pub mod inventory;
mod keys;
mod ledger;
mod model;
mod operation;
mod pattern;
mod physics;
mod platform;
mod pyez_facts;
mod recorded;
mod render;
mod seed;
mod session;
mod shutdown;
pub mod spec;
mod ssh;

pub use answer::{StillDevice, reply};
pub use clock::SimClock;
pub use conditions::{Condition, NotALocation, PortLocation};
pub use error::Error;
pub use faults::{
    Fault, Faults,
    names::{FAULT_KINDS, FaultArgument, FaultKind, NotAFault},
};
pub use fleet::{Fleet, RunningDevice};
pub use platform::Platform;
pub use recorded::{RecordedReply, Recording};
pub use spec::{DeviceKind, DeviceSpec, FleetSpec, Model};
