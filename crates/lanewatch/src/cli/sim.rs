//! `lanewatch sim`: devices to try things on.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use sim::inventory::Login;
use sim::{Clock as SimClock, DeviceSpec, Fleet, FleetSpec, Kind, RecordedReply, Recording};

use super::collect::interrupted;
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::runner::{Clock, SavedRun};

/// How long a command may take to end by itself.
const MOMENT: std::time::Duration = std::time::Duration::from_secs(2);

/// Run simulated Junos devices behind real SSH, each on its own loopback port.
#[derive(Debug, Args)]
pub(super) struct Sim {
    /// How many devices, of all models in turn
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=5000))]
    devices: u16,
    /// Serve the devices of an earlier run instead, from its raw replies
    #[arg(long, value_name = "RUN_FOLDER", conflicts_with = "devices")]
    serve: Option<PathBuf>,
    /// The same seed gives the same devices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where keys, known_hosts and the ledger of what was sent go
    #[arg(long, value_name = "FOLDER", default_value = "lanewatch-sim")]
    folder: PathBuf,
    /// Where the inventory that reaches the devices is written [default: FOLDER/inventory.yaml]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// The first device's port; the others follow [default: free ports]
    #[arg(long, value_name = "PORT")]
    first_port: Option<u16>,
    /// Let the devices take this password, and write it into the inventory in place of the key
    #[arg(long)]
    password: Option<String>,
    /// Run this once the devices answer, then stop with its exit status
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Sim {
    pub(super) async fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let devices = match &self.serve {
            None => sim::spec::mixed(usize::from(self.devices), self.seed),
            Some(folder) => recorded(&SavedRun::read(folder).map_err(usage)?),
        };
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
        let fleet = Fleet::start(spec, SimClock::starting_at(Clock::default().now())).await?;
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
                Kind::Unreachable
            } else {
                Kind::Recorded(Recording { replies })
            };
            DeviceSpec {
                name: name.clone(),
                kind,
            }
        })
        .collect()
}
