//! What is known of the devices beside their rows: what the inventory says, and what their output told.

use std::collections::BTreeMap;
use std::sync::Arc;

use metrics::{DeviceInfo, Exposition};
use records::model::DeviceFacts;

use super::output::DeviceOutput;
use crate::plan::{Maintenance, Plan};

/// The devices of a plan.
#[derive(Debug)]
pub(super) struct KnownDevices {
    /// What the inventory calls all devices together.
    shard: Option<String>,
    devices: BTreeMap<String, Device>,
}

/// A device of the inventory, and what its output told.
#[derive(Debug, Default)]
struct Device {
    groups: Vec<String>,
    maintenance: Option<Maintenance>,
    facts: Option<Arc<DeviceFacts>>,
    /// Interfaces that are worked on, of those that it has.
    worked_on: Vec<String>,
}

impl KnownDevices {
    pub(super) fn of(plan: &Plan) -> Self {
        let devices = plan.devices.iter().map(|device| {
            let known = Device {
                groups: device.groups.clone(),
                maintenance: device.maintenance.clone(),
                ..Device::default()
            };
            (device.name.clone(), known)
        });
        Self {
            shard: plan.shard_name.clone(),
            devices: devices.collect(),
        }
    }

    /// Learns from a device's output.
    pub(super) fn learn(&mut self, output: &DeviceOutput) {
        let Some(device) = self.devices.get_mut(&output.device) else {
            return;
        };
        device.facts.clone_from(&output.facts);
        let maintenance = device.maintenance.as_ref();
        if let Some((_, filter)) = maintenance.and_then(|work| work.interfaces.as_ref()) {
            let names = output.interfaces.iter();
            let names = names.filter(|name| filter.selects(name));
            device.worked_on = names.map(|name| name.to_string()).collect();
        }
    }

    /// What its series say of a device, and the planned work that lasts at this UTC second.
    pub(super) fn known_of(
        &self,
        name: &str,
        now: i64,
    ) -> Option<(DeviceInfo, Option<metrics::Maintenance>)> {
        let device = self.devices.get(name)?;
        let info = device.info(name, self.shard.as_deref());
        Some((info, device.work(name, now)))
    }

    /// Adds both to the series of a text.
    pub(super) fn add_to(&self, exposition: &mut Exposition, name: &str, now: i64) {
        if let Some((info, work)) = self.known_of(name, now) {
            exposition.add_device(&info);
            if let Some(work) = work {
                exposition.add_maintenance(&work);
            }
        }
    }
}

impl Device {
    fn info(&self, name: &str, shard: Option<&str>) -> DeviceInfo {
        let own = self.facts.as_ref();
        let fact = |of: fn(&DeviceFacts) -> &Option<String>| own.and_then(|own| of(own).clone());
        DeviceInfo {
            device: name.to_owned(),
            shard: shard.map(str::to_owned),
            groups: self.groups.clone(),
            hostname: fact(|own| &own.hostname),
            model: fact(|own| &own.model),
            version: fact(|own| &own.version),
            serial_number: fact(|own| &own.device_serial),
        }
    }

    /// The planned work that lasts now. Names without a pattern count also where the device does not report them: it may be down.
    fn work(&self, name: &str, now: i64) -> Option<metrics::Maintenance> {
        let work = self
            .maintenance
            .as_ref()
            .filter(|work| work.lasts_at(now))?;
        let mut interfaces = self.worked_on.clone();
        if let Some((written, _)) = &work.interfaces {
            let named = written.split(',').map(str::trim);
            let named = named.filter(|name| !name.is_empty() && !name.contains(['*', '?']));
            interfaces.extend(named.map(str::to_owned));
            interfaces.sort();
            interfaces.dedup();
            // A pattern that meets no interface is no work on the whole device.
            if interfaces.is_empty() {
                interfaces.push(written.clone());
            }
        }
        Some(metrics::Maintenance {
            device: name.to_owned(),
            interfaces,
            reason: work.reason.clone(),
            until: work.until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(interfaces: Option<&str>, worked_on: &[&str]) -> Device {
        Device {
            maintenance: Some(Maintenance {
                until: Some(100),
                reason: "fibre".to_owned(),
                interfaces: interfaces.map(|list| (list.to_owned(), list.parse().unwrap())),
            }),
            worked_on: worked_on.iter().map(|name| (*name).to_owned()).collect(),
            ..Device::default()
        }
    }

    #[test]
    fn work_ends_with_its_time_and_is_about_the_interfaces_that_it_names() {
        let works_on = |device: &Device, now| device.work("a", now).map(|work| work.interfaces);
        assert_eq!(works_on(&device(None, &[]), 99), Some(Vec::new()));
        assert_eq!(works_on(&device(None, &[]), 100), None);
        let port = device(Some("et-0/0/1, et-0/0/7"), &["et-0/0/1:0", "et-0/0/1:1"]);
        let expected = ["et-0/0/1", "et-0/0/1:0", "et-0/0/1:1", "et-0/0/7"];
        assert_eq!(works_on(&port, 0).unwrap(), expected);
        let pattern = device(Some("et-9/*"), &[]);
        assert_eq!(
            works_on(&pattern, 0).unwrap(),
            ["et-9/*"],
            "not the whole device"
        );
    }
}
