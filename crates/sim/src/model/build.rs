//! Builds a device from its blueprint, seed and port conditions.

use std::{ops::Range, sync::Mutex};

use super::device::{Content, Device, Epoch, Interface, Label, Light, Module, Socket, rounded};
use crate::{
    conditions::{Condition, PortLocation},
    error::Error,
    physics::{
        code::{Code, KP4, KR4},
        lane::{DriftingValue, Lane, PowerLoss, margin_for},
        link::Link,
    },
    platform::{Breakout, Optic, Port, Style},
    seed::Seed,
    spec::Model,
};

impl Device {
    /// Builds a device; an error if a condition names a port that it has not.
    pub(crate) fn build(
        name: &str,
        model: &Model,
        fleet_seed: u64,
        epoch: Epoch,
    ) -> Result<Self, Error> {
        let blueprint = model.platform.blueprint();
        let seed = Seed::new(fleet_seed).numbered(model.seed).named(name);
        let mut sockets = Vec::new();
        let mut interfaces = Vec::new();
        let mut links = Vec::new();
        for fpc in &blueprint.fpcs {
            for pic in &fpc.pics {
                for port in &pic.ports {
                    let location = PortLocation::new(fpc.slot, pic.slot, port.number);
                    let socket_seed = seed.named(&location.to_string());
                    let condition = model.conditions.get(&location).copied();
                    let channels = channels(port);
                    let content = content(port, condition, socket_seed, epoch, &channels);
                    for (channel, lanes) in channels.iter().enumerate() {
                        let name = match port.breakout {
                            Breakout::Whole => format!("{}-{location}", port.prefix),
                            Breakout::Halves => format!("{}-{location}:{channel}", port.prefix),
                        };
                        let interface = Interface {
                            seed: seed.named(&name),
                            name,
                            socket: sockets.len(),
                            lanes: lanes.clone(),
                            gbps: port.gbps / channels.len() as u32,
                        };
                        let counted = port.code.filter(|_| has_link(&content));
                        links.push(counted.map(|code| {
                            let since = epoch.counters_since();
                            Link::new(code, interface.gbps, interface.seed.named("fec"), since)
                        }));
                        interfaces.push(interface);
                    }
                    sockets.push(Socket {
                        location,
                        port: *port,
                        content,
                    });
                }
            }
        }
        let known =
            |location: &PortLocation| sockets.iter().any(|socket| socket.location == *location);
        if let Some(location) = model.conditions.keys().find(|location| !known(location)) {
            return Err(Error::NoSuchPort {
                device: name.to_owned(),
                platform: blueprint.hardware_model,
                location: *location,
            });
        }
        Ok(Self {
            name: name.to_owned(),
            serial: format!(
                "{}{}",
                blueprint.serial_prefix,
                seed.named("serial").text(8)
            ),
            blueprint,
            epoch,
            sockets,
            interfaces,
            links: Mutex::new(links),
        })
    }
}

/// Whether light arrives, so that the link is up.
pub(super) fn has_link(content: &Content) -> bool {
    match content {
        Content::Empty => false,
        Content::Copper(_) => true,
        Content::Optical(module) => module.light == Light::Arrives,
    }
}

/// The lanes of each channel of a port.
fn channels(port: &Port) -> Vec<Range<usize>> {
    let count = match port.breakout {
        Breakout::Whole => 1,
        Breakout::Halves => 2,
    };
    let width = port.optic.lanes as usize / count;
    (0..count)
        .map(|channel| channel * width..(channel + 1) * width)
        .collect()
}

fn content(
    port: &Port,
    condition: Option<Condition>,
    seed: Seed,
    epoch: Epoch,
    channels: &[Range<usize>],
) -> Content {
    let light = match condition {
        Some(Condition::Empty) => return Content::Empty,
        Some(Condition::Copper) => return Content::Copper(copper_label(port, seed)),
        Some(Condition::Dark) => Light::Absent,
        Some(Condition::FailingLane { .. }) | None => Light::Arrives,
    };
    let optic = port.optic;
    let mut lanes: Vec<Lane> = (0..u64::from(optic.lanes))
        .map(|index| lane(optic, seed.named("lane").numbered(index)))
        .collect();
    if let Some(Condition::FailingLane { lane, over }) = condition {
        let index = (lane as usize).min(lanes.len().saturating_sub(1));
        let width = channels
            .iter()
            .find(|channel| channel.contains(&index))
            .map_or(lanes.len(), Range::len);
        if let Some(lane) = lanes.get_mut(index) {
            let over_s = i64::try_from(over.as_secs()).unwrap_or(i64::MAX);
            fail(lane, port.code.as_ref(), width, epoch.start, over_s);
        }
    }
    let wander = |name, base: f64, drift, daily, noise| DriftingValue {
        base,
        drift,
        daily,
        noise,
        seed: seed.named(name),
    };
    let temperature_c = optic.temperature_c + seed.named("warmth").within(-3.0, 3.0);
    Content::Optical(Box::new(Module {
        label: optical_label(optic, seed),
        optic,
        temperature_c: wander("temperature", temperature_c, 0.8, 1.5, 0.15),
        voltage_v: wander(
            "voltage",
            seed.named("supply").within(3.26, 3.34),
            0.004,
            0.002,
            0.002,
        ),
        lanes,
        light,
    }))
}

