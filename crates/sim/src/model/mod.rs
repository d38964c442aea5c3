//! A simulated box: what is in its ports, and what it would report at a simulated second.
//!
//! [`Device`] is built once from a platform's blueprint, a seed and conditions; its readings are values, rounded as the box would send
//! them. Text is made of them in [`render`](crate::render), and the ledger writes the same values down, so neither can copy the other's
//! mistakes.

mod build;
mod chassis;
mod optics;
mod statistics;

use std::sync::Mutex;

pub(crate) use build::Epoch;
pub(crate) use chassis::{EnvironmentReading, RouteEngineReading};
pub(crate) use optics::{LaneReading, ModuleReading, OpticsReading};
pub(crate) use statistics::{FecReading, InterfaceReading, Traffic};

use crate::{
    conditions::PortLocation,
    physics::{
        lane::{Lane, Wander},
        link::Link,
    },
    platform::{Blueprint, Optic, Port},
    seed::Seed,
};

/// A simulated box.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) blueprint: Blueprint,
    pub(crate) serial: String,
    pub(crate) epoch: Epoch,
    /// One for each port of the blueprint, in its order.
    pub(crate) sockets: Vec<Socket>,
    /// One or two for each port, in the same order.
    interfaces: Vec<Interface>,
    /// Counters of each interface; `None` where there is no code or no light.
    links: Mutex<Vec<Option<Link>>>,
}

/// A port with what is in it.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) location: PortLocation,
    pub(crate) port: Port,
    pub(crate) content: Content,
}

/// What is in a port.
#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    /// A copper cable.
    Copper(Label),
    /// An optical module.
    Optical(Box<Module>),
}

impl Socket {
    /// The label of what is in the port.
    pub(crate) fn label(&self) -> Option<&Label> {
        match &self.content {
            Content::Empty => None,
            Content::Copper(label) => Some(label),
            Content::Optical(module) => Some(&module.label),
        }
    }

    /// The optical module in the port.
    pub(crate) fn module(&self) -> Option<&Module> {
        match &self.content {
            Content::Optical(module) => Some(module),
            Content::Empty | Content::Copper(_) => None,
        }
    }
}

/// What is written on a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) description: String,
    pub(crate) serial: String,
    /// `NON-JNPR` for a module of another supplier.
    pub(crate) part_number: &'static str,
    /// Some modules have none.
    pub(crate) revision: Option<String>,
    pub(crate) vendor: &'static str,
    pub(crate) vendor_part: &'static str,
    pub(crate) firmware: String,
}

/// An optical module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) label: Label,
    pub(crate) optic: &'static Optic,
    temperature_c: Wander,
    voltage_v: Wander,
    lanes: Vec<Lane>,
    light: Light,
}

/// Whether light arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Light {
    Arrives,
    Absent,
}

/// A physical interface on a port, or a channel of one.
#[derive(Debug)]
struct Interface {
    name: String,
    /// Index of its socket.
    socket: usize,
    /// Its lanes in the module.
    lanes: std::ops::Range<usize>,
    gbps: u32,
    seed: Seed,
}

impl Device {
    /// The ports of one PIC, in order.
    pub(crate) fn sockets_of(&self, fpc: u32, pic: u32) -> impl Iterator<Item = &Socket> {
        self.sockets
            .iter()
            .filter(move |socket| socket.location.fpc == fpc && socket.location.pic == pic)
    }
}

/// A value rounded to `places` decimals, without a negative nought.
fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale + 0.0
}
