//! Bars while devices are at work, on standard error, and none where that is not a terminal.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use collector::{Event, Outcome};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sinks::lake::sync::SyncStep;

use super::screen::Screen;

/// The elapsed time moves, also when no device does.
const SECOND: Duration = Duration::from_secs(1);

/// Devices that a line can name.
const FEW: usize = 3;

/// All bars of the process.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Takes the bars off the screen while something else is written to the terminal, and draws them again below it.
pub(crate) fn above_bars<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

/// Draws no bar from now on.
pub(crate) fn hide_bars() {
    BARS.set_draw_target(ProgressDrawTarget::hidden());
}

/// Takes all bars away: the report says it all.
pub(crate) fn clear_bars() {
    // Clearing fails only where there is no terminal to clear.
    BARS.clear().ok();
}

/// The bar of one shard. It names the last devices that are waited for.
#[derive(Debug)]
pub(crate) struct ShardBar {
    bar: ProgressBar,
    waited_for: Mutex<WaitedFor>,
}

/// The devices that have not finished, and whether one of the others failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct WaitedFor {
    devices: BTreeSet<String>,
    failed: usize,
}

impl ShardBar {
    /// A bar for a shard of these devices.
    pub(crate) fn start<'d>(
        name: &str,
        devices: impl Iterator<Item = &'d str>,
        screen: Screen,
    ) -> Self {
        let devices: BTreeSet<_> = devices.map(str::to_owned).collect();
        let length = u64::try_from(devices.len()).unwrap_or(u64::MAX);
        let bar = BARS.add(ProgressBar::new(length));
        let template = "{prefix:<16} {bar:32.green/dim} {pos}/{len} devices {elapsed} {wide_msg}";
        bar.set_style(style(template, screen));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(SECOND);
        let waited_for = Mutex::new(WaitedFor { devices, failed: 0 });
        Self { bar, waited_for }
    }

    /// A step of the run.
    pub(crate) fn step(&self, event: &Event<'_>) {
        match event {
            Event::Connected => self.bar.tick(),
            Event::Finished(device, outcome) => {
                self.bar.inc(1);
                let mut waited_for = self
                    .waited_for
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                waited_for.devices.remove(*device);
                waited_for.failed += usize::from(*outcome == Outcome::Failed);
                self.bar.set_message(waited_for.message());
            }
        }
    }
}

impl WaitedFor {
    /// What stands behind the bar.
    fn message(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!("{failed} failed"),
        };
        if self.devices.is_empty() || self.devices.len() > FEW {
            return failed;
        }
        let names = self.devices.iter().map(String::as_str).collect::<Vec<_>>();
        let names = format!("waiting for {}", names.join(", "));
        match failed.is_empty() {
            true => names,
            false => format!("{failed}, {names}"),
        }
    }
}

/// The looks of a bar.
fn style(template: &str, screen: Screen) -> ProgressStyle {
    // The templates are ours; were one wrong, the bar would have its default looks.
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars(match screen.is_ascii {
        true => "=>-",
        false => "━╸─",
    })
}

/// The bar of a sync: bytes of files that are settled.
#[derive(Debug)]
pub(crate) struct SyncBar {
    bar: ProgressBar,
}

impl SyncBar {
    /// A bar without a length, until it is known what is to be done.
    pub(crate) fn start(url: &str, screen: Screen) -> Self {
        let bar = BARS.add(ProgressBar::new(0));
        let template =
            "{prefix} {bar:32.green/dim} {bytes}/{total_bytes} {bytes_per_sec} {elapsed}";
        bar.set_style(style(template, screen));
        bar.set_prefix(url.to_owned());
        Self { bar }
    }

    /// A step of the sync.
    pub(crate) fn step(&self, step: SyncStep) {
        match step {
            SyncStep::Found { bytes, .. } => {
                self.bar.enable_steady_tick(SECOND);
                self.bar.inc_length(bytes);
            }
            SyncStep::Settled { bytes } => self.bar.inc(bytes),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_devices_are_named() {
        let of = |names: &[&str], failed| {
            let devices = names.iter().map(|name| (*name).to_owned()).collect();
            WaitedFor { devices, failed }.message()
        };
        assert_eq!(of(&["a", "b", "c", "d"], 0), "");
        assert_eq!(of(&["a", "b", "c", "d"], 2), "2 failed");
        assert_eq!(of(&["b", "a"], 0), "waiting for a, b");
        assert_eq!(of(&["a"], 1), "1 failed, waiting for a");
        assert_eq!(of(&[], 1), "1 failed");
    }
}