fn lane(optic: &'static Optic, seed: Seed) -> Lane {
    let wander = |name: &str, base: f64, drift, daily, noise| DriftingValue {
        base,
        drift,
        daily,
        noise,
        seed: seed.named(name),
    };
    let variation =
        |name: &str, deviation: f64| deviation * seed.named(name).normal().clamp(-2.0, 2.0);
    let (low, high) = optic.floor_log10;
    Lane {
        rx_power_dbm: wander(
            "rx",
            optic.rx_power_dbm + variation("rx base", 0.4),
            0.12,
            0.05,
            0.02,
        ),
        tx_power_dbm: wander(
            "tx",
            optic.tx_power_dbm + variation("tx base", 0.25),
            0.05,
            0.03,
            0.01,
        ),
        bias_ma: wander(
            "bias",
            optic.bias_ma * (1.0 + variation("bias base", 0.03)),
            optic.bias_ma * 0.006,
            optic.bias_ma * 0.004,
            optic.bias_ma * 0.001,
        ),
        laser_above_module_c: seed.named("laser").within(0.5, 3.0),
        floor_ber: 10_f64.powf(seed.named("floor").within(low, high)),
        sensitivity_dbm: optic.sensitivity_dbm,
        power_loss: None,
    }
}

/// Gives a lane so large a power loss that the link of `width` lanes loses some codewords: the lane's errors are spread over all codewords,
/// so it must err `width` times as often as the link.
fn fail(lane: &mut Lane, code: Option<&Code>, width: usize, from: i64, over_s: i64) {
    let link_ber = match code {
        Some(code) if *code == KP4 => 4.5e-4,
        Some(code) if *code == KR4 => 5.0e-5,
        Some(_) | None => 1.0e-6,
    };
    // A failing lane drifts little: the failure shall be what is seen.
    lane.rx_power_dbm.drift = 0.03;
    lane.rx_power_dbm.daily = 0.02;
    let end_dbm = lane.sensitivity_dbm + margin_for(link_ber * width as f64);
    lane.power_loss = Some(PowerLoss {
        from,
        over_s,
        depth_db: lane.rx_power_dbm.base - end_dbm,
    });
}

fn copper_label(port: &Port, seed: Seed) -> Label {
    Label {
        description: port.copper.to_owned(),
        serial: format!("APF{}", seed.named("serial").text(9)),
        part_number: "740-100321",
        revision: Some("REV 01".to_owned()),
        vendor: "Amphenol",
        vendor_part: "NDYYYF-J001",
        firmware: "0.0".to_owned(),
    }
}

fn optical_label(optic: &Optic, seed: Seed) -> Label {
    let maker = seed.named("maker");
    let (vendor, vendor_part) = maker
        .pick(optic.makers)
        .copied()
        .unwrap_or(("OEM", "UNKNOWN"));
    let (part_number, revision) = match seed.named("supplier").fraction() {
        // Other suppliers' modules: no revision, or what their memory happens to hold there.
        x if x < 0.03 => ("NON-JNPR", None),
        x if x < 0.06 => ("NON-JNPR", Some("424".to_owned())),
        x => (
            optic.part_number,
            Some(format!("REV {:02}", 1 + (x * 10.0) as u32 % 3)),
        ),
    };
    let release = seed.named("firmware");
    Label {
        description: optic.description.to_owned(),
        serial: format!(
            "{}{}",
            seed.named("plant").text(2),
            seed.named("serial").text(9)
        ),
        part_number,
        revision,
        vendor,
        vendor_part,
        firmware: format!("{:.1}", rounded(release.within(1.0, 4.0), 1)),
    }
}

impl Style {
    /// Whether a flag of an alarm or warning is on, in the device's spelling.
    pub(crate) fn flag(self, on: bool) -> &'static str {
        match (self, on) {
            (Self::Classic, true) => "on",
            (Self::Classic, false) => "off",
            (Self::Evo, true) => "On",
            (Self::Evo, false) => "Off",
        }
    }
}
