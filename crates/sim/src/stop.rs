//! The word that ends a fleet, heard by every task of it.

use tokio::sync::watch;

/// Says the word; dropping it says it too.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

/// Waits for the word.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

/// A word not yet said, and an ear for it.
pub(crate) fn stop() -> (Stop, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (Stop(sender), Stopping(receiver))
}

impl Stop {
    pub(crate) fn say(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Returns once the word was said, or can no longer be.
    pub(crate) async fn heard(mut self) {
        let _gone = self.0.wait_for(|said| *said).await.is_err();
    }
}
