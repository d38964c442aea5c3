//! `lanewatch sim`: devices to try things on.

mod history;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;
use collector::{Clock, SavedRun};
use sim::inventory::Login;
use sim::{
    DeviceKind, DeviceSpec, FAULT_KINDS, Fault, Fleet, FleetSpec, RecordedReply, Recording,
    SimClock,
};

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::signals::interrupted;
use super::{ExitStatus, usage};
use crate::settings::duration;
use history::History;

/// Devices of a fleet whose size nobody gave.
const DEVICES: u16 = 4;
/// How long a command may take to end by itself.
const MOMENT: std::time::Duration = std::time::Duration::from_secs(2);

/// Run simulated Junos devices behind real SSH, each on its own loopback port.
#[derive(Debug, Args)]
#[command(after_help = faults_as_a_list())]
pub(super) struct Sim {
    /// How many devices, of all models in turn [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=5000))]
    devices: Option<u16>,
    /// Serve the devices of an earlier run instead, from its raw replies
    #[arg(long, value_name = "RUN_FOLDER", conflicts_with = "devices")]
    serve: Option<PathBuf>,
    /// Write a lake of the past days into this folder instead, without a network: `--days` long, a run `--every` so often and each minute
    /// in the last 12 hours; it ends 3 hours ago [default of `--devices`: three, one of each model but the largest]
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["serve", "folder", "inventory", "first_port", "password", "faults", "clock_skew", "command"])]
    lake: Option<PathBuf>,
    /// How many days the lake holds
    #[arg(long, value_name = "N", default_value_t = 30, requires = "lake", value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
    /// The time between two runs in the lake, a minute at least: `10m`, `1h`
    #[arg(long, value_name = "TIME", default_value = "1h", requires = "lake", value_parser = step)]
    every: std::time::Duration,
    /// The same seed gives the same devices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for keys, known_hosts and the ledger of what was sent
    #[arg(long, value_name = "FOLDER", default_value = "lanewatch-sim")]
    folder: PathBuf,
    /// The file to write the devices' inventory to [default: FOLDER/inventory.yaml]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// The first device's port; the others follow [default: free ports]
    #[arg(long, value_name = "PORT")]
    first_port: Option<u16>,
    /// The password that the devices accept; it is written into the inventory in place of the key
    #[arg(long)]
    password: Option<String>,
    /// Give a device a fault, or all devices (`*`); see the list below. May be repeated
    #[arg(long = "fault", value_name = "DEVICE=FAULT[:NUMBER]")]
    faults: Vec<FaultArgument>,
    /// Set the devices' clocks ahead by this many seconds, or back if negative
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    clock_skew: i64,
    /// A command to run while the devices answer; its exit status is returned
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Sim {
    pub(super) async fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        if let Some(lake) = self.lake {
            let history = History {
                lake,
                days: self.days,
                every: self.every,
                devices: self.devices,
                seed: self.seed,
                now: Clock::default().now(),
            };
            let written = history.write()?;
            printer.answer(&format!(
                "{} runs of {} devices, {} samples of the series that rules and dashboards read; from {} to {} (UTC seconds)",
                written.runs, written.devices, written.samples, written.span.0, written.span.1
            ));
            return Ok(ExitStatus::Delivered);
        }
        let mut devices = match &self.serve {
            None => sim::spec::mixed(usize::from(self.devices.unwrap_or(DEVICES)), self.seed),
            Some(folder) => recorded(&SavedRun::read(folder).map_err(usage)?),
        };
        for argument in self.faults {
            argument.put_on(&mut devices)?;
        }
        let login = if self.password.is_some() {
            Login::Password
        } else {
            Login::Key
        };
        let mut spec = FleetSpec::new(devices, make_folder(&self.folder)?, self.seed);
        spec.first_port = self.first_port;
        if let Some(password) = self.password {
            spec.password = password;
        }
        let fleet = Fleet::start(
            spec,
            SimClock::starting_at(Clock::default().now().saturating_add(self.clock_skew)),
        )
        .await?;
        let inventory = self
            .inventory
            .unwrap_or_else(|| self.folder.join("inventory.yaml"));
        write_inventory(
            &inventory,
            &sim::inventory::render(&fleet, fleet.devices(), "sim", login),
        )?;
        printer.answer(&format!("inventory: {}", inventory.display()));
        printer.answer(&format!(
            "ready: {} devices; the ledger of what they send is {}",
            fleet.devices().len(),
            fleet.ledger().display()
        ));
        let status = match self.command.split_first() {
            None => {
                interrupted().await;
                ExitStatus::Delivered
            }
            Some((program, arguments)) => {
                let mut child = tokio::process::Command::new(program)
                    .args(arguments)
                    .kill_on_drop(true)
                    .spawn()
                    .map_err(|error| usage(format!("cannot run `{program}`: {error}")))?;
                let status = tokio::select! {
                    status = child.wait() => status?,
                    // A terminal tells the command too; a signal to us alone must not leave it behind.
                    () = interrupted() => return stop(child, fleet).await,
                };
                status
                    .code()
                    .and_then(|code| u8::try_from(code).ok())
                    .map_or(ExitStatus::Internal, ExitStatus::Other)
            }
        };
        fleet.stop().await;
        Ok(status)
    }
}

