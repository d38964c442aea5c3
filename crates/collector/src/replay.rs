//! Reads saved replies again: the same documents, the same rows, no device contacted.

use std::path::Path;

use records::json::Dialect;
use records::{Context, InterfaceFilter, ReplyName, Snapshot};
use sinks::RunFolder;
use sinks::lake::{Committed, Compression, Writer};

use super::parse_and_join;
use super::report::{DeviceReport, Outcome, RpcOutcome, RpcReport, cluster_label};
use super::saved_run::{Form, SavedReply, SavedRun};

/// What a replay did with one device.
#[derive(Debug)]
pub struct Replayed {
    /// The name of the device.
    pub device: String,
    /// The report of the device, made anew from its replies.
    pub report: DeviceReport,
    /// Who wrote the document that was read in place of replies, if one was.
    pub dialect: Dialect,
}

/// What `parse` made of one device's reply.
#[derive(Debug)]
pub struct Parsed {
    /// The name of the device.
    pub device: String,
    /// None where the device sent nothing that is one.
    pub document: Option<Vec<u8>>,
    /// Why something is missing.
    pub error: Option<String>,
    /// What could not be read, and where it stood.
    pub notes: Vec<String>,
    /// Who wrote the document that was read in place of replies, if one was.
    pub dialect: Dialect,
    /// What the device calls itself: its model, else its product name.
    pub model: Option<String>,
}

/// The document of one RPC of each device. The device's other replies give it names and metadata, as in a run.
///
/// # Errors
///
/// If an interface filter of the run cannot be read. A device whose replies cannot be read from the disk is one that failed.
pub fn parse(
    run: &SavedRun,
    rpc: &str,
    filter: Option<&InterfaceFilter>,
) -> anyhow::Result<Vec<Parsed>> {
    let mut parsed = Vec::new();
    for (device, replies) in &run.devices {
        if !replies.iter().any(|reply| reply.belongs_to(rpc)) {
            continue;
        }
        let (report, snapshot, dialect) = match read_all(replies, run.report.devices.get(device)) {
            Ok(read) => read,
            Err(error) => {
                parsed.push(Parsed {
                    device: device.clone(),
                    document: None,
                    error: Some(format!("{error:#}")),
                    notes: Vec::new(),
                    dialect: Dialect::Documented,
                    model: None,
                });
                continue;
            }
        };
        let of_rpc = report
            .rpcs
            .iter()
            .filter(|(name, _)| ReplyName::parse(name).rpc == rpc);
        let failed = of_rpc.filter(|(_, said)| said.outcome == RpcOutcome::Failed);
        let errors: Vec<_> = failed
            .map(|(name, said)| format!("{name}: {}", said.errors.join("; ")))
            .collect();
        let mut notes: Vec<_> = report.said_beside_data().collect();
        notes.extend(
            report
                .said_unread()
                .filter(|(name, _)| ReplyName::parse(name).rpc == rpc)
                .map(|(_, said)| said),
        );
        let records = records::enrich::join(snapshot, &context(run, device, filter)?);
        let product = records.chassis_inventory.as_ref();
        let product = product.and_then(|chassis| chassis.description.clone());
        let model = records.facts.model.clone().or(product);
        let documents = records::json::documents(&records);
        let document = documents.into_iter().find(|(name, _)| name == rpc);
        notes.extend(records.notes.into_iter().map(ToString::to_string));
        parsed.push(Parsed {
            device: device.clone(),
            document: document.map(|(_, json)| json),
            error: (!errors.is_empty()).then(|| errors.join("; ")),
            notes,
            dialect,
            model,
        });
    }
    Ok(parsed)
}

