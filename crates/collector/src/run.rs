//! The run: all devices of the plan at once, each for itself.
//!
//! Everything that can be known before the first packet is settled there (`begin`): the run's folder is made and the lake can be
//! written, or nothing is contacted. From then on a device's failure is a line of the report, never the end of the run.

use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use netconf::ssh::Connector;
use records::table::Table;
use sinks::RunFolder;
use sinks::lake::{Writer, Written};
use sinks::prometheus::{Exposition, Health};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};

use super::begin::{Begun, begin};
use super::clock::Clock;
use super::context::{Event, Run, Watch};
use super::deadline::Limit;
use super::device::{self, Collected};
use super::report::{DeviceReport, LakeFile, Outcome, RpcOutcome, RunReport};
use crate::options::Options;
use crate::panic_report;
use crate::plan::Plan;

/// Devices whose rows may wait for the lake's writer before the next device has to wait itself.
const WAITING_DEVICES: usize = 16;

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    pub report: RunReport,
    pub folder: RunFolder,
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
    let limit = Limit::from_now(options.limits.run_timeout);
    let Begun {
        folder,
        identity,
        writer,
    } = begin(&plan, &options.output, clock).await?;
    let (rows, waiting) = mpsc::channel(WAITING_DEVICES);
    let metrics = options.output.metrics.as_ref();
    let metrics = metrics.map(|metrics| Exposition::new(metrics.names));
    let writing = tokio::task::spawn_blocking(move || write(writer, metrics, waiting));

    let connector = Connector::new(options.session.clone());
    let run = Arc::new(Run {
        plan,
        options,
        identity,
        folder,
        clock,
        connector,
        watch,
        limit,
        stop: tokio::sync::watch::Sender::new(false),
    });
    let mut report = RunReport {
        lanewatch: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: run.identity.run_id.clone(),
        runner_name: run.identity.runner_name.clone(),
        run_timestamp: run.identity.run_timestamp,
        inventories: run.options.devices.sources.inventories.clone(),
        mappings: run.plan.catalogue.mappings(),
        ..RunReport::default()
    };
    collect_all(&run, rows, &mut report, stop).await;
    let mut metrics = None;
    match writing
        .await
        .map_err(|error| panicked("the lake's writer", error))
    {
        Ok((files, exposition)) => {
            metrics = exposition;
            match files {
                Ok(files) => report.files = files.into_iter().map(LakeFile::from).collect(),
                Err(error) => report.lake_error = Some(error.to_string()),
            }
        }
        Err(error) => report.lake_error = Some(error),
    }
    report.finished = clock.now();
    let metrics_file = run
        .options
        .output
        .metrics
        .as_ref()
        .map(|metrics| &*metrics.path);
    let written = metrics
        .zip(metrics_file)
        .map(|(metrics, file)| write_metrics(metrics, &report, file));
    let metrics_error = written.and_then(Result::err).map(|error| error.to_string());
    report.seconds = began.elapsed().as_secs_f64();
    let finished = Finished {
        report,
        folder: run.folder.clone(),
        is_latest: false,
        report_error: None,
        metrics_error,
        warnings: Vec::new(),
    };
    Ok(close(&run, finished))
}

/// Runs every device in a task of its own and gathers what they leave.
async fn collect_all(
    run: &Arc<Run>,
    rows: mpsc::Sender<(String, Vec<Table>)>,
    report: &mut RunReport,
    stop: impl Future<Output = ()>,
) {
    let turns = Arc::new(Semaphore::new(run.options.limits.concurrency.max(1)));
    let mut tasks = JoinSet::new();
    let mut names = HashMap::new();
    for (index, device) in run.plan.devices.iter().enumerate() {
        let (run, turns, rows) = (Arc::clone(run), Arc::clone(&turns), rows.clone());
        let task = tasks.spawn(async move {
            let device = run.plan.devices.get(index)?;
            let Collected { report, tables } = device::collect(device, &run, &turns).await;
            // A writer that is gone says why itself.
            rows.send((device.name.clone(), tables)).await.ok();
            Some(report)
        });
        names.insert(
            task.id(),
            (device.name.clone(), device.target.endpoint.to_string()),
        );
    }
    let mut stop = std::pin::pin!(stop);
    loop {
        let joined = tokio::select! {
            joined = tasks.join_next_with_id() => joined,
            () = &mut stop, if !report.interrupted => {
                report.interrupted = true;
                run.stop.send_replace(true);
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
                rows.send((name.clone(), Vec::new())).await.ok();
                DeviceReport {
                    address,
                    error: Some(panicked("this device's task", error)),
                    ..DeviceReport::default()
                }
            }
        };
        (run.watch)(&Event::Finished(device.outcome));
        report.devices.insert(name, device);
    }
}

