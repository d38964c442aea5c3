//! Readings of the interfaces: link state, traffic and FEC counters.

use std::sync::PoisonError;

use super::build::has_link;
use super::device::{Content, Device, Interface, Module};
use crate::{
    physics::{code::BINS, link::LinkReading},
    platform::Histogram,
    seed::Seed,
};

const DAY_S: f64 = 86_400.0;

/// Bytes of the average packet.
const PACKET_BYTES: u64 = 720;

/// One interface's state and counters.
#[derive(Debug, Clone)]
pub(crate) struct InterfaceReading {
    pub(crate) interface: String,
    /// Whether the link is up.
    pub(crate) up: bool,
    pub(crate) gbps: u32,
    /// UTC second of the last change of the link.
    pub(crate) flapped: i64,
    pub(crate) traffic: Traffic,
    /// `None`: the port runs without FEC.
    pub(crate) fec: Option<FecReading>,
    /// The seed of values without meaning: hardware addresses.
    pub(crate) seed: Seed,
}

/// Traffic counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) input_bps: u64,
    pub(crate) output_bps: u64,
    pub(crate) input_pps: u64,
    pub(crate) output_pps: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) input_packets: u64,
    pub(crate) output_packets: u64,
}

/// FEC counters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FecReading {
    /// As in `enabled_fec_mode`.
    pub(crate) mode: &'static str,
    pub(crate) corrected: u64,
    pub(crate) uncorrected: u64,
    pub(crate) corrected_per_s: u64,
    pub(crate) uncorrected_per_s: u64,
    /// As sent; `None` on devices that do not send it and on links that are down.
    pub(crate) pre_fec_ber: Option<String>,
    /// The bins; `None` on devices without a histogram.
    pub(crate) bins: Option<[Bin; BINS]>,
}

/// One bin of the histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bin {
    /// Counted since the store was last filled.
    pub(crate) live: u64,
    /// Moved to the stored totals.
    pub(crate) harvested: u64,
}

impl Device {
    /// Every interface with a port, at a UTC second.
    pub(crate) fn statistics(&self, utc: i64) -> Vec<InterfaceReading> {
        // The counters are plain data: a panic elsewhere leaves nothing half done that a later reading could not repair.
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |(interface, link): (&Interface, &mut Option<crate::physics::link::Link>)| {
            let socket = self.sockets.get(interface.socket)?;
            let up = has_link(&socket.content);
            let fec = socket.port.code.map(|code| match link {
                Some(link) => {
                    let reading =
                        link.read_at(utc, |second| ber(interface, &socket.content, second));
                    self.fec_reading(link.code().junos_name, Some(&reading))
                }
                None => self.fec_reading(code.junos_name, None),
            });
            Some(InterfaceReading {
                interface: interface.name.clone(),
                up,
                gbps: interface.gbps,
                flapped: self.epoch.counters_since()
                    - interface.seed.named("flap").within(60.0, 3e6) as i64,
                traffic: if up {
                    traffic(interface, self.epoch.counters_since(), utc)
                } else {
                    Traffic::default()
                },
                fec,
                seed: interface.seed,
            })
        };
        self.interfaces
            .iter()
            .zip(links.iter_mut())
            .filter_map(read)
            .collect()
    }

    fn fec_reading(&self, mode: &'static str, reading: Option<&LinkReading>) -> FecReading {
        let has_histogram = self.blueprint.histogram != Histogram::None;
        let total = reading.map(|reading| reading.total).unwrap_or_default();
        let latest = reading.map(|reading| reading.latest).unwrap_or_default();
        FecReading {
            mode,
            corrected: total.corrected(),
            uncorrected: total.uncorrected,
            corrected_per_s: reading.map_or(0, |reading| reading.corrected_per_s),
            uncorrected_per_s: reading.map_or(0, |reading| reading.uncorrected_per_s),
            pre_fec_ber: reading
                .and_then(|reading| reading.pre_fec_ber)
                .filter(|_| has_histogram)
                .map(exponential),
            bins: has_histogram.then(|| {
                std::array::from_fn(|index| Bin {
                    live: latest.bins[index],
                    harvested: total.bins[index] - latest.bins[index],
                })
            }),
        }
    }
}

/// Bit error ratio of an interface: the mean of its lanes, because symbols are spread evenly over them.
fn ber(interface: &Interface, content: &Content, utc: i64) -> f64 {
    match content {
        Content::Optical(module) => module_ber(module, interface, utc),
        // Copper has no light to lose; it errs at a rate of its own.
        Content::Copper(_) => 10_f64.powf(interface.seed.named("copper").within(-9.0, -7.0)),
        Content::Empty => 0.0,
    }
}

fn module_ber(module: &Module, interface: &Interface, utc: i64) -> f64 {
    let lanes = module
        .lanes
        .get(interface.lanes.clone())
        .unwrap_or_default();
    lanes.iter().map(|lane| lane.ber(utc)).sum::<f64>() / lanes.len().max(1) as f64
}

/// Traffic with a daily swing of a fifth: rate and its integral since the counters began.
fn traffic(interface: &Interface, since: i64, utc: i64) -> Traffic {
    let one_way = |name: &str| {
        let load = interface.seed.named(name).within(0.02, 0.45);
        let mean_bps = load * f64::from(interface.gbps) * 1e9;
        let angle = |second: i64| std::f64::consts::TAU * (second as f64 / DAY_S - 0.375);
        let bps = mean_bps * (1.0 + 0.2 * angle(utc).sin());
        let swing = 0.2 * DAY_S / std::f64::consts::TAU * (angle(since).cos() - angle(utc).cos());
        let bytes = mean_bps * ((utc - since) as f64 + swing) / 8.0;
        (bps as u64, bytes as u64)
    };
    let (input_bps, input_bytes) = one_way("input");
    let (output_bps, output_bytes) = one_way("output");
    Traffic {
        input_bps,
        output_bps,
        input_pps: input_bps / 8 / PACKET_BYTES,
        output_pps: output_bps / 8 / PACKET_BYTES,
        input_bytes,
        output_bytes,
        input_packets: input_bytes / PACKET_BYTES,
        output_packets: output_bytes / PACKET_BYTES,
    }
}

/// C's `%.2e`: `1.23e-08`.
fn exponential(value: f64) -> String {
    let text = format!("{value:.2e}");
    match text.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None => text.replace('e', "e+0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_written_as_c_writes_them() {
        assert_eq!(exponential(1.234e-8), "1.23e-08");
        assert_eq!(exponential(4.5e-4), "4.50e-04");
        assert_eq!(exponential(2.0e-12), "2.00e-12");
        assert_eq!(exponential(0.0), "0.00e+00");
    }
}
