//! The Parquet lake: rows in the order of the devices' names.

use sinks::lake::{Writer, Written};

use super::sink::{DeviceOutput, SinkEnd};

/// Writes the run's Parquet files. After a failure it takes rows and drops them, so that no device waits for it.
#[derive(Debug)]
pub(crate) struct LakeSink {
    writer: sinks::Result<Writer>,
    /// The files that were published before the run's end.
    published: Vec<Written>,
    /// Files that are whole and have their names later.
    warnings: Vec<String>,
}

impl LakeSink {
    pub(crate) fn new(writer: Writer) -> Self {
        Self {
            writer: Ok(writer),
            published: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        if let Ok(writer) = &mut self.writer
            && let Err(error) = writer.add(&output.device, output.tables.clone())
        {
            self.writer = Err(error);
        }
    }

    pub(super) fn publish(&mut self) -> Result<(), String> {
        let Ok(writer) = &mut self.writer else {
            return Ok(()); // `finish` tells why
        };
        match writer.publish_delivered() {
            Ok(committed) => {
                self.published.extend(committed.files);
                self.warnings
                    .extend(committed.pending.iter().map(ToString::to_string));
                Ok(())
            }
            Err(error) => {
                let told = error.to_string();
                self.writer = Err(error);
                Err(told)
            }
        }
    }

    pub(super) fn finish(self) -> Result<SinkEnd, String> {
        let late = self.writer.and_then(Writer::finish);
        let late = late.map_err(|error| error.to_string())?;
        let files = self.published.into_iter().chain(late.files).collect();
        Ok(SinkEnd {
            files,
            warnings: self
                .warnings
                .into_iter()
                .chain(late.pending.iter().map(ToString::to_string))
                .collect(),
        })
    }
}
