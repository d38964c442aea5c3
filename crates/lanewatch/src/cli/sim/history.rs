//! `lanewatch sim --lake`: a lake of simulated months, without a network: to fill a Prometheus, a dashboard or a query with.
//!
//! Devices are asked at simulated times, and their replies are read as those of real devices are. Two lanes of each device lose light:
//! one until its link fails, one slowly. One port goes dark two hours before the end. Errors follow from the light.

use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics::{Exposition, MetricNames};
use records::table::Table;
use records::{Arrival, Context, PicSlots, Snapshot, parsers};
use sim::{Condition, DeviceKind, DeviceSpec, Model, Platform, PortLocation, StillDevice};
use sinks::RunIdentity;
use sinks::lake::{Compression, Writer};

use super::super::usage;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Prometheus takes no blocks of the last hours.
const END_BEFORE_NOW: i64 = 3 * HOUR;
/// So long before the end, runs come each minute.
const MINUTES_FROM: i64 = 12 * HOUR;
/// So long before the end, a port goes dark.
const DARK_FROM: i64 = 2 * HOUR;
/// What a Prometheus is filled with in minutes.
const MOST_SAMPLES: u64 = 10_000_000;
const RUNNER: &str = "sim";

const OPTICS: &str = "<get-interface-optics-diagnostics-information/>";
const STATISTICS: &str = "<get-interface-information><extensive/></get-interface-information>";
const SYSTEM: &str = "<get-system-information/>";
const CHASSIS: &str = "<get-chassis-inventory/>";

/// What to write.
#[derive(Debug)]
pub(super) struct History {
    pub(super) lake: PathBuf,
    pub(super) days: u16,
    pub(super) every: Duration,
    /// None: three devices, one of each kind that is not too large.
    pub(super) devices: Option<u16>,
    pub(super) seed: u64,
    /// UTC second.
    pub(super) now: i64,
}

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) devices: usize,
    pub(super) runs: usize,
    /// Of the series that rules and dashboards read.
    pub(super) samples: u64,
    pub(super) span: (i64, i64),
}

/// A device as it is until a port goes dark, and after that.
struct Aged {
    name: String,
    before: StillDevice,
    after: StillDevice,
    /// What does not change from run to run.
    facts: Snapshot,
}

impl History {
    pub(super) fn write(&self) -> anyhow::Result<Written> {
        require_empty(&self.lake)?;
        let times = self.times();
        let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else {
            return Err(usage("`--days` and `--every` leave no run").into());
        };
        let devices = self.devices(first, last)?;
        let mut samples = 0;
        for (at, time) in times.iter().enumerate() {
            let mut rows = Vec::with_capacity(devices.len());
            for device in &devices {
                rows.push((&device.name, device.tables(*time, last - DARK_FROM)?));
            }
            if at == 0 {
                let mut exposition = Exposition::new(MetricNames::Documented);
                let tables = rows.iter().flat_map(|(_, tables)| tables);
                tables.for_each(|table| exposition.add(table));
                samples = watched(&exposition) * times.len() as u64;
                require_few(samples)?;
            }
            self.write_run(*time, rows)?;
        }
        Ok(Written {
            devices: devices.len(),
            runs: times.len(),
            samples,
            span: (first, last),
        })
    }

    fn write_run(&self, time: i64, rows: Vec<(&String, Vec<Table>)>) -> anyhow::Result<()> {
        let identity = RunIdentity {
            runner_name: RUNNER.to_owned(),
            run_id: format!("{:08x}", time & 0xffff_ffff),
            run_timestamp: time,
        };
        let names: Vec<_> = rows.iter().map(|(name, _)| (*name).clone()).collect();
        let mut writer = Writer::begin(&self.lake, identity, names, Compression::default())?;
        for (name, tables) in rows {
            writer.add(name, tables)?;
        }
        writer.finish()?;
        Ok(())
    }

    /// When the runs begin: at whole steps, and at last each minute.
    fn times(&self) -> Vec<i64> {
        let every = i64::try_from(self.every.as_secs()).unwrap_or(HOUR).max(60);
        let end = (self.now - END_BEFORE_NOW).div_euclid(HOUR) * HOUR;
        let begin = end - i64::from(self.days) * DAY;
        let minutes = (end - MINUTES_FROM).max(begin);
        let coarse = (begin.div_euclid(every)..).map(|step| step * every);
        let coarse = coarse
            .skip_while(|time| *time < begin)
            .take_while(|time| *time < minutes);
        let fine = (0..).map(|step| minutes + step * 60);
        coarse.chain(fine.take_while(|time| *time <= end)).collect()
    }

