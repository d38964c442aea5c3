//! `lanewatch demo`: what a newcomer runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use collector::{Clock, Finished, Plan};
use sim::inventory::Login;
use sim::{
    Condition, DeviceKind, DeviceSpec, Fleet, FleetSpec, Model, Platform, PortLocation,
    RunningDevice, SimClock,
};

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::signals::{interrupted, stopped};
use super::sim::{make_folder, write_inventory};
use super::{ExitStatus, usage};
use crate::settings::Settings;
use crate::view::{DemoShard, Screen, ShardBar, clear_bars, render_demo};

/// The file that tells the folder of a demo.
const MARK: &str = "made-by-lanewatch-demo.txt";
/// What a demo makes in its folder, with what its report offers to try.
const MADE: [&str; 9] = [
    MARK,
    "output",
    "lake",
    "sim",
    "inventory-shard1.yaml",
    "inventory-shard2.yaml",
    "inventory-shard3.yaml",
    "replay",
    "try",
];
/// What is wrong with the fleet on purpose; see [`shards`].
const ON_PURPOSE: &str = "On purpose, so that there is something to see: lane 2 of et-0/0/12 on spine-02 loses its light, et-0/0/50 on leaf-02 is dark, and \
     spine-04 does not answer.";

/// Simulated time between the two runs.
const INTERVAL: Duration = Duration::from_secs(600);
/// For how long the failing lane has been sinking at the first run.
const DECLINE_BEFORE: Duration = Duration::from_secs(300);
/// How long it takes to be at its worst: a little before the second run, so that what the device averages over time shows it too.
const DECLINE: Duration = Duration::from_secs(840);

/// Run the whole process on a simulated fleet: three shards, three runners, two runs ten simulated minutes apart.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch demo", "Simulate a fleet in `lanewatch-demo`, collect it twice and show what changed."),
], PLAIN))]
pub(super) struct Demo {
    /// The folder for everything that the demo writes
    #[arg(long, value_name = "FOLDER", default_value = "lanewatch-demo")]
    folder: PathBuf,
    /// The same seed gives the same fleet
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub(super) async fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let screen = printer.screen();
        let shards = shards(self.seed);
        let devices: Vec<_> = shards
            .iter()
            .flat_map(|(_, devices)| devices.clone())
            .collect();
        if replace_earlier(&self.folder)? {
            printer.note(&format!(
                "the earlier demo in {} is replaced",
                self.folder.display()
            ));
        }
        let folder = make_folder(&self.folder)?;
        std::fs::write(
            folder.join(MARK),
            "Made by `lanewatch demo`, which replaces this folder.\n",
        )?;
        let began = Clock::default()
            .now()
            .saturating_sub_unsigned((INTERVAL + DECLINE_BEFORE).as_secs());
        let clock = SimClock::starting_at(began);
        let spec = FleetSpec::new(devices, make_folder(&folder.join("sim"))?, self.seed);
        let fleet = Fleet::start(spec, clock.clone())
            .await
            .context("the simulated fleet does not start")?;
        clock.advance(DECLINE_BEFORE);
        let mut inventories = Vec::new();
        for (name, devices) in &shards {
            let path = self.folder.join(format!("inventory-{name}.yaml"));
            let of_shard =
                |running: &&RunningDevice| devices.iter().any(|device| device.name == running.name);
            let running: Vec<_> = fleet.devices().iter().filter(of_shard).cloned().collect();
            write_inventory(
                &path,
                &sim::inventory::render(&fleet, &running, name, Login::Key),
            )?;
            inventories.push((*name, path));
        }
        let ago = Clock::offset_by(-i64::try_from(INTERVAL.as_secs()).unwrap_or(0));
        let first = self.collect_all(&inventories, ago, screen).await?;
        let mut runs = vec![first];
        if !is_stopped(&runs) {
            clock.advance(INTERVAL);
            runs.push(
                self.collect_all(&inventories, Clock::default(), screen)
                    .await?,
            );
        }
        fleet.stop().await;
        if is_stopped(&runs) {
            printer.error(&format!(
                "the demo was stopped; what there was by then is in {}",
                self.folder.display()
            ));
            return Ok(stopped().unwrap_or(ExitStatus::Internal));
        }
        let (second, first) = (
            runs.pop().unwrap_or_default(),
            runs.pop().unwrap_or_default(),
        );

