//! The newest series of each device, for those who scrape: they are in memory, and a device's are replaced when its health is published.

use std::collections::{BTreeMap, HashSet};

use metrics::DeviceTables;

use super::known_devices::KnownDevices;
use super::output::{DeviceOutput, Published};
use crate::live_series::LiveSeries;
use crate::plan::Plan;

/// Packs what devices leave, and puts it in the place of what they left before.
#[derive(Debug)]
pub(crate) struct ScrapeSink {
    live: LiveSeries,
    devices: KnownDevices,
    /// Devices whose health is still to come.
    waiting: BTreeMap<String, DeviceTables>,
    /// Devices that this run has put in.
    put: HashSet<String>,
}

impl ScrapeSink {
    pub(crate) fn new(live: LiveSeries, plan: &Plan) -> Self {
        Self {
            live,
            devices: KnownDevices::of(plan),
            waiting: BTreeMap::new(),
            put: HashSet::new(),
        }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        let tables = self.live.fleet().pack(&output.tables);
        self.waiting.insert(output.device.clone(), tables);
        self.devices.learn(output);
    }

    /// Puts in the devices that have ended and were not put in before. Devices of the fleet without health stay as they are; others are
    /// gone.
    pub(super) fn publish(&mut self, published: &Published) {
        let second = published.second;
        for health in &published.health {
            let name = &health.device;
            let known = self.devices.known_of(name, second);
            let Some((info, work)) = known.filter(|_| self.put.insert(name.clone())) else {
                continue;
            };
            let tables = self.waiting.remove(name).unwrap_or_default();
            let mut fleet = self.live.fleet();
            fleet.put(tables, health, &info, work.as_ref(), second);
        }
        let health = published.health.iter().map(|health| &health.device);
        let fleet: HashSet<&String> = health.chain(&published.others).collect();
        let belongs = |name: &str| fleet.contains(&name.to_owned());
        self.live.fleet().retain(belongs);
    }
}
