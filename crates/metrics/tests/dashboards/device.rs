//! One device: its lanes as a grid of ports, its links and modules.

use super::panel::{
    Annotation, DEVICE, Dashboard, GREEN, Kind, Link, Panel, RED, Row, SHARD, YELLOW,
};

/// What a dark lane is in the grids: below every margin.
const DARK: f64 = -99.0;

/// A grid of ports and lanes by margin.
fn grid(title: &'static str, description: &'static str, quantity: &str) -> Panel {
    let kind = Kind::Grid {
        down: "interface",
        across: "lane",
    };
    Panel::new(kind, title, description, "dB")
        .query(
            format!(
                "min by (interface, lane) (junos_optics_{quantity}_margin_db{{device=\"$device\"}}) or on (interface, lane) {DARK} * max by \
                 (interface, lane) (junos_optics_lane_state{{device=\"$device\", quantity=\"{quantity}\", state=\"no_light\"}})"
            ),
            "",
        )
        .colours("dark-red", &[(-98.0, RED), (0.0, YELLOW), (1.0, GREEN)])
        .words(&[(DARK, "dark")])
}

fn table(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    value: &'static str,
    link: Option<Link>,
) -> Panel {
    let kind = Kind::Table {
        value,
        descending: true,
        link,
    };
    Panel::new(kind, title, description, unit)
}

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "device",
        title: "Lanewatch: device",
        description: "One device: its lanes by their distance to the module's warning limits, its links, and what changed.",
        variables: vec![SHARD, DEVICE],
        annotations: vec![
            Annotation {
                name: "Flaps",
                expr: "max by (interface) (resets(junos_interface_last_flap_seconds{device=\"$device\"}[5m])) > 0",
                title: "{{interface}} went up or down",
            },
            Annotation {
                name: "Modules changed",
                expr: "max by (interface, serial_number) (junos_optics_info{device=\"$device\"}) unless on (interface, serial_number) \
                       last_over_time(junos_optics_info{device=\"$device\"}[1h] offset 5m) and on (interface) \
                       last_over_time(junos_optics_info{device=\"$device\"}[1h] offset 5m)",
                title: "{{interface}} has another module, {{serial_number}}",
            },
        ],
        rows: vec![
            Row {
                title: "Lanes",
                panels: vec![
                    grid(
                        "Received light",
                        "The distance of each lane's received power to the nearest warning limit of its module.",
                        "rx_power",
                    ),
                    grid(
                        "Transmitted light",
                        "The distance of each lane's transmitted power to the nearest warning limit of its module.",
                        "tx_power",
                    ),
                ],
            },
            Row {
                title: "The device",
                panels: vec![
                    table(
                        "What it is",
                        "What the device says of itself, with 1.",
                        "short",
                        "known",
                        None,
                    )
                    .query(
                        "max by (hostname, model, version, serial_number) (junos_device_software_info{device=\"$device\"})",
                        "",
                    ),
                    table(
                        "Firing alerts",
                        "Alerts of docs/alerts that fire for this device, with 1.",
                        "short",
                        "firing",
                        None,
                    )
                    .query(
                        "max by (alertname, severity, interface, lane) (ALERTS{alertname=~\"Junos.*\", alertstate=\"firing\", device=\"$device\"})",
                        "",
                    )
                    .colours(RED, &[]),
                    table(
                        "Modules",
                        "The module in each port, with 1.",
                        "short",
                        "plugged in",
                        None,
                    )
                    .query(
                        "max by (interface, vendor, part_number, serial_number, description) (junos_optics_info{device=\"$device\"})",
                        "",
                    ),
                    Panel::new(
                        Kind::Lines { log: false },
                        "Module temperature",
                        "The ten hottest modules.",
                        "celsius",
                    )
                    .query(
                        "topk(10, max by (interface) (junos_optics_temperature_celsius{device=\"$device\"}))",
                        "{{interface}}",
                    ),
                ],
            },
            Row {
                title: "Links",
                panels: vec![
                    Panel::new(
                        Kind::Timeline,
                        "Links",
                        "Whether each enabled interface is up.",
                        "short",
                    )
                    .query(
                        "max by (interface) (junos_interface_up{device=\"$device\"}) and on (interface) junos_interface_admin_up{device=\"$device\"} == 1",
                        "{{interface}}",
                    )
                    .colours(RED, &[(1.0, GREEN)])
                    .words(&[(0.0, "down"), (1.0, "up")]),
                    Panel::new(
                        Kind::Lines { log: true },
                        "Bit error ratio before correction",
                        "The ten interfaces with the most bit errors before correction.",
                        "sci",
                    )
                    .query(
                        "topk(10, max by (interface) (junos_interface_pre_fec_ber{device=\"$device\"}) > 0)",
                        "{{interface}}",
                    ),
                    Panel::new(
                        Kind::Lines { log: false },
                        "Lost codewords",
                        "Codewords a second that FEC could not correct.",
                        "cps",
                    )
                    .query(
                        "max by (interface) (rate(junos_interface_fec_nccw{device=\"$device\"}[$__rate_interval])) > 0",
                        "{{interface}}",
                    ),
                    Panel::new(
                        Kind::Lines { log: false },
                        "Time with lost codewords",
                        "The share of the hour before in collection intervals in which FEC lost a codeword.",
                        "percentunit",
                    )
                    .query(
                        "interface:junos_fec_errored_intervals:ratio1h{device=\"$device\"} > 0",
                        "{{interface}}",
                    ),
                ],
            },
        ],
    }
}
