//! Deadlines: how long a device may take, how long the run may take, and the signal to stop.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// What limits the work on one device.
#[derive(Debug)]
pub(super) struct Deadline {
    run: TimeLimit,
    /// None until the device has its first turn.
    device: Option<ActiveTime>,
    stop: watch::Receiver<bool>,
}

/// A span of time and where it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimit {
    began: Instant,
    span: Duration,
}

impl TimeLimit {
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

/// The time that a device has been at work. It does not grow while the device waits for a turn.
#[derive(Debug, Clone, Copy)]
struct ActiveTime {
    span: Duration,
    spent: Duration,
    /// None while the clock stands still.
    since: Option<Instant>,
}

impl ActiveTime {
    fn spent(self) -> Duration {
        let now = self.since.map(|since| since.elapsed());
        self.spent.saturating_add(now.unwrap_or_default())
    }

    fn left(self) -> Duration {
        self.span.saturating_sub(self.spent())
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
            Self::Device(limit) => {
                write!(
                    formatter,
                    "gave up after {} (`--device-timeout`)",
                    in_words(*limit)
                )
            }
            Self::Run(limit) => write!(
                formatter,
                "the run's time of {} (`--run-timeout`) was over",
                in_words(*limit)
            ),
            Self::Stopped => formatter.write_str("the run was stopped"),
        }
    }
}

/// A duration as messages say it: `45 s`, `500 ms`.
pub(super) fn in_words(span: Duration) -> String {
    match span.subsec_millis() {
        0 => format!("{} s", span.as_secs()),
        _ => format!("{} ms", span.as_millis()),
    }
}

impl Deadline {
    /// Of a device that has not started: the run's limit and the signal to stop count.
    pub(super) fn of_run(run: TimeLimit, stop: watch::Receiver<bool>) -> Self {
        Self {
            run,
            device: None,
            stop,
        }
    }

    /// The device's own time begins now.
    pub(super) fn begin(&mut self, device_timeout: Duration) {
        self.device = Some(ActiveTime {
            span: device_timeout,
            spent: Duration::ZERO,
            since: Some(Instant::now()),
        });
    }

    /// How long the device has been at work.
    pub(super) fn elapsed(&self) -> Duration {
        self.device.map(ActiveTime::spent).unwrap_or_default()
    }

    /// How much time there is still.
    pub(super) fn left(&self) -> Duration {
        self.nearest().0
    }

    /// The limit that comes first: the time that is left, and the error when it is over.
    fn nearest(&self) -> (Duration, GivenUp) {
        match self.device {
            Some(device) if device.since.is_some() && device.left() < self.run.left() => {
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

    /// Waits for a turn: the device's own time stands still meanwhile, and only the run's limit counts.
    pub(super) async fn waiting<T>(&mut self, work: impl Future<Output = T>) -> Result<T, GivenUp> {
        if let Some(device) = &mut self.device {
            device.spent = device.spent();
            device.since = None;
        }
        let done = self.within(work).await;
        if let Some(device) = &mut self.device {
            device.since = Some(Instant::now());
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_nearest_limit_counts() {
        let (stopper, stop) = watch::channel(false);
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(60));
        let deadline = |run| Deadline::of_run(TimeLimit::from_now(run), stop.clone());
        let forever = std::future::pending::<()>;

        let mut of_device = deadline(long);
        of_device.begin(short);
        let given_up = of_device.within(forever()).await;
        assert_eq!(given_up, Err(GivenUp::Device(short)));
        let mut of_run = deadline(short);
        of_run.begin(long);
        assert_eq!(of_run.within(forever()).await, Err(GivenUp::Run(short)));
        let mut of_run = deadline(long);
        assert_eq!(of_run.within(async { 7 }).await, Ok(7));
        stopper.send_replace(true);
        assert_eq!(of_run.within(forever()).await, Err(GivenUp::Stopped));
    }

    #[tokio::test]
    async fn a_devices_time_stands_still_while_it_waits_for_a_turn() {
        let (_stopper, stop) = watch::channel(false);
        let mut deadline = Deadline::of_run(TimeLimit::from_now(Duration::from_secs(60)), stop);
        deadline.begin(Duration::from_millis(200));
        let pause = tokio::time::sleep(Duration::from_millis(400));
        assert_eq!(deadline.waiting(pause).await, Ok(()));
        assert!(
            deadline.elapsed() < Duration::from_millis(150),
            "{:?}",
            deadline.elapsed()
        );
        assert_eq!(deadline.within(async { 7 }).await, Ok(7));
        let forever = std::future::pending::<()>();
        assert_eq!(
            deadline.within(forever).await,
            Err(GivenUp::Device(Duration::from_millis(200)))
        );
    }

    #[test]
    fn a_limit_below_a_second_is_told_as_it_is() {
        let told = GivenUp::Device(Duration::from_millis(500)).to_string();
        assert_eq!(told, "gave up after 500 ms (`--device-timeout`)");
        assert_eq!(in_words(Duration::from_secs(45)), "45 s");
        assert_eq!(in_words(Duration::from_millis(1500)), "1500 ms");
    }
}
