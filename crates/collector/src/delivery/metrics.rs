//! The Prometheus text file: every series of the run, written anew each time it is published.

use metrics::Exposition;

use super::output::{DeviceOutput, Published};
use crate::options::MetricsFile;

/// Gathers series and writes the file.
#[derive(Debug)]
pub(crate) struct MetricsSink {
    file: MetricsFile,
    exposition: Exposition,
}

impl MetricsSink {
    pub(crate) fn new(file: MetricsFile) -> Self {
        let exposition = Exposition::new(file.names).with_detail(file.detail);
        Self { file, exposition }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        for table in &output.tables {
            self.exposition.add(table);
        }
    }

    /// Writes the file. Devices of the fleet without health stay as the file has them.
    pub(super) fn publish(&mut self, published: &Published) -> Result<(), String> {
        let exposition = &mut self.exposition;
        exposition.clear_health();
        for health in &published.health {
            exposition.add_health(health);
        }
        exposition.keep(published.others.iter().map(String::as_str));
        let written = sinks::write_metrics(exposition, &self.file.path);
        written.map_err(|error| error.to_string())
    }
}
