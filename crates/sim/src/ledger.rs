//! What the fleet said, as values, beside what it sent as XML.
//!
//! Each reply of a simulated box with data in it leaves one line of JSON in the ledger, written from the readings before the reply goes
//! out and never from its text. Whoever collects the fleet can then compare what arrived with what was said:
//!
//! ```json
//! {"time":1764000000,"device":"qfx5220-01","rpc":"get-interface-optics-diagnostics-information","interfaces":{
//!   "et-0/0/0":{"temperature_c":44.0,"voltage_v":3.302,"lanes":[
//!     {"lane":0,"rx_power_dbm":-0.31,"tx_power_dbm":1.4,"bias_ma":68.12}]},
//!   "et-0/0/5":{"state":"not_supported"}}}
//! ```
//!
//! A lane without light has `"state":"no_light"` and no `rx_power_dbm`. Statistics carry `oper`, `fec_ccw`, `fec_nccw`, `pre_fec_ber` (text
//! as sent) and `bins`; the chassis carries `transceivers`, serial numbers by port location. What was not sent is absent.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use crate::model::{
    Device, EnvironmentReading, FecReading, InterfaceReading, LaneReading, OpticsReading,
    RouteEngineReading,
};

/// One reply.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    /// Simulated UTC second.
    pub(crate) time: i64,
    pub(crate) device: &'a str,
    /// The operation's name.
    pub(crate) rpc: &'a str,
    #[serde(flatten)]
    pub(crate) said: Said<'a>,
}

/// What a reply said.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Said<'a> {
    /// Optics by interface.
    Optics {
        interfaces: BTreeMap<&'a str, OpticsSaid>,
    },
    /// Statistics by interface.
    Statistics {
        interfaces: BTreeMap<&'a str, StatisticsSaid<'a>>,
    },
    /// Serial numbers of transceivers by port location.
    Chassis {
        transceivers: BTreeMap<String, &'a str>,
    },
    /// Temperatures in °C by part of the chassis.
    Environment {
        temperatures: BTreeMap<&'a str, i64>,
    },
    /// UTC seconds of the start by slot of the routing engine.
    RouteEngines { started: BTreeMap<u32, i64> },
}

/// One interface's optics.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum OpticsSaid {
    NotMeasured {
        state: &'static str,
    },
    Measured {
        temperature_c: f64,
        voltage_v: f64,
        lanes: Vec<LaneSaid>,
    },
}

/// One lane's optics.
#[derive(Debug, Serialize)]
pub(crate) struct LaneSaid {
    lane: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rx_power_dbm: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    tx_power_dbm: f64,
    bias_ma: f64,
}

/// One interface's state and counters.
#[derive(Debug, Serialize)]
pub(crate) struct StatisticsSaid<'a> {
    oper: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    fec: Option<FecSaid<'a>>,
}

#[derive(Debug, Serialize)]
struct FecSaid<'a> {
    fec_ccw: u64,
    fec_nccw: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_fec_ber: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<Vec<u64>>,
}

impl<'a> Said<'a> {
    pub(crate) fn optics(readings: &'a [OpticsReading]) -> Self {
        let said = |reading: &'a OpticsReading| {
            let optics = match &reading.module {
                None => OpticsSaid::NotMeasured {
                    state: "not_supported",
                },
                Some(module) => OpticsSaid::Measured {
                    temperature_c: module.temperature_c,
                    voltage_v: module.voltage_v,
                    lanes: module.lanes.iter().map(LaneSaid::from).collect(),
                },
            };
            (reading.interface.as_str(), optics)
        };
        Self::Optics {
            interfaces: readings.iter().map(said).collect(),
        }
    }

    pub(crate) fn statistics(readings: &'a [InterfaceReading]) -> Self {
        let said = |reading: &'a InterfaceReading| {
            let statistics = StatisticsSaid {
                oper: if reading.up { "up" } else { "down" },
                fec: reading.fec.as_ref().map(FecSaid::from),
            };
            (reading.interface.as_str(), statistics)
        };
        Self::Statistics {
            interfaces: readings.iter().map(said).collect(),
        }
    }

    pub(crate) fn environment(readings: &'a [EnvironmentReading]) -> Self {
        let measured = readings
            .iter()
            .filter_map(|part| Some((part.name.as_str(), part.temperature_c?)));
        Self::Environment {
            temperatures: measured.collect(),
        }
    }

    pub(crate) fn route_engines(readings: &[RouteEngineReading]) -> Self {
        Self::RouteEngines {
            started: readings
                .iter()
                .map(|engine| (engine.slot, engine.started))
                .collect(),
        }
    }

    pub(crate) fn chassis(device: &'a Device) -> Self {
        let serials = device.sockets.iter().filter_map(|socket| {
            let serial = socket.label()?.serial.as_str();
            Some((socket.location.to_string(), serial))
        });
        Self::Chassis {
            transceivers: serials.collect(),
        }
    }
}

impl From<&LaneReading> for LaneSaid {
    fn from(lane: &LaneReading) -> Self {
        Self {
            lane: lane.index,
            rx_power_dbm: lane.rx_power_dbm,
            state: lane.rx_power_dbm.is_none().then_some("no_light"),
            tx_power_dbm: lane.tx_power_dbm,
            bias_ma: lane.bias_ma,
        }
    }
}

impl<'a> From<&'a FecReading> for FecSaid<'a> {
    fn from(fec: &'a FecReading) -> Self {
        let bins = fec
            .bins
            .as_ref()
            .map(|bins| bins.iter().map(|bin| bin.live + bin.harvested).collect());
        Self {
            fec_ccw: fec.corrected,
            fec_nccw: fec.uncorrected,
            pre_fec_ber: fec.pre_fec_ber.as_deref(),
            bins,
        }
    }
}

/// The file, shared by all devices: lines are whole, and those of one device in the order of its replies.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<File>);

impl Ledger {
    /// An empty ledger in place of any that was there.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(|file| Self(Mutex::new(file)))
    }

    /// Writes one line.
    pub(crate) fn write(&self, entry: &Entry<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&line)
    }
}
