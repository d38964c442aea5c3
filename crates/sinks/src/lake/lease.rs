//! The lease of a run on its staging folder: who tells a run at work from one whose process has died.
//!
//! Each staging folder holds a regular file `lock`. Its process keeps it locked, has written its machine's identity into it and,
//! where the disk may be shared by machines, touches it every ten seconds: the heartbeat.
//!
//! - A lock that is held means that the run is alive.
//! - A lock that is free means that the run is dead, if its process ran on this machine since its last boot, or if no other machine
//!   can mount the disk.
//! - Of another machine a free lock says nothing: NFS may be mounted with locks that stay on each machine, and some file systems
//!   know none. Its run counts as dead when the heartbeat has not changed for three minutes. That time passes on this machine's
//!   monotonic clock, so that neither a wrong nor a changed clock of any machine ends a run that is alive.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::host::{Guard, Host, Locking};
use super::observations::{Heartbeat, Observations};
use crate::{Error, Result};

const LOCK_FILE: &str = "lock";
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// A process that misses so many heartbeats is dead, stopped, or cut off from the disk.
const DEAD_AFTER: Duration = Duration::from_secs(180);

/// Held by a process while its run is at work.
#[derive(Debug)]
pub(super) struct Lease {
    _heartbeat: Option<HeartbeatThread>,
    /// None where the file system knows no locks.
    _guard: Option<Guard>,
}

#[derive(Debug)]
struct HeartbeatThread {
    /// Dropped, it ends the thread.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lease {
    /// Takes the lease of a new folder. The caller holds the lake's lock. May block for a second.
    pub(super) fn take(host: &Arc<dyn Host>, lake: &Path, folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK_FILE);
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Error::on("create", &path))?;
        let file = Arc::new(file);
        let guard = lock_own(host.as_ref(), &file);
        (&*file)
            .write_all(host.identity(lake).as_bytes())
            .map_err(Error::on("write", &path))?;
        let heartbeat = if host.is_local_disk(lake) {
            None
        } else {
            let thread = HeartbeatThread::start(file, HEARTBEAT_EVERY);
            Some(thread.map_err(Error::on("start the heartbeat of", &path))?)
        };
        Ok(Self {
            _heartbeat: heartbeat,
            _guard: guard,
        })
    }
}

/// A process that checks whether the run is alive holds the lock for a moment.
fn lock_own(host: &dyn Host, file: &Arc<File>) -> Option<Guard> {
    for _ in 0..500 {
        match host.try_lock(file) {
            Locking::Held(guard) => return Some(guard),
            Locking::Busy => thread::sleep(Duration::from_millis(2)),
            Locking::Unsupported => return None,
        }
    }
    None
}

impl HeartbeatThread {
    fn start(file: Arc<File>, every: Duration) -> io::Result<Self> {
        let (stop, stopped) = sync_channel::<()>(0);
        let thread = thread::Builder::new()
            .name("lake-heartbeat".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = beat(&file) {
                        tracing::warn!(%error, "the heartbeat of a run at work was not written");
                    }
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for HeartbeatThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell.
            drop(thread.join());
        }
    }
}

/// Touches the file. The time is the file server's, and only its change matters.
fn beat(file: &File) -> io::Result<()> {
    let at = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let times = Timestamps {
        last_access: at(UTIME_OMIT),
        last_modification: at(UTIME_NOW),
    };
    rustix::fs::futimens(file, &times).map_err(io::Error::from)
}

/// What is known of a run from its folder.
#[derive(Debug)]
pub(super) enum Liveness {
    /// At work, or nobody can say yet.
    Alive,
    /// Its process is dead. The lock is kept from others, if there is one.
    Dead(Option<Guard>),
}

/// Says whether the run of a staging folder is alive. The caller holds the lake's lock.
pub(super) fn liveness(
    host: &dyn Host,
    lake: &Path,
    folder: &Path,
    observations: &mut Observations,
) -> Result<Liveness> {
    let path = folder.join(LOCK_FILE);
    let opened = File::options().read(true).write(true).open(&path);
    let file = match opened {
        Ok(file) => Arc::new(file),
        // It died before it had a lock, or another machine is just making the folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if host.is_local_disk(lake) {
                return Ok(Liveness::Dead(None));
            }
            let metadata = match fs::metadata(folder) {
                Ok(metadata) => metadata,
                // Its run has just finished.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Liveness::Alive);
                }
                Err(cause) => return Err(Error::on("look at", folder)(cause)),
            };
            return Ok(observed(host, folder, &metadata, observations, None));
        }
        Err(cause) => return Err(Error::on("open", &path)(cause)),
    };
    let guard = match host.try_lock(&file) {
        Locking::Busy => return Ok(Liveness::Alive),
        Locking::Held(guard) => Some(guard),
        Locking::Unsupported => None,
    };
    let mut owner = String::new();
    let read = (&*file).read_to_string(&mut owner);
    let is_ours = read.is_ok() && owner == host.identity(lake);
    if guard.is_some() && (is_ours || host.is_local_disk(lake)) {
        return Ok(Liveness::Dead(guard));
    }
    let metadata = file.metadata().map_err(Error::on("look at", &path))?;
    Ok(observed(host, folder, &metadata, observations, guard))
}

fn observed(
    host: &dyn Host,
    folder: &Path,
    metadata: &fs::Metadata,
    observations: &mut Observations,
    guard: Option<Guard>,
) -> Liveness {
    let unchanged = observations.unchanged_for(folder, Heartbeat::of(metadata), host.uptime());
    tracing::debug!(
        folder = %folder.display(),
        seconds = unchanged.as_secs(),
        "the heartbeat of a run of another machine has not changed for so long"
    );
    if unchanged >= DEAD_AFTER {
        Liveness::Dead(guard)
    } else {
        Liveness::Alive
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What the heartbeat's thread does, at a moment of the test's choice.
    pub(in super::super) fn beat_now(folder: &Path) {
        let before = Heartbeat::of(&fs::metadata(folder.join(LOCK_FILE)).unwrap());
        loop {
            let file = File::options().write(true).open(folder.join(LOCK_FILE));
            beat(&file.unwrap()).unwrap();
            // Kernels stamp files with a clock that ticks every few milliseconds.
            if Heartbeat::of(&fs::metadata(folder.join(LOCK_FILE)).unwrap()) != before {
                return;
            }
        }
    }

    #[test]
    fn the_heartbeat_goes_on_by_itself_and_ends_with_the_lease() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        let file = Arc::new(File::create(&path).unwrap());
        let thread = HeartbeatThread::start(file, Duration::from_millis(5)).unwrap();
        let now = || Heartbeat::of(&fs::metadata(&path).unwrap());
        let first = now();
        while now() == first {
            thread::sleep(Duration::from_millis(1));
        }
        drop(thread);
        let last = now();
        thread::sleep(Duration::from_millis(50));
        assert_eq!(now(), last);
    }
}
