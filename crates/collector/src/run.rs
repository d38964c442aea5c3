//! The run: all devices of the plan at once, each for itself.
//!
//! Everything that can be known before the first packet is settled there (`begin`): the run's folder is made and the lake can be
//! written, or nothing is contacted. From then on a device's failure is a line of the report, never the end of the run.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use netconf::ssh::Connector;
use sinks::lake::Written;
use sinks::{Overfull, RawReplies, RunFolder};
use tokio::sync::OnceCell;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument as _;

use super::begin::{Begun, begin};
use super::clock::Clock;
use super::context::{Event, Run, Watch};
use super::deadline::TimeLimit;
use super::delivery::{self, DeviceOutput, FanOut};
use super::device;
use super::earlier_run::settle_findings;
use super::publication::{Publication, published};
use super::report::{DeviceReport, LakeFile, Outcome, RunReport};
use crate::options::{Options, OutputOptions};
use crate::panic_report;
use crate::plan::Plan;
use crate::turns::Turns;

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// What happened to each device.
    pub report: RunReport,
    /// The run's folder, with its documents and raw replies.
    pub folder: RunFolder,
    /// The devices as earlier runs of this runner have them.
    pub earlier: Arc<BTreeMap<String, DeviceReport>>,
    /// Whether `latest` points at this run.
    pub is_latest: bool,
    /// Why there is no `run.json`.
    pub report_error: Option<String>,
    /// Why the metrics are those of an earlier run.
    pub metrics_error: Option<String>,
    /// What went wrong without harm to what was delivered.
    pub warnings: Vec<String>,
}

