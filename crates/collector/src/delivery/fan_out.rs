//! The fan-out: hands each device's output to all sinks, and keeps one sink's delay from the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sinks::lake::Written;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::output::{DeviceOutput, Published, SinkEnd};
use super::queue::{Job, NewestOutputs, WAITING_DEVICES};
use super::sink::{Hold, Sink, SinkKind};
use crate::deadline::in_words;
use crate::panic_report;
use crate::report::PushReport;

/// The sinks of a run.
#[derive(Debug)]
pub(crate) struct FanOut {
    sinks: Vec<RunningSink>,
    sink_timeout: Duration,
}

/// What the sinks made of a run.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// The lake's files.
    pub(crate) files: Vec<Written>,
    /// Each sink that does not have everything, and why, as a sentence.
    pub(crate) failures: Vec<(SinkKind, String)>,
    /// What went wrong without harm, as sentences.
    pub(crate) warnings: Vec<String>,
    /// What the Pushgateway took.
    pub(crate) push: Option<PushReport>,
    /// Outputs that sinks never saw because newer ones replaced them.
    pub(crate) replaced: u64,
}

/// A sink in its thread.
#[derive(Debug)]
struct RunningSink {
    kind: SinkKind,
    queue: Queue,
    /// Jobs that the thread has done.
    progress: Arc<AtomicU64>,
    /// The sink took longer than the timeout: it gets nothing more.
    is_out: Arc<AtomicBool>,
    ended: Mutex<oneshot::Receiver<SinkEnd>>,
}

#[derive(Debug)]
enum Queue {
    Bounded(mpsc::Sender<Job>),
    Newest(NewestOutputs),
}

impl FanOut {
    /// Starts a thread a sink.
    ///
    /// # Errors
    ///
    /// The system refuses a thread.
    pub(crate) fn start(sinks: Vec<Sink>, sink_timeout: Duration) -> std::io::Result<Self> {
        let sinks = sinks.into_iter().map(RunningSink::start);
        Ok(Self {
            sinks: sinks.collect::<Result<_, _>>()?,
            sink_timeout,
        })
    }

    /// Hands a device's output to every sink. The caller keeps the device's turn until this returns.
    ///
    /// # Errors
    ///
    /// A sink that a device must have could not write it: the sentence is the device's failure, and the other sinks get its name
    /// without rows.
    pub(crate) async fn accept(&self, output: DeviceOutput) -> Result<(), String> {
        let mut output = Arc::new(output);
        let mut failure = None;
        for sink in self.of(Hold::UntilWritten) {
            if let Some(Err(error)) = sink.deliver(&output, self.sink_timeout).await {
                output = Arc::new(DeviceOutput {
                    device: output.device.clone(),
                    ..DeviceOutput::default()
                });
                failure.get_or_insert(error);
            }
        }
        for sink in self.of(Hold::Never) {
            sink.deliver(&output, self.sink_timeout).await;
        }
        for sink in self.of(Hold::UntilQueued) {
            sink.deliver(&output, self.sink_timeout).await;
        }
        failure.map_or(Ok(()), Err)
    }

    fn of(&self, hold: Hold) -> impl Iterator<Item = &RunningSink> {
        self.sinks
            .iter()
            .filter(move |sink| sink.kind.hold() == hold)
    }

    /// Shows what has come so far to readers, in every sink. What goes wrong is told when the run ends.
    pub(crate) async fn publish(&self, published: &Published) {
        for sink in &self.sinks {
            sink.publish(published.clone(), self.sink_timeout)
                .await
                .ok();
        }
    }

    /// Ends the sinks that hold turns, then publishes the rest with what `health` says by then.
    pub(crate) async fn finish(&self, health: impl FnOnce() -> Published) -> Delivered {
        let mut delivered = Delivered::default();
        let (holding, rest): (Vec<_>, Vec<_>) = self
            .sinks
            .iter()
            .partition(|sink| sink.kind.hold() != Hold::Never);
        for sink in holding {
            sink.end(self.sink_timeout, &mut delivered).await;
        }
        let published = health();
        for sink in rest {
            let kind = sink.kind;
            if let Err(error) = sink.publish(published.clone(), self.sink_timeout).await {
                delivered.failures.push((kind, error));
            }
            sink.end(self.sink_timeout, &mut delivered).await;
        }
        delivered
    }
}

