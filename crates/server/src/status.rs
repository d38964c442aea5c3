//! What the daemon knows of itself: passes, probes, reloads, answers. Health and the daemon's own series are made of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use collector::Clock;

use crate::collect::PassEnd;

/// Who is told, as sentences, what went wrong while the daemon goes on.
pub type ErrorObserver = Arc<dyn Fn(&str) + Send + Sync>;

/// Shared by all tasks.
pub(crate) struct Status {
    pub(crate) tell: ErrorObserver,
    pub(crate) clock: Clock,
    pub(crate) every: Duration,
    /// A pass that takes longer than this hangs.
    longest_pass: Duration,
    facts: Mutex<Facts>,
}

/// What has happened.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// UTC second of the start.
    pub(crate) started: i64,
    pub(crate) last_tick: Instant,
    pub(crate) pass_began: Option<Instant>,
    /// Passes that ended with everything delivered that came.
    pub(crate) passes_complete: u64,
    /// Passes that ended with an error of ours.
    pub(crate) passes_failed: u64,
    /// Ticks at which the pass before was still at work.
    pub(crate) ticks_skipped: u64,
    /// The last pass that ended, and how long it took.
    pub(crate) last_pass: Option<(PassEnd, f64)>,
    /// UTC second at which it ended.
    pub(crate) last_pass_second: Option<i64>,
    pub(crate) probes: BTreeMap<ProbeResult, u64>,
    pub(crate) reload_failed: bool,
    /// UTC second of the last good reload, or of the start.
    pub(crate) reloaded: i64,
    /// Answers by status code.
    pub(crate) answers: BTreeMap<u16, u64>,
    pub(crate) connections: u64,
    pub(crate) stopping: bool,
}

/// What became of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProbeResult {
    /// What was there was young enough.
    Cached,
    /// The device was collected.
    Collected,
    /// A collection that another probe had begun was waited for.
    Joined,
    /// The deadline came first.
    TimedOut,
    /// Too many were at work, or the collection had an error of ours.
    Refused,
}

impl ProbeResult {
    pub(crate) const ALL: [Self; 5] = [
        Self::Cached,
        Self::Collected,
        Self::Joined,
        Self::TimedOut,
        Self::Refused,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::Collected => "collected",
            Self::Joined => "joined",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
        }
    }
}

impl Status {
    pub(crate) fn new(
        clock: Clock,
        every: Duration,
        longest_pass: Duration,
        tell: ErrorObserver,
    ) -> Self {
        let now = clock.now();
        Self {
            tell,
            clock,
            every,
            longest_pass,
            facts: Mutex::new(Facts {
                started: now,
                last_tick: Instant::now(),
                pass_began: None,
                passes_complete: 0,
                passes_failed: 0,
                ticks_skipped: 0,
                last_pass: None,
                last_pass_second: None,
                probes: BTreeMap::new(),
                reload_failed: false,
                reloaded: now,
                answers: BTreeMap::new(),
                connections: 0,
                stopping: false,
            }),
        }
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scheduler is alive. Whether the pass before is over decides if the next one begins.
    pub(crate) fn tick(&self, is_free: bool) {
        let mut facts = self.facts();
        facts.last_tick = Instant::now();
        match is_free {
            true => facts.pass_began = Some(Instant::now()),
            false => facts.ticks_skipped += 1,
        }
    }

    /// A pass is over.
    pub(crate) fn pass_ended(&self, end: PassEnd) {
        let second = self.clock.now();
        let mut facts = self.facts();
        let began = facts.pass_began.take();
        let seconds = began.map_or(0.0, |began| began.elapsed().as_secs_f64());
        match &end.error {
            None => facts.passes_complete += 1,
            Some(_) => facts.passes_failed += 1,
        }
        facts.last_pass = Some((end, seconds));
        facts.last_pass_second = Some(second);
    }

    pub(crate) fn count_probe(&self, result: ProbeResult) {
        *self.facts().probes.entry(result).or_default() += 1;
    }

    pub(crate) fn count_answer(&self, code: u16) {
        *self.facts().answers.entry(code).or_default() += 1;
    }

    pub(crate) fn reloaded(&self, succeeded: bool) {
        let now = self.clock.now();
        let mut facts = self.facts();
        facts.reload_failed = !succeeded;
        if succeeded {
            facts.reloaded = now;
        }
    }

    /// Why it is not healthy, as a sentence.
    pub(crate) fn unhealthy(&self) -> Option<String> {
        let facts = self.facts();
        let silent = facts.last_tick.elapsed();
        if silent > self.every * 2 + Duration::from_secs(10) {
            let seconds = silent.as_secs();
            return Some(format!("no pass was due for {seconds} s"));
        }
        let at_work = facts.pass_began.map(|began| began.elapsed());
        let hangs = at_work.filter(|at_work| *at_work > self.longest_pass + self.every * 2)?;
        Some(format!("a pass is at work for {} s", hangs.as_secs()))
    }

    /// Why it is not ready, as a sentence.
    pub(crate) fn unready(&self) -> Option<String> {
        let facts = self.facts();
        if facts.stopping {
            return Some("it stops".to_owned());
        }
        match &facts.last_pass {
            None => Some("the first pass is not over".to_owned()),
            Some((end, _)) => end
                .error
                .as_ref()
                .map(|error| format!("the last pass: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(every: Duration) -> Status {
        Status::new(Clock::default(), every, Duration::ZERO, Arc::new(|_| {}))
    }

    #[test]
    fn it_is_ready_after_the_first_pass_and_not_while_passes_fail_or_it_stops() {
        let status = status(Duration::from_secs(60));
        assert_eq!(status.unready().unwrap(), "the first pass is not over");
        status.tick(true);
        status.pass_ended(PassEnd {
            failed: 3,
            ..PassEnd::default()
        });
        assert_eq!(status.unready(), None, "sick devices are no reason");
        status.pass_ended(PassEnd {
            error: Some("the disk is full".to_owned()),
            ..PassEnd::default()
        });
        assert_eq!(status.unready().unwrap(), "the last pass: the disk is full");
        status.pass_ended(PassEnd::default());
        assert_eq!(status.unready(), None);
        status.facts().stopping = true;
        assert_eq!(status.unready().unwrap(), "it stops");
    }

    #[test]
    fn it_is_unhealthy_when_passes_are_no_longer_due_or_one_hangs() {
        let status = status(Duration::from_millis(1));
        assert_eq!(status.unhealthy(), None);
        status.tick(true);
        std::thread::sleep(Duration::from_millis(10));
        assert!(status.unhealthy().unwrap().starts_with("a pass is at work"));
        status.pass_ended(PassEnd::default());
        assert_eq!(status.unhealthy(), None);
        let long_ago = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        status.facts().last_tick = long_ago;
        assert_eq!(status.unhealthy().unwrap(), "no pass was due for 20 s");
    }

    #[test]
    fn a_tick_during_a_pass_is_counted() {
        let status = status(Duration::from_secs(60));
        status.tick(true);
        status.tick(false);
        status.tick(false);
        assert_eq!(status.facts().ticks_skipped, 2);
    }
}
