//! How long a device may take, and what ends its turn before that.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The limits of one device's turn.
#[derive(Debug)]
pub(super) struct Patience {
    run: Limit,
    /// None until it is the device's turn.
    device: Option<Limit>,
    stop: watch::Receiver<bool>,
}

/// A span of time and where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    began: Instant,
    span: Duration,
}

impl Limit {
    /// So long from now on.
    pub(super) fn from_now(span: Duration) -> Self {
        Self {
            began: Instant::now(),
            span,
        }
    }

    fn left(self) -> Duration {
        self.span.saturating_sub(self.began.elapsed())
    }
}

/// Why a device was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// Its own time was over.
    Device(Duration),
    /// The run's time was over.
    Run(Duration),
    /// The run was stopped.
    Stopped,
}

impl fmt::Display for GivenUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(limit) => write!(
                formatter,
                "gave up after {} s (`--device-timeout`)",
                limit.as_secs()
            ),
            Self::Run(limit) => write!(
                formatter,
                "the run's time of {} s (`--run-timeout`) was over",
                limit.as_secs()
            ),
            Self::Stopped => formatter.write_str("the run was stopped"),
        }
    }
}

impl Patience {
    /// Of a device that waits for its turn: the run's limit and its end count.
    pub(super) fn of_run(run: Limit, stop: watch::Receiver<bool>) -> Self {
        Self {
            run,
            device: None,
            stop,
        }
    }

    /// The device's own time begins now.
    pub(super) fn begin(&mut self, device_timeout: Duration) {
        self.device = Some(Limit::from_now(device_timeout));
    }

    /// How long it has been the device's turn.
    pub(super) fn elapsed(&self) -> Duration {
        self.device
            .map(|limit| limit.began.elapsed())
            .unwrap_or_default()
    }

    /// How much time there is still.
    pub(super) fn left(&self) -> Duration {
        self.nearest().0
    }

    /// The limit that comes first: the time until then, and what is said when it has come.
    fn nearest(&self) -> (Duration, GivenUp) {
        match self.device {
            Some(device) if device.left() < self.run.left() => {
                (device.left(), GivenUp::Device(device.span))
            }
            _ => (self.run.left(), GivenUp::Run(self.run.span)),
        }
    }

    /// Waits for `work`, but not longer than the limits allow. Work given up is dropped.
    pub(super) async fn within<T>(&mut self, work: impl Future<Output = T>) -> Result<T, GivenUp> {
        let (left, why) = self.nearest();
        tokio::select! {
            biased;
            // A sender that is gone has not stopped anything.
            Ok(_) = self.stop.wait_for(|stopped| *stopped) => Err(GivenUp::Stopped),
            done = work => Ok(done),
            () = tokio::time::sleep(left) => Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_nearest_limit_counts() {
        let (stopper, stop) = watch::channel(false);
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(60));
        let patience = |run| Patience::of_run(Limit::from_now(run), stop.clone());
        let forever = std::future::pending::<()>;

        let mut of_device = patience(long);
        of_device.begin(short);
        let given_up = of_device.within(forever()).await;
        assert_eq!(given_up, Err(GivenUp::Device(short)));
        let mut of_run = patience(short);
        of_run.begin(long);
        assert_eq!(of_run.within(forever()).await, Err(GivenUp::Run(short)));
        let mut of_run = patience(long);
        assert_eq!(of_run.within(async { 7 }).await, Ok(7));
        stopper.send_replace(true);
        assert_eq!(of_run.within(forever()).await, Err(GivenUp::Stopped));
    }
}