impl RunningSink {
    fn start(sink: Sink) -> std::io::Result<Self> {
        let kind = sink.kind();
        let progress = Arc::new(AtomicU64::new(0));
        let (end, ended) = oneshot::channel();
        let is_out = Arc::new(AtomicBool::new(false));
        let (done, left) = (Arc::clone(&progress), Arc::clone(&is_out));
        let thread = std::thread::Builder::new().name(kind.name().to_owned());
        let queue = if kind.hold() == Hold::Never {
            let newest = NewestOutputs::default();
            let queue = newest.clone();
            thread.spawn(move || drop(end.send(work(sink, || queue.wait(), &done, &left))))?;
            Queue::Newest(newest)
        } else {
            let (jobs, mut queue) = mpsc::channel(WAITING_DEVICES);
            thread.spawn(move || {
                drop(end.send(work(sink, || queue.blocking_recv(), &done, &left)))
            })?;
            Queue::Bounded(jobs)
        };
        Ok(Self {
            kind,
            queue,
            progress,
            is_out,
            ended: Mutex::new(ended),
        })
    }

    /// Hands an output over, and waits as [`Hold`] says, but not longer than the timeout. None: the sink is out of the run.
    async fn deliver(
        &self,
        output: &Arc<DeviceOutput>,
        timeout: Duration,
    ) -> Option<Result<(), String>> {
        let jobs = match &self.queue {
            Queue::Newest(newest) => {
                newest.put(Arc::clone(output));
                return Some(Ok(()));
            }
            Queue::Bounded(jobs) => jobs,
        };
        let (done, answer) = oneshot::channel();
        let handed = async {
            // A thread that is gone says why when it is asked for its end.
            if jobs
                .send(Job::Take(Arc::clone(output), done))
                .await
                .is_err()
            {
                return Ok(());
            }
            match self.kind.hold() {
                Hold::UntilWritten => answer.await.unwrap_or(Ok(())),
                Hold::UntilQueued | Hold::Never => Ok(()),
            }
        };
        self.within(timeout, handed).await
    }

    async fn publish(&self, published: Published, timeout: Duration) -> Result<(), String> {
        let answer = match &self.queue {
            Queue::Newest(newest) => newest.publish(published),
            Queue::Bounded(jobs) => {
                let (done, answer) = oneshot::channel();
                let sent = jobs.send(Job::Publish(published, done));
                if self
                    .within(timeout, sent)
                    .await
                    .is_none_or(|sent| sent.is_err())
                {
                    return Ok(()); // `end` tells why
                }
                answer
            }
        };
        match self.within(timeout, answer).await {
            Some(Ok(published)) => published,
            Some(Err(_)) => Ok(()), // the thread is gone: `end` tells why
            None => Err(self.too_slow(timeout)),
        }
    }

    /// Waits for work of the sink. None: it is out of the run, now or before.
    async fn within<T>(&self, timeout: Duration, work: impl Future<Output = T>) -> Option<T> {
        if self.is_out.load(Ordering::Relaxed) {
            return None;
        }
        let done = tokio::time::timeout(timeout, work).await.ok();
        if done.is_none() && !self.is_out.swap(true, Ordering::Relaxed) {
            tracing::warn!(sink = self.kind.name(), "{}", self.too_slow(timeout));
        }
        done
    }

    fn too_slow(&self, timeout: Duration) -> String {
        format!(
            "{} took nothing more for {} (`--sink-timeout`)",
            self.kind.name(),
            in_words(timeout)
        )
    }

