//! The joined records: one struct for each of the three tables.
//!
//! What is the same for all rows of a device or of a module is shared, not copied; strings are copied once, into Arrow's
//! buffers.

use std::sync::Arc;

use super::{FiberRule, FiberType, InterfaceOptics, InterfaceStatistics, Lane, WavelengthRule};
use crate::port::PortLocation;
use crate::value::State;

/// What is the same for every row of a device in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// The device's name in the inventory.
    pub device: String,
    /// The name that the device gives itself.
    pub hostname: Option<String>,
    /// Hardware model.
    pub model: Option<String>,
    /// OS version.
    pub version: Option<String>,
    /// Serial number of the chassis.
    pub device_serial: Option<String>,
    /// UTC second at which the run began.
    pub run_timestamp: i64,
    /// The runner that made the run.
    pub runner_name: String,
}

/// One module: chassis inventory and PIC detail of one location, joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Transceiver {
    /// Where it is plugged in.
    pub location: PortLocation,
    /// Vendor's name.
    pub vendor: Option<String>,
    /// The vendor's part number; the chassis inventory's where PIC detail gives none.
    pub part_number: Option<String>,
    /// The part number in the chassis inventory.
    pub chassis_part_number: Option<String>,
    /// The chassis inventory's serial number; the vendor's where it gives none.
    pub serial_number: Option<String>,
    /// Firmware of the module.
    pub firmware_version: Option<String>,
    /// Juniper's revision of the module.
    pub revision: Option<String>,
    /// Optic type, from the chassis inventory.
    pub description: Option<String>,
    /// Cable type, from PIC detail.
    pub cable_type: Option<String>,
    /// Wavelength as the device wrote it.
    pub wavelength: Option<String>,
    /// In nm: the text's, when it names one wavelength; else what a part number or the medium says.
    pub wavelength_nm: Option<f64>,
    /// Where `wavelength_nm` is from.
    pub wavelength_rule: WavelengthRule,
    /// Single-mode, multi-mode or unknown.
    pub fiber_type: FiberType,
    /// Which fact decided the fibre type.
    pub fiber_type_rule: FiberRule,
    /// True for copper, which has no light to miss. A cable of fibre is none.
    pub is_copper: bool,
}

impl Transceiver {
    /// Which fact decided the fibre type of a port's module, if there is one.
    pub(crate) fn fiber_rule_of(module: Option<&Self>) -> FiberRule {
        module.map_or(FiberRule::Nothing, |module| module.fiber_type_rule)
    }
}

/// How a module is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Measured, and within its limits.
    Ok,
    /// A warning flag is on.
    Warning,
    /// An alarm flag is on.
    Alarm,
    /// Nothing was measured.
    Unknown,
}

impl Status {
    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "Warning",
            Self::Alarm => "Alarm",
            Self::Unknown => "Unknown",
        }
    }
}

/// A row of `intf-dom`: a module, seen through one interface.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceDom {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// The module at the interface's location, if anything is known of it.
    pub transceiver: Option<Arc<Transceiver>>,
    /// Where the interface is; `None` for interfaces without a port.
    pub location: Option<PortLocation>,
    /// The channel of a broken-out port.
    pub channel: Option<u32>,
    /// Judged from flags, or from thresholds where no flags are sent.
    pub status: Status,
    /// How many lanes the device sent.
    pub lane_count: u32,
    /// What was measured. Its lanes are empty here: they are rows of their own.
    pub optics: InterfaceOptics,
}

/// A row of `lane-dom`: one optical lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneDom {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// The module at the interface's location, if anything is known of it.
    pub transceiver: Option<Arc<Transceiver>>,
    /// The interface's name.
    pub if_name: Arc<str>,
    /// Where the interface is; `None` for interfaces without a port.
    pub location: Option<PortLocation>,
    /// The channel of a broken-out port.
    pub channel: Option<u32>,
    /// Of the module.
    pub optics_state: State,
    /// Temperature of the module in °C.
    pub temperature_c: Option<f64>,
    /// Supply voltage of the module in V.
    pub voltage_v: Option<f64>,
    /// What was measured.
    pub lane: Lane,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}

/// A row of `intf-counters`: status, traffic and FEC of an interface.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceCounters {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// Where the interface is; `None` for interfaces without a port.
    pub location: Option<PortLocation>,
    /// The channel of a broken-out port.
    pub channel: Option<u32>,
    /// What the device counted.
    pub statistics: InterfaceStatistics,
}
