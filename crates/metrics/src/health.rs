//! What the collector knows of a device, as series: how its collection went, what the inventory says of it, and findings.

use std::sync::Arc;

use crate::block::Block;
use crate::exceptions::Computed;
use crate::family::Kind;
use crate::layout::{Label, LabelSource, Order, Part, Rows, Source, SourceValue};

/// How a device's collection went.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// The device's name in the inventory.
    pub device: String,
    /// Whether something was delivered.
    pub is_up: bool,
    /// UTC second of the run, if everything was delivered.
    pub succeeded: Option<i64>,
    /// UTC second of the run, if something was delivered.
    pub delivered: Option<i64>,
    /// How long it took.
    pub seconds: f64,
    /// Seconds from the begin of one collection to that of the next, where they come at intervals.
    pub interval_seconds: Option<f64>,
    /// Each RPC that was sent.
    pub rpcs: Vec<RpcHealth>,
    /// Findings that are open: how many of each kind and severity.
    pub findings: Vec<FindingCount>,
}

/// How one RPC went.
#[derive(Debug, Clone, Default)]
pub struct RpcHealth {
    /// Its name in the catalogue.
    pub name: String,
    /// UTC second at which its reply had arrived, if it was answered well.
    pub succeeded: Option<i64>,
    /// From the request to the last byte of the reply.
    pub seconds: f64,
}

/// How many findings of a kind there are.
#[derive(Debug, Clone, Default)]
pub struct FindingCount {
    /// The kind's name.
    pub kind: String,
    /// `info`, `warning` or `alarm`.
    pub severity: String,
    /// How many.
    pub count: u64,
}

/// What the inventory and the device say of it: there also while it does not answer.
#[derive(Debug, Clone, Default)]
pub struct DeviceInfo {
    /// The device's name in the inventory.
    pub device: String,
    /// The shard that collects it.
    pub shard: Option<String>,
    /// Its groups in the inventory.
    pub groups: Vec<String>,
    /// The name that the device gives itself.
    pub hostname: Option<String>,
    /// Hardware model.
    pub model: Option<String>,
    /// OS version.
    pub version: Option<String>,
    /// Serial number of the chassis.
    pub serial_number: Option<String>,
}

/// Planned work on a device, while it lasts.
#[derive(Debug, Clone, Default)]
pub struct Maintenance {
    /// The device's name in the inventory.
    pub device: String,
    /// The interfaces that are worked on; empty: the whole device.
    pub interfaces: Vec<String>,
    /// Why, in words.
    pub reason: String,
    /// UTC second at which it ends, if that is known. Rules hold it against the time, so that what is written once ends by itself.
    pub until: Option<i64>,
}

/// Who pushed the series of a device: whoever finds the group later knows by it whose to remove it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushInfo {
    /// The device's name in the inventory.
    pub device: String,
    /// The runner that pushes it.
    pub runner: String,
    /// The shard that the runner collects.
    pub shard: Option<String>,
}