/// The writer of lake and metrics: one thread, fed through a bounded queue. A lake that fails takes no metrics with it.
fn write(
    writer: Writer,
    mut metrics: Option<Exposition>,
    mut waiting: mpsc::Receiver<(String, Vec<Table>)>,
) -> (sinks::Result<Vec<Written>>, Option<Exposition>) {
    let mut lake = Ok(writer);
    while let Some((device, tables)) = waiting.blocking_recv() {
        if let Some(metrics) = &mut metrics {
            tables.iter().for_each(|table| metrics.add(table));
        }
        if let Ok(writer) = &mut lake
            && let Err(error) = writer.add(&device, tables)
        {
            lake = Err(error);
        }
    }
    (lake.and_then(Writer::finish), metrics)
}

/// Adds how each device's collection went, and writes the file.
fn write_metrics(mut metrics: Exposition, report: &RunReport, file: &Path) -> sinks::Result<()> {
    for (name, device) in &report.devices {
        let rpcs = device.rpcs.iter();
        metrics.add_health(&Health {
            device: name.clone(),
            is_up: device.outcome != Outcome::Failed,
            succeeded: (device.outcome == Outcome::Delivered).then_some(report.finished),
            seconds: device.seconds,
            rpcs: rpcs
                .map(|(name, rpc)| (name.clone(), rpc.outcome == RpcOutcome::Ok, rpc.seconds))
                .collect(),
        });
    }
    metrics.write(file)
}