    fn devices(&self, first: i64, last: i64) -> anyhow::Result<Vec<Aged>> {
        let specs = match self.devices {
            Some(count) => sim::spec::mixed(usize::from(count), self.seed),
            None => [Platform::Qfx5220, Platform::Qfx5120, Platform::Mx480]
                .into_iter()
                .map(|platform| {
                    let model = Model::lived_in(platform, self.seed);
                    DeviceSpec::simulated(format!("{}-01", platform.name()), model)
                })
                .collect(),
        };
        let length = u64::try_from(last - first).unwrap_or(0);
        let failing = |lane, over| Condition::FailingLane {
            lane,
            over: Duration::from_secs(over),
        };
        let mut devices = Vec::new();
        for spec in specs {
            let DeviceKind::Simulated(model) = spec.kind else {
                continue;
            };
            let still = |model: &Model| StillDevice::new(&spec.name, model, first).map_err(usage);
            let places = places(&still(&model)?);
            let mut before = model;
            if let [to_fail, to_drift, to_darken] = places[..] {
                before = before
                    .with_condition(to_fail, failing(1, length * 4 / 5))
                    .with_condition(to_drift, failing(2, length * 2));
                before.conditions.remove(&to_darken);
            }
            let after = match places.last() {
                Some(place) => before.clone().with_condition(*place, Condition::Dark),
                None => before.clone(),
            };
            let before = still(&before)?;
            devices.push(Aged {
                facts: facts(&before, first)?,
                after: still(&after)?,
                name: spec.name.clone(),
                before,
            });
        }
        devices.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(devices)
    }
}

/// The ports that something happens to: not the first, which stays healthy.
fn places(device: &StillDevice) -> Vec<PortLocation> {
    device.ports().skip(1).take(3).collect()
}

fn read(name: &str, reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> anyhow::Result<()> {
    let parser = parsers::find(name);
    let parser = parser.ok_or_else(|| anyhow::anyhow!("there is no parser {name}"))?;
    let outcome = parser.parse(reply.as_bytes(), arrival, snapshot);
    match outcome.failure() {
        None => Ok(()),
        Some(why) => anyhow::bail!("a simulated reply to {name} cannot be read: {why}"),
    }
}

fn facts(device: &StillDevice, at: i64) -> anyhow::Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let whole = Arrival { at, pic: None };
    let system = device.reply(SYSTEM, at);
    read("system_information", &system, whole, &mut snapshot)?;
    let chassis = device.reply(CHASSIS, at);
    read("chassis_inventory", &chassis, whole, &mut snapshot)?;
    let mut pics: Vec<_> = device.ports().map(|port| (port.fpc, port.pic)).collect();
    pics.dedup();
    for (fpc, pic) in pics {
        let operation = format!(
            "<get-pic-detail><fpc-slot>{fpc}</fpc-slot><pic-slot>{pic}</pic-slot></get-pic-detail>"
        );
        let reply = device.reply(&operation, at);
        let pic = Some(PicSlots { fpc, pic });
        let arrival = Arrival { at, pic };
        read("pic_detail", &reply, arrival, &mut snapshot)?;
    }
    Ok(snapshot)
}

impl Aged {
    fn tables(&self, time: i64, dark_from: i64) -> anyhow::Result<Vec<Table>> {
        let device = match time < dark_from {
            true => &self.before,
            false => &self.after,
        };
        let mut snapshot = self.facts.clone();
        let arrival = Arrival {
            at: time,
            pic: None,
        };
        let optics = device.reply(OPTICS, time);
        read("optics_diagnostics", &optics, arrival, &mut snapshot)?;
        let statistics = device.reply(STATISTICS, time);
        read("interface_statistics", &statistics, arrival, &mut snapshot)?;
        let context = Context {
            device: self.name.clone(),
            runner_name: RUNNER.to_owned(),
            run_timestamp: time,
            interface_filter: None,
        };
        let records = records::enrich::join(snapshot, &context);
        Ok(records::tables::tables(&records))
    }
}

fn watched(exposition: &Exposition) -> u64 {
    let mut count = 0;
    let counted: Result<(), std::convert::Infallible> = exposition.for_each_series(|series| {
        count += u64::from(metrics::is_watched(&series.family.name));
        Ok(())
    });
    let Ok(()) = counted;
    count
}

fn require_few(samples: u64) -> anyhow::Result<()> {
    if samples > MOST_SAMPLES {
        return Err(usage(format!(
            "that is {samples} samples of the series that rules and dashboards read, and {MOST_SAMPLES} at most are expected: fewer \
             `--devices` or `--days`, or a longer `--every`"
        ))
        .into());
    }
    Ok(())
}

/// A simulated history must never be mixed with a real one.
fn require_empty(lake: &Path) -> anyhow::Result<()> {
    let is_empty = match std::fs::read_dir(lake) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            return Err(usage(format!("cannot list {}: {error}", lake.display())).into());
        }
    };
    match is_empty {
        true => Ok(()),
        false => Err(usage(format!(
            "{} is not empty: a simulated lake goes into a folder of its own",
            lake.display()
        ))
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_at_whole_steps_and_at_last_each_minute_and_end_three_hours_ago() {
        let history = History {
            lake: PathBuf::new(),
            days: 30,
            every: Duration::from_secs(3_600),
            devices: None,
            seed: 1,
            now: 1_796_162_400 + 1_234,
        };
        let times = history.times();
        let end = 1_796_162_400 - END_BEFORE_NOW;
        assert_eq!((times[0], times.last()), (end - 30 * DAY, Some(&end)));
        assert_eq!(times.len(), 30 * 24 - 12 + 12 * 60 + 1);
        let steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps[..707].iter().all(|step| *step == HOUR), "{steps:?}");
        assert!(steps[708..].iter().all(|step| *step == 60), "{steps:?}");
    }
}
