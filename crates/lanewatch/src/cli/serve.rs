//! `lanewatch serve`: passes at an interval, and their series over HTTP.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use collector::{Finished, LiveSeries, Outcome};
use server::{Collect, Collection, Daemon, Drained, Error, ErrorObserver, PassObserver, StateLock};
use sinks::lake::sync::Remote;
use tokio::sync::mpsc;

use super::help::{SERVING, after};
use super::printer::Printer;
use super::{ExitStatus, signals, usage};
use crate::settings::{Layers, Planned, Settings};
use crate::view::cause;

/// Collect at an interval, as `collect` does, and serve the newest series to Prometheus.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch serve -i inventory.yaml --every 1m", "Collect each minute, and serve http://127.0.0.1:9830/metrics."),
    ("lanewatch serve -i inventory.yaml --listen 0.0.0.0:9830 --web-config-file web.yml", "Serve other hosts, with TLS and passwords."),
], SERVING))]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let printer = *printer;
        let Planned {
            plan,
            options,
            settings,
        } = given.resolve().plan()?;
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        let remote = match settings.sync_to.as_deref() {
            Some(url) => Some(Remote::open(url, &settings.access()?).map_err(usage)?),
            None => None,
        };
        let _lock = match StateLock::take(&settings.state_dir) {
            Ok(lock) => lock,
            Err(error @ Error::Held { .. }) => {
                printer.error(&error.to_string());
                return Ok(ExitStatus::Held);
            }
            Err(error) => return Err(usage(error).into()),
        };
        let (reload, stop) = signals::of_daemon()?;
        let interval = settings.collection_interval.unwrap_or(settings.every);
        let live = LiveSeries::new(settings.metric_names, settings.metrics_detail, interval);
        let devices = plan.devices.len();
        let (sync, asked) = mpsc::channel(1);
        let collection = Collection::new(
            plan,
            options,
            live.clone(),
            settings.state_dir.clone(),
            told(printer, sync),
        );
        let collect: Arc<dyn Collect> = Arc::new(collection);
        let tell: ErrorObserver = Arc::new(move |text| printer.error(text));
        let daemon = Daemon::listen(of(&settings), collect, live, tell).await;
        let daemon = daemon.map_err(usage)?;
        if daemon.is_open_to_others() {
            printer.warning(
                "everybody who reaches the endpoint can read it and have devices collected: `--web-config-file` and `--web-token-file` ask for credentials",
            );
        }
        printer.note(&format!(
            "{devices} devices every {:?}; {}/",
            settings.every,
            daemon.url()
        ));
        let drained = tokio::select! {
            drained = daemon.run(stop, reload) => drained,
            never = keep_synced(remote, &settings, &printer, asked) => match never {},
        };
        Ok(match drained {
            Drained::Whole => ExitStatus::Delivered,
            Drained::Abandoned => ExitStatus::Abandoned,
        })
    }
}

fn of(settings: &Settings) -> server::Settings {
    server::Settings {
        listen: settings.listen,
        every: settings.every,
        longest_pass: settings.run_timeout,
        probe_cache: settings.probe_cache,
        most_probes: settings.concurrency.get(),
        web_config_file: settings.web_config_file.clone(),
        web_token_file: settings.web_token_file.clone(),
    }
}

/// Tells each pass in a line, a device's failure when it begins, changes or ends, and asks for a sync of the lake. One
/// that still goes on brings what is new, or the next one does.
fn told(printer: Printer, sync: mpsc::Sender<()>) -> PassObserver {
    let known = Mutex::new(BTreeMap::new());
    Arc::new(move |finished: Finished| {
        let report = &finished.report;
        printer.summary(&format!(
            "{}: {} delivered, {} in part, {} failed in {:.1} s",
            finished.folder.path().display(),
            report.count(Outcome::Delivered),
            report.count(Outcome::Degraded),
            report.count(Outcome::Failed),
            report.seconds
        ));
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut causes: BTreeMap<String, String> = BTreeMap::new();
        for (name, device) in &report.devices {
            let Some(error) = &device.error else { continue };
            let cause = cause(error, &device.address);
            if known.get(name) != Some(&cause) {
                printer.warning(&format!("{name}: {error}"));
            }
            causes.insert(name.clone(), cause);
        }
        for name in known.keys().filter(|name| !causes.contains_key(*name)) {
            printer.note(&format!("{name}: no longer failing"));
        }
        *known = causes;
        for warning in &finished.warnings {
            printer.warning(warning);
        }
        sync.try_send(()).ok();
    })
}

/// Syncs the lake each time that it is asked for; for ever.
async fn keep_synced(
    remote: Option<Remote>,
    settings: &Settings,
    printer: &Printer,
    mut asked: mpsc::Receiver<()>,
) -> Infallible {
    if let Some(remote) = &remote {
        while asked.recv().await.is_some() {
            // The end of the daemon ends a sync: the next one uploads the rest.
            let never = std::future::pending();
            super::lake::after_run(&settings.lake, remote, settings, printer, never).await;
        }
    }
    std::future::pending().await
}
