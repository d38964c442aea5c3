//! The scheduler: a pass at once, then one at each tick. A tick that finds a pass at work is skipped and counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::collect::{Collect, PassEnd};
use crate::status::Status;
use crate::stop;

/// How long a pass may take to end once it was stopped.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// How the passes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastPass {
    /// None was at work, or it came to its end.
    Whole,
    /// It was cut short, or did not end in time.
    CutShort,
}

/// Makes passes until `stop` turns true.
pub(crate) async fn keep_passing(
    collect: Arc<dyn Collect>,
    status: Arc<Status>,
    stop: watch::Receiver<bool>,
) -> LastPass {
    let mut stopped = std::pin::pin!(stop::told(stop.clone()));
    let mut ticks = tokio::time::interval(status.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut at_work: Option<JoinHandle<PassEnd>> = None;
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            end = ended(&mut at_work) => {
                at_work = None;
                settle(&status, end);
            }
            _ = ticks.tick() => {
                status.tick(at_work.is_none());
                if at_work.is_none() {
                    at_work = Some(begin(&collect, &stop));
                } else {
                    (status.tell)("the pass before is still at work: this one is skipped");
                }
            }
        }
    }
    let Some(mut pass) = at_work else {
        return LastPass::Whole;
    };
    match tokio::time::timeout(STOP_WITHIN, &mut pass).await {
        Err(_) => {
            pass.abort();
            LastPass::CutShort
        }
        Ok(end) => {
            let end = of_task(end);
            let is_whole = !end.interrupted && end.error.is_none();
            settle(&status, end);
            match is_whole {
                true => LastPass::Whole,
                false => LastPass::CutShort,
            }
        }
    }
}

fn begin(collect: &Arc<dyn Collect>, stop: &watch::Receiver<bool>) -> JoinHandle<PassEnd> {
    let (collect, stop) = (Arc::clone(collect), stop.clone());
    tokio::spawn(async move {
        let ended = collect.pass(stop).await;
        ended.unwrap_or_else(|error| PassEnd {
            error: Some(error),
            ..PassEnd::default()
        })
    })
}

/// Waits for the pass that is at work; for ever if none is.
async fn ended(at_work: &mut Option<JoinHandle<PassEnd>>) -> PassEnd {
    match at_work {
        Some(pass) => of_task(pass.await),
        None => std::future::pending().await,
    }
}

fn of_task(ended: Result<PassEnd, tokio::task::JoinError>) -> PassEnd {
    ended.unwrap_or_else(|error| {
        let words = collector::panic_report::of_task(error);
        PassEnd {
            error: Some(format!(
                "a defect of Lanewatch stopped the pass; please report it: {words}"
            )),
            ..PassEnd::default()
        }
    })
}

fn settle(status: &Status, end: PassEnd) {
    if let Some(error) = &end.error {
        (status.tell)(&format!("the pass is not delivered: {error}"));
    }
    status.pass_ended(end);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use collector::Clock;

    use super::*;
    use crate::collect::Listed;

    /// A collector whose passes do one thing each, the last one for ever.
    struct Scripted {
        steps: Vec<Step>,
        begun: AtomicUsize,
    }

    #[derive(Clone, Copy)]
    enum Step {
        Good,
        Panics,
        Fails,
        Takes(Duration),
        UntilStopped,
    }

    #[async_trait]
    impl Collect for Scripted {
        fn devices(&self) -> Arc<Vec<Listed>> {
            Arc::default()
        }

        async fn pass(&self, mut stop: watch::Receiver<bool>) -> Result<PassEnd, String> {
            let at = self.begun.fetch_add(1, Ordering::Relaxed);
            let end = PassEnd {
                delivered: 1,
                ..PassEnd::default()
            };
            match self.steps[at.min(self.steps.len() - 1)] {
                Step::Good => Ok(end),
                Step::Panics => panic!("a rehearsed panic"),
                Step::Fails => Err("the disk is full".to_owned()),
                Step::Takes(time) => {
                    tokio::time::sleep(time).await;
                    Ok(end)
                }
                Step::UntilStopped => {
                    stop.wait_for(|stop| *stop).await.ok();
                    Ok(PassEnd {
                        interrupted: true,
                        ..end
                    })
                }
            }
        }

        async fn probe(&self, _: &str, _: watch::Receiver<bool>) -> Result<(), String> {
            Ok(())
        }

        async fn reload(&self) -> Result<(), String> {
            Ok(())
        }
    }

    async fn run(steps: &[Step], seconds: u64) -> (LastPass, Arc<Status>, usize) {
        let collect = Arc::new(Scripted {
            steps: steps.to_vec(),
            begun: AtomicUsize::new(0),
        });
        let every = Duration::from_secs(10);
        let status = Arc::new(Status::new(
            Clock::default(),
            every,
            every,
            Arc::new(|_| {}),
        ));
        let (stop, stopped) = watch::channel(false);
        let passes = keep_passing(
            Arc::clone(&collect) as Arc<dyn Collect>,
            Arc::clone(&status),
            stopped,
        );
        let stopper = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            stop.send_replace(true);
        };
        let (last, ()) = tokio::join!(passes, stopper);
        let begun = collect.begun.load(Ordering::Relaxed);
        (last, status, begun)
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_pass_comes_at_once_and_a_panic_or_an_error_ends_nothing() {
        let (last, status, begun) = run(&[Step::Panics, Step::Fails, Step::Good], 25).await;
        assert_eq!(begun, 3, "at 0, 10 and 20 seconds");
        assert_eq!(last, LastPass::Whole);
        let facts = status.facts();
        assert_eq!((facts.passes_complete, facts.passes_failed), (1, 2));
        assert_eq!(facts.ticks_skipped, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_takes_longer_than_the_interval_skips_ticks() {
        let long = Step::Takes(Duration::from_secs(25));
        let (last, status, begun) = run(&[long, Step::Good], 35).await;
        assert_eq!(begun, 2, "at 0 and 30 seconds");
        assert_eq!(last, LastPass::Whole);
        assert_eq!(status.facts().ticks_skipped, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_at_work_is_stopped_and_waited_for_but_not_for_ever() {
        let (last, status, _) = run(&[Step::UntilStopped], 5).await;
        assert_eq!(last, LastPass::CutShort);
        assert_eq!(status.facts().passes_complete, 1);
        let (last, status, _) = run(&[Step::Takes(Duration::from_secs(3600))], 5).await;
        assert_eq!(last, LastPass::CutShort);
        assert_eq!(status.facts().passes_complete, 0);
    }
}
