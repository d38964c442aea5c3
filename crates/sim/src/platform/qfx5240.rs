//! QFX5240-64OD: 64 ports of 800G in OSFP, Junos EVO. Every eighth port is broken out into two 400G channels of four lanes. The
//! histogram is one element with parallel children, and the FEC mode is among the statistics.

use super::blueprint::{
    Blueprint, Breakout, FecModePlace, Fpc, Histogram, Pic, Port, Style, SystemInterface,
    TemperatureDigits,
};
use super::optic;
use crate::physics::code::KP4;

pub(super) fn blueprint() -> Blueprint {
    let ports = (0..64)
        .map(|number| Port {
            number,
            prefix: "et",
            optic: &optic::DR8_800G,
            copper: "OSFP-800G-CU-1M",
            gbps: 800,
            code: Some(KP4),
            breakout: if number % 8 == 4 {
                Breakout::Halves
            } else {
                Breakout::Whole
            },
        })
        .collect();
    Blueprint {
        hardware_model: "qfx5240-64od",
        os_name: "junos-evo",
        os_version: "25.2R2.6-EVO",
        reply_namespace: "25.2R2.6-EVO",
        payload_namespace: "25.2R0-EVO",
        style: Style::Evo,
        histogram: Histogram::ParallelChildren,
        fec_mode_place: FecModePlace::AmongStatistics,
        temperature_digits: TemperatureDigits::Tenths,
        wrapped_in: None,
        chassis_description: "QFX5240-64OD",
        serial_prefix: "YA",
        routing_engine: "RE-QFX5240-64OD",
        fpcs: vec![Fpc {
            slot: 0,
            part_number: "650-173210",
            description: "QFX5240-64OD",
            model_number: "QFX5240-64OD-CHAS",
            pics: vec![Pic {
                slot: 0,
                mic: None,
                description: "64X800G-OSFP",
                ports,
            }],
        }],
        system_interfaces: SYSTEM_INTERFACES,
    }
}

const SYSTEM_INTERFACES: &[SystemInterface] = &[
    SystemInterface {
        name: "re0:mgmt-0",
        unit: 0,
        speed: "1000mbps",
        address: "192.0.2.40/24",
    },
    SystemInterface {
        name: "ae0",
        unit: 0,
        speed: "1600Gbps",
        address: "198.51.100.2/31",
    },
    SystemInterface {
        name: "irb",
        unit: 200,
        speed: "1Gbps",
        address: "203.0.113.129/25",
    },
    SystemInterface {
        name: "lo0",
        unit: 0,
        speed: "Unspecified",
        address: "192.0.2.2/32",
    },
];
