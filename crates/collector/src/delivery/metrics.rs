//! The Prometheus text file: every series of the run, written anew each time it is published.

use metrics::Exposition;

use super::known_devices::KnownDevices;
use super::output::{DeviceOutput, Published};
use crate::options::MetricsFile;
use crate::plan::Plan;

/// Gathers series and writes the file.
#[derive(Debug)]
pub(crate) struct MetricsSink {
    file: MetricsFile,
    exposition: Exposition,
    devices: KnownDevices,
}

impl MetricsSink {
    pub(crate) fn new(file: MetricsFile, plan: &Plan) -> Self {
        Self {
            exposition: Exposition::new(file.names).with_detail(file.detail),
            devices: KnownDevices::of(plan),
            file,
        }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        for table in &output.tables {
            self.exposition.add(table);
        }
        self.devices.learn(output);
    }

    /// Writes the file. Devices of the fleet without health stay as the file has them.
    pub(super) fn publish(&mut self, published: &Published) -> Result<(), String> {
        let exposition = &mut self.exposition;
        exposition.clear_health();
        for health in &published.health {
            exposition.add_health(health);
            self.devices
                .add_to(exposition, &health.device, published.second);
        }
        exposition.keep(published.others.iter().map(String::as_str));
        let written = sinks::write_metrics(exposition, &self.file.path);
        written.map_err(|error| error.to_string())
    }
}
