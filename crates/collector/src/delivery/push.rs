//! The Pushgateway: a group of series for each device, put in place of its last one as soon as the device has ended.
//!
//! ```text
//!  take ─► series of one device, compressed ─► newest per device ─► 4 workers ─► PUT …/job/{job}/instance/{device}
//!  finish ─► waits until all is sent, at most the timeout ─► DELETE of groups whose devices left the inventory
//! ```
//!
//! A gateway that fails costs each device one attempt from then on, and is told once, with the number of devices. Times of last success
//! of a device that now fails come from its group at the gateway, for PUT takes away what is not sent.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{Exposition, Health, PushInfo, encode, valid};
use sinks::push::{Body, Gateway, GatewayGroup, GatewayGroups, Group, Mode, RetryLimits};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::known_devices::KnownDevices;
use super::output::{DeviceOutput, SinkEnd};
use crate::clock::Clock;
use crate::deadline::in_words;
use crate::options::PushOptions;
use crate::plan::Plan;
use crate::report::PushReport;
use crate::retry::Retry;

/// Devices that are sent at once.
const WORKERS: usize = 4;

/// Makes the series of each device and hands them to workers.
#[derive(Debug)]
pub(crate) struct PushSink {
    options: PushOptions,
    devices: KnownDevices,
    runner: String,
    shard: Option<String>,
    clock: Clock,
    /// The devices of the inventory, where all of them are collected: groups of others may be removed.
    fleet: Option<BTreeSet<String>>,
    queue: Arc<Queue>,
    workers: JoinSet<()>,
    runtime: Handle,
}

/// What the workers share.
#[derive(Debug)]
struct Queue {
    gateway: Gateway,
    job: String,
    limits: RetryLimits,
    /// What the gateway held when it was asked; none if it did not say.
    held: OnceCell<Option<GatewayGroups>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest series of each device.
    waiting: BTreeMap<String, Series>,
    /// Devices that are being sent: their next series wait.
    at_work: BTreeSet<String>,
    workers: usize,
    pushed: usize,
    failed: usize,
    replaced: u64,
    /// The first device that was not sent, and why.
    first_failure: Option<(String, String)>,
    /// The last push failed.
    is_down: bool,
}

/// The series of a device.
#[derive(Debug)]
enum Series {
    Ready(Body),
    /// They lack times that its group at the gateway has.
    Behind(Box<Exposition>),
}

impl PushSink {
    /// Runs in the runtime that is current here.
    pub(crate) fn new(
        options: &PushOptions,
        gateway: Gateway,
        retry: Retry,
        plan: &Plan,
        clock: Clock,
    ) -> Self {
        let names = plan.devices.iter().map(|device| device.name.clone());
        Self {
            options: options.clone(),
            devices: KnownDevices::of(plan),
            runner: plan.runner_name.clone(),
            shard: plan.shard_name.clone(),
            clock,
            fleet: plan.left_out.is_empty().then(|| names.collect()),
            queue: Arc::new(Queue {
                gateway,
                job: options.job.clone(),
                limits: RetryLimits {
                    deadline: options.timeout,
                    attempts: retry.attempts,
                    first_pause: retry.first_pause,
                },
                held: OnceCell::new(),
                state: Mutex::default(),
            }),
            workers: JoinSet::new(),
            runtime: Handle::current(),
        }
    }

    pub(super) fn take(&mut self, output: &DeviceOutput) {
        self.devices.learn(output);
        let device = &output.device;
        let series = self.series(output);
        while self.workers.try_join_next().is_some() {}
        if self.queue.put(device.clone(), series) {
            let work = Arc::clone(&self.queue).work();
            self.workers.spawn_on(work, &self.runtime);
        }
    }

