//! What is published of a run: how the devices that have ended fared, as their series say it.

use std::collections::BTreeMap;

use metrics::{FindingCount, Health, RpcHealth};

use crate::delivery::Published;
use crate::earlier_run::before;
use crate::plan::Plan;
use crate::report::{DeviceReport, Outcome, RpcOutcome, RunReport};

/// What is the same for all devices of a publication.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication<'r> {
    /// UTC second.
    pub(crate) now: i64,
    /// Seconds from one run to the next, where they are known.
    pub(crate) interval_seconds: Option<f64>,
    /// The devices as earlier runs have them.
    pub(crate) earlier: &'r BTreeMap<String, DeviceReport>,
}

/// How the devices that have ended fared, and which of the fleet have not.
pub(crate) fn published(
    plan: &Plan,
    report: &RunReport,
    publication: Publication<'_>,
) -> Published {
    let names = plan.devices.iter().map(|device| &device.name);
    let at_work = names.filter(|name| !report.devices.contains_key(*name));
    let devices = report.devices.iter();
    Published {
        health: devices
            .map(|(name, device)| health_of(name, device, publication))
            .collect(),
        second: publication.now,
        others: at_work.chain(&plan.left_out).cloned().collect(),
    }
}

/// How a device's collection went.
pub(crate) fn health_of(name: &str, device: &DeviceReport, publication: Publication<'_>) -> Health {
    let now = publication.now;
    Health {
        device: name.to_owned(),
        is_up: device.outcome != Outcome::Failed,
        succeeded: (device.outcome == Outcome::Delivered).then_some(now),
        delivered: (device.outcome != Outcome::Failed).then_some(now),
        seconds: device.seconds,
        interval_seconds: publication.interval_seconds,
        rpcs: device
            .rpcs
            .iter()
            .map(|(name, rpc)| RpcHealth {
                name: name.clone(),
                succeeded: (rpc.outcome == RpcOutcome::Ok).then_some(rpc.arrived),
                seconds: rpc.seconds,
            })
            .collect(),
        findings: finding_counts(device, publication.earlier.get(name)),
    }
}

/// The findings by kind and severity, settled by the run before: they count as `run.json` tells them.
fn finding_counts(device: &DeviceReport, earlier: Option<&DeviceReport>) -> Vec<FindingCount> {
    let mut findings = device.findings.clone();
    if let Some(before) = earlier.map(before) {
        analysis::settle(&mut findings, before);
    }
    let mut counts = BTreeMap::new();
    for finding in &findings {
        *counts.entry((finding.kind, finding.severity)).or_insert(0) += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|((kind, severity), count)| FindingCount {
            kind: kind.name().to_owned(),
            severity: severity.name().to_owned(),
            count,
        })
        .collect()
}
