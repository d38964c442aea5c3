//! The Parquet lake: rows in the order of the devices' names.

use sinks::lake::{Committed, Writer};

use super::output::{DeviceOutput, SinkEnd};

/// Writes the run's Parquet files. After a failure it takes rows and drops them, so that no device waits for it.
#[derive(Debug)]
pub(crate) struct LakeSink {
    writer: sinks::Result<Writer>,
    /// What was published before the run's end. It stays, whatever becomes of the rest.
    ended: SinkEnd,
}

impl LakeSink {
    pub(crate) fn new(writer: Writer) -> Self {
        Self {
            writer: Ok(writer),
            ended: SinkEnd::default(),
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
                self.ended.add(committed);
                Ok(())
            }
            Err(error) => {
                let told = error.to_string();
                self.writer = Err(error);
                Err(told)
            }
        }
    }

    pub(super) fn finish(self) -> SinkEnd {
        let mut ended = self.ended;
        match self.writer.and_then(Writer::finish) {
            Ok(committed) => ended.add(committed),
            Err(error) => ended.failure = Some(error.to_string()),
        }
        ended
    }

    /// Drops the rows that are not published.
    pub(super) fn abandon(self) -> SinkEnd {
        self.ended
    }
}

impl SinkEnd {
    fn add(&mut self, committed: Committed) {
        self.files.extend(committed.files);
        // Nothing is lost, and a replay would not help: no failure.
        let pending = committed.pending.map(|error| error.to_string());
        self.warnings.extend(pending);
    }
}
