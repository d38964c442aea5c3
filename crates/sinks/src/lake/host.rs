//! What this machine can say about processes that write into a lake: its identity, its locks and its monotonic clock.
//!
//! Everything that depends on the machine stands behind [`Host`], so that a test can play two machines that share a disk but
//! not their locks.

use std::any::Any;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// File systems that one kernel mounts at a time, by the number that `statfs` gives: ext, XFS, Btrfs, tmpfs, overlayfs, F2FS, ZFS, bcachefs.
/// Any other may be shared by machines.
const LOCAL_FILE_SYSTEMS: &[u32] = &[
    0x0000_EF53,
    0x5846_5342,
    0x9123_683E,
    0x0102_1994,
    0x794C_7630,
    0xF2F5_2010,
    0x2FC1_2FC1,
    0xCA45_1A4E,
];
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// A lock that is held; dropped, it is released.
pub(super) type Guard = Box<dyn Any + Send + Sync>;

/// What became of an attempt to lock a file.
#[derive(Debug)]
pub(super) enum Locking {
    /// The lock is ours.
    Held(Guard),
    /// Another process has it.
    Busy,
    /// The file system knows no locks.
    Unsupported,
}

/// A machine that has the lake mounted.
pub(super) trait Host: fmt::Debug + Send + Sync {
    /// Names this kernel since its boot and this mount of the lake. Processes with one identity see each other's locks. Only
    /// characters that a file name may hold.
    fn identity(&self, lake: &Path) -> String;

    /// Whether no other machine can have the lake's file system mounted.
    fn is_local_disk(&self, lake: &Path) -> bool;

    /// Tries once to lock a file that was opened for writing.
    fn try_lock(&self, file: &Arc<File>) -> Locking;

    /// Time since an arbitrary moment of this boot, the same for all processes. No change of the wall clock moves it.
    fn uptime(&self) -> Duration;
}

/// The machine on which this process runs.
#[derive(Debug)]
pub(super) struct ThisHost;

impl Host for ThisHost {
    fn identity(&self, lake: &Path) -> String {
        // Where the system has no such file, all processes count as one machine's: the locks alone decide.
        let boot_id = fs::read_to_string(BOOT_ID).unwrap_or_default();
        let device = fs::metadata(lake).map_or(0, |metadata| metadata.dev());
        format!("{}-{device:x}", boot_id.trim())
    }

    fn is_local_disk(&self, lake: &Path) -> bool {
        rustix::fs::statfs(lake).is_ok_and(|says| {
            // The type's width and sign differ from platform to platform.
            u32::try_from(i128::from(says.f_type) & 0xFFFF_FFFF)
                .is_ok_and(|kind| LOCAL_FILE_SYSTEMS.contains(&kind))
        })
    }

    fn try_lock(&self, file: &Arc<File>) -> Locking {
        match file.try_lock() {
            Ok(()) => Locking::Held(Box::new(Arc::clone(file))),
            Err(TryLockError::WouldBlock) => Locking::Busy,
            Err(TryLockError::Error(_)) => Locking::Unsupported,
        }
    }

    fn uptime(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or(0))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A machine whose locks no other machine sees, as an NFS client with local locks is one.
    #[derive(Debug)]
    pub(in super::super) struct HostWithOwnLocks {
        name: &'static str,
        is_local_disk: bool,
        locked: Arc<Mutex<BTreeSet<u64>>>,
        uptime_seconds: AtomicU64,
    }

    struct Unlock(Arc<Mutex<BTreeSet<u64>>>, u64);

    impl Drop for Unlock {
        fn drop(&mut self) {
            self.0.lock().unwrap().remove(&self.1);
        }
    }

    impl HostWithOwnLocks {
        pub(in super::super) fn sharing_its_disk(name: &'static str) -> Arc<Self> {
            Self::new(name, false)
        }

        pub(in super::super) fn with_local_disk(name: &'static str) -> Arc<Self> {
            Self::new(name, true)
        }

        fn new(name: &'static str, is_local_disk: bool) -> Arc<Self> {
            Arc::new(Self {
                name,
                is_local_disk,
                locked: Arc::default(),
                uptime_seconds: AtomicU64::new(1000),
            })
        }

        pub(in super::super) fn wait(&self, seconds: u64) {
            self.uptime_seconds.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    impl Host for HostWithOwnLocks {
        fn identity(&self, _: &Path) -> String {
            self.name.to_owned()
        }

        fn is_local_disk(&self, _: &Path) -> bool {
            self.is_local_disk
        }

        fn try_lock(&self, file: &Arc<File>) -> Locking {
            let inode = file.metadata().unwrap().ino();
            if self.locked.lock().unwrap().insert(inode) {
                Locking::Held(Box::new(Unlock(Arc::clone(&self.locked), inode)))
            } else {
                Locking::Busy
            }
        }

        fn uptime(&self) -> Duration {
            Duration::from_secs(self.uptime_seconds.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn this_machine_is_the_same_for_all_its_processes_and_its_clock_goes_on() {
        let lake = tempfile::tempdir().unwrap();
        let identity = ThisHost.identity(lake.path());
        assert_eq!(identity, ThisHost.identity(lake.path()));
        assert!(
            identity
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            "{identity}"
        );
        assert!(ThisHost.uptime() >= Duration::from_secs(1));
    }
}