        let shards: Vec<_> = inventories
            .iter()
            .zip(first.into_iter().zip(second))
            .map(|((name, _), (first, second))| DemoShard {
                name: (*name).to_owned(),
                power_then: received_powers(&first),
                first: first.report,
                second: second.report,
            })
            .collect();
        let text = render_demo(
            &shards,
            ON_PURPOSE,
            &self.folder,
            &program(),
            printer.screen(),
        );
        printer.page(&text);
        Ok(ExitStatus::Delivered)
    }

    /// One run of three runners at once.
    async fn collect_all(
        &self,
        inventories: &[(&str, PathBuf)],
        clock: Clock,
        screen: Screen,
    ) -> anyhow::Result<Vec<Finished>> {
        let mut runs = tokio::task::JoinSet::new();
        for (at, (name, inventory)) in inventories.iter().enumerate() {
            let options = self.settings(name, inventory).options();
            let plan = Plan::build(&options)?;
            let names = plan.devices.iter().map(|device| device.name.as_str());
            let bar = ShardBar::start(name, names, screen);
            runs.spawn(async move {
                (
                    at,
                    collector::run(
                        plan,
                        options,
                        clock,
                        Arc::new(move |event| bar.step(event)),
                        interrupted(),
                    )
                    .await,
                )
            });
        }
        let mut reports = Vec::new();
        while let Some(ended) = runs.join_next().await {
            let (at, finished) = ended.context("a runner did not end well")?;
            reports.push((at, finished?));
        }
        clear_bars();
        reports.sort_by_key(|(at, _)| *at);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    fn settings(&self, runner: &str, inventory: &Path) -> Settings {
        Settings {
            inventory: vec![inventory.to_owned()],
            output_dir: self.folder.join("output"),
            lake: self.folder.join("lake"),
            runner_name: Some(runner.to_owned()),
            device_timeout: Duration::from_secs(60),
            run_timeout: Duration::from_secs(120),
            attempts: 1,
            ..Settings::default()
        }
    }
}

/// Removes what an earlier demo left in the folder, and says whether there was one. Nothing else is ever removed.
///
/// # Errors
///
/// A usage error if the folder holds something and no demo made it.
fn replace_earlier(folder: &Path) -> anyhow::Result<bool> {
    let cannot = |error: std::io::Error| {
        usage(format!(
            "cannot read the folder {}: {error}",
            folder.display()
        ))
    };
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(cannot(error).into()),
    };
    if is_empty {
        return Ok(false);
    }
    // Demos of earlier versions left no mark, but always these two.
    let is_earlier = folder.join(MARK).is_file()
        || (folder.join("inventory-shard1.yaml").is_file()
            && folder.join("sim/ledger.jsonl").is_file());
    if !is_earlier {
        return Err(usage(format!(
            "{} is there, is not empty and is no earlier demo: name another folder with `--folder`",
            folder.display()
        ))
        .into());
    }
    for name in MADE {
        let path = folder.join(name);
        let removed = match path.is_dir() {
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                anyhow::bail!(
                    "cannot remove {} of the earlier demo: {error}",
                    path.display()
                )
            }
            _ => {}
        }
    }
    Ok(true)
}

/// Whether a run was stopped before its end.
fn is_stopped(runs: &[Vec<Finished>]) -> bool {
    runs.iter().flatten().any(|run| run.report.interrupted)
}

/// The fleet: three shards with one failing lane, one dark port and one unreachable device among them.
fn shards(seed: u64) -> Vec<(&'static str, Vec<DeviceSpec>)> {
    let device = |name: &str, platform| DeviceSpec::simulated(name, Model::healthy(platform, seed));
    let failing = Condition::FailingLane {
        lane: 2,
        over: DECLINE,
    };
    vec![
        (
            "shard1",
            vec![
                device("fabric-01", Platform::Qfx5240),
                device("fabric-02", Platform::Qfx5240),
                device("spine-01", Platform::Qfx5220),
            ],
        ),
        (
            "shard2",
            vec![
                device("spine-02", Platform::Qfx5220)
                    .with_condition(PortLocation::new(0, 0, 12), failing),
                device("spine-03", Platform::Qfx5220),
                DeviceSpec::new("spine-04", DeviceKind::Unreachable),
                device("edge-01", Platform::Mx480),
            ],
        ),
        (
            "shard3",
            vec![
                device("leaf-01", Platform::Qfx5120),
                device("leaf-02", Platform::Qfx5120)
                    .with_condition(PortLocation::new(0, 0, 50), Condition::Dark),
                device("leaf-03", Platform::Qfx5120),
            ],
        ),
    ]
}

/// Every lane's received power in a run, from the documents that the run left.
fn received_powers(run: &Finished) -> BTreeMap<(String, String, u32), f64> {
    let mut powers = BTreeMap::new();
    for device in run.report.devices.keys() {
        let document = run.folder.read_metrics(device, "optics_diagnostics").ok();
        let document: Option<serde_json::Value> =
            document.and_then(|json| serde_json::from_slice(&json).ok());
        for lane in document
            .iter()
            .filter_map(|document| document["lanes"].as_array())
            .flatten()
        {
            let key = lane["if_name"].as_str().zip(
                lane["lane"]
                    .as_i64()
                    .and_then(|lane| u32::try_from(lane).ok()),
            );
            if let (Some((interface, lane_index)), Some(power)) = (key, lane["rx_power"].as_f64()) {
                powers.insert((device.clone(), interface.to_owned(), lane_index), power);
            }
        }
    }
    powers
}

/// How this program was called, for commands to paste.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "lanewatch".to_owned())
}
