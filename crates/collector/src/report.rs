//! The run report: what happened to each device, in `run.json` and as the exit status.

use std::collections::BTreeMap;
use std::path::PathBuf;

use analysis::{Finding, Severity};
use serde::{Deserialize, Serialize};

use super::retry::FailedAttempt;

/// How many of an RPC's errors a device's line tells; `run.json` has all.
const MOST_ERRORS_TOLD: usize = 3;

/// One run of one runner.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RunReport {
    /// The version that wrote it.
    pub lanewatch: String,
    /// The random id of the run: eight hexadecimal digits, the same in every row of the run.
    pub run_id: String,
    /// The name of the runner in file names and rows.
    pub runner_name: String,
    /// The cluster of the runner, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// UTC second at which the run began: its partition.
    pub run_timestamp: i64,
    /// UTC second at which it ended.
    pub finished: i64,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The inventories that were read, as they were named.
    pub inventories: Vec<PathBuf>,
    /// Whether it was stopped before all devices had answered.
    pub interrupted: bool,
    /// The lake files of this run.
    pub files: Vec<LakeFile>,
    /// Why the lake has nothing of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lake_error: Option<String>,
    /// The lake that lacks the rows, where `lake_error` says why; of a run that has not ended, the lake that it writes to. A replay into
    /// it brings the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lake: Option<PathBuf>,
    /// Why documents of some devices are missing: the disk did not take them in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents_error: Option<String>,
    /// Outputs of devices that a sink never saw, because a newer one replaced them first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outputs_replaced: u64,
    /// What the Pushgateway took, where devices are pushed to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushReport>,
    /// The mappings of the catalogue, as written: with them the run can be read again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, String>,
    /// The sums over all devices, for whoever does not want to read them all.
    #[serde(default)]
    pub totals: Totals,
    /// Each device of the run, by its name in the inventory.
    pub devices: BTreeMap<String, DeviceReport>,
}

/// What a Pushgateway took of a run: a group for each device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PushReport {
    /// The address of the gateway, without user and password.
    pub gateway: String,
    /// The job of the groups.
    pub job: String,
    /// Devices whose series the gateway took.
    pub pushed: usize,
    /// Devices whose series it did not take.
    pub failed: usize,
    /// Series of devices that were never sent, because newer ones came first.
    pub replaced: u64,
    /// Devices that left the inventory and whose groups were removed.
    pub deleted: Vec<String>,
    /// Why series are missing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The sums over the devices of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Devices of the run.
    pub devices: usize,
    /// Devices that delivered everything.
    pub delivered: usize,
    /// Devices that delivered in part: some of their RPCs failed.
    pub degraded: usize,
    /// Devices that delivered nothing.
    pub failed: usize,
    /// Interfaces with readings or counters.
    pub interfaces: usize,
    /// Lanes with readings.
    pub lanes: usize,
    /// Rows in the lake.
    pub rows: usize,
    /// Bytes of all replies.
    pub bytes: usize,
    /// Findings that are alarms.
    pub alarms: usize,
    /// Findings that are warnings.
    pub warnings: usize,
}

/// A Parquet file of the run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LakeFile {
    /// The name of the table.
    pub dataset: String,
    /// The path of the file.
    pub path: PathBuf,
    /// The number of rows in the file.
    pub rows: usize,
    /// The size of the file, in bytes.
    pub bytes: u64,
}

/// What became of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every RPC answered, everything written.
    Delivered,
    /// Some RPCs failed; what the others said is delivered.
    Degraded,
    /// Nothing is delivered; the raw replies that came are kept.
    #[default]
    Failed,
}

/// One device's line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DeviceReport {
    /// What became of the device.
    pub outcome: Outcome,
    /// Why it failed, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `host:port`.
    pub address: String,
    /// As the inventory has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_model: Option<String>,
    /// The interface filter, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface_filter: Option<String>,
    /// How long the device took, retries included, in seconds.
    pub seconds: f64,
    /// Bytes of all replies.
    pub bytes: usize,
    /// Interfaces with readings or counters, and lanes with readings, of those with a port location.
    pub interfaces: usize,
    /// Lanes with readings, of interfaces with a port location.
    pub lanes: usize,
    /// Rows a dataset.
    pub rows: BTreeMap<String, usize>,
    /// What was tried and failed, in order, whatever came of it in the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<FailedAttempt>,
    /// By the name of the reply.
    pub rpcs: BTreeMap<String, RpcReport>,
    /// What could not be read, and where it stood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Lanes and interfaces that look bad.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The interfaces that received light: the next run tells a port that went dark from an idle one by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lit: Vec<String>,
}

