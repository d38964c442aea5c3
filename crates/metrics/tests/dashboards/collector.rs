//! The health of the collection: whether what the other dashboards show is of now.

use super::panel::{Dashboard, GREEN, Kind, Link, Panel, RED, Row, SHARD, YELLOW};

const OF_SHARD: &str = "on (device) junos_device_info{shard=~\"$shard\"}";

fn lines(title: &'static str, description: &'static str, unit: &'static str) -> Panel {
    Panel::new(Kind::Lines { log: false }, title, description, unit)
}

fn table(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    value: &'static str,
) -> Panel {
    let kind = Kind::Table {
        value,
        descending: true,
        link: Some(Link::Device),
    };
    Panel::new(kind, title, description, unit)
}

pub(super) fn dashboard() -> Dashboard {
    let seconds = format!("(max by (device) (junos_collection_duration_seconds) and {OF_SHARD})");
    let age = format!("(device:junos_data_age:intervals and {OF_SHARD})");
    Dashboard {
        file: "collector",
        title: "Lanewatch: collector health",
        description: "Whether devices are collected in time: which are late, slow or refuse an RPC.",
        variables: vec![SHARD],
        annotations: Vec::new(),
        rows: vec![
            Row {
                title: "Now",
                panels: vec![
                    Panel::new(
                        Kind::Stat,
                        "On time",
                        "The share of devices that delivered within the last two collection intervals.",
                        "percentunit",
                    )
                    .query(format!("avg({age} < bool 2)"), "")
                    .colours(RED, &[(0.9, YELLOW), (0.99, GREEN)])
                    .wide(6),
                    Panel::new(
                        Kind::Stat,
                        "Answering",
                        "The share of devices whose last collection delivered something.",
                        "percentunit",
                    )
                    .query(format!("avg(device:junos_up:watched and {OF_SHARD})"), "")
                    .colours(RED, &[(0.9, YELLOW), (0.99, GREEN)])
                    .wide(6),
                    Panel::new(
                        Kind::Stat,
                        "Oldest data",
                        "The age of the oldest device's data, in its collection intervals.",
                        "short",
                    )
                    .query(format!("max({age})"), "")
                    .colours(GREEN, &[(2.0, YELLOW), (3.0, RED)])
                    .wide(6),
                    Panel::new(
                        Kind::Stat,
                        "Failing RPCs",
                        "RPCs that were not answered well in the last run, of devices that answer.",
                        "short",
                    )
                    .query(
                        format!("count(max by (device, rpc) (junos_rpc_success) == 0 and on (device) device:junos_up:watched == 1 and {OF_SHARD}) or vector(0)"),
                        "",
                    )
                    .colours(GREEN, &[(1.0, YELLOW)])
                    .wide(6),
                ],
            },
            Row {
                title: "In time",
                panels: vec![
                    lines(
                        "Devices that answer",
                        "The share of each shard's devices whose last collection delivered something.",
                        "percentunit",
                    )
                    .query(
                        "avg by (shard) (device:junos_up:watched{shard=~\"$shard\"})",
                        "{{shard}}",
                    ),
                    lines(
                        "Age of data",
                        "In collection intervals: the median device of each shard, and its oldest.",
                        "short",
                    )
                    .query(
                        "quantile by (shard) (0.5, device:junos_data_age:intervals{shard=~\"$shard\"})",
                        "{{shard}}, median",
                    )
                    .query(
                        "max by (shard) (device:junos_data_age:intervals{shard=~\"$shard\"})",
                        "{{shard}}, oldest",
                    ),
                    lines(
                        "Collection interval",
                        "The time from one collection of a device to the next: the shortest and the longest.",
                        "s",
                    )
                    .query(format!("min(junos_collection_interval_seconds and {OF_SHARD})"), "shortest")
                    .query(format!("max(junos_collection_interval_seconds and {OF_SHARD})"), "longest"),
                    lines(
                        "Time for a device",
                        "How long devices took in their last collection.",
                        "s",
                    )
                    .query(format!("quantile(0.5, {seconds})"), "median")
                    .query(format!("quantile(0.99, {seconds})"), "99 of 100")
                    .query(format!("max({seconds})"), "slowest"),
                    lines(
                        "Time for an RPC",
                        "From the request to the last byte of the reply: 99 of 100 devices are faster.",
                        "s",
                    )
                    .query(
                        format!("quantile by (rpc) (0.99, max by (device, rpc) (junos_rpc_duration_seconds) and {OF_SHARD})"),
                        "{{rpc}}",
                    ),
                    lines(
                        "Failing RPCs",
                        "How many devices did not answer each RPC well.",
                        "short",
                    )
                    .query(
                        format!("count by (rpc) (max by (device, rpc) (junos_rpc_success) == 0 and {OF_SHARD})"),
                        "{{rpc}}",
                    ),
                ],
            },
            Row {
                title: "Devices",
                panels: vec![
                    table(
                        "Oldest data",
                        "Devices by the age of their data, in their collection intervals.",
                        "short",
                        "intervals",
                    )
                    .query(format!("topk(25, {age})"), "")
                    .colours(GREEN, &[(2.0, YELLOW), (3.0, RED)]),
                    table(
                        "Slowest",
                        "Devices that took longest in their last collection.",
                        "s",
                        "seconds",
                    )
                    .query(format!("topk(25, {seconds})"), ""),
                    table(
                        "RPCs without a good reply",
                        "The time since the last good reply to each RPC that was not answered well in the last run.",
                        "s",
                        "since",
                    )
                    .query(
                        format!(
                            "topk(25, time() - max by (device, rpc) (junos_rpc_last_success_timestamp_seconds) and on (device, rpc) \
                             junos_rpc_success == 0 and {OF_SHARD})"
                        ),
                        "",
                    )
                    .colours(YELLOW, &[]),
                    table(
                        "Not everything delivered",
                        "The time since everything of a device was delivered, where that is longer than three intervals.",
                        "s",
                        "since",
                    )
                    .query(
                        format!(
                            "topk(25, time() - max by (device) (junos_last_success_timestamp_seconds) > on (device) \
                             3 * max by (device) (junos_collection_interval_seconds) and {OF_SHARD})"
                        ),
                        "",
                    )
                    .colours(YELLOW, &[]),
                ],
            },
        ],
    }
}
