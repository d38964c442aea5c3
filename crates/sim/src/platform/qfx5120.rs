//! QFX5120-48Y: 48 ports of 25G in SFP28 with one lane each, 8 of 100G in QSFP28, classic Junos. Counters but no histogram.

use super::blueprint::{
    Blueprint, Breakout, FecModePlace, Fpc, Histogram, Pic, Port, Style, SystemInterface,
    TemperatureDigits,
};
use super::optic;
use crate::physics::code::{FIRE, KR4};

pub(super) fn blueprint() -> Blueprint {
    let access = (0..48).map(|number| {
        // Long reach runs without FEC, short reach with the fire code.
        let (optic, code) = if number % 6 == 5 {
            (&optic::LR_25G, None)
        } else {
            (&optic::SR_25G, Some(FIRE))
        };
        Port {
            number,
            prefix: "et",
            optic,
            copper: "SFP28-25G-CU",
            gbps: 25,
            code,
            breakout: Breakout::Whole,
        }
    });
    let uplinks = (48..56).map(|number| Port {
        number,
        prefix: "et",
        optic: if number < 52 {
            &optic::SR4_100G
        } else {
            &optic::LR4_100G
        },
        copper: "QSFP28-100G-CU-1M",
        gbps: 100,
        code: Some(KR4),
        breakout: Breakout::Whole,
    });
    Blueprint {
        hardware_model: "qfx5120-48y-8c",
        os_name: "junos-qfx",
        os_version: "22.4R3.25",
        reply_namespace: "22.4R0",
        payload_namespace: "22.4R0",
        style: Style::Classic,
        histogram: Histogram::None,
        fec_mode_place: FecModePlace::OwnElement,
        temperature_digits: TemperatureDigits::Whole,
        wrapped_in: None,
        chassis_description: "QFX5120-48Y-8C",
        serial_prefix: "XH",
        routing_engine: "RE-QFX5120-48Y-8C",
        fpcs: vec![Fpc {
            slot: 0,
            part_number: "650-087220",
            description: "QFX5120-48Y-8C",
            model_number: "QFX5120-48Y-AFO",
            pics: vec![Pic {
                slot: 0,
                mic: None,
                description: "48x25G-8x100G",
                ports: access.chain(uplinks).collect(),
            }],
        }],
        system_interfaces: SYSTEM_INTERFACES,
    }
}

const SYSTEM_INTERFACES: &[SystemInterface] = &[
    SystemInterface {
        name: "ae0",
        unit: 0,
        speed: "200Gbps",
        address: "198.51.100.4/31",
    },
    SystemInterface {
        name: "em0",
        unit: 0,
        speed: "1000mbps",
        address: "192.0.2.60/24",
    },
    SystemInterface {
        name: "irb",
        unit: 300,
        speed: "Auto",
        address: "203.0.113.65/26",
    },
    SystemInterface {
        name: "lo0",
        unit: 0,
        speed: "Unspecified",
        address: "192.0.2.3/32",
    },
];
