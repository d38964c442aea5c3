//! A wall clock that jumps while a program runs: libfaketime, loaded before the program, looks it up each time that the program asks.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::binary::stop;

/// The wall clock of the programs that are put under it. Time that only passes, which limits are measured in, is left alone.
#[derive(Debug)]
pub(crate) struct WallClock {
    library: PathBuf,
    setting: PathBuf,
}

impl WallClock {
    /// A clock that is right, kept below `folder`.
    pub(crate) fn right(folder: &Path) -> Self {
        let target = Path::new(env!("CARGO_BIN_EXE_lanewatch"))
            .ancestors()
            .nth(2);
        let library = target.unwrap().join("tools/lib/libfaketime.so.1");
        assert!(
            library.exists(),
            "{} is not there: `cargo xtask test` brings it",
            library.display()
        );
        let clock = Self {
            library,
            setting: folder.join("clock"),
        };
        clock.jump(0);
        clock
    }

    /// From now on it is so many seconds ahead, behind if negative.
    pub(crate) fn jump(&self, ahead_seconds: i64) {
        self.set(&format!("{ahead_seconds:+}"));
    }

    /// Each program begins at this time, as `2026-02-03 15:59:58`, in UTC.
    pub(crate) fn begin_at(&self, time: &str) {
        self.set(&format!("@{time}"));
    }

    /// In one step, as the program may look at any moment.
    fn set(&self, setting: &str) {
        let beside = self.setting.with_extension("next");
        std::fs::write(&beside, format!("{setting}\n")).unwrap();
        std::fs::rename(&beside, &self.setting).unwrap();
    }

    /// Puts a program under this clock.
    pub(crate) fn over(&self, mut command: Command) -> Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.setting)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            // The times of files are the disk's, whatever the clock says.
            .env("NO_FAKE_STAT", "1")
            .env("TZ", "UTC");
        command.env_remove("FAKETIME");
        command
    }

    /// Kills a program under a clock, and clears up after the library, which cannot any more.
    pub(crate) fn stop(child: &mut Child) {
        stop(child);
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            std::fs::remove_file(format!("/dev/shm/{name}{}", child.id())).ok();
        }
    }
}