/// A fault and the device that has it.
#[derive(Debug, Clone)]
struct FaultArgument {
    device: String,
    fault: Fault,
}

impl FromStr for FaultArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The names of faults hold no equals sign; those of devices may.
        let Some((device, fault)) = text.rsplit_once('=') else {
            return Err("expected DEVICE=FAULT, as in `mx480-01=no-hello`".to_owned());
        };
        let fault = fault.parse::<Fault>().map_err(|error| error.to_string())?;
        Ok(Self {
            device: device.to_owned(),
            fault,
        })
    }
}

impl FaultArgument {
    fn put_on(self, devices: &mut [DeviceSpec]) -> anyhow::Result<()> {
        let mut is_known = false;
        for device in devices.iter_mut() {
            if self.device == "*" || self.device == device.name {
                device.faults.add(self.fault);
                is_known = true;
            }
        }
        if is_known {
            return Ok(());
        }
        let names = devices.iter().map(|device| device.name.as_str());
        let similar = names
            .map(|name| (strsim::jaro_winkler(name, &self.device), name))
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let hint = similar.map_or_else(String::new, |(_, name)| format!("; is it `{name}`?"));
        Err(usage(format!(
            "`--fault` names the device `{}`, which is not in this fleet{hint}",
            self.device
        ))
        .into())
    }
}

/// The time between two runs.
fn step(text: &str) -> Result<std::time::Duration, String> {
    duration(text)
        .filter(|step| step.as_secs() >= 60)
        .ok_or_else(|| "it must be a time of a minute at least, such as `10m` or `1h`".to_owned())
}

/// What the help says about them.
fn faults_as_a_list() -> String {
    let mut text = after(
        &[
            (
                "lanewatch sim --devices 10",
                "Serve ten devices until Ctrl-C.",
            ),
            (
                "lanewatch sim --fault '*=slow-banner:20' -- lanewatch collect -i lanewatch-sim/inventory.yaml",
                "Collect devices that answer slowly, then stop.",
            ),
            (
                "lanewatch sim --lake lake --days 30",
                "Write a month of a lake, in which lanes fail.",
            ),
        ],
        PLAIN,
    );
    text += "\n\nFaults, each with the number that holds without one:";
    let width = FAULT_KINDS.iter().map(|kind| kind.usage().len()).max();
    let width = width.unwrap_or_default();
    for kind in FAULT_KINDS {
        let default = kind.argument.as_ref();
        let default = default.map_or_else(String::new, |number| format!(" [{}]", number.default));
        text += &format!("\n  {:<width$}  {}{default}", kind.usage(), kind.about);
    }
    text
}

/// Gives the command a moment to end by itself, then ends it.
async fn stop(mut child: tokio::process::Child, fleet: Fleet) -> anyhow::Result<ExitStatus> {
    if tokio::time::timeout(MOMENT, child.wait()).await.is_err() {
        child.kill().await.context("the command cannot be ended")?;
    }
    fleet.stop().await;
    Ok(ExitStatus::Internal)
}

/// Makes a folder and says where it is from everywhere, so that an inventory that names it can be moved.
pub(super) fn make_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    let made = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
    made.map_err(|error| {
        usage(format!(
            "cannot make the folder {}: {error}",
            folder.display()
        ))
        .into()
    })
}

/// Writes an inventory in place of one that is there. It may hold a password, so only its owner can read it.
pub(super) fn write_inventory(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    // A file that was there keeps its mode when it is opened.
    let closed_to_others = opened.and_then(|file| {
        if file.metadata()?.is_file() {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(file)
    });
    closed_to_others
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write the inventory {}", path.display()))
}

/// The devices of an earlier run. One that never answered is there again, and does not answer.
fn recorded(run: &SavedRun) -> Vec<DeviceSpec> {
    run.devices
        .iter()
        .map(|(name, replies)| {
            let replies: Vec<_> = replies
                .iter()
                .map(|reply| RecordedReply {
                    operation: reply.operation.clone(),
                    path: reply.path.clone(),
                })
                .collect();
            let kind = if replies.is_empty() {
                DeviceKind::Unreachable
            } else {
                DeviceKind::Recorded(Recording { replies })
            };
            DeviceSpec::new(name, kind)
        })
        .collect()
}