const fn family(
    name: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Computed {
    Computed {
        name,
        kind: Kind::Gauge,
        unit,
        labels,
        help,
    }
}

const DEVICE: &[&str] = &["device"];
const RPC: &[&str] = &["device", "rpc"];

const UP: Computed = family(
    "junos_up",
    "",
    DEVICE,
    "Whether the device delivered something in the last run",
);
const DURATION: Computed = family(
    "junos_collection_duration_seconds",
    "seconds",
    DEVICE,
    "How long the device took in the last run",
);
const INTERVAL: Computed = family(
    "junos_collection_interval_seconds",
    "seconds",
    DEVICE,
    "Time from one collection of the device to the next",
);
const RPC_SUCCESS: Computed = family(
    "junos_rpc_success",
    "",
    RPC,
    "Whether the RPC was answered well in the last run",
);
const RPC_DURATION: Computed = family(
    "junos_rpc_duration_seconds",
    "seconds",
    RPC,
    "From the request to the last byte of the reply",
);
pub(crate) const RPC_LAST_SUCCESS: Computed = family(
    "junos_rpc_last_success_timestamp_seconds",
    "seconds",
    RPC,
    "UTC second of the last good reply to the RPC",
);
pub(crate) const LAST_SUCCESS: Computed = family(
    "junos_last_success_timestamp_seconds",
    "seconds",
    DEVICE,
    "UTC second of the last run in which everything of the device was delivered",
);
pub(crate) const LAST_DELIVERY: Computed = family(
    "junos_last_delivery_timestamp_seconds",
    "seconds",
    DEVICE,
    "UTC second of the last run in which something of the device was delivered",
);
const FINDINGS: Computed = family(
    "junos_findings",
    "",
    &["device", "kind", "severity"],
    "Findings of the last run, by kind and severity",
);
const DEVICE_INFO: Computed = Computed {
    kind: Kind::Info,
    ..family(
        "junos_device_info",
        "",
        &["device", "shard", "groups"],
        "What the inventory says of the device",
    )
};
const DEVICE_SOFTWARE_INFO: Computed = Computed {
    kind: Kind::Info,
    ..family(
        "junos_device_software_info",
        "",
        &["device", "hostname", "model", "version", "serial_number"],
        "What the device says of itself",
    )
};
const MAINTENANCE: Computed = family(
    "junos_maintenance",
    "",
    &["device", "interface", "reason"],
    "1 during planned work on the device, or on the interface",
);
const MAINTENANCE_END: Computed = family(
    "junos_maintenance_end_timestamp_seconds",
    "seconds",
    &["device", "interface"],
    "UTC second at which the planned work ends",
);

/// The family of [`PushInfo`].
pub const PUSH_INFO_FAMILY: &str = "lanewatch_push_info";
const PUSH_INFO: Computed = Computed {
    kind: Kind::Info,
    ..family(
        PUSH_INFO_FAMILY,
        "",
        &["device", "runner", "shard"],
        "Who pushed the series of the device to a Pushgateway",
    )
};

/// Every family of this module.
pub(crate) const FAMILIES: &[Computed] = &[
    UP,
    DURATION,
    INTERVAL,
    RPC_SUCCESS,
    RPC_DURATION,
    RPC_LAST_SUCCESS,
    LAST_SUCCESS,
    LAST_DELIVERY,
    FINDINGS,
    DEVICE_INFO,
    DEVICE_SOFTWARE_INFO,
    MAINTENANCE,
    MAINTENANCE_END,
    PUSH_INFO,
];

/// One part a family, in the order of [`FAMILIES`].
pub(crate) fn parts() -> Vec<Part> {
    let parts = FAMILIES.iter().map(|family| {
        let labels = family.labels.iter().map(|name| Label {
            name: (*name).to_owned(),
            from: LabelSource::Given,
        });
        let mut part = Part::new(Rows::All, labels.collect(), Order::ByColumn);
        part.sources.push(Source {
            family: Arc::new(family.family()),
            value: SourceValue::Cell { at: 0, scale: 1.0 },
            labels: Vec::new(),
        });
        part
    });
    parts.collect()
}

/// The number of a family's part.
fn place(family: &Computed) -> usize {
    let found = FAMILIES.iter().position(|known| known.name == family.name);
    found.unwrap_or_default()
}

/// Samples of one family: the labels and the value of each.
pub(crate) fn samples<'s>(
    family: &Computed,
    samples: impl IntoIterator<Item = (Vec<Option<&'s str>>, f64)>,
) -> Option<(usize, Block)> {
    let (labels, values): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
    let labels: Vec<&[Option<&str>]> = labels.iter().map(Vec::as_slice).collect();
    (!values.is_empty()).then(|| (place(family), Block::of_values(&labels, &values)))
}

fn truth(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

impl Health {
    /// Its blocks, each with its part.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (usize, Block)> {
        let device = Some(self.device.as_str());
        let one = |family: &Computed, value: Option<f64>| {
            samples(family, value.map(|value| (vec![device], value)))
        };
        let rpcs = |family: &Computed, value: fn(&RpcHealth) -> Option<f64>| {
            let rpcs = self.rpcs.iter();
            let rpcs = rpcs.filter_map(|rpc| Some((vec![device, Some(&rpc.name)], value(rpc)?)));
            samples(family, rpcs.collect::<Vec<_>>())
        };
        let findings = self.findings.iter().map(|finding| {
            let labels = vec![device, Some(&*finding.kind), Some(&*finding.severity)];
            (labels, finding.count as f64)
        });
        let second = |second: i64| second as f64;
        let blocks = [
            one(&UP, Some(truth(self.is_up))),
            one(&DURATION, Some(self.seconds)),
            one(&INTERVAL, self.interval_seconds),
            rpcs(&RPC_SUCCESS, |rpc| Some(truth(rpc.succeeded.is_some()))),
            rpcs(&RPC_DURATION, |rpc| Some(rpc.seconds)),
            rpcs(&RPC_LAST_SUCCESS, |rpc| rpc.succeeded.map(|at| at as f64)),
            one(&LAST_SUCCESS, self.succeeded.map(second)),
            one(&LAST_DELIVERY, self.delivered.map(second)),
            samples(&FINDINGS, findings),
        ];
        blocks.into_iter().flatten()
    }
}

impl DeviceInfo {
    /// Its blocks, each with its part.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (usize, Block)> {
        let device = Some(self.device.as_str());
        let groups = (!self.groups.is_empty()).then(|| self.groups.join(","));
        let inventory = vec![device, self.shard.as_deref(), groups.as_deref()];
        let own = [
            &self.hostname,
            &self.model,
            &self.version,
            &self.serial_number,
        ];
        let has_own = own.iter().any(|fact| fact.is_some());
        let mut software = vec![device];
        software.extend(own.map(|fact| fact.as_deref()));
        let software = has_own.then_some((software, 1.0));
        let blocks = [
            samples(&DEVICE_INFO, [(inventory, 1.0)]),
            samples(&DEVICE_SOFTWARE_INFO, software),
        ];
        blocks.into_iter().flatten()
    }
}

impl Maintenance {
    /// Its blocks, each with its part.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (usize, Block)> {
        let device = Some(self.device.as_str());
        let reason = Some(self.reason.as_str()).filter(|reason| !reason.is_empty());
        let interfaces = self.interfaces.iter();
        let mut places: Vec<_> = interfaces.map(|name| Some(name.as_str())).collect();
        if places.is_empty() {
            places.push(None);
        }
        let places = || places.iter().copied();
        let works = places().map(|interface| (vec![device, interface, reason], 1.0));
        let ends =
            places().filter_map(|interface| Some((vec![device, interface], self.until? as f64)));
        let blocks = [
            samples(&MAINTENANCE, works),
            samples(&MAINTENANCE_END, ends.collect::<Vec<_>>()),
        ];
        blocks.into_iter().flatten()
    }
}

impl PushInfo {
    /// Its block, with its part.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (usize, Block)> {
        let labels = vec![
            Some(self.device.as_str()),
            Some(self.runner.as_str()),
            self.shard.as_deref(),
        ];
        samples(&PUSH_INFO, [(labels, 1.0)]).into_iter()
    }
}
