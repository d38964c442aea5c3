//! MX480: FPC 0 with two MICs (10 × 10G and 1 × 100G), FPC 1 with two PICs of six 100G ports, classic Junos. Chassis, system and PIC
//! replies are wrapped in the item of a virtual chassis' member.

use super::blueprint::{
    Blueprint, Breakout, FecModePlace, Fpc, Histogram, Mic, Pic, Port, Style, SystemInterface,
    TemperatureDigits,
};
use super::optic;
use crate::physics::code::KR4;

pub(super) fn blueprint() -> Blueprint {
    let ten_gigabit = (0..10).map(|number| Port {
        number,
        prefix: "xe",
        optic: &optic::LR_10G,
        copper: "SFP+-10G-CU1M",
        gbps: 10,
        code: None,
        breakout: Breakout::Whole,
    });
    let pic = |slot, mic, description, ports| Pic {
        slot,
        mic,
        description,
        ports,
    };
    Blueprint {
        hardware_model: "mx480",
        os_name: "junos",
        os_version: "21.4R3-S5.4",
        reply_namespace: "21.4R0",
        payload_namespace: "21.4R0",
        style: Style::Classic,
        histogram: Histogram::None,
        fec_mode_place: FecModePlace::AmongStatistics,
        temperature_digits: TemperatureDigits::Whole,
        wrapped_in: Some("member0"),
        chassis_description: "MX480",
        serial_prefix: "JN",
        routing_engine: "RE-S-1800x4",
        fpcs: vec![
            Fpc {
                slot: 0,
                part_number: "750-045372",
                description: "MPCE Type 3 3D",
                model_number: "MX-MPC3E-3D",
                pics: vec![
                    pic(
                        0,
                        Some(Mic {
                            slot: 0,
                            part_number: "750-028387",
                            description: "3D 10x 10GE SFPP",
                            model_number: "MIC3-3D-10XGE-SFPP",
                        }),
                        "10X10GE SFPP",
                        ten_gigabit.collect(),
                    ),
                    pic(
                        2,
                        Some(Mic {
                            slot: 1,
                            part_number: "750-033199",
                            description: "3D 1X100GE CFP",
                            model_number: "MIC3-3D-1X100GE-CFP",
                        }),
                        "1X100GE CFP",
                        vec![hundred_gigabit(0)],
                    ),
                ],
            },
            Fpc {
                slot: 1,
                part_number: "750-063414",
                description: "MPC7E 3D MRATE-12xQSFPP-XGE-XLGE-CGE",
                model_number: "MPC7E-MRATE",
                pics: vec![
                    pic(
                        0,
                        None,
                        "MRATE-6xQSFPP-XGE-XLGE-CGE",
                        (0..6).map(hundred_gigabit).collect(),
                    ),
                    pic(
                        1,
                        None,
                        "MRATE-6xQSFPP-XGE-XLGE-CGE",
                        (0..6).map(hundred_gigabit).collect(),
                    ),
                ],
            },
        ],
        system_interfaces: SYSTEM_INTERFACES,
    }
}

fn hundred_gigabit(number: u32) -> Port {
    Port {
        number,
        prefix: "et",
        optic: if number.is_multiple_of(2) {
            &optic::LR4_100G
        } else {
            &optic::SR4_100G
        },
        copper: "QSFP28-100G-CU-3M",
        gbps: 100,
        code: Some(KR4),
        breakout: Breakout::Whole,
    }
}

const SYSTEM_INTERFACES: &[SystemInterface] = &[
    SystemInterface {
        name: "ae0",
        unit: 0,
        speed: "200Gbps",
        address: "198.51.100.6/31",
    },
    SystemInterface {
        name: "fxp0",
        unit: 0,
        speed: "1000mbps",
        address: "192.0.2.80/24",
    },
    SystemInterface {
        name: "irb",
        unit: 400,
        speed: "Auto",
        address: "203.0.113.193/26",
    },
    SystemInterface {
        name: "lo0",
        unit: 0,
        speed: "Unspecified",
        address: "192.0.2.4/32",
    },
];
