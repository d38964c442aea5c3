//! The two queues in front of sinks: one that lets a device wait, and one that keeps the newest output of each device.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::output::{DeviceOutput, Published};

/// Devices that may wait in a bounded queue before the next device has to wait with its turn.
pub(super) const WAITING_DEVICES: usize = 16;

/// What a sink's thread is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Take what a device left, and say how it went.
    Take(Arc<DeviceOutput>, oneshot::Sender<Result<(), String>>),
    /// Show what has come so far.
    Publish(Published, oneshot::Sender<Result<(), String>>),
    /// Nothing more comes.
    End,
}

/// The newest output of each device, and the newest request to publish. Nobody ever waits to put something in.
#[derive(Debug, Clone, Default)]
pub(super) struct NewestOutputs(Arc<(Mutex<Newest>, Condvar)>);

#[derive(Debug, Default)]
struct Newest {
    outputs: BTreeMap<String, Arc<DeviceOutput>>,
    publish: Option<(Published, oneshot::Sender<Result<(), String>>)>,
    is_closed: bool,
    /// Outputs that a newer one of the same device replaced before the sink took them.
    replaced: u64,
}

impl NewestOutputs {
    /// Puts the output in, over an older one of the same device.
    pub(super) fn put(&self, output: Arc<DeviceOutput>) {
        let mut newest = self.lock();
        let older = newest.outputs.insert(output.device.clone(), output);
        newest.replaced += u64::from(older.is_some());
        self.0.1.notify_one();
    }

    /// Asks for a publication of everything that was put in before.
    pub(super) fn publish(&self, published: Published) -> oneshot::Receiver<Result<(), String>> {
        let (sender, receiver) = oneshot::channel();
        self.lock().publish = Some((published, sender));
        self.0.1.notify_one();
        receiver
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.0.1.notify_one();
    }

    /// How many outputs were replaced before the sink took them.
    pub(super) fn replaced(&self) -> u64 {
        self.lock().replaced
    }

    /// Waits for work: outputs first, then the request to publish. None when it is closed and empty.
    pub(super) fn wait(&self) -> Option<Job> {
        let mut newest = self.lock();
        loop {
            if let Some((_, output)) = newest.outputs.pop_first() {
                return Some(Job::Take(output, oneshot::channel().0));
            }
            if let Some((published, done)) = newest.publish.take() {
                return Some(Job::Publish(published, done));
            }
            if newest.is_closed {
                return None;
            }
            newest = self
                .0
                .1
                .wait(newest)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
