//! Reads the raw replies of an earlier run again: the same documents, the same rows, no device contacted.

use std::path::Path;

use records::{Context, InterfaceFilter, Snapshot};
use sinks::RunFolder;
use sinks::lake::{Compression, Writer, Written};

use super::digest;
use super::report::{DeviceReport, Outcome, RpcReport};
use super::saved::SavedRun;

/// What a replay did with one device.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) device: String,
    pub(crate) report: DeviceReport,
}

/// Reads all replies of a run, writing the documents to `output` and the rows to `lake`. Devices that failed are left out, as they
/// were then.
///
/// # Errors
///
/// If a reply cannot be read from the disk, or something cannot be written to it.
pub(crate) fn replay(
    run: &SavedRun,
    output: &Path,
    lake: &Path,
    compression: Compression,
) -> anyhow::Result<(Vec<Replayed>, Vec<Written>)> {
    let folder = RunFolder::at(output)?;
    let mut writer = Writer::begin(
        lake,
        run.identity.clone(),
        run.devices.keys().cloned(),
        compression,
    )?;
    let mut replayed = Vec::new();
    for (device, replies) in &run.devices {
        let before = run.report.devices.get(device);
        if before.is_none_or(|before| before.outcome == Outcome::Failed) {
            writer.add(device, Vec::new())?;
            continue;
        }
        let (mut report, mut snapshot) = (DeviceReport::default(), Snapshot::default());
        let rpcs = before.map(|before| before.rpcs.iter());
        let unanswered = rpcs.into_iter().flatten();
        let unanswered = unanswered.filter(|(_, rpc)| rpc.file.is_none());
        report.rpcs = unanswered
            .map(|(name, rpc)| (name.clone(), rpc.clone()))
            .collect();
        for reply in replies {
            let bytes = sinks::read_raw(&reply.path)?;
            let said = digest::read_reply(&reply.reader, &bytes, reply.arrived, &mut snapshot);
            report.rpcs.insert(
                reply.name.clone(),
                RpcReport {
                    operation: reply.operation.clone(),
                    ..said
                },
            );
        }
        report.conclude();
        let filter = before.and_then(|before| before.interface_filter.as_deref());
        let context = Context {
            device: device.clone(),
            runner_name: run.identity.runner_name.clone(),
            run_timestamp: run.identity.run_timestamp,
            interface_filter: filter.map(str::parse::<InterfaceFilter>).transpose()?,
        };
        let tables = digest::deliver(snapshot, &context, &folder, &mut report)?;
        writer.add(device, tables)?;
        replayed.push(Replayed {
            device: device.clone(),
            report,
        });
    }
    Ok((replayed, writer.finish()?))
}
