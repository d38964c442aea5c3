//! `get-interface-optics-diagnostics-information`: a module's measurements, flags and thresholds.
//!
//! Multi-lane modules put power, bias and flags into lanes; single-lane modules put them at module level, and the parser
//! makes lane 0 of them besides. Thresholds are always the module's.

use std::sync::Arc;

use super::Coherent;
use crate::value::State;

/// An optical power, in both of the units that devices send. Neither is computed from the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpticalPower {
    /// dBm.
    pub dbm: Option<f64>,
    /// mW. A module without light may send 0 here, and that is a measurement.
    pub mw: Option<f64>,
    /// Why `dbm` is there or not.
    pub state: State,
}

/// What is measured once for each lane, or once for a single-lane module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransmitReceive {
    /// Received light.
    pub rx: OpticalPower,
    /// Transmitted light.
    pub tx: OpticalPower,
    /// Laser bias current in mA.
    pub tx_bias_ma: Option<f64>,
    /// Why `tx_bias_ma` is there or not.
    pub tx_bias_state: State,
}

/// One optical lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The device's `lane-index`; 0 for a single-lane module.
    pub index: u32,
    /// Power and bias.
    pub values: TransmitReceive,
    /// Temperature of the lane's laser in °C.
    pub laser_temperature_c: Option<f64>,
    /// What coherent optics measure besides.
    pub coherent: Option<Box<Coherent>>,
    /// True when the device sent any flag of this lane, on or off.
    pub flags_sent: bool,
    /// The quantities of which it sent any flag.
    pub flagged: FlaggedQuantities,
    /// The lane's flags that are on, by field name.
    pub alarms: Vec<String>,
}

/// The four limits of one quantity.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Above this: alarm.
    pub high_alarm: Option<f64>,
    /// Below this: alarm.
    pub low_alarm: Option<f64>,
    /// Above this: warning.
    pub high_warn: Option<f64>,
    /// Below this: warning.
    pub low_warn: Option<f64>,
}

/// The quantities of which a device sends flags, on or off: it judges them itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlaggedQuantities {
    /// Module temperature.
    pub temperature: bool,
    /// Laser temperature.
    pub laser_temperature: bool,
    /// Supply voltage.
    pub voltage: bool,
    /// Laser bias current.
    pub tx_bias: bool,
    /// Transmitted power.
    pub tx_power: bool,
    /// Received power.
    pub rx_power: bool,
}

/// The module's own 20 thresholds, and those of its lasers' temperature.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Thresholds {
    /// Temperature in °C.
    pub temperature_c: Limits,
    /// Temperature of the lasers in °C: it is that of a cooled laser, not of the module.
    pub laser_temperature_c: Limits,
    /// Supply voltage in V.
    pub voltage_v: Limits,
    /// Transmitted power in dBm.
    pub tx_power_dbm: Limits,
    /// Received power in dBm.
    pub rx_power_dbm: Limits,
    /// Laser bias current in mA.
    pub tx_bias_ma: Limits,
}

/// What a module measures of its transmitting and of its receiving part, where the two are apart.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Halves {
    /// Temperature of the transmitting part in °C.
    pub tx_temperature_c: Option<f64>,
    /// Temperature of the receiving part in °C.
    pub rx_temperature_c: Option<f64>,
    /// Supply voltage of the transmitting part in V.
    pub tx_voltage_v: Option<f64>,
    /// Supply voltage of the receiving part in V.
    pub rx_voltage_v: Option<f64>,
}

/// A physical interface in the optics reply.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceOptics {
    /// The interface's name.
    pub name: Arc<str>,
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// Of the module: `ok` when anything was measured, else why nothing was.
    pub state: State,
    /// Module temperature in °C.
    pub temperature_c: Option<f64>,
    /// Why `temperature_c` is there or not.
    pub temperature_state: State,
    /// Module supply voltage in V.
    pub voltage_v: Option<f64>,
    /// Why `voltage_v` is there or not.
    pub voltage_state: State,
    /// What a module of two parts measures of each.
    pub halves: Halves,
    /// `module-max-power`: the most that the module may draw, in W.
    pub max_power_w: Option<f64>,
    /// Power and bias at module level: single-lane modules only.
    pub module_values: Option<TransmitReceive>,
    /// The module's thresholds.
    pub thresholds: Thresholds,
    /// True when the device sent any flag, on or off.
    pub flags_sent: bool,
    /// The quantities of which it sent any flag at module level.
    pub flagged: FlaggedQuantities,
    /// Flags that are on, the module's first and then those of the lanes, each once, by field name.
    pub alarms: Vec<String>,
    /// The lanes, in the order of the reply.
    pub lanes: Vec<Lane>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}
