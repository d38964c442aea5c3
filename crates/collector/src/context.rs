//! What the tasks of a run share: plan, options, folder, clock, connector, and the signal to stop.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use netconf::ssh::Connector;
use sinks::lake::require_free_space;
use sinks::{RawReplies, RunFolder, RunIdentity};

use crate::clock::Clock;
use crate::deadline::{Deadline, TimeLimit};
use crate::delivery::FanOut;
use crate::earlier_run::earlier_of;
use crate::options::Options;
use crate::panic_report;
use crate::plan::Plan;
use crate::report::{DeviceReport, Outcome};
use crate::turns::Turns;

/// What a run shares among its tasks.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) options: Options,
    pub(super) identity: RunIdentity,
    pub(super) folder: RunFolder,
    pub(super) clock: Clock,
    pub(super) connector: Connector,
    pub(super) watch: Watch,
    pub(super) limit: TimeLimit,
    pub(super) turns: Turns,
    pub(super) fan_out: FanOut,
    /// How many devices have had their first turn.
    pub(super) started: tokio::sync::watch::Sender<usize>,
    /// Seconds from one run to the next, where metrics are written and that is known.
    pub(super) interval_seconds: Option<f64>,
    /// The devices as earlier runs have them, once that was read.
    pub(super) earlier: tokio::sync::OnceCell<Arc<BTreeMap<String, DeviceReport>>>,
    pub(super) stop: tokio::sync::watch::Sender<bool>,
}

impl Run {
    /// The limits of a device that has not started.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::of_run(self.limit, self.stop.subscribe())
    }

    /// A device has its first turn, or ended without one.
    pub(super) fn count_start(&self) {
        self.started.send_modify(|started| *started += 1);
    }
}

impl Run {
    /// How replies are kept while the run lasts. Those that are to be dropped stay until the sinks have everything: a run that is not
    /// delivered must be replayed from them.
    pub(super) fn raw_until_delivered(&self) -> RawReplies {
        match self.options.output.raw {
            RawReplies::Drop => RawReplies::Zstd,
            kept => kept,
        }
    }

    /// Whether there is room on the disk for one more device. The error is a sentence.
    pub(super) fn require_room(&self) -> Result<(), String> {
        let output = &self.options.output;
        let limit = output.min_free_space_bytes;
        require_free_space(&output.output_dir, limit)
            .and_then(|()| require_free_space(&output.lake, limit))
            .map_err(|error| format!("it was not contacted: {error} (`--min-free-space`)"))
    }
}

impl Run {
    /// The devices as earlier runs have them: read once, off the network threads, when it is first needed.
    pub(super) async fn earlier(self: &Arc<Self>) -> &BTreeMap<String, DeviceReport> {
        let read = || async {
            let run = Arc::clone(self);
            let reading = tokio::task::spawn_blocking(move || {
                let wanted = run.plan.devices.iter().map(|device| {
                    let filter = device.interface_filter.as_ref();
                    (
                        device.name.clone(),
                        filter.map(|(written, _)| written.clone()),
                    )
                });
                let output = &run.options.output;
                let output_dir = output.earlier_runs.as_ref().unwrap_or(&output.output_dir);
                let wanted = wanted.collect();
                Arc::new(earlier_of(&run.folder, output_dir, &run.identity, wanted))
            });
            reading.await.unwrap_or_else(|error| {
                let words = panic_report::of_task(error);
                tracing::warn!("findings are not compared with those of the run before: {words}");
                Arc::default()
            })
        };
        self.earlier.get_or_init(read).await
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Run")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// Who is told how far the run is.
pub type Watch = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// A step forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A device has let us in.
    Connected,
    /// A device, by its name, is done.
    Finished(&'a str, Outcome),
}
