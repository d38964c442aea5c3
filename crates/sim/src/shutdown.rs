//! The shutdown signal of a fleet, which every task waits for.

use tokio::sync::watch;

/// Triggers the shutdown, also on drop.
#[derive(Debug)]
pub(crate) struct ShutdownTrigger(watch::Sender<bool>);

/// Waits for the shutdown.
#[derive(Debug, Clone)]
pub(crate) struct ShutdownSignal(watch::Receiver<bool>);

/// A trigger and its signal.
pub(crate) fn shutdown_channel() -> (ShutdownTrigger, ShutdownSignal) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownTrigger(sender), ShutdownSignal(receiver))
}

impl ShutdownTrigger {
    pub(crate) fn trigger(&self) {
        self.0.send_replace(true);
    }
}

impl ShutdownSignal {
    /// Returns once the shutdown is triggered, or the trigger is dropped.
    pub(crate) async fn triggered(mut self) {
        let _gone = self.0.wait_for(|said| *said).await.is_err();
    }
}