/// Collects all devices of the plan. When `stop` comes first, nothing more is asked and what has come is delivered.
///
/// # Errors
///
/// Before the first packet: a folder that cannot be written. After it there are none: what was delivered is always told.
pub async fn run(
    plan: Plan,
    options: Options,
    clock: Clock,
    watch: Watch,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Finished> {
    let began = Instant::now();
    let limit = TimeLimit::from_now(options.limits.run_timeout);
    let Begun {
        folder,
        identity,
        writer,
        interval_seconds,
        gateway,
    } = begin(&plan, &options.output, clock).await?;
    let sinks = delivery::sinks_of(&options, &plan, &folder, writer, gateway, clock);
    let fan_out = FanOut::start(sinks, options.limits.sink_timeout)
        .context("the system refuses a thread for a sink")?;

    let run = Arc::new(Run {
        connector: Connector::new(options.session.clone()),
        turns: Turns::new(options.limits.concurrency),
        plan,
        options,
        identity,
        folder,
        clock,
        watch,
        limit,
        stop: tokio::sync::watch::Sender::new(false),
        fan_out,
        started: tokio::sync::watch::Sender::new(0),
        interval_seconds,
        earlier: OnceCell::new(),
    });
    let span =
        tracing::info_span!("run", runner = %run.identity.runner_name, id = %run.identity.run_id);
    let report = RunReport {
        lanewatch: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: run.identity.run_id.clone(),
        runner_name: run.identity.runner_name.clone(),
        cluster_name: run.options.output.cluster_name.clone(),
        run_timestamp: run.identity.run_timestamp,
        inventories: run.options.devices.sources.inventories.clone(),
        mappings: run.plan.catalogue.mappings(),
        ..RunReport::default()
    };
    save_unfinished(&run, &report).await;
    complete(run, report, began, stop).instrument(span).await
}

/// Saves what a replay must know should this run be killed: who it is, and its devices with their interface filters.
async fn save_unfinished(run: &Arc<Run>, report: &RunReport) {
    let devices = run.plan.devices.iter();
    let report = RunReport {
        devices: devices
            .map(|device| (device.name.clone(), DeviceReport::unfinished(device)))
            .collect(),
        lake: Some(absolute(&run.options.output.lake)),
        ..report.clone()
    };
    let folder = run.folder.clone();
    let saved = tokio::task::spawn_blocking(move || {
        let json = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
        let saved = folder.save_unfinished_report(&json);
        saved.map_err(|error| error.to_string())
    });
    if let Err(error) = saved.await.unwrap_or_else(|error| Err(error.to_string())) {
        // The run itself does without.
        tracing::warn!("should this run be killed, it cannot be replayed as itself: {error}");
    }
}

/// The lake as a replay finds it, whose working directory is another one.
fn absolute(lake: &Path) -> PathBuf {
    std::path::absolute(lake).unwrap_or_else(|_| lake.to_owned())
}

/// The run after its beginning: collects, ends the sinks, writes the report.
async fn complete(
    run: Arc<Run>,
    mut report: RunReport,
    began: Instant,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Finished> {
    tracing::info!(devices = run.plan.devices.len(), "the run begins");
    if run.options.output.push.is_some() {
        // Each device is pushed with its findings as soon as it has ended: by then this has been read.
        let early = Arc::clone(&run);
        tokio::spawn(async move { _ = early.earlier().await });
    }
    collect_all(&run, &mut report, stop).await;
    let mut metrics_error = None;
    let earlier = run.earlier().await;
    let delivered = {
        let (run, report) = (&run, &mut report);
        run.fan_out
            .finish(|| {
                report.finished = run.clock.now();
                let publication = Publication {
                    now: report.finished,
                    interval_seconds: run.interval_seconds,
                    earlier,
                };
                published(&run.plan, report, publication)
            })
            .await
    };
    report.outputs_replaced = delivered.replaced;
    report.push = delivered.push;
    report.files = delivered.files.into_iter().map(LakeFile::from).collect();
    for (sink, why) in delivered.failures {
        tracing::warn!(sink = sink.name(), "not delivered: {why}");
        metrics_error = sink.report_failure(why, &mut report).or(metrics_error);
    }
    if report.lake_error.is_some() {
        report.lake = Some(absolute(&run.options.output.lake));
    }
    report.seconds = began.elapsed().as_secs_f64();
    tracing::info!(
        delivered = report.count(Outcome::Delivered),
        failed = report.count(Outcome::Failed),
        seconds = report.seconds,
        "the run ends"
    );
    let finished = Finished {
        report,
        folder: run.folder.clone(),
        earlier: Arc::default(),
        is_latest: false,
        report_error: None,
        metrics_error,
        warnings: delivered.warnings,
    };
    let closing = tokio::task::spawn_blocking(move || close(&run, finished));
    closing.await.context("the run report could not be written")
}

/// Runs every device in a task of its own and gathers what they leave.
async fn collect_all(run: &Arc<Run>, report: &mut RunReport, stop: impl Future<Output = ()>) {
    let mut tasks = JoinSet::new();
    let mut names = HashMap::new();
    for (index, device) in run.plan.devices.iter().enumerate() {
        let span = tracing::info_span!("device", name = %device.name);
        let shared = Arc::clone(run);
        let work = async move {
            let device = shared.plan.devices.get(index)?;
            Some(device::collect(device, &shared).await)
        };
        let task = tasks.spawn(work.instrument(span));
        names.insert(
            task.id(),
            (device.name.clone(), device.target.endpoint.to_string()),
        );
    }
    let mut stop = std::pin::pin!(stop);
    let mut first_part = std::pin::pin!(first_part_is_due(run));
    let mut is_published = false;
    loop {
        let joined = tokio::select! {
            biased;
            joined = tasks.join_next_with_id() => joined,
            () = &mut stop, if !report.interrupted => {
                report.interrupted = true;
                run.stop.send_replace(true);
                continue;
            }
            () = &mut first_part, if !is_published => {
                is_published = true;
                publish_first_part(run, report, tasks.len()).await;
                continue;
            }
        };
        let (id, ended) = match joined {
            None => break,
            Some(Ok((id, ended))) => (id, Ok(ended)),
            Some(Err(error)) => (error.id(), Err(error)),
        };
        let Some((name, address)) = names.remove(&id) else {
            continue;
        };
        let device = match ended {
            Ok(Some(device)) => device,
            Ok(None) => continue,
            Err(error) => {
                run.count_start();
                let output = DeviceOutput {
                    device: name.clone(),
                    ..DeviceOutput::default()
                };
                run.fan_out.accept(output).await.ok();
                DeviceReport {
                    address,
                    error: Some(panicked("this device's task", error)),
                    ..DeviceReport::default()
                }
            }
        };
        (run.watch)(&Event::Finished(&name, device.outcome));
        report.devices.insert(name, device);
    }
}

/// Ends `publish_after` after the last device had its first turn.
async fn first_part_is_due(run: &Run) {
    let all = run.plan.devices.len();
    let mut started = run.started.subscribe();
    // The sender lives as long as the run does.
    started.wait_for(|started| *started >= all).await.ok();
    tokio::time::sleep(run.options.limits.publish_after).await;
}

/// Publishes what has come while the last devices are still at work. What goes wrong is told when the run ends.
async fn publish_first_part(run: &Arc<Run>, report: &RunReport, at_work: usize) {
    let publication = Publication {
        now: run.clock.now(),
        interval_seconds: run.interval_seconds,
        earlier: run.earlier().await,
    };
    tracing::info!(at_work, "what has come by now is published");
    let published = published(&run.plan, report, publication);
    run.fan_out.publish(&published).await;
}

/// Takes the raw replies away that were kept only until the run was delivered.
fn drop_raw_replies(run: &Run, report: &mut RunReport) -> Vec<String> {
    if run.options.output.raw != RawReplies::Drop || !report.is_delivered() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let rpcs = report
        .devices
        .values_mut()
        .flat_map(|device| device.rpcs.values_mut());
    let files = rpcs.flat_map(|rpc| [rpc.file.take(), rpc.unreadable_file.take()]);
    for file in files.flatten() {
        let path = run.folder.path().join(file);
        if let Err(error) = std::fs::remove_file(&path) {
            warnings.push(format!("cannot remove {}: {error}", path.display()));
        }
    }
    warnings
}

/// Writes `run.json`, then shows the run to those who look for the newest. What fails here takes nothing from what was delivered.
fn close(run: &Run, mut finished: Finished) -> Finished {
    let undropped = drop_raw_replies(run, &mut finished.report);
    finished.warnings.extend(undropped);
    // It was read before the sinks ended.
    finished.earlier = run.earlier.get().cloned().unwrap_or_default();
    settle_findings(&mut finished.report, &finished.earlier);
    finished.report.totals = finished.report.sum();
    let saved = serde_json::to_vec_pretty(&finished.report)
        .map_err(|error| format!("the run report cannot be written as JSON: {error}"))
        .and_then(|json| {
            let saved = run.folder.save_report(&json);
            saved.map_err(|error| error.to_string())
        });
    if let Err(error) = saved {
        finished.report_error = Some(error);
        return finished;
    }
    let output = &run.options.output;
    match run.folder.publish_latest(&output.output_dir) {
        Ok(is_latest) => finished.is_latest = is_latest,
        Err(error) => finished.warnings.push(error.to_string()),
    }
    let pruned = run
        .folder
        .prune(&output.output_dir, &run.identity, output.retention);
    match pruned.map(|pruned| pruned.overfull) {
        Ok(None) => {}
        Ok(Some(overfull)) => finished.warnings.push(too_large(overfull, output)),
        Err(error) => finished.warnings.push(error.to_string()),
    }
    finished
}

/// Why the folders of this runner are larger than they should be.
fn too_large(overfull: Overfull, output: &OutputOptions) -> String {
    let kilobytes = |bytes: u64| bytes.div_ceil(1_000);
    let why = match overfull.waiting {
        0 => "the newest run alone is larger".to_owned(),
        waiting => format!(
            "{waiting} of them are kept until they are replayed, because their rows did not reach the lake"
        ),
    };
    format!(
        "the runs of this runner in {} take {} kB, more than the limit of {} kB: {why}",
        output.output_dir.display(),
        kilobytes(overfull.bytes),
        kilobytes(output.retention.bytes.unwrap_or_default()),
    )
}

/// What a panic said, as a sentence.
fn panicked(what: &str, error: JoinError) -> String {
    let words = panic_report::of_task(error);
    format!("a defect of Lanewatch stopped {what}; please report it: {words}")
}

impl From<Written> for LakeFile {
    fn from(written: Written) -> Self {
        Self {
            dataset: written.dataset,
            path: written.path,
            rows: written.rows,
            bytes: written.bytes,
        }
    }
}

#[cfg(test)]
mod tests;
