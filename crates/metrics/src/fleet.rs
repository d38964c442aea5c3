//! The newest series of each device: what a scrape endpoint serves.
//!
//! A device's series are replaced as a whole. A reader takes a [`FleetSeries`] and goes on with what it has, whatever comes meanwhile.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use records::table::Table;

use crate::block::Block;
use crate::encode::text::Encoder;
use crate::exposition::{self, Exposition};
use crate::family::Series;
use crate::health::{DeviceInfo, Health, Maintenance};
use crate::layout::Part;
use crate::names::{Detail, MetricNames};
use crate::recall::Behind;

/// The newest series of each device, packed.
#[derive(Debug)]
pub struct Fleet {
    /// Knows every layout; has no series itself.
    layouts: Exposition,
    devices: BTreeMap<String, Arc<DeviceSeries>>,
}

/// The series of one device.
#[derive(Debug)]
struct DeviceSeries {
    blocks: Vec<(usize, Block)>,
    /// UTC second at which they were put in.
    second: i64,
}

/// The rows of a device, packed, before it is known how its collection went.
#[derive(Debug, Default)]
pub struct DeviceTables(Vec<(usize, Block)>);

/// What the fleet had when this was taken: of one device or of all.
#[derive(Debug)]
pub struct FleetSeries {
    parts: Vec<Arc<Part>>,
    devices: Vec<Arc<DeviceSeries>>,
}

impl Fleet {
    /// No device yet.
    pub fn new(names: MetricNames, detail: Detail) -> Self {
        Self {
            layouts: Exposition::new(names).with_detail(detail),
            devices: BTreeMap::new(),
        }
    }

    /// Packs the tables of a device. The table of its modules comes before that of its lanes.
    pub fn pack<'t>(&mut self, tables: impl IntoIterator<Item = &'t Table>) -> DeviceTables {
        for table in tables {
            self.layouts.add(table);
        }
        DeviceTables(self.layouts.take_blocks())
    }

    /// Puts the series of a device in the place of those that it had. What did not succeed keeps the time of its last success.
    pub fn put(
        &mut self,
        tables: DeviceTables,
        health: &Health,
        info: &DeviceInfo,
        maintenance: Option<&Maintenance>,
        second: i64,
    ) {
        let mut blocks = tables.0;
        blocks.extend(health.blocks());
        blocks.extend(info.blocks());
        blocks.extend(maintenance.into_iter().flat_map(Maintenance::blocks));
        let mut behind = Behind::default();
        behind.add(health);
        if !behind.is_empty()
            && let Some(before) = self.of(&health.device)
        {
            // Reading from memory cannot fail.
            let recalled = before.times().and_then(|times| behind.recall(&times[..]));
            blocks.extend(recalled.unwrap_or_default());
        }
        let series = Arc::new(DeviceSeries { blocks, second });
        self.devices.insert(health.device.clone(), series);
    }

    /// Forgets the devices for which this is false.
    pub fn retain(&mut self, mut belongs: impl FnMut(&str) -> bool) {
        self.devices.retain(|device, _| belongs(device));
    }

    /// What there is of a device; none if nothing was put in.
    pub fn of(&self, device: &str) -> Option<FleetSeries> {
        let series = self.devices.get(device)?;
        Some(self.series([series]))
    }

    /// What there is of all devices.
    pub fn all(&self) -> FleetSeries {
        self.series(self.devices.values())
    }

    fn series<'d>(&self, devices: impl IntoIterator<Item = &'d Arc<DeviceSeries>>) -> FleetSeries {
        FleetSeries {
            parts: self.layouts.parts().to_vec(),
            devices: devices.into_iter().map(Arc::clone).collect(),
        }
    }
}

impl FleetSeries {
    /// UTC second at which the oldest of it was put in; none if there is no device.
    pub fn oldest_second(&self) -> Option<i64> {
        self.devices.iter().map(|device| device.second).min()
    }

