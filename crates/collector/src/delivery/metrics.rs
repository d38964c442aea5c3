//! The Prometheus text file: every series of the run, written anew each time it is published.

use sinks::prometheus::Exposition;

use super::sink::{DeviceOutput, Published};
use crate::options::MetricsFile;

/// Gathers series and writes the file.
#[derive(Debug)]
pub(crate) struct MetricsSink {
    file: MetricsFile,
    exposition: Exposition,
}

impl MetricsSink {
    pub(crate) fn new(file: MetricsFile) -> Self {
        let exposition = Exposition::new(file.names);
        Self { file, exposition }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        for table in &output.tables {
            self.exposition.add(table);
        }
    }

    pub(super) fn publish(&mut self, published: &Published) -> Result<(), String> {
        let mut exposition = self.exposition.clone();
        for health in &published.health {
            exposition.add_health(health);
        }
        let written = exposition.write(&self.file.path);
        written.map_err(|error| error.to_string())
    }
}
