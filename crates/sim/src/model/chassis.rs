//! Readings of the chassis: sensors, power supplies, fans and routing engines.

use super::device::Device;
use crate::{
    physics::lane::DriftingValue,
    platform::{Platform, Style},
    seed::Seed,
};

const HOUR_S: i64 = 3_600;

/// A line of `show chassis environment`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EnvironmentReading {
    pub(crate) name: String,
    /// Present for the first part of each class only, as on real devices.
    pub(crate) class: Option<&'static str>,
    pub(crate) status: &'static str,
    pub(crate) temperature_c: Option<i64>,
    pub(crate) comment: Option<&'static str>,
}

/// A routing engine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RouteEngineReading {
    pub(crate) slot: u32,
    pub(crate) mastership: &'static str,
    pub(crate) temperature_c: i64,
    pub(crate) cpu_temperature_c: i64,
    pub(crate) memory_mb: u32,
    /// Percent.
    pub(crate) memory_utilization: u32,
    /// Percent of the last seconds: user, background, system, interrupt; the rest is idle.
    pub(crate) cpu: [u32; 4],
    /// UTC second at which it started.
    pub(crate) started: i64,
    /// Of one, five and fifteen minutes.
    pub(crate) load: [f64; 3],
}

impl Device {
    /// Supplies, sensors and fans, in the order in which the device lists them. The last supply is one without power.
    pub(crate) fn environment(&self, utc: i64) -> Vec<EnvironmentReading> {
        let classic = self.blueprint.style == Style::Classic;
        let chassis = self.is_chassis();
        let mut readings = Vec::new();
        let part =
            |name: String, first: Option<&'static str>, base: Option<f64>| EnvironmentReading {
                temperature_c: base.map(|base| self.degrees(&name, base, utc)),
                class: first,
                status: "OK",
                comment: None,
                name,
            };
        let supplies = if chassis { 4 } else { 2 };
        for supply in 0..supplies {
            let name = match (chassis, classic) {
                (true, _) => format!("PEM {supply}"),
                (false, true) => format!("FPC 0 Power Supply {supply}"),
                (false, false) => format!("PSM {supply}"),
            };
            let mut reading = part(name, (supply == 0).then_some("Power"), Some(33.0));
            if chassis && supply == supplies - 1 {
                reading.status = "Absent";
                reading.temperature_c = None;
            }
            readings.push(reading);
        }
        for (at, fpc) in self.blueprint.fpcs.iter().enumerate() {
            for (sensor, base) in [("Intake", 31.0), ("Exhaust A", 45.0), ("Exhaust B", 47.0)] {
                let name = format!("FPC {} {sensor}", fpc.slot);
                let first = (at == 0 && sensor == "Intake").then_some("Temp");
                readings.push(part(name, first, Some(base)));
            }
        }
        for engine in self.route_engines(utc) {
            let name = format!("Routing Engine {}", engine.slot);
            let mut reading = part(name, None, None);
            reading.temperature_c = Some(engine.temperature_c);
            readings.push(reading);
        }
        for fan in 0..if chassis { 6 } else { 4 } {
            let mut reading = part(
                format!("Fan Tray 0 Fan {fan}"),
                (fan == 0).then_some("Fans"),
                None,
            );
            reading.comment = Some("Spinning at normal speed");
            readings.push(reading);
        }
        readings
    }

    /// One routing engine, or the two of a chassis.
    pub(crate) fn route_engines(&self, utc: i64) -> Vec<RouteEngineReading> {
        let engines = if self.is_chassis() { 2 } else { 1 };
        let engine = |slot: u32| {
            let seed = self
                .chassis_seed()
                .named("routing engine")
                .numbered(slot.into());
            let step = seed.named("load").numbered(utc.div_euclid(60) as u64);
            let load = step.within(0.1, 0.9);
            let user = step.named("user").within(2.0, 12.0);
            RouteEngineReading {
                slot,
                mastership: if slot == 0 { "master" } else { "backup" },
                temperature_c: self.degrees(&format!("Routing Engine {slot}"), 36.0, utc),
                cpu_temperature_c: self.degrees(&format!("Routing Engine {slot} CPU"), 42.0, utc),
                memory_mb: if self.is_chassis() { 16_340 } else { 8_174 },
                memory_utilization: seed.named("memory").within(12.0, 48.0) as u32,
                cpu: [
                    user as u32,
                    0,
                    step.named("system").within(1.0, 6.0) as u32,
                    1,
                ],
                started: self.epoch.counters_since()
                    - seed.named("started").within(10.0, 4_000.0) as i64 * HOUR_S,
                load: [load, load * 0.9, load * 0.8].map(|load| (load * 100.0).round() / 100.0),
            }
        };
        (0..engines).map(engine).collect()
    }

    fn is_chassis(&self) -> bool {
        self.blueprint.hardware_model == Platform::Mx480.hardware_model()
    }

    fn chassis_seed(&self) -> Seed {
        Seed::new(0).named(&self.name).named(&self.serial)
    }

    /// Whole degrees of a sensor.
    fn degrees(&self, sensor: &str, base: f64, utc: i64) -> i64 {
        let seed = self.chassis_seed().named(sensor);
        let wander = DriftingValue {
            base: base + seed.within(-3.0, 3.0),
            drift: 1.0,
            daily: 2.0,
            noise: 0.3,
            seed,
        };
        wander.at(utc).round() as i64
    }
}