    /// Closes the queue and waits for the thread, as long as it makes progress.
    async fn end(&self, timeout: Duration, delivered: &mut Delivered) {
        match &self.queue {
            Queue::Newest(newest) => {
                newest.close();
                delivered.replaced += newest.replaced();
            }
            // A thread that is gone says why below.
            Queue::Bounded(jobs) => drop(self.within(timeout, jobs.send(Job::End)).await),
        }
        let too_slow = self.too_slow(timeout);
        if self.is_out.load(Ordering::Relaxed) {
            delivered.failures.push((self.kind, too_slow));
            return;
        }
        let mut before = self.progress.load(Ordering::Relaxed);
        let mut end = self.ended.lock().await;
        let ended = loop {
            match tokio::time::timeout(timeout, &mut *end).await {
                Ok(ended) => break ended,
                Err(_) => {
                    let now = self.progress.load(Ordering::Relaxed);
                    if now == before {
                        self.is_out.store(true, Ordering::Relaxed);
                        delivered.failures.push((self.kind, too_slow));
                        return;
                    }
                    before = now;
                }
            }
        };
        match ended {
            Ok(ended) => {
                delivered.files.extend(ended.files);
                delivered.warnings.extend(ended.warnings);
                delivered.push = ended.push.or(delivered.push.take());
                let failure = ended.failure.map(|error| (self.kind, error));
                delivered.failures.extend(failure);
            }
            Err(_) => delivered.failures.push((
                self.kind,
                format!("{} ended without a word", self.kind.name()),
            )),
        }
    }
}

