//! The run: all devices of the plan at once, each for itself.
//!
//! Everything that can be known before the first packet is settled there: the run's folder is made and the lake can be written, or
//! nothing is contacted. From then on a device's failure is a line of the report, never the end of the run.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use records::table::Table;
use sinks::lake::{Writer, Written};
use sinks::{RunFolder, RunIdentity};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};

use super::clock::Clock;
use super::device::{self, Collected};
use super::report::{DeviceReport, LakeFile, Outcome, RunReport};
use crate::config::{Plan, Problem, Problems};

/// Devices whose rows may wait for the lake's writer before the next device has to wait itself.
const WAITING_DEVICES: usize = 16;

/// What a run shares among its tasks.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) identity: RunIdentity,
    pub(super) folder: RunFolder,
    pub(super) clock: Clock,
    pub(super) netconf: netconf::Options,
    pub(super) watch: Watch,
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Run")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// Who is told how far the run is.
pub(crate) type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// A step forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A device has let us in.
    Connected,
    /// A device is done.
    Finished(Outcome),
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) report: RunReport,
    pub(crate) folder: RunFolder,
}

/// Collects all devices of the plan. When `stop` comes first, those that have not answered are given up and the rest is delivered.
///
/// # Errors
///
/// Before the first packet: a folder that cannot be written. After it: only `run.json` itself.
pub(crate) async fn run(
    plan: Plan,
    clock: Clock,
    watch: Watch,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Finished> {
    let began = Instant::now();
    let settings = &plan.settings;
    let (folder, identity) = begin(
        plan.settings.output_dir.as_path(),
        &settings.runner_name,
        clock,
    )
    .await?;
    let names: Vec<_> = plan
        .devices
        .iter()
        .map(|device| device.name.clone())
        .collect();
    let writer = match Writer::begin(
        &settings.lake,
        identity.clone(),
        names,
        settings.compression,
    ) {
        Ok(writer) => writer,
        Err(error) => {
            // Nothing was contacted and nothing is left behind, not even an empty folder.
            std::fs::remove_dir(folder.path()).ok();
            return Err(unwritable("--lake", &error).into());
        }
    };
    let (rows, waiting) = mpsc::channel(WAITING_DEVICES);
    let writing = tokio::task::spawn_blocking(move || write(writer, waiting));

    let options = netconf::Options::default();
    let run = Arc::new(Run {
        plan,
        identity,
        folder,
        clock,
        netconf: options,
        watch,
    });
    let mut report = RunReport {
        lanewatch: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: run.identity.run_id.clone(),
        runner_name: run.identity.runner_name.clone(),
        run_timestamp: run.identity.run_timestamp,
        inventories: run.plan.settings.inventories.clone(),
        ..RunReport::default()
    };
    collect_all(&run, rows, &mut report, stop).await;
    match writing
        .await
        .map_err(|error| panicked("the lake's writer", &error))
    {
        Ok(Ok(files)) => report.files = files.into_iter().map(LakeFile::from).collect(),
        Ok(Err(error)) => report.lake_error = Some(error.to_string()),
        Err(error) => report.lake_error = Some(error),
    }
    report.finished = clock.now();
    report.seconds = began.elapsed().as_secs_f64();
    close(&run, &report)?;
    let folder = run.folder.clone();
    Ok(Finished { report, folder })
}

/// Makes the run's folder. Two runs of one runner cannot begin in the same second: the later one waits for the next.
async fn begin(
    output_dir: &std::path::Path,
    runner_name: &str,
    clock: Clock,
) -> anyhow::Result<(RunFolder, RunIdentity)> {
    let run_id = format!("{:08x}", rand::random::<u32>());
    loop {
        let identity = RunIdentity {
            runner_name: runner_name.to_owned(),
            run_id: run_id.clone(),
            run_timestamp: clock.now(),
        };
        match RunFolder::create(output_dir, &identity) {
            Ok(folder) => return Ok((folder, identity)),
            Err(sinks::Error::RunExists { .. }) => {
                tokio::time::sleep(Duration::from_millis(200)).await
            }
            Err(error) => return Err(unwritable("--output-dir", &error).into()),
        }
    }
}

/// A folder that cannot take the run: the user's to mend, and known before anything was contacted.
fn unwritable(setting: &str, error: &sinks::Error) -> Problems {
    Problem::new(format!(
        "{error}; nothing was contacted, choose a folder that can be written with `{setting}`"
    ))
    .into()
}

/// Runs every device in a task of its own and gathers what they leave.
async fn collect_all(
    run: &Arc<Run>,
    rows: mpsc::Sender<(String, Vec<Table>)>,
    report: &mut RunReport,
    stop: impl Future<Output = ()>,
) {
    let turn = Arc::new(Semaphore::new(run.plan.settings.concurrency.max(1)));
    let mut tasks = JoinSet::new();
    let mut names = HashMap::new();
    for (index, device) in run.plan.devices.iter().enumerate() {
        let (run, turn, rows) = (Arc::clone(run), Arc::clone(&turn), rows.clone());
        let task = tasks.spawn(async move {
            let _turn = turn.acquire().await;
            let device = run.plan.devices.get(index)?;
            let Collected { report, tables } = device::collect(device, &run).await;
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
                tasks.abort_all();
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
                let error = if error.is_cancelled() {
                    "the run was stopped before this device had answered".to_owned()
                } else {
                    panicked("this device's task", &error)
                };
                DeviceReport {
                    address,
                    error: Some(error),
                    ..DeviceReport::default()
                }
            }
        };
        (run.watch)(&Event::Finished(device.outcome));
        report.devices.insert(name, device);
    }
}

/// The lake's writer: one thread, fed through a bounded queue.
fn write(
    mut writer: Writer,
    mut waiting: mpsc::Receiver<(String, Vec<Table>)>,
) -> sinks::Result<Vec<Written>> {
    while let Some((device, tables)) = waiting.blocking_recv() {
        writer.add(&device, tables)?;
    }
    writer.finish()
}

/// Writes `run.json`, then shows the run to those who look for the newest.
fn close(run: &Run, report: &RunReport) -> anyhow::Result<()> {
    let json =
        serde_json::to_vec_pretty(report).context("the run report cannot be written as JSON")?;
    run.folder.save_report(&json)?;
    let settings = &run.plan.settings;
    run.folder.publish_latest(&settings.output_dir)?;
    run.folder
        .prune(&settings.output_dir, &run.identity, settings.keep_runs)?;
    Ok(())
}

/// What a panic said, as a sentence.
fn panicked(what: &str, error: &JoinError) -> String {
    format!("a defect of Lanewatch stopped {what}; please report it: {error}")
}

impl From<Written> for LakeFile {
    fn from(written: Written) -> Self {
        Self {
            dataset: written.dataset.to_owned(),
            path: written.path,
            rows: written.rows,
            bytes: written.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use sim::inventory::Login;
    use sim::{DeviceSpec, Fleet, FleetSpec, Model, Platform};

    use super::*;
    use crate::config::Settings;

    /// Runs the devices of this inventory, with the time for one of them cut to two seconds.
    async fn run_all(folder: &std::path::Path, inventory: &str, watch: Watch) -> RunReport {
        let path = folder.join("inventory.yaml");
        std::fs::write(&path, inventory).unwrap();
        let settings = Settings {
            device_timeout: Duration::from_secs(2),
            output_dir: folder.join("output"),
            lake: folder.join("lake"),
            ..Settings::for_tests(&path)
        };
        let plan = Plan::build(settings).unwrap();
        let finished = run(plan, Clock::default(), watch, std::future::pending()).await;
        finished.unwrap().report
    }

    async fn fleet(folder: &std::path::Path) -> Fleet {
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
        let host = format!(
            "      hosts:\n        silent: {{ansible_host: 127.0.0.1, ansible_port: {port}}}\n"
        );
        let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
        let inventory = inventory.replacen("      hosts:\n", &host, 1);
        let report = run_all(folder.path(), &inventory, Arc::new(|_| {})).await;
        assert_eq!(report.count(Outcome::Delivered), 2);
        let error = report.devices["silent"].error.as_deref().unwrap();
        assert!(error.starts_with("gave up after 2 s"), "{error}");
        fleet.stop().await;
    }
}