/// Writes `run.json`, then shows the run to those who look for the newest. What fails here takes nothing from what was delivered.
fn close(run: &Run, mut finished: Finished) -> Finished {
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
        .prune(&output.output_dir, &run.identity, output.keep_runs);
    if let Err(error) = pruned {
        finished.warnings.push(error.to_string());
    }
    finished
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
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use sim::inventory::Login;
    use sim::{DeviceSpec, Fleet, FleetSpec, Model, Platform};

    use super::*;

    /// Runs the devices of this inventory, with the time for one of them cut to two seconds.
    async fn run_all(folder: &Path, inventory: &str, watch: Watch) -> RunReport {
        let finished = run_with(folder, inventory, watch, |_| {}, std::future::pending());
        finished.await.report
    }

    async fn run_with(
        folder: &Path,
        inventory: &str,
        watch: Watch,
        change: impl FnOnce(&mut Options),
        stop: impl Future<Output = ()>,
    ) -> Finished {
        let path = folder.join("inventory.yaml");
        std::fs::write(&path, inventory).unwrap();
        let mut options = Options::for_tests(&path);
        options.limits.device_timeout = Duration::from_secs(2);
        options.output.output_dir = folder.join("output");
        options.output.lake = folder.join("lake");
        change(&mut options);
        let plan = Plan::build(&options).unwrap();
        run(plan, options, Clock::default(), watch, stop)
            .await
            .unwrap()
    }

    /// The inventory of the fleet with one host more, where something else listens.
    fn with_host(fleet: &Fleet, name: &str, port: u16) -> String {
        let host = format!(
            "      hosts:\n        {name}: {{ansible_host: 127.0.0.1, ansible_port: {port}}}\n"
        );
        let inventory = sim::inventory::render(fleet, fleet.devices(), "sim", Login::Key);
        inventory.replacen("      hosts:\n", &host, 1)
    }

    async fn fleet(folder: &Path) -> Fleet {
        let device = |name: &str| DeviceSpec::simulated(name, Model::healthy(Platform::Mx480, 1));
        let spec = FleetSpec::new(vec![device("one"), device("two")], folder.join("sim"), 1);
        std::fs::create_dir_all(folder.join("sim")).unwrap();
        Fleet::start(spec, sim::Clock::stopped_at(1_770_132_645))
            .await
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_is_one_devices_line() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
        let first = AtomicBool::new(true);
        let watch: Watch = Arc::new(move |event| {
            assert!(
                *event != Event::Connected || !first.swap(false, Ordering::SeqCst),
                "made to panic"
            );
        });
        let report = run_all(folder.path(), &inventory, watch).await;
        assert_eq!(
            (
                report.count(Outcome::Delivered),
                report.count(Outcome::Failed)
            ),
            (1, 1)
        );
        let failed = report
            .devices
            .values()
            .find(|device| device.outcome == Outcome::Failed);
        let error = failed.unwrap().error.as_deref().unwrap();
        assert!(
            error.contains("a defect of Lanewatch") && error.contains("made to panic"),
            "{error}"
        );
        assert_eq!(
            report.files.len(),
            3,
            "the other device's rows are in the lake"
        );
        fleet.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_device_that_never_speaks_is_given_up_and_the_others_deliver() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let inventory = with_host(&fleet, "silent", port);
        let report = run_all(folder.path(), &inventory, Arc::new(|_| {})).await;
        assert_eq!(report.count(Outcome::Delivered), 2);
        let error = report.devices["silent"].error.as_deref().unwrap();
        assert!(
            error.ends_with(
                "gave up after 2 s (`--device-timeout`) while connecting and logging in"
            ),
            "{error}"
        );
        fleet.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_may_pass_is_tried_again_and_each_attempt_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = closed.local_addr().unwrap().port();
        drop(closed);
        let inventory = with_host(&fleet, "closed", port);
        let watch: Watch = Arc::new(|_| {});
        let change = |options: &mut Options| {
            options.limits.retry.attempts = 3;
            options.limits.retry.first_pause = Duration::from_millis(1);
        };
        let finished = run_with(
            folder.path(),
            &inventory,
            watch,
            change,
            std::future::pending(),
        );
        let report = finished.await.report;
        assert_eq!(report.count(Outcome::Delivered), 2);
        let attempts = &report.devices["closed"].attempts;
        let pauses: Vec<_> = attempts
            .iter()
            .map(|attempt| attempt.paused_seconds.is_some())
            .collect();
        assert_eq!(pauses, [true, true, false]);
        assert!(attempts[0].error.contains("cannot connect"));
        assert_eq!(attempts[0].phase, "connect");
        let error = report.devices["closed"].error.as_deref().unwrap();
        assert!(error.contains("3 attempts failed"), "{error}");
        fleet.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_refused_login_is_not_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Password);
        let inventory = inventory.replace("ansible_password: ", "ansible_password: not-");
        let watch: Watch = Arc::new(|_| {});
        let change = |options: &mut Options| options.limits.retry.attempts = 5;
        let finished = run_with(
            folder.path(),
            &inventory,
            watch,
            change,
            std::future::pending(),
        );
        let report = finished.await.report;
        assert_eq!(report.count(Outcome::Failed), 2);
        for device in report.devices.values() {
            assert_eq!(device.attempts.len(), 1, "{:?}", device.attempts);
            assert_eq!(device.attempts[0].phase, "authentication");
        }
        fleet.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_that_is_stopped_delivers_what_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let inventory = with_host(&fleet, "silent", silent.local_addr().unwrap().port());
        let (delivered, is_delivered) = tokio::sync::watch::channel(0);
        let watch: Watch = Arc::new(move |event| {
            if matches!(event, Event::Finished(_)) {
                delivered.send_modify(|count| *count += 1);
            }
        });
        let stop = async {
            let mut is_delivered = is_delivered;
            is_delivered.wait_for(|count| *count == 2).await.unwrap();
        };
        let change =
            |options: &mut Options| options.limits.device_timeout = Duration::from_secs(60);
        let finished = run_with(folder.path(), &inventory, watch, change, stop).await;
        let report = &finished.report;
        assert!(report.interrupted && finished.is_latest);
        assert_eq!(report.count(Outcome::Delivered), 2);
        assert_eq!(report.files.len(), 3);
        let error = report.devices["silent"].error.as_deref().unwrap();
        let told = "the run was stopped while connecting and logging in";
        assert!(error.ends_with(told), "{error}");
        fleet.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_has_an_end_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let host = format!("{{ansible_host: 127.0.0.1, ansible_port: {port}}}");
        let inventory = format!("all: {{hosts: {{a: {host}, b: {host}, c: {host}}}}}");
        let change = |options: &mut Options| {
            options.limits.device_timeout = Duration::from_secs(60);
            options.limits.run_timeout = Duration::from_millis(200);
            options.limits.concurrency = 1;
            options.login.host_keys = Some(crate::options::HostKeys::Off);
        };
        let never = std::future::pending();
        let watch: Watch = Arc::new(|_| {});
        let finished = run_with(folder.path(), &inventory, watch, change, never).await;
        assert_eq!(finished.report.count(Outcome::Failed), 3);
        for device in finished.report.devices.values() {
            let error = device.error.as_deref().unwrap();
            assert!(error.contains("(`--run-timeout`) was over"), "{error}");
        }
    }
}
