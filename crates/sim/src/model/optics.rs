//! Readings of the optical modules.

use super::device::{Content, Device, Interface, Light, Module, rounded};
use crate::platform::{Optic, TemperatureDigits};

/// The optics of one interface.
#[derive(Debug, Clone)]
pub(crate) struct OpticsReading {
    pub(crate) interface: String,
    /// `None`: a copper cable, diagnostics not supported.
    pub(crate) module: Option<ModuleReading>,
}

/// A module's readings, rounded as sent.
#[derive(Debug, Clone)]
pub(crate) struct ModuleReading {
    pub(crate) optic: &'static Optic,
    pub(crate) temperature_c: f64,
    pub(crate) voltage_v: f64,
    /// The lanes of the interface, which may be a part of the module's.
    pub(crate) lanes: Vec<LaneReading>,
}

/// A lane's readings, rounded as sent.
#[derive(Debug, Clone)]
pub(crate) struct LaneReading {
    pub(crate) index: usize,
    pub(crate) tx_power_dbm: f64,
    /// `None`: no light.
    pub(crate) rx_power_dbm: Option<f64>,
    pub(crate) bias_ma: f64,
    pub(crate) laser_temperature_c: f64,
}

impl Device {
    /// The optics of every interface with a module or cable, at a UTC second.
    pub(crate) fn optics(&self, utc: i64) -> Vec<OpticsReading> {
        let read = |interface: &Interface| {
            let module = match &self.sockets.get(interface.socket)?.content {
                Content::Empty => return None,
                Content::Copper(_) => None,
                Content::Optical(module) => {
                    Some(self.module_reading(module, interface.lanes.clone(), utc))
                }
            };
            Some(OpticsReading {
                interface: interface.name.clone(),
                module,
            })
        };
        self.interfaces.iter().filter_map(read).collect()
    }

    fn module_reading(
        &self,
        module: &Module,
        lanes: std::ops::Range<usize>,
        utc: i64,
    ) -> ModuleReading {
        let places = match self.blueprint.temperature_digits {
            TemperatureDigits::Whole => 0,
            TemperatureDigits::Tenths => 1,
        };
        let temperature_c = module.temperature_c.at(utc);
        let lanes = module
            .lanes
            .iter()
            .enumerate()
            .skip(lanes.start)
            .take(lanes.len());
        ModuleReading {
            optic: module.optic,
            temperature_c: rounded(temperature_c, places),
            voltage_v: rounded(module.voltage_v.at(utc), 3),
            lanes: lanes
                .map(|(index, lane)| LaneReading {
                    index,
                    tx_power_dbm: rounded(lane.tx_power_dbm.at(utc), 2),
                    rx_power_dbm: match module.light {
                        Light::Arrives => Some(rounded(lane.rx_power(utc), 2)),
                        Light::Absent => None,
                    },
                    bias_ma: rounded(lane.bias_ma.at(utc), 3),
                    laser_temperature_c: rounded(temperature_c + lane.laser_above_module_c, places),
                })
                .collect(),
        }
    }
}