    /// The series of a device: those of its tables, and how it fared.
    fn series(&self, output: &DeviceOutput) -> io::Result<Series> {
        let device = &output.device;
        let mut exposition = Exposition::new(self.options.names).with_detail(self.options.detail);
        for table in &output.tables {
            exposition.add(table);
        }
        match &output.health {
            Some(health) => exposition.add_health(health),
            None => exposition.add_health(&Health {
                device: device.clone(),
                ..Health::default()
            }),
        }
        self.devices
            .add_to(&mut exposition, device, self.clock.now());
        exposition.add_push(&PushInfo {
            device: device.clone(),
            runner: self.runner.clone(),
            shard: self.shard.clone(),
        });
        Ok(match exposition.needs_previous() {
            true => Series::Behind(Box::new(exposition)),
            false => Series::Ready(body(&exposition)?),
        })
    }

    /// Waits until all is sent, at most the timeout. Then removes the groups of devices that are no longer in the inventory.
    pub(super) fn finish(self) -> SinkEnd {
        let runtime = self.runtime.clone();
        runtime.block_on(self.drain())
    }

    async fn drain(mut self) -> SinkEnd {
        let until = Instant::now() + self.options.timeout;
        let sent = async { while self.workers.join_next().await.is_some() {} };
        let is_late = timeout_at(until, sent).await.is_err();
        let mut end = self.end(is_late.then(|| {
            let within = in_words(self.options.timeout);
            format!("it was not sent within {within} after the last device (`--push-timeout`)")
        }));
        let is_whole = end.push.as_ref().is_some_and(|push| push.error.is_none());
        if is_whole && let Some(fleet) = &self.fleet {
            let mut deleted = Vec::new();
            let removed = self.remove_gone(fleet, until, &mut deleted).await;
            end.warnings.extend(removed.err());
            if let Some(push) = &mut end.push {
                push.deleted = deleted;
            }
        }
        // It was asked and did not answer, though it takes pushes.
        if self.queue.held.get().is_some_and(Option::is_none) && is_whole {
            end.warnings.push(format!(
                "the Pushgateway {} did not say what it holds: it may lack the times of last success of devices that failed, and have groups of \
                 devices that left the inventory",
                self.queue.gateway.address()
            ));
        }
        end
    }

    /// Ends it as it is.
    pub(super) fn abandon(self) -> SinkEnd {
        self.end(Some("the run ended before it was sent".to_owned()))
    }

    /// What came of it. What is not sent by now stays unsent, and `why` says why.
    fn end(&self, why: Option<String>) -> SinkEnd {
        let mut state = self.queue.lock();
        // A worker that panicked has left its device at work.
        let mut unsent: BTreeSet<String> = std::mem::take(&mut state.waiting).into_keys().collect();
        unsent.extend(state.at_work.iter().cloned());
        if let Some(first) = unsent.first() {
            let why = why.unwrap_or_else(|| "a defect of Lanewatch ended the push".to_owned());
            state.failed += unsent.len();
            state.first_failure.get_or_insert((first.clone(), why));
        }
        let all = state.pushed + state.failed;
        let error = state.first_failure.as_ref().map(|(device, why)| {
            format!(
                "the Pushgateway {} lacks the series of {} of {all} devices, the first is {device}: {why}",
                self.queue.gateway.address(),
                state.failed,
            )
        });
        SinkEnd {
            push: Some(PushReport {
                gateway: self.queue.gateway.address().to_owned(),
                job: self.queue.job.clone(),
                pushed: state.pushed,
                failed: state.failed,
                replaced: state.replaced,
                deleted: Vec::new(),
                error,
            }),
            ..SinkEnd::default()
        }
    }

