//! The JSON documents of a device, as files of the run's folder.

use sinks::RunFolder;

use super::output::DeviceOutput;

/// Writes `{device}_{rpc}_metrics.json`.
#[derive(Debug)]
pub(crate) struct DocumentsSink {
    folder: RunFolder,
}

impl DocumentsSink {
    pub(crate) fn new(folder: RunFolder) -> Self {
        Self { folder }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) -> Result<(), String> {
        for (rpc, json) in &output.documents {
            self.folder
                .save_metrics(&output.device, rpc, json)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
