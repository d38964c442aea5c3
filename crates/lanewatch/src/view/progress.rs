//! Bars while devices are at work, on standard error, and none where that is not a terminal.

use std::sync::LazyLock;
use std::time::Duration;

use collector::{Event, Outcome};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sinks::lake::sync::SyncStep;

/// The elapsed time moves, also when no device does.
const SECOND: Duration = Duration::from_secs(1);

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

/// The bar of one shard.
#[derive(Debug, Clone)]
pub(crate) struct ShardBar {
    bar: ProgressBar,
}

impl ShardBar {
    /// A bar for a shard of so many devices.
    pub(crate) fn start(name: &str, devices: usize) -> Self {
        let bar = BARS.add(ProgressBar::new(u64::try_from(devices).unwrap_or(u64::MAX)));
        // The template is ours; were it wrong, the bar would have its default looks.
        if let Ok(style) = ProgressStyle::with_template(
            "{prefix:<16} {bar:32.green/dim} {pos}/{len} devices {elapsed} {msg:.red}",
        ) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(SECOND);
        Self { bar }
    }

    /// A step of the run.
    pub(crate) fn step(&self, event: &Event) {
        match event {
            Event::Connected => self.bar.tick(),
            Event::Finished(outcome) => {
                self.bar.inc(1);
                if *outcome == Outcome::Failed {
                    self.bar.set_message("some failed");
                }
            }
        }
    }
}

/// The bar of a sync: bytes of files that are settled.
#[derive(Debug)]
pub(crate) struct SyncBar {
    bar: ProgressBar,
}

impl SyncBar {
    /// A bar without a length, until it is known what is to be done.
    pub(crate) fn start(url: &str) -> Self {
        let bar = BARS.add(ProgressBar::new(0));
        if let Ok(style) = ProgressStyle::with_template(
            "{prefix} {bar:32.green/dim} {bytes}/{total_bytes} {bytes_per_sec} {elapsed}",
        ) {
            bar.set_style(style.progress_chars("━╸─"));
        }
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