/// What a sink's thread does: job after job, then the end. A panic is told as the sink's failure.
fn work(
    mut sink: Sink,
    mut next: impl FnMut() -> Option<Job>,
    progress: &AtomicU64,
    is_out: &AtomicBool,
) -> SinkEnd {
    let name = sink.kind().name();
    let worked = catch_unwind(AssertUnwindSafe(move || {
        while let Some(job) = next() {
            match job {
                Job::End => break,
                Job::Take(output, done) => drop(done.send(sink.take(&output))),
                Job::Publish(published, done) => drop(done.send(sink.publish(&published))),
            }
            progress.fetch_add(1, Ordering::Relaxed);
            if is_out.load(Ordering::Relaxed) {
                break;
            }
        }
        if is_out.load(Ordering::Relaxed) {
            return SinkEnd {
                failure: Some(format!("{name} answered too late")),
                ..sink.abandon()
            };
        }
        sink.finish()
    }));
    worked.unwrap_or_else(|panic| {
        let words = panic_report::words(&*panic);
        SinkEnd::failed(format!(
            "a defect of Lanewatch stopped {name}; please report it: {words}"
        ))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::*;

    /// A sink that takes its time.
    #[derive(Debug)]
    pub(crate) struct ScriptedSink {
        pub(crate) kind: SinkKind,
        pause: Duration,
        taken: Arc<Mutex<Vec<String>>>,
        fails_on: Option<&'static str>,
    }

    impl ScriptedSink {
        pub(crate) fn take(&mut self, output: &DeviceOutput) -> Result<(), String> {
            std::thread::sleep(self.pause);
            if self.fails_on == Some(&*output.device) {
                return Err("the disk is full".to_owned());
            }
            self.taken.lock().unwrap().push(output.device.clone());
            Ok(())
        }
    }

    type Taken = Arc<Mutex<Vec<String>>>;

    fn scripted(kind: SinkKind, pause: Duration) -> (Sink, Taken) {
        let taken = Taken::default();
        let sink = ScriptedSink {
            kind,
            pause,
            taken: Arc::clone(&taken),
            fails_on: None,
        };
        (Sink::Scripted(sink), taken)
    }

    fn output(device: impl Into<String>) -> DeviceOutput {
        DeviceOutput {
            device: device.into(),
            ..DeviceOutput::default()
        }
    }

    const HANGS: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_sink_that_hangs_holds_one_device_once_and_the_others_go_on() {
        let (hanging, _) = scripted(SinkKind::Lake, HANGS);
        let (healthy, taken) = scripted(SinkKind::Lake, Duration::ZERO);
        let (metrics, seen) = scripted(SinkKind::Metrics, Duration::ZERO);
        let timeout = Duration::from_millis(200);
        let fan_out = FanOut::start(vec![hanging, healthy, metrics], timeout).unwrap();
        let began = Instant::now();
        for device in 0..100 {
            assert_eq!(fan_out.accept(output(format!("{device:03}"))).await, Ok(()));
        }
        // One wait for the sink that hangs, and none after it was found out.
        assert!(began.elapsed() < timeout * 3, "{:?}", began.elapsed());
        let delivered = fan_out.finish(Published::default).await;
        assert_eq!(delivered.failures.len(), 1);
        assert_eq!(
            delivered.failures[0].1,
            "the lake took nothing more for 200 ms (`--sink-timeout`)"
        );
        assert_eq!(taken.lock().unwrap().len(), 100);
        assert_eq!(seen.lock().unwrap().len() as u64 + delivered.replaced, 100);
    }

    /// A lake that takes 100 ms a row group is slower than devices answer: they must wait with their turns, or memory fills.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_slow_sink_slows_the_devices_and_memory_stays_flat() {
        const DEVICES: usize = 5_000;
        const AT_ONCE: usize = 100;
        let (slow, taken) = scripted(SinkKind::Lake, Duration::from_micros(100));
        let fan_out = Arc::new(FanOut::start(vec![slow], Duration::from_secs(60)).unwrap());
        let turns = crate::turns::Turns::new(AT_ONCE);
        let (accepted, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let mut tasks = tokio::task::JoinSet::new();
        for device in 0..DEVICES {
            let (fan_out, turns) = (Arc::clone(&fan_out), turns.clone());
            let (accepted, most) = (Arc::clone(&accepted), Arc::clone(&most));
            let taken = Arc::clone(&taken);
            tasks.spawn(async move {
                let _turn = turns.take(crate::turns::TurnQueue::First).await;
                fan_out.accept(output(device.to_string())).await.unwrap();
                let taken = taken.lock().unwrap().len() as u64;
                let accepted = accepted.fetch_add(1, Ordering::Relaxed) + 1;
                most.fetch_max(accepted.saturating_sub(taken), Ordering::Relaxed);
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert!(fan_out.finish(Published::default).await.failures.is_empty());
        assert_eq!(taken.lock().unwrap().len(), DEVICES);
        // Accepted and not yet taken: those in the queue, and the one that the sink has at hand while others count.
        let most = most.load(Ordering::Relaxed);
        assert!(
            most <= WAITING_DEVICES as u64 + AT_ONCE as u64 / 2,
            "{most} devices waited"
        );
        assert!(
            most >= WAITING_DEVICES as u64 / 2,
            "the sink was not slow: {most}"
        );
    }

    #[tokio::test]
    async fn the_drain_waits_for_a_sink_that_makes_progress_and_gives_up_one_that_does_not() {
        let (slow, taken) = scripted(SinkKind::Lake, Duration::from_millis(60));
        let fan_out = FanOut::start(vec![slow], Duration::from_millis(100)).unwrap();
        for device in 0..10 {
            fan_out.accept(output(device.to_string())).await.unwrap();
        }
        assert!(fan_out.finish(Published::default).await.failures.is_empty());
        assert_eq!(
            taken.lock().unwrap().len(),
            10,
            "600 ms of work, with a timeout of 100 ms"
        );

        let (hanging, _) = scripted(SinkKind::Lake, HANGS);
        let fan_out = FanOut::start(vec![hanging], Duration::from_millis(50)).unwrap();
        fan_out.accept(output("one")).await.unwrap();
        let began = Instant::now();
        let delivered = fan_out.finish(Published::default).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(delivered.failures.len(), 1);
    }

    #[tokio::test]
    async fn a_device_whose_documents_cannot_be_written_leaves_no_rows() {
        let taken = Taken::default();
        let documents = Sink::Scripted(ScriptedSink {
            kind: SinkKind::Documents,
            pause: Duration::ZERO,
            taken: Arc::clone(&taken),
            fails_on: Some("bad"),
        });
        let (lake, rows) = scripted(SinkKind::Lake, Duration::ZERO);
        let fan_out = FanOut::start(vec![documents, lake], Duration::from_secs(10)).unwrap();
        assert_eq!(fan_out.accept(output("good")).await, Ok(()));
        let failed = fan_out.accept(output("bad")).await;
        assert_eq!(failed, Err("the disk is full".to_owned()));
        assert!(fan_out.finish(Published::default).await.failures.is_empty());
        assert_eq!(*taken.lock().unwrap(), ["good"]);
        // The lake hears of the device, so that rows behind it do not wait.
        assert_eq!(*rows.lock().unwrap(), ["good", "bad"]);
    }
}
