//! Signals that ask the program to stop: Ctrl-C, SIGTERM and SIGHUP.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::ExitStatus;

/// The exit status of the signal that asked us to stop; 0 as long as none did.
static STOPPED: AtomicU8 = AtomicU8::new(0);

/// Ends when the user or the system asks us to stop. Whoever asks a second time has the process end at once: what was committed
/// stays, and the next run clears up the rest.
pub(super) async fn interrupted() {
    STOPPED.store(signal_to_stop().await, Ordering::Relaxed);
    tokio::spawn(async {
        let status = signal_to_stop().await;
        #[expect(clippy::exit, reason = "nothing may hold up the second signal")]
        std::process::exit(status.into());
    });
}

/// What signals tell a daemon: a message for each SIGHUP, which has it read its files anew, and a future that ends with the first Ctrl-C
/// or SIGTERM. Who asks a second time to stop has the process end at once.
pub(super) fn of_daemon() -> std::io::Result<(mpsc::Receiver<()>, impl Future<Output = ()>)> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut stops = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    // One that waits is enough: it reads what there is by then.
    let (sender, reload) = mpsc::channel(1);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            sender.try_send(()).ok();
        }
    });
    let stop = async move {
        next_stop(&mut stops).await;
        tokio::spawn(async move {
            let status = next_stop(&mut stops).await;
            #[expect(clippy::exit, reason = "nothing may hold up the second signal")]
            std::process::exit(status.into());
        });
    };
    Ok((reload, stop))
}

async fn next_stop((interrupt, terminate): &mut (Signal, Signal)) -> u8 {
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
    }
}

/// How a command ends that a signal stopped; none if no signal came. Shells say 128 and the number of the signal.
pub(super) fn stopped() -> Option<ExitStatus> {
    match STOPPED.load(Ordering::Relaxed) {
        0 => None,
        status => Some(ExitStatus::Other(status)),
    }
}

/// As long as it lives, Ctrl-C, SIGTERM and SIGHUP do not end the process: a program that has the terminal gets them too, and what is to
/// be cleared away after it is cleared away. The streams stay registered, so the default action is gone for good.
pub(super) struct Held {
    _streams: Vec<Signal>,
}

/// Holds the signals that ask us to stop.
pub(super) fn held() -> std::io::Result<Held> {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::quit(),
    ];
    let streams: std::io::Result<Vec<_>> = kinds.into_iter().map(signal).collect();
    streams.map(|_streams| Held { _streams })
}

/// Waits for Ctrl-C, SIGTERM or SIGHUP. Returns the exit status of a process that the signal ends.
async fn signal_to_stop() -> u8 {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
        _ = hangup.recv() => 129,
    }
}