    /// Visits every series, family by family in the order of their names; within a family device by device.
    ///
    /// # Errors
    ///
    /// The first that the visitor returns.
    pub fn for_each_series<E>(
        &self,
        visit: impl FnMut(&Series<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let blocks = || self.devices.iter().flat_map(|device| &device.blocks);
        exposition::for_each_series(&self.parts, blocks, visit)
    }

    /// How many series there are.
    pub fn count(&self) -> u64 {
        let mut count = 0;
        let counted: Result<(), Infallible> = self.for_each_series(|_| {
            count += 1;
            Ok(())
        });
        let Ok(()) = counted;
        count
    }

    /// The times of last success, as text.
    fn times(&self) -> io::Result<Vec<u8>> {
        let mut encoder = Encoder::new(Vec::new());
        self.for_each_series(
            |series| match series.family.name.ends_with("_timestamp_seconds") {
                true => encoder.series(series),
                false => Ok(()),
            },
        )?;
        encoder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::RpcHealth;

    fn health(device: &str, succeeded: Option<i64>) -> Health {
        Health {
            device: device.to_owned(),
            is_up: succeeded.is_some(),
            succeeded,
            delivered: succeeded,
            rpcs: vec![RpcHealth {
                name: "optics".to_owned(),
                succeeded,
                seconds: 1.0,
            }],
            ..Health::default()
        }
    }

    fn put(fleet: &mut Fleet, device: &str, succeeded: Option<i64>, second: i64) {
        let info = DeviceInfo {
            device: device.to_owned(),
            ..DeviceInfo::default()
        };
        let tables = fleet.pack([]);
        fleet.put(tables, &health(device, succeeded), &info, None, second);
    }

    fn text(series: &FleetSeries) -> String {
        let mut encoder = Encoder::new(Vec::new());
        series
            .for_each_series(|series| encoder.series(series))
            .unwrap();
        String::from_utf8(encoder.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_device_that_fails_keeps_the_time_of_its_last_success() {
        let mut fleet = Fleet::new(MetricNames::Documented, Detail::Full);
        put(&mut fleet, "a", Some(100), 100);
        for second in [160, 220] {
            put(&mut fleet, "a", None, second);
            let text = text(&fleet.of("a").unwrap());
            assert!(text.contains("junos_up{device=\"a\"} 0\n"), "{text}");
            let last = "junos_last_success_timestamp_seconds{device=\"a\"} 100\n";
            assert!(text.contains(last), "{text}");
            let rpc = "junos_rpc_last_success_timestamp_seconds{device=\"a\",rpc=\"optics\"} 100\n";
            assert!(text.contains(rpc), "{text}");
        }
    }

    #[test]
    fn a_family_of_several_devices_comes_in_one_piece() {
        let mut fleet = Fleet::new(MetricNames::Documented, Detail::Full);
        put(&mut fleet, "b", Some(2), 20);
        put(&mut fleet, "a", Some(1), 10);
        let all = fleet.all();
        assert_eq!(all.oldest_second(), Some(10));
        let text = text(&all);
        assert!(text.contains("junos_up{device=\"a\"} 1\njunos_up{device=\"b\"} 1\n"));
        assert_eq!(text.matches("# TYPE junos_up ").count(), 1);
        assert_eq!(
            all.count() as usize,
            text.lines().filter(|line| !line.starts_with('#')).count()
        );
    }

    #[test]
    fn a_reader_keeps_what_it_took_and_a_device_that_is_gone_is_gone() {
        let mut fleet = Fleet::new(MetricNames::Documented, Detail::Full);
        put(&mut fleet, "a", Some(1), 10);
        let taken = fleet.of("a").unwrap();
        fleet.retain(|device| device != "a");
        assert!(fleet.of("a").is_none());
        assert!(text(&taken).contains("junos_up{device=\"a\"} 1\n"));
        assert_eq!(fleet.all().oldest_second(), None);
    }
}
