//! What the daemon asks of a collector, and the collector that makes passes over the devices of a plan.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use collector::{Clock, Finished, LiveSeries, Options, Outcome, Plan};
use tokio::sync::watch;

use crate::stop;

/// A device, as service discovery names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the inventory.
    pub name: String,
    /// Its groups in the inventory.
    pub groups: Vec<String>,
    /// Its hardware model, where the inventory has it.
    pub model: Option<String>,
    /// What its devices are called together.
    pub shard: Option<String>,
}

/// How a pass ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PassEnd {
    /// Devices that delivered everything.
    pub delivered: usize,
    /// Devices that delivered in part.
    pub partial: usize,
    /// Devices that failed.
    pub failed: usize,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What is missing of what was delivered, as a sentence.
    pub error: Option<String>,
}

/// Who collects.
#[async_trait]
pub trait Collect: Send + Sync + 'static {
    /// The devices of the inventory.
    fn devices(&self) -> Arc<Vec<Listed>>;

    /// Collects all devices. When `stop` turns true, nothing more is asked and what has come is delivered.
    async fn pass(&self, stop: watch::Receiver<bool>) -> Result<PassEnd, String>;

    /// Collects one device for the scrape endpoint alone. A device that fails is no error: its series say so.
    async fn probe(&self, device: &str, stop: watch::Receiver<bool>) -> Result<(), String>;

    /// Reads the inventory anew. The old one stays if the new one cannot be read.
    async fn reload(&self) -> Result<(), String>;
}

/// Who is told of each pass that ended.
pub type PassObserver = Arc<dyn Fn(Finished) + Send + Sync>;

/// Makes passes over the devices of a plan.
pub struct Collection {
    plan: Mutex<(Arc<Plan>, Arc<Vec<Listed>>)>,
    options: Options,
    /// Where probes have their folder while they last.
    state_dir: PathBuf,
    told: PassObserver,
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Collection")
            .field("state_dir", &self.state_dir)
            .finish_non_exhaustive()
    }
}

impl Collection {
    /// Collects as the options say, and leaves the newest series in `live`.
    pub fn new(
        plan: Plan,
        options: Options,
        live: LiveSeries,
        state_dir: PathBuf,
        told: PassObserver,
    ) -> Self {
        let mut options = options;
        options.output.scrape = Some(live);
        let listed = listed(&plan);
        Self {
            plan: Mutex::new((Arc::new(plan), listed)),
            options,
            state_dir,
            told,
        }
    }

    fn plan(&self) -> (Arc<Plan>, Arc<Vec<Listed>>) {
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.clone()
    }

    async fn run(
        &self,
        plan: Plan,
        options: Options,
        stop: watch::Receiver<bool>,
    ) -> Result<Finished, String> {
        let stopped = stop::told(stop);
        let watch = Arc::new(|_: &collector::Event<'_>| {});
        let finished = collector::run(plan, options, Clock::default(), watch, stopped).await;
        finished.map_err(|error| format!("{error:#}"))
    }
}

#[async_trait]
impl Collect for Collection {
    fn devices(&self) -> Arc<Vec<Listed>> {
        self.plan().1
    }

    async fn pass(&self, stop: watch::Receiver<bool>) -> Result<PassEnd, String> {
        let plan = Plan::clone(&self.plan().0);
        let finished = self.run(plan, self.options.clone(), stop).await?;
        let report = &finished.report;
        let pushed = report.push.as_ref();
        let push_error = pushed.and_then(|push| push.error.clone());
        let errors = [
            &push_error,
            &report.lake_error,
            &report.documents_error,
            &finished.report_error,
            &finished.metrics_error,
        ];
        let errors: Vec<&str> = errors.into_iter().flatten().map(String::as_str).collect();
        let end = PassEnd {
            delivered: report.count(Outcome::Delivered),
            partial: report.count(Outcome::Degraded),
            failed: report.count(Outcome::Failed),
            interrupted: report.interrupted,
            error: (!errors.is_empty()).then(|| errors.join("; ")),
        };
        (self.told)(finished);
        Ok(end)
    }

    async fn probe(&self, device: &str, stop: watch::Receiver<bool>) -> Result<(), String> {
        let plan = self.plan().0.for_device(device);
        let plan = plan.ok_or_else(|| format!("the inventory has no device {device}"))?;
        let folder = tempfile::Builder::new()
            .prefix("probe-")
            .tempdir_in(&self.state_dir);
        let folder = folder.map_err(|error| {
            let state = self.state_dir.display();
            format!("a probe has no folder in {state}: {error}")
        })?;
        let mut options = self.options.clone();
        let output = &mut options.output;
        output.earlier_runs = Some(output.output_dir.clone());
        output.output_dir = folder.path().join("output");
        output.lake = folder.path().join("lake");
        output.metrics = None;
        // The plan of a probe has one device: to the push sink the others would have left the inventory.
        output.push = None;
        let ended = self.run(plan, options, stop).await;
        // What is left of it goes with the state folder.
        tokio::task::spawn_blocking(move || folder.close().ok())
            .await
            .ok();
        ended.map(drop)
    }

    async fn reload(&self) -> Result<(), String> {
        let options = self.options.clone();
        let built = tokio::task::spawn_blocking(move || Plan::build(&options));
        let built = built.await.map_err(|error| error.to_string())?;
        let plan = built.map_err(|problems| {
            let told = problems.0.iter().map(ToString::to_string);
            told.collect::<Vec<_>>().join("; ")
        })?;
        for warning in &plan.warnings {
            tracing::warn!("{warning}");
        }
        let listed = listed(&plan);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = (Arc::new(plan), listed);
        Ok(())
    }
}

fn listed(plan: &Plan) -> Arc<Vec<Listed>> {
    let devices = plan.devices.iter().map(|device| Listed {
        name: device.name.clone(),
        groups: device.groups.clone(),
        model: device.hardware_model.clone(),
        shard: plan.shard_name.clone(),
    });
    Arc::new(devices.collect())
}