/// One reply.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RpcReport {
    /// What became of the RPC.
    pub outcome: RpcOutcome,
    /// What was asked, as XML.
    pub operation: String,
    /// Who read it.
    pub parser: String,
    /// The raw reply, in the run's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What came in place of a reply and could not be read, as it came, in the run's folder. A replay passes it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable_file: Option<String>,
    /// UTC second at which the reply had arrived.
    pub arrived: i64,
    /// The time from the request to the end of the reply, in seconds.
    pub seconds: f64,
    /// The size of the reply, in bytes.
    pub bytes: usize,
    /// Whole items read: interfaces; a chassis, and an FPC of PIC detail, count as one.
    pub found: usize,
    /// The device's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Measurements in the reply that no parser reads: how often, by the name of their element.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, usize>,
}

/// How an RPC went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RpcOutcome {
    /// Answered and read to the end.
    Ok,
    /// Refused by the device, cut, or not what was asked for.
    #[default]
    Failed,
}

/// What the footers of the lake's files say of the runner's cluster: a key and its name.
pub fn cluster_label(cluster_name: Option<&str>) -> Option<(String, String)> {
    cluster_name.map(|name| ("cluster_name".to_owned(), name.to_owned()))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl RunReport {
    /// Whether every sink has everything. Of a run that is not delivered, the raw replies stay, and a replay brings the rest.
    pub fn is_delivered(&self) -> bool {
        self.lake_error.is_none() && self.documents_error.is_none()
    }

    /// The sums over the devices as they are now.
    pub fn sum(&self) -> Totals {
        let found = |severity| {
            let findings = self.devices.values().flat_map(|device| &device.findings);
            findings
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let devices = || self.devices.values();
        Totals {
            devices: self.devices.len(),
            delivered: self.count(Outcome::Delivered),
            degraded: self.count(Outcome::Degraded),
            failed: self.count(Outcome::Failed),
            interfaces: devices().map(|device| device.interfaces).sum(),
            lanes: devices().map(|device| device.lanes).sum(),
            rows: self.files.iter().map(|file| file.rows).sum(),
            bytes: devices().map(|device| device.bytes).sum(),
            alarms: found(Severity::Alarm),
            warnings: found(Severity::Warning),
        }
    }

    /// How many devices had this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.devices
            .values()
            .filter(|device| device.outcome == outcome)
            .count()
    }

    /// Reads a `run.json`.
    pub fn read(path: &std::path::Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        let text = std::fs::read(path)
            .with_context(|| format!("cannot read the run report {}", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is not a run report", path.display()))
    }
}

impl DeviceReport {
    /// What the device said beside data that was good: the RPC did not fail for it, and it must still be told.
    pub fn said_beside_data(&self) -> impl Iterator<Item = String> {
        let good = self
            .rpcs
            .iter()
            .filter(|(_, rpc)| rpc.outcome == RpcOutcome::Ok);
        good.flat_map(|(name, rpc)| {
            rpc.errors
                .iter()
                .map(move |said| format!("{name}: beside the data, the device says: {said}"))
        })
    }

    /// What each reply holds that no parser reads, beside the name of the reply.
    pub fn said_unread(&self) -> impl Iterator<Item = (&str, String)> {
        let rpcs = self.rpcs.iter().filter(|(_, rpc)| !rpc.unread.is_empty());
        rpcs.map(|(name, rpc)| {
            let counted = rpc.unread.iter().map(|(element, count)| match count {
                1 => element.clone(),
                _ => format!("{element} ({count} times)"),
            });
            let counted: Vec<_> = counted.collect();
            let said = format!(
                "{name}: measurements that are not read: {}",
                counted.join(", ")
            );
            (name.as_str(), said)
        })
    }

    /// Whether the device answered, and its interface filter left none of its interfaces: most likely a mistake in the filter.
    pub fn is_filtered_to_nothing(&self) -> bool {
        self.outcome != Outcome::Failed && self.interface_filter.is_some() && self.interfaces == 0
    }

    /// Settles the outcome from how the RPCs went. Without any there is none to deliver.
    pub fn conclude(&mut self) {
        let failed = self
            .rpcs
            .values()
            .filter(|rpc| rpc.outcome == RpcOutcome::Failed)
            .count();
        self.outcome = match failed {
            0 if !self.rpcs.is_empty() => Outcome::Delivered,
            _ if failed < self.rpcs.len() => Outcome::Degraded,
            _ => Outcome::Failed,
        };
        if failed > 0 && self.error.is_none() {
            let said: Vec<_> = self
                .rpcs
                .iter()
                .filter(|(_, rpc)| rpc.outcome == RpcOutcome::Failed)
                .map(|(name, rpc)| {
                    let told = &rpc.errors[..rpc.errors.len().min(MOST_ERRORS_TOLD)];
                    match told {
                        [] => format!("{name}: failed"),
                        told => format!("{name}: {}", told.join("; ")),
                    }
                })
                .collect();
            self.error = Some(said.join("; "));
        }
    }
}