    /// Removes the groups that this runner pushed for this shard, and whose devices are not in the inventory. The error is a sentence.
    async fn remove_gone(
        &self,
        fleet: &BTreeSet<String>,
        until: Instant,
        deleted: &mut Vec<String>,
    ) -> Result<(), String> {
        let Some(shard) = &self.shard else {
            return Ok(()); // without the name of an inventory nothing tells our groups from others
        };
        let held = timeout_at(until, self.queue.held()).await;
        let Ok(Some(held)) = held else {
            return Ok(()); // told by the caller
        };
        let is_ours = |group: &GatewayGroup| {
            group.runner.as_deref() == Some(&*valid(&self.runner))
                && group.shard.as_deref() == Some(&*valid(shard))
        };
        let gone = held.groups.iter();
        let gone = gone.filter(|(device, group)| !fleet.contains(*device) && is_ours(group));
        for (device, _) in gone {
            let limits = RetryLimits {
                deadline: until.saturating_duration_since(Instant::now()),
                ..self.queue.limits
            };
            let group = self.queue.group(device);
            match self.queue.gateway.delete(&group, limits).await {
                Ok(_) => deleted.push(device.clone()),
                Err(error) => {
                    return Err(format!(
                        "{device} left the inventory, and its group stays at the Pushgateway until the next run: {error}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The text of the series, compressed.
fn body(exposition: &Exposition) -> io::Result<Body> {
    Body::write(|out| encode::text::write(exposition, out).map(drop))
}

impl Queue {
    /// Puts the series in, over older ones of the same device. Whether a worker is to be started for them.
    fn put(&self, device: String, series: io::Result<Series>) -> bool {
        let mut state = self.lock();
        let series = match series {
            Ok(series) => series,
            Err(error) => {
                state.settle(&device, Err(error.to_string()));
                return false;
            }
        };
        let older = state.waiting.insert(device, series);
        state.replaced += u64::from(older.is_some());
        let starts = state.workers < WORKERS;
        state.workers += usize::from(starts);
        starts
    }

    /// Sends what waits until nothing does.
    async fn work(self: Arc<Self>) {
        while let Some((device, series)) = self.next() {
            let pushed = self.push(&device, series).await;
            self.lock().settle(&device, pushed);
        }
    }

    /// The next device to send. None: the worker ends.
    fn next(&self) -> Option<(String, Series)> {
        let mut state = self.lock();
        let mut waiting = state.waiting.keys();
        let device = waiting.find(|device| !state.at_work.contains(*device));
        let Some(device) = device.cloned() else {
            state.workers -= 1;
            return None;
        };
        let series = state.waiting.remove(&device)?;
        state.at_work.insert(device.clone());
        Some((device, series))
    }

    async fn push(&self, device: &str, series: Series) -> Result<(), String> {
        let body = match series {
            Series::Ready(body) => body,
            Series::Behind(mut exposition) => {
                let held = self.held().await.and_then(|held| held.groups.get(device));
                let times = held.map_or_else(String::new, |group| group.times.clone());
                let encoding = tokio::task::spawn_blocking(move || {
                    exposition.recall(times.as_bytes())?;
                    body(&exposition)
                });
                let encoded = encoding.await.map_err(|error| error.to_string())?;
                encoded.map_err(|error| error.to_string())?
            }
        };
        let limits = match self.lock().is_down {
            true => RetryLimits {
                attempts: 1,
                ..self.limits
            },
            false => self.limits,
        };
        let group = self.group(device);
        let pushed = self
            .gateway
            .push(&group, &body, Mode::Replace, limits)
            .await;
        pushed.map(drop).map_err(|error| error.to_string())
    }

    /// What the gateway holds: asked once a run, when a device is behind, or at the end.
    async fn held(&self) -> Option<&GatewayGroups> {
        let ask = || async {
            let held = self.gateway.held(&self.job, self.limits.deadline).await;
            held.inspect_err(|error| tracing::warn!("{error}")).ok()
        };
        self.held.get_or_init(ask).await.as_ref()
    }

    fn group(&self, device: &str) -> Group {
        Group {
            job: self.job.clone(),
            instance: device.to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A device was sent, or not.
    fn settle(&mut self, device: &str, pushed: Result<(), String>) {
        self.at_work.remove(device);
        self.is_down = pushed.is_err();
        match pushed {
            Ok(()) => self.pushed += 1,
            Err(why) => {
                self.failed += 1;
                if self.first_failure.is_none() {
                    tracing::warn!(device, "not pushed: {why}");
                    self.first_failure = Some((device.to_owned(), why));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
