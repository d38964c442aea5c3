//! Simulated Junos devices behind a real SSH server.
//!
//! A [`Fleet`] puts devices on loopback ports, each with its host key and the `netconf` subsystem, and other people's clients accept them
//! for what they claim to be. Lanewatch is tested and shown against such fleets. It knows the server half of `netconf`; of Lanewatch's
//! records and files it knows nothing, so that neither can flatter the other.
//!
//! ```text
//!   FleetSpec + Clock ─► Fleet ─► ssh ─► dialogue ─► answer ─► model ─► render ─► reply
//!                                           │                    │
//!                                           └─► recorded         └─► ledger
//! ```
//!
//! What is asked for:
//! - [`spec`]: devices, their kinds, the fleet; [`Condition`]s of ports; [`Fault`]s of the way to a device; the [`Clock`] of simulated
//!   time.
//!
//! What happens in the world:
//! - [`seed`]: chance that depends on nothing but its place;
//! - [`physics`]: codes, lanes and counters; arithmetic on seconds;
//! - [`platform`]: what each kind of box is made of;
//! - [`model`]: one box, and what it reads at an instant.
//!
//! How it is told:
//! - [`operation`], [`pattern`] and [`answer`]: which question it is, and what goes into the reply;
//! - [`render`]: the replies as XML; [`facts`]: what foreign clients ask first;
//! - [`ledger`]: the same values as JSON, for whoever checks;
//! - [`recorded`]: saved replies in place of a simulated box.
//!
//! How it is reached:
//! - [`fleet`], [`ssh`], [`dialogue`], [`stop`], [`keys`]: ports, logins, sessions, their end, keys;
//! - [`faults`]: what goes wrong in all of these;
//! - [`inventory`]: the fleet as an Ansible inventory.
//!
//! Everything that a simulated box says is decided by the fleet's seed, its own seed and name, the second at which the clock started and
//! the simulated time: never by when or how often it was asked.
//!
//! ```no_run
//! use sim::{Clock, Condition, Fleet, FleetSpec, PortLocation, inventory, spec};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut devices = spec::mixed(4, 7);
//! let failing = Condition::FailingLane { lane: 2, over: std::time::Duration::from_secs(6 * 3_600) };
//! devices[0] = devices[0].clone().with_condition(PortLocation::new(0, 0, 1), failing);
//! let clock = Clock::starting_at(1_764_000_000);
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
mod dialogue;
mod error;
mod facts;
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
mod recorded;
mod render;
mod seed;
pub mod spec;
mod ssh;
mod stop;

pub use answer::reply;
pub use clock::Clock;
pub use conditions::{Condition, NotALocation, PortLocation};
pub use error::Error;
pub use faults::{
    Fault, Faults,
    names::{FAULT_KINDS, FaultArgument, FaultKind, NotAFault},
};
pub use fleet::{Fleet, Running};
pub use platform::Platform;
pub use recorded::{RecordedReply, Recording};
pub use spec::{DeviceSpec, FleetSpec, Kind, Model};
