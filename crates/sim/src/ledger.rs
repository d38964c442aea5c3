//! Records the values of each reply as JSON, beside the reply's XML.
//!
//! Each reply of a simulated device with data in it adds one line of JSON to the ledger. The line is written from the readings before
//! the reply is sent, never from its text. So a test can compare the collected values with those that were sent:
//!
//! ```json
//! {"time":1764000000,"device":"qfx5220-01","rpc":"get-interface-optics-diagnostics-information","interfaces":{
//!   "et-0/0/0":{"temperature_c":44.0,"voltage_v":3.302,"lanes":[
//!     {"lane":0,"rx_power_dbm":-0.31,"tx_power_dbm":1.4,"bias_ma":68.12}]},
//!   "et-0/0/5":{"state":"not_supported"}}}
//! ```
//!
//! A lane without light has `"state":"no_light"` and no `rx_power_dbm`. Statistics have `oper`, `fec_ccw`, `fec_nccw`, `pre_fec_ber` (text
//! as sent) and `bins`. The chassis has `transceivers`, serial numbers by port location. What was not sent is absent.

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

/// The ledger line of one reply.
#[derive(Debug, Serialize)]
pub(crate) struct LedgerEntry<'a> {
    /// Simulated UTC second.
    pub(crate) time: i64,
    pub(crate) device: &'a str,
    /// The operation's name.
    pub(crate) rpc: &'a str,
    #[serde(flatten)]
    pub(crate) values: ReplyValues<'a>,
}

/// The values in a reply.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ReplyValues<'a> {
    /// Optics by interface.
    Optics {
        interfaces: BTreeMap<&'a str, OpticsValues>,
    },
    /// Statistics by interface.
    Statistics {
        interfaces: BTreeMap<&'a str, InterfaceValues<'a>>,
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
pub(crate) enum OpticsValues {
    NotMeasured {
        state: &'static str,
    },
    Measured {
        temperature_c: f64,
        voltage_v: f64,
        lanes: Vec<LaneValues>,
    },
}

/// One lane's optics.
#[derive(Debug, Serialize)]
pub(crate) struct LaneValues {
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
pub(crate) struct InterfaceValues<'a> {
    oper: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    fec: Option<FecValues<'a>>,
}

#[derive(Debug, Serialize)]
struct FecValues<'a> {
    fec_ccw: u64,
    fec_nccw: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_fec_ber: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<Vec<u64>>,
}

impl<'a> ReplyValues<'a> {
    pub(crate) fn optics(readings: &'a [OpticsReading]) -> Self {
        let said = |reading: &'a OpticsReading| {
            let optics = match &reading.module {
                None => OpticsValues::NotMeasured {
                    state: "not_supported",
                },
                Some(module) => OpticsValues::Measured {
                    temperature_c: module.temperature_c,
                    voltage_v: module.voltage_v,
                    lanes: module.lanes.iter().map(LaneValues::from).collect(),
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
            let statistics = InterfaceValues {
                oper: if reading.up { "up" } else { "down" },
                fec: reading.fec.as_ref().map(FecValues::from),
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

impl From<&LaneReading> for LaneValues {
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

impl<'a> From<&'a FecReading> for FecValues<'a> {
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
    pub(crate) fn write(&self, entry: &LedgerEntry<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&line)
    }
}
