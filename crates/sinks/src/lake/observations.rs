//! What this machine has observed of runs of other machines: since when each heartbeat has not changed.
//!
//! Commands are short and a run is pronounced dead after minutes, so that what was seen is kept in a file between them:
//! `.lanewatch/observed/{machine}.json`. Its times are those of the machine's monotonic clock, and its name changes at each boot.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::host::Host;
use super::layout::OWN_FOLDER;
use crate::Result;
use crate::atomic_file::{self, Durability, create_folder};

const FOLDER: &str = "observed";

/// When a file was last touched. Compared with earlier values only, never with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heartbeat {
    seconds: i64,
    nanoseconds: i64,
}

impl Heartbeat {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Observation {
    heartbeat: Heartbeat,
    /// Of the machine's uptime.
    first_seen_seconds: u64,
}

/// The observations of this machine, by the name of the staging folder.
#[derive(Debug)]
pub(super) struct Observations {
    path: PathBuf,
    before: BTreeMap<String, Observation>,
    now: BTreeMap<String, Observation>,
}

impl Observations {
    /// Reads what was observed before; nothing where there is no file, or none that can be read.
    pub(super) fn read(host: &dyn Host, lake: &Path) -> Self {
        let folder = lake.join(OWN_FOLDER).join(FOLDER);
        let path = folder.join(format!("{}.json", host.identity(lake)));
        let before = fs::read(&path).ok();
        let before = before.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            path,
            before: before.unwrap_or_default(),
            now: BTreeMap::new(),
        }
    }

    /// For how long this heartbeat has been the same, at this uptime of the machine.
    pub(super) fn unchanged_for(
        &mut self,
        folder: &Path,
        heartbeat: Heartbeat,
        uptime: Duration,
    ) -> Duration {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let same = self.before.get(&*name).copied();
        let observation = same
            .filter(|before| before.heartbeat == heartbeat)
            .unwrap_or(Observation {
                heartbeat,
                first_seen_seconds: uptime.as_secs(),
            });
        self.now.insert(name.into_owned(), observation);
        Duration::from_secs(
            uptime
                .as_secs()
                .saturating_sub(observation.first_seen_seconds),
        )
    }

    /// Keeps what was observed since [`Observations::read`] and forgets the rest. A disk that refuses only makes a dead run stay longer.
    pub(super) fn save(self) {
        if self.now == self.before {
            return;
        }
        if let Err(error) = self.write() {
            tracing::warn!(%error, "what was observed of runs of other machines was not kept");
        }
    }

    fn write(&self) -> Result<()> {
        if self.now.is_empty() {
            drop(fs::remove_file(&self.path)); // nothing is left to observe
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            create_folder(folder)?;
        }
        let json = serde_json::json!(self.now).to_string();
        atomic_file::write(&self.path, json.as_bytes(), Durability::Renamed).map(drop)
    }
}
