//! The types of a [`Blueprint`]: the constant facts about a platform.

use super::optic::Optic;
use crate::physics::code::Code;

/// The software family, which decides the format of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Junos on FreeBSD: `off`, `- Inf`, four decimals.
    Classic,
    /// Junos Evolved: `Off`, `-Inf`, short numbers.
    Evo,
}

/// How a device sends the histogram of corrected symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Histogram {
    /// Not at all.
    None,
    /// One element for each bin.
    ElementPerBin,
    /// One element with the bins' children one after the other.
    ParallelChildren,
}

/// Where a device says which FEC is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FecModePlace {
    /// In `ethernet-fec-mode`.
    OwnElement,
    /// In `ethernet-fec-statistics`.
    AmongStatistics,
}

/// Temperatures as the device prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemperatureDigits {
    /// Whole degrees.
    Whole,
    /// Tenths of a degree.
    Tenths,
}

/// Everything about a platform that does not change.
#[derive(Debug, Clone)]
pub(crate) struct Blueprint {
    pub(crate) hardware_model: &'static str,
    pub(crate) os_name: &'static str,
    pub(crate) os_version: &'static str,
    /// Version in the `junos` namespace of the reply's root.
    pub(crate) reply_namespace: &'static str,
    /// Version in the namespace of the payload: it may differ from that of the root.
    pub(crate) payload_namespace: &'static str,
    pub(crate) style: Style,
    pub(crate) histogram: Histogram,
    pub(crate) fec_mode_place: FecModePlace,
    pub(crate) temperature_digits: TemperatureDigits,
    /// Name of the routing engine or member in whose item replies come wrapped, if they do.
    pub(crate) wrapped_in: Option<&'static str>,
    /// Chassis part in the inventory: description.
    pub(crate) chassis_description: &'static str,
    /// Letters with which chassis serial numbers begin.
    pub(crate) serial_prefix: &'static str,
    pub(crate) routing_engine: &'static str,
    pub(crate) fpcs: Vec<Fpc>,
    pub(crate) system_interfaces: &'static [SystemInterface],
}

/// A board with PICs.
#[derive(Debug, Clone)]
pub(crate) struct Fpc {
    pub(crate) slot: u32,
    pub(crate) part_number: &'static str,
    pub(crate) description: &'static str,
    pub(crate) model_number: &'static str,
    pub(crate) pics: Vec<Pic>,
}

/// A group of ports, on the board itself or on a MIC.
#[derive(Debug, Clone)]
pub(crate) struct Pic {
    pub(crate) slot: u32,
    /// The MIC that carries it.
    pub(crate) mic: Option<Mic>,
    pub(crate) description: &'static str,
    pub(crate) ports: Vec<Port>,
}

/// A modular interface card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mic {
    pub(crate) slot: u32,
    pub(crate) part_number: &'static str,
    pub(crate) description: &'static str,
    pub(crate) model_number: &'static str,
}

/// A port and the module that it is built for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Port {
    pub(crate) number: u32,
    /// Interface prefix: `et`, `xe`.
    pub(crate) prefix: &'static str,
    pub(crate) optic: &'static Optic,
    /// What the inventory says when a copper cable is in the port.
    pub(crate) copper: &'static str,
    /// Rate of the whole port.
    pub(crate) gbps: u32,
    pub(crate) code: Option<Code>,
    pub(crate) breakout: Breakout,
}

/// Whether a port is one interface or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breakout {
    /// One interface with all lanes.
    Whole,
    /// Two channels, `:0` and `:1`, with half the lanes and half the rate each.
    Halves,
}

/// An interface without a port: loopback, management, bundle, bridge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemInterface {
    pub(crate) name: &'static str,
    pub(crate) unit: u32,
    /// As written in `speed`; absent where empty.
    pub(crate) speed: &'static str,
    pub(crate) address: &'static str,
}
