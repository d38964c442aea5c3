//! The word that everything is to stop.

use tokio::sync::watch;

/// Ends when the word is given. A sender that is gone gives it too.
pub(crate) async fn told(mut stop: watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}
