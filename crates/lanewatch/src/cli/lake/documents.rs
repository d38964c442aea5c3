//! The JSON documents of a folder: whose and of which RPC each file is, and reading them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use collector::OriginalRun;
use records::Notes;
use records::json::rows::{self, DeviceRows, DocumentOrigin};
use records::json::{Node, read};
use records::tables::RowSelection;
use sinks::METRICS_SUFFIX;

use super::super::usage;

/// The documents that hold rows.
const WITH_ROWS: [&str; 2] = ["optics_diagnostics", "interface_statistics"];
/// Those that say more of the device and its modules.
const BESIDE: [&str; 3] = ["system_information", "chassis_inventory", "pic_detail"];

/// The files of a device, by RPC.
#[derive(Debug, Default)]
pub(super) struct DeviceFiles(Vec<(&'static str, PathBuf)>);

impl DeviceFiles {
    /// Whether one of them holds rows.
    pub(super) fn have_rows(&self) -> bool {
        self.0.iter().any(|(rpc, _)| WITH_ROWS.contains(rpc))
    }

    /// Leaves out those that say more of device and modules: documents of ours say it all themselves.
    pub(super) fn with_rows_alone(&mut self) {
        self.0.retain(|(rpc, _)| WITH_ROWS.contains(rpc));
    }

    /// Their rows.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, is not JSON or no document of its RPC: the file, and what was expected.
    pub(super) fn rows(
        &self,
        origin: &DocumentOrigin,
        notes: &mut Notes,
    ) -> anyhow::Result<DeviceRows> {
        let mut texts = Vec::with_capacity(self.0.len());
        for (rpc, path) in &self.0 {
            let text =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            texts.push((*rpc, path, text));
        }
        let mut documents = Vec::with_capacity(texts.len());
        for (rpc, path, text) in &texts {
            let parsed = match *rpc {
                "optics_diagnostics" => read::optics(text),
                _ => Node::parse(text),
            };
            let document = parsed.with_context(|| format!("{} is not JSON", path.display()))?;
            documents.push(((*rpc).to_owned(), document));
        }
        rows::tables(&documents, origin, RowSelection::Ports, notes).map_err(|error| {
            let file = texts.iter().find(|(rpc, ..)| *rpc == error.rpc);
            let file = file.map(|(_, path, _)| path.display().to_string());
            anyhow::anyhow!("{}: {}", file.unwrap_or_default(), error.shape)
        })
    }
}

/// The folder itself if documents are in it, else the run that its `latest` points at.
///
/// # Errors
///
/// If there are no documents, or the folder cannot be listed.
pub(super) fn of(folder: &Path) -> anyhow::Result<(PathBuf, BTreeMap<String, DeviceFiles>)> {
    let latest = folder.join("latest");
    let mut found = (folder.to_owned(), in_folder(folder)?);
    if found.1.is_empty() && latest.is_dir() {
        found = (latest.clone(), in_folder(&latest)?);
    }
    if found.1.values().any(DeviceFiles::have_rows) {
        return Ok(found);
    }
    let hint = OriginalRun::hint(folder).map_or_else(
        || "there is nothing to write".to_owned(),
        |hint| format!("{hint}; each is written by itself"),
    );
    Err(usage(format!(
        "{} has no file that ends in `_optics_diagnostics{METRICS_SUFFIX}` or `_interface_statistics{METRICS_SUFFIX}`: {hint}",
        found.0.display()
    ))
    .into())
}

/// The documents in a folder, by device.
fn in_folder(folder: &Path) -> anyhow::Result<BTreeMap<String, DeviceFiles>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| usage(format!("cannot list {}: {error}", folder.display())))?;
    let mut devices: BTreeMap<String, DeviceFiles> = BTreeMap::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let found = WITH_ROWS.iter().chain(&BESIDE).find_map(|rpc| {
            let device = name.strip_suffix(METRICS_SUFFIX)?.strip_suffix(rpc)?;
            Some((device.strip_suffix('_')?.to_owned(), *rpc))
        });
        if let Some((device, rpc)) = found {
            // Scripts write names as they are.
            let device = sinks::decode_file_name(&device).unwrap_or(device);
            let files = devices.entry(device).or_default();
            files.0.push((rpc, entry.path()));
        }
    }
    Ok(devices)
}
