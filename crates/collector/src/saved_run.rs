//! What an earlier run left behind, read again: the input of `replay`, `parse` and `sim --serve`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use inventory::Problems;
use records::{InterfaceFilter, ReplyName, ReplyReader};
use sinks::{REPORT_FILE, RunIdentity};

use super::report::RunReport;
use crate::catalogue::mapping_of_report;

/// A run's folder.
#[derive(Debug)]
pub struct SavedRun {
    /// The report of the run.
    pub report: RunReport,
    /// The runner, the time and the id of the run.
    pub identity: RunIdentity,
    /// By name; one that never answered has no replies.
    pub devices: BTreeMap<String, Vec<SavedReply>>,
}

/// A reply on the disk and the question it answered.
#[derive(Debug)]
pub struct SavedReply {
    /// The RPC, and the PIC where it is asked of each.
    pub name: ReplyName,
    /// The operation that was asked, as XML.
    pub operation: String,
    /// The file of the reply.
    pub path: PathBuf,
    /// The bytes, where they came through standard input.
    pub bytes: Option<Vec<u8>>,
    /// The form of the reply, which says what reads it.
    pub form: Form,
    /// UTC second at which it arrived.
    pub arrived: i64,
}

/// What a saved reply is, and with it who reads it.
#[derive(Debug, Clone)]
pub enum Form {
    /// As the device sent it.
    Raw(ReplyReader),
    /// The `pic_detail` document of scripts that keep no raw reply of it.
    PicDetailDocument,
}

impl SavedReply {
    /// Its bytes, uncompressed.
    pub fn read(&self) -> sinks::Result<Vec<u8>> {
        match &self.bytes {
            Some(bytes) => Ok(bytes.clone()),
            None => sinks::read_raw(&self.path),
        }
    }
}

impl SavedRun {
    /// Reads the folder's `run.json` and finds its replies.
    ///
    /// # Errors
    ///
    /// If the folder is not one that a run left, or its replies were not kept.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        if !folder.exists() {
            bail!("the run folder {} is not there", folder.display());
        }
        let report = RunReport::read(&folder.join(REPORT_FILE)).with_context(|| {
            format!(
                "{} is not the folder of a run; name one below the output folder, or its `latest`",
                folder.display()
            )
        })?;
        let identity = identity_of(&report, &folder.join(REPORT_FILE))?;
        if report.devices.is_empty() {
            bail!(
                "{} names no device: there is nothing to read again",
                folder.join(REPORT_FILE).display()
            );
        }
        let report_file = folder.join(REPORT_FILE);
        let mappings: BTreeMap<_, _> = report
            .mappings
            .iter()
            .map(|(name, written)| {
                Ok((
                    name.as_str(),
                    mapping_of_report(&report_file, name, written)?,
                ))
            })
            .collect::<Result<_, Problems>>()?;
        let mut devices = BTreeMap::new();
        for (device, said) in &report.devices {
            if let Some(filter) = &said.interface_filter {
                filter.parse::<InterfaceFilter>().with_context(|| {
                    format!("{device}: the run report has an interface filter that cannot be read")
                })?;
            }
            let mut replies = Vec::new();
            for (name, rpc) in &said.rpcs {
                let Some(file) = &rpc.file else {
                    if rpc.bytes == 0 {
                        continue; // it was never answered
                    }
                    bail!(
                        "the run in {} kept no raw replies (`--raw drop`): there is nothing to read again",
                        folder.display()
                    );
                };
                let reader = match mappings.get(rpc.parser.as_str()) {
                    Some(mapping) => ReplyReader::Mapping(Arc::clone(mapping)),
                    None => {
                        let parser = records::parsers::find(&rpc.parser).with_context(|| {
                            format!(
                                "{device}: {name} was read by `{}`, which this version does not have",
                                rpc.parser
                            )
                        })?;
                        ReplyReader::BuiltIn(parser)
                    }
                };
                if !is_plain(file) {
                    bail!(
                        "{device}: {name} is said to be in `{file}`: a file of the run's folder was expected"
                    );
                }
                replies.push(SavedReply {
                    name: ReplyName::parse(name),
                    operation: rpc.operation.clone(),
                    path: folder.join(file),
                    bytes: None,
                    form: Form::Raw(reader),
                    arrived: rpc.arrived,
                });
            }
            devices.insert(device.clone(), replies);
        }
        Ok(Self {
            report,
            identity,
            devices,
        })
    }
}

/// The run that a report is of.
///
/// # Errors
///
/// If the run id is none: it becomes part of file names.
pub(super) fn identity_of(report: &RunReport, file: &Path) -> anyhow::Result<RunIdentity> {
    let is_hex = |id: &str| id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if report.run_id.is_empty() || report.run_id.len() > 32 || !is_hex(&report.run_id) {
        bail!(
            "{}: the run id `{}` is not one that a run has: a few hexadecimal digits were expected",
            file.display(),
            report.run_id
        );
    }
    Ok(RunIdentity {
        runner_name: report.runner_name.clone(),
        run_id: report.run_id.clone(),
        run_timestamp: report.run_timestamp,
    })
}

/// Whether this names a file of the folder itself: `run.json` may come from anywhere.
fn is_plain(file: &str) -> bool {
    let mut parts = Path::new(file).components();
    matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none()
}
