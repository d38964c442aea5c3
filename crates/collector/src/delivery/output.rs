//! What goes into a sink and what comes out: a device's output, a publication, a sink's end.

use std::sync::Arc;

use metrics::Health;
use records::model::DeviceFacts;
use records::table::Table;
use sinks::lake::Written;

use crate::report::PushReport;

/// What one device leaves for the sinks. A device that failed leaves its name alone.
#[derive(Debug, Default)]
pub(crate) struct DeviceOutput {
    pub(crate) device: String,
    /// By RPC, as JSON.
    pub(crate) documents: Vec<(String, Vec<u8>)>,
    pub(crate) tables: Vec<Table>,
    /// What it says of itself.
    pub(crate) facts: Option<Arc<DeviceFacts>>,
    /// The interfaces with rows, by name.
    pub(crate) interfaces: Vec<Arc<str>>,
    /// How it fared, where a sink shows each device by itself; none where nothing was delivered.
    pub(crate) health: Option<Health>,
}

/// What is published: how the devices that have ended fared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) health: Vec<Health>,
    /// UTC second of the publication.
    pub(crate) second: i64,
    /// Devices of the fleet that have not ended: those that are still at work, and those that `--limit` leaves out.
    pub(crate) others: Vec<String>,
}

/// What a sink has made of the run.
#[derive(Debug, Default)]
pub(crate) struct SinkEnd {
    /// The lake's files. A lake that failed may have those of a first part.
    pub(crate) files: Vec<Written>,
    /// What the Pushgateway took.
    pub(crate) push: Option<PushReport>,
    /// What went wrong without harm, as sentences.
    pub(crate) warnings: Vec<String>,
    /// Why something is missing, as a sentence.
    pub(crate) failure: Option<String>,
}

impl SinkEnd {
    pub(crate) fn failed(why: String) -> Self {
        Self {
            failure: Some(why),
            ..Self::default()
        }
    }
}
