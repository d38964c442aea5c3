//! Tables as Prometheus text: what a device measured, as series that a scraper or a gateway takes.
//!
//! ```text
//!  Table ─► names      which family a column is, by dataset and column; for mapped tables by role and unit
//!        ─► rows       which labels a row has, and what is said once a module
//!        ─► families   samples gathered by family, for the format wants each family in one piece
//! ```
//!
//! The names are those of the system that Lanewatch takes over from; [`Names::Both`] adds those that follow Prometheus' rules to
//! the letter. A value that was not measured is no sample. Facts of a module are one `junos_optics_info` series and its
//! thresholds are said once, not with every lane; a module is known by its port, so the channels of a broken-out port share both.
//! Samples carry no timestamps, as the text file collector and the gateway demand.

mod families;
mod names;
mod rows;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use records::table::Table;

use crate::{Result, write_file};
use families::Families;
pub use names::Names;

/// How a device's collection went.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// The device's name in the inventory.
    pub device: String,
    /// Whether something was delivered.
    pub is_up: bool,
    /// UTC second of the run, if everything was delivered.
    pub succeeded: Option<i64>,
    /// How long it took.
    pub seconds: f64,
    /// Each RPC: its name, whether it was answered well, and after how many seconds.
    pub rpcs: Vec<(String, bool, f64)>,
}

/// The text under construction: in memory are the samples of a run.
#[derive(Debug, Clone)]
pub struct Exposition {
    names: Names,
    families: Families,
    /// Modules whose facts have been said: device and port.
    modules: HashSet<(String, String)>,
    /// Devices whose last success is not this run.
    behind: Vec<String>,
}

const LAST_SUCCESS: &str = "junos_last_success_timestamp_seconds";

impl Exposition {
    /// An empty text.
    pub fn new(names: Names) -> Self {
        Self {
            names,
            families: Families::default(),
            modules: HashSet::new(),
            behind: Vec::new(),
        }
    }

    /// Adds the rows of a table.
    pub fn add(&mut self, table: &Table) {
        rows::add(table, self.names, &mut self.families, &mut self.modules);
    }

    /// Adds how the collection of a device went.
    pub fn add_health(&mut self, health: &Health) {
        let device = [("device", health.device.as_str())];
        let up = f64::from(u8::from(health.is_up));
        let families = &mut self.families;
        families.gauge(
            "junos_up",
            "Whether the device delivered something in the last run",
            &device,
            up,
        );
        families.gauge(
            "junos_collection_duration_seconds",
            "How long the device took in the last run",
            &device,
            health.seconds,
        );
        for (rpc, is_good, seconds) in &health.rpcs {
            let labels = [("device", health.device.as_str()), ("rpc", rpc.as_str())];
            families.gauge(
                "junos_rpc_success",
                "Whether the RPC was answered well in the last run",
                &labels,
                f64::from(u8::from(*is_good)),
            );
            families.gauge(
                "junos_rpc_duration_seconds",
                "From the request to the last byte of the reply",
                &labels,
                *seconds,
            );
        }
        match health.succeeded {
            Some(second) => self.last_success(&health.device, second as f64),
            None => self.behind.push(health.device.clone()),
        }
    }

    fn last_success(&mut self, device: &str, second: f64) {
        let help = "UTC second of the last run in which everything of the device was delivered";
        self.families
            .gauge(LAST_SUCCESS, help, &[("device", device)], second);
    }

    /// The text. `before` is that of the run before, if there was one: it knows when devices last succeeded that now did not.
    pub fn finish(mut self, before: &str) -> String {
        let known: BTreeMap<String, f64> = before.lines().filter_map(last_success_of).collect();
        for device in std::mem::take(&mut self.behind) {
            if let Some(second) = known.get(&device) {
                self.last_success(&device, *second);
            }
        }
        self.families.into_text()
    }

    /// Writes the text in place of that of the run before; readers see the one or the other.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(self, path: &Path) -> Result<()> {
        let before = std::fs::read(path).unwrap_or_default();
        let text = self.finish(&String::from_utf8_lossy(&before));
        write_file(path, text.as_bytes())
    }
}

/// A line of the last success: whose, and when.
fn last_success_of(line: &str) -> Option<(String, f64)> {
    let rest = line
        .strip_prefix(LAST_SUCCESS)?
        .strip_prefix("{device=\"")?;
    let (device, second) = rest.rsplit_once("\"} ")?;
    Some((families::unescape(device), second.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(device: &str, succeeded: Option<i64>) -> Health {
        Health {
            device: device.to_owned(),
            is_up: succeeded.is_some(),
            succeeded,
            seconds: 1.5,
            rpcs: vec![("pic_detail_0_0".to_owned(), succeeded.is_some(), 0.25)],
        }
    }

    #[test]
    fn a_device_that_fails_keeps_the_time_of_its_last_success() {
        let name = "le\"af\\\n1";
        let mut first = Exposition::new(Names::Documented);
        first.add_health(&health(name, Some(1_770_132_645)));
        let first = first.finish("");
        assert!(
            first.contains("junos_up{device=\"le\\\"af\\\\\\n1\"} 1\n"),
            "{first}"
        );
        let mut second = Exposition::new(Names::Documented);
        second.add_health(&health(name, None));
        second.add_health(&health("new", None));
        let second = second.finish(&first);
        assert!(second.contains("junos_up{device=\"le\\\"af\\\\\\n1\"} 0\n"));
        assert!(
            second.contains(
                "junos_last_success_timestamp_seconds{device=\"le\\\"af\\\\\\n1\"} 1770132645\n"
            ),
            "{second}"
        );
        assert_eq!(
            second.matches(LAST_SUCCESS).count(),
            3,
            "help, type and one device"
        );
    }
}
