//! QFX5220-32CD: 32 ports of 400G, Junos EVO. The first half carries DR4, the second SR8; one histogram element per bin.

use super::blueprint::{
    Blueprint, Breakout, FecModePlace, Fpc, Histogram, Pic, Port, Style, SystemInterface,
    TemperatureDigits,
};
use super::optic;
use crate::physics::code::KP4;

pub(super) fn blueprint() -> Blueprint {
    let ports = (0..32)
        .map(|number| Port {
            number,
            prefix: "et",
            optic: if number < 16 {
                &optic::DR4_400G
            } else {
                &optic::SR8_400G
            },
            copper: "QSFP56-DD-400G-CU-1M",
            gbps: 400,
            code: Some(KP4),
            breakout: Breakout::Whole,
        })
        .collect();
    Blueprint {
        hardware_model: "qfx5220-32cd",
        os_name: "junos-evo",
        os_version: "23.4R2-S3.9-EVO",
        reply_namespace: "23.4R2-S3.9-EVO",
        payload_namespace: "23.4R2-EVO",
        style: Style::Evo,
        histogram: Histogram::ElementPerBin,
        fec_mode_place: FecModePlace::OwnElement,
        temperature_digits: TemperatureDigits::Whole,
        wrapped_in: None,
        chassis_description: "QFX5220-32CD",
        serial_prefix: "WR",
        routing_engine: "RE-QFX5220-32CD",
        fpcs: vec![Fpc {
            slot: 0,
            part_number: "650-112492",
            description: "QFX5220-32CD",
            model_number: "QFX5220-32CD-CHAS",
            pics: vec![Pic {
                slot: 0,
                mic: None,
                description: "32X400G-QSFP-DD",
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
        address: "192.0.2.20/24",
    },
    SystemInterface {
        name: "ae0",
        unit: 0,
        speed: "800Gbps",
        address: "198.51.100.0/31",
    },
    SystemInterface {
        name: "irb",
        unit: 100,
        speed: "1Gbps",
        address: "203.0.113.1/24",
    },
    SystemInterface {
        name: "lo0",
        unit: 0,
        speed: "Unspecified",
        address: "192.0.2.1/32",
    },
];