/// Reads the replies of a device, those that never came included.
///
/// # Errors
///
/// If a reply cannot be read from the disk.
fn read_all(
    replies: &[SavedReply],
    before: Option<&DeviceReport>,
) -> sinks::Result<(DeviceReport, Snapshot, Dialect)> {
    let (mut report, mut snapshot) = (DeviceReport::default(), Snapshot::default());
    let mut dialect = Dialect::Documented;
    let rpcs = before.map(|before| before.rpcs.iter());
    let unanswered = rpcs.into_iter().flatten();
    let unanswered = unanswered.filter(|(_, rpc)| rpc.file.is_none());
    report.rpcs = unanswered
        .map(|(name, rpc)| (name.clone(), rpc.clone()))
        .collect();
    for reply in replies {
        let bytes = reply.read()?;
        let said = match &reply.form {
            Form::Raw(reader) => parse_and_join::read_reply(
                reader,
                &reply.name,
                &bytes,
                reply.arrived,
                &mut snapshot,
            ),
            Form::PicDetailDocument => {
                let (said, of_document) =
                    parse_and_join::read_pic_detail_document(&bytes, reply.arrived, &mut snapshot);
                dialect = dialect.or(of_document);
                said
            }
        };
        report.rpcs.insert(
            reply.name.to_string(),
            RpcReport {
                operation: reply.operation.clone(),
                ..said
            },
        );
    }
    Ok((report, snapshot, dialect))
}

/// Who, when and which interfaces: those of `filter`, else those of the run.
fn context(
    run: &SavedRun,
    device: &str,
    filter: Option<&InterfaceFilter>,
) -> anyhow::Result<Context> {
    let before = run.report.devices.get(device);
    let of_run = before.and_then(|before| before.interface_filter.as_deref());
    let interface_filter = match filter {
        Some(filter) => Some(filter.clone()),
        None => of_run.map(str::parse::<InterfaceFilter>).transpose()?,
    };
    Ok(Context {
        device: device.to_owned(),
        runner_name: run.identity.runner_name.clone(),
        run_timestamp: run.identity.run_timestamp,
        interface_filter,
    })
}

impl SavedReply {
    fn belongs_to(&self, rpc: &str) -> bool {
        self.name.rpc == rpc
    }
}

/// Reads all replies of a run, writing the documents to `output` and the rows to `lake`. Devices that failed are left out, as they
/// were then; one with a reply that cannot be read from the disk fails now, and the others do not.
///
/// # Errors
///
/// If something cannot be written to the disk, or if a device that fails now has rows in the lake: they would be gone with the files that
/// hold them. Then the lake is as it was.
pub fn replay(
    run: &SavedRun,
    output: &Path,
    lake: &Path,
    compression: Compression,
) -> anyhow::Result<(Vec<Replayed>, Committed)> {
    let folder = RunFolder::at(output)?;
    let mut writer = Writer::begin(
        lake,
        run.identity.clone(),
        run.devices.keys().cloned(),
        compression,
    )?
    .labelled(cluster_label(run.report.cluster_name.as_deref()));
    let mut replayed = Vec::new();
    let mut unreadable = None;
    for (device, replies) in &run.devices {
        let before = run.report.devices.get(device);
        if before.is_none_or(|before| before.outcome == Outcome::Failed) {
            writer.add(device, Vec::new())?;
            continue;
        }
        let (mut report, snapshot, dialect) = match read_all(replies, before) {
            Ok(read) => read,
            Err(error) => {
                // Only part of its replies would be other rows than those of the run: all of it is left out.
                writer.add(device, Vec::new())?;
                let error = format!("{error:#}");
                unreadable.get_or_insert_with(|| format!("{device}: {error}"));
                replayed.push(Replayed {
                    device: device.clone(),
                    report: DeviceReport {
                        error: Some(error),
                        ..DeviceReport::default()
                    },
                    dialect: Dialect::Documented,
                });
                continue;
            }
        };
        report.conclude();
        let context = context(run, device, None)?;
        let output = parse_and_join::join(snapshot, &context, &mut report);
        for (rpc, json) in &output.documents {
            folder.save_metrics(device, rpc, json)?;
        }
        let tables = output.tables;
        writer.add(device, tables)?;
        replayed.push(Replayed {
            device: device.clone(),
            report,
            dialect,
        });
    }
    if let (Some(why), Some(file)) = (unreadable, writer.replaces().first()) {
        anyhow::bail!(
            "{why}; the lake holds this run already, and {} would lose that device's rows, so nothing in the lake was replaced: bring the reply back, or name another `--lake`",
            file.display()
        );
    }
    Ok((replayed, writer.finish()?))
}
