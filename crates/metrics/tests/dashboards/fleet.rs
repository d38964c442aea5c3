//! The fleet, worst first: what is bad now, and where.

use super::panel::{Dashboard, GREEN, Kind, Link, Panel, RED, Row, SHARD, YELLOW};

/// The devices of the chosen shards.
const OF_SHARD: &str = "on (device) junos_device_info{shard=~\"$shard\"}";

/// A count that is 0 where there is nothing to count.
fn count(of: &str) -> String {
    format!("count({of}) or vector(0)")
}

/// A number of things of which one is too many.
fn stat(title: &'static str, description: &'static str, of: &str, bad: &'static str) -> Panel {
    Panel::new(Kind::Stat, title, description, "short")
        .query(count(of), "")
        .colours(GREEN, &[(1.0, bad)])
}

fn table(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    (value, descending, link): (&'static str, bool, Link),
) -> Panel {
    let kind = Kind::Table {
        value,
        descending,
        link: Some(link),
    };
    Panel::new(kind, title, description, unit)
}

pub(super) fn dashboard() -> Dashboard {
    let watched = "and on (device, interface) interface:junos_watched:bool";
    let margin = |quantity: &str| {
        format!(
            "min by (device, interface, lane) (junos_optics_{quantity}_power_margin_db) {watched} and {OF_SHARD}"
        )
    };
    let dark = format!(
        "max by (device, interface, lane) (junos_optics_lane_state{{quantity=\"rx_power\", state=\"no_light\"}}) \
         {watched} and {OF_SHARD}"
    );
    let ber = "max by (device, interface) (junos_interface_pre_fec_ber)";
    let limit = "max by (device, interface) (junos_interface_pre_fec_ber_limit)";
    Dashboard {
        file: "fleet",
        title: "Lanewatch: fleet",
        description: "The optics of all devices, worst first. Interfaces that are disabled or worked on are left out.",
        variables: vec![SHARD],
        annotations: Vec::new(),
        rows: vec![
            Row {
                title: "Now",
                panels: vec![
                    Panel::new(Kind::Stat, "Devices", "Devices that the inventory has.", "short")
                        .query(count("count by (device) (junos_device_info{shard=~\"$shard\"})"), "")
                        .colours("text", &[]),
                    stat(
                        "Not answering",
                        "Devices whose last collection delivered nothing. Those that are worked on are not counted.",
                        &format!("device:junos_up:watched == 0 and {OF_SHARD}"),
                        RED,
                    ),
                    stat(
                        "In maintenance",
                        "Devices that the inventory says are worked on.",
                        &format!("device:junos_maintenance:bool and {OF_SHARD}"),
                        "blue",
                    ),
                    stat(
                        "Old data",
                        "Devices that should have delivered three times since they last did.",
                        &format!("device:junos_data_age:intervals > 3 and {OF_SHARD}"),
                        YELLOW,
                    ),
                    stat(
                        "Dark lanes",
                        "Lanes without light on ports that are enabled: also those that never had any.",
                        &dark,
                        YELLOW,
                    ),
                    stat(
                        "Weak lanes",
                        "Lanes that receive beyond a warning limit of their module.",
                        &format!("min by (device, interface, lane) (junos_optics_rx_power_margin_db) < 0 {watched} and {OF_SHARD}"),
                        YELLOW,
                    ),
                    stat(
                        "BER beyond limit",
                        "Interfaces whose bit error ratio before correction is beyond what their FEC mode bears.",
                        &format!("{ber} > on (device, interface) {limit} {watched} and {OF_SHARD}"),
                        RED,
                    ),
                    stat(
                        "Losing codewords",
                        "Interfaces that lost a codeword in the last hour.",
                        &format!("interface:junos_fec_errored_intervals:ratio1h > 0 {watched} and {OF_SHARD}"),
                        RED,
                    ),
                ],
            },
            Row {
                title: "Worst first",
                panels: vec![
                    table(
                        "Received light",
                        "Lanes with the smallest distance to a warning limit of their module; negative is beyond it.",
                        "dB",
                        ("margin", false, Link::Interface),
                    )
                    .query(format!("bottomk(25, {})", margin("rx")), "")
                    .colours(RED, &[(0.0, YELLOW), (1.0, GREEN)]),
                    table(
                        "Bit error ratio",
                        "Interfaces with the fewest decades between their bit error ratio and the limit of their FEC mode.",
                        "none",
                        ("decades", false, Link::Interface),
                    )
                    .query(
                        format!("bottomk(25, log10({limit}) - on (device, interface) log10({ber} > 0) {watched} and {OF_SHARD})"),
                        "",
                    )
                    .colours(RED, &[(0.0, YELLOW), (1.0, GREEN)]),
                    table(
                        "Time with lost codewords",
                        "The share of the last 6 hours in collection intervals in which FEC lost a codeword.",
                        "percentunit",
                        ("share", true, Link::Interface),
                    )
                    .query(
                        format!("topk(25, interface:junos_fec_errored_intervals:ratio6h > 0 {watched} and {OF_SHARD})"),
                        "",
                    )
                    .colours(YELLOW, &[(0.03, RED)]),
                    table(
                        "Transmitted light",
                        "Lanes whose transmitted power is nearest to a warning limit of their module; negative is beyond it.",
                        "dB",
                        ("margin", false, Link::Interface),
                    )
                    .query(format!("bottomk(25, {})", margin("tx")), "")
                    .colours(RED, &[(0.0, YELLOW), (1.0, GREEN)]),
                    table(
                        "Dark lanes",
                        "Lanes without light on ports that are enabled, with 1.",
                        "short",
                        ("dark", true, Link::Interface),
                    )
                    .query(dark.clone(), "")
                    .colours(YELLOW, &[]),
                    table(
                        "Firing alerts",
                        "Alerts of docs/alerts that fire, with 1.",
                        "short",
                        ("firing", true, Link::Interface),
                    )
                    .query(
                        "max by (alertname, severity, device, interface, lane) (ALERTS{alertname=~\"Junos.*\", alertstate=\"firing\"})",
                        "",
                    )
                    .colours(RED, &[]),
                ],
            },
            Row {
                title: "What they have in common",
                panels: vec![
                    Panel::new(
                        Kind::Bars,
                        "Weak ports by module",
                        "Ports with a lane whose received power is less than 1 dB from a warning limit, by vendor and part number.",
                        "short",
                    )
                    .query(
                        format!(
                            "topk(20, count by (vendor, part_number) (max by (device, port, vendor, part_number) (label_replace(junos_optics_info, \
                             \"port\", \"$1\", \"interface\", \"(.*)\")) and on (device, port) label_replace(min by (device, interface) \
                             (junos_optics_rx_power_margin_db) < 1 {watched} and {OF_SHARD}, \"port\", \"$1\", \"interface\", \"([^:]+).*\")))"
                        ),
                        "{{vendor}} {{part_number}}",
                    )
                    .colours(YELLOW, &[]),
                    Panel::new(
                        Kind::Timeline,
                        "Devices that answer",
                        "Whether each device delivered something in its last collection.",
                        "short",
                    )
                    .query(
                        format!("max by (device) (junos_up) and {OF_SHARD}"),
                        "{{device}}",
                    )
                    .colours(RED, &[(1.0, GREEN)])
                    .words(&[(0.0, "delivers nothing"), (1.0, "delivers")]),
                    Panel::new(
                        Kind::Bars,
                        "Findings",
                        "What `lanewatch findings` shows, by kind and severity.",
                        "short",
                    )
                    .query(
                        format!("sort_desc(sum by (kind, severity) (junos_findings and {OF_SHARD}))"),
                        "{{kind}}, {{severity}}",
                    )
                    .colours(YELLOW, &[]),
                    Panel::new(
                        Kind::Lines { log: false },
                        "Weak and dark lanes",
                        "How many lanes receive beyond a warning limit, and how many receive nothing.",
                        "short",
                    )
                    .query(
                        count(&format!("min by (device, interface, lane) (junos_optics_rx_power_margin_db) < 0 {watched} and {OF_SHARD}")),
                        "weak",
                    )
                    .query(count(&dark), "dark"),
                ],
            },
        ],
    }
}
