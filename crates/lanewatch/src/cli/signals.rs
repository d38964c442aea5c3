//! Signals that ask the program to stop: Ctrl-C and SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Ends when the user or the system asks us to stop. Whoever asks a second time has the process end at once: what was committed
/// stays, and the next run clears up the rest.
pub(super) async fn interrupted() {
    signal_to_stop().await;
    tokio::spawn(async {
        let status = signal_to_stop().await;
        #[expect(clippy::exit, reason = "nothing may hold up the second signal")]
        std::process::exit(status);
    });
}

/// Waits for Ctrl-C or SIGTERM. Returns the exit status of a process that the signal ends.
async fn signal_to_stop() -> i32 {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => 130,
        _ = terminate.recv() => 143,
    }
}
