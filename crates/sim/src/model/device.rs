//! The parts of a simulated device: ports, modules, interfaces and their counters.

use std::sync::Mutex;

use crate::{
    conditions::PortLocation,
    physics::{
        lane::{DriftingValue, Lane},
        link::Link,
    },
    platform::{Blueprint, Optic, Port},
    seed::Seed,
};

const HOUR_S: i64 = 3_600;

/// A simulated device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) blueprint: Blueprint,
    pub(crate) serial: String,
    pub(crate) epoch: Epoch,
    /// One for each port of the blueprint, in its order.
    pub(crate) sockets: Vec<Socket>,
    /// One or two for each port, in the same order.
    pub(super) interfaces: Vec<Interface>,
    /// Counters of each interface; `None` where there is no code or no light.
    pub(super) links: Mutex<Vec<Option<Link>>>,
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

/// The label of a module.
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
    pub(super) temperature_c: DriftingValue,
    pub(super) voltage_v: DriftingValue,
    pub(super) lanes: Vec<Lane>,
    pub(super) light: Light,
}

/// Whether light arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Light {
    Arrives,
    Absent,
}

/// A physical interface on a port, or a channel of one.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) name: String,
    /// Index of its socket.
    pub(super) socket: usize,
    /// Its lanes in the module.
    pub(super) lanes: std::ops::Range<usize>,
    pub(super) gbps: u32,
    pub(super) seed: Seed,
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
pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale + 0.0
}

/// The start of a fleet's simulated time.
///
/// Counters begin an hour before the hour in which the clock starts, as after a restart of the device, so that the first reply already has
/// counters above zero. A fleet that starts later in the same hour has the same counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// UTC second at which the fleet's clock started; failures begin here.
    pub(crate) start: i64,
}

impl Epoch {
    /// UTC second from which counters count.
    pub(crate) fn counters_since(self) -> i64 {
        self.start - self.start.rem_euclid(HOUR_S) - HOUR_S
    }
}
