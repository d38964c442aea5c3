//! `lanewatch check`: what stands between the devices and their first collection.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use clap::Args;
use collector::{Checked, Clock, Options, Plan, UnknownKey, check};
use netconf::ssh::KnownHosts;
use sinks::push::Gateway;

use super::help::{CHECKED, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::{Layers, Planned, Settings};
use crate::view::{check_as_json, render_check};

/// Check each device before its first collection: name, port, host key, login, hello, clock, and every RPC of the catalogue.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch check -i inventory.yaml", "Log in to each device once and say what is wrong."),
    ("lanewatch check -i inventory.yaml --accept-host-keys", "Show the fingerprints of unknown host keys, ask, and keep the keys."),
], CHECKED))]
pub(super) struct Check {
    /// Show the fingerprints of unknown host keys and, once confirmed, write the keys into the known-hosts file
    #[arg(long)]
    accept_host_keys: bool,
    /// Do not ask for confirmation of the fingerprints
    #[arg(long, requires = "accept_host_keys")]
    yes: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        if self.accept_host_keys && !self.yes && !io::stdin().is_terminal() {
            return Err(usage("nobody is at a terminal to compare fingerprints: `--accept-host-keys` needs `--yes` here").into());
        }
        let Planned {
            plan,
            options,
            settings,
        } = given.resolve().plan()?;
        let plan = Arc::new(plan);
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        if let Some(address) = settings.push_to() {
            check_gateway(address, plan.devices.len(), &settings, printer).await?;
        }
        let mut checked = check(&plan, &options, plan.devices.clone(), Clock::default()).await;
        if self.accept_host_keys {
            let unknown = unknown_keys(&checked);
            if !unknown.is_empty() && self.is_confirmed(&unknown, printer) {
                accept(&unknown, printer)?;
                again(&plan, &options, &mut checked).await;
            }
        }
        if self.json {
            printer.answer(&check_as_json(&checked));
        } else {
            printer.page(&render_check(
                &checked,
                settings.metrics_detail,
                printer.screen(),
            ));
        }
        Ok(exit_status(&checked))
    }

    /// Shows the fingerprints and asks, unless it was said that they are right.
    fn is_confirmed(&self, unknown: &UnknownKeys, printer: &Printer) -> bool {
        for (key, devices) in unknown {
            let (devices, file) = (devices.join(", "), key.file.display());
            printer.note(&format!("{devices}: {}, for {file}", key.shown));
        }
        if self.yes {
            return true;
        }
        printer.note("compare these fingerprints with the devices' own, on the console of each: `start shell`, then `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` (for another type of key, `ssh_host_ecdsa_key.pub` or `ssh_host_rsa_key.pub`)");
        printer.note(&format!("write the {} keys down? [y/N]", unknown.len()));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// As many groups a gateway takes quickly while it checks each push against all that it holds.
const QUICK_GROUPS: usize = 30;

/// Says what a Pushgateway will cost.
async fn check_gateway(
    address: &str,
    devices: usize,
    settings: &Settings,
    printer: &Printer,
) -> anyhow::Result<()> {
    let gateway = Gateway::at(address).map_err(usage)?;
    match gateway.checks_consistency(settings.connect_timeout).await {
        Ok(Some(true)) if devices > QUICK_GROUPS => printer.warning(&format!(
            "the Pushgateway {} checks each push against all that it holds, and {devices} devices make that slow: start it with \
             `--push.disable-consistency-check`",
            gateway.address()
        )),
        Ok(_) => {}
        Err(error) => printer.warning(&error.to_string()),
    }
    Ok(())
}

/// Each host key that is not known, with the devices of the inventory that have it.
type UnknownKeys = BTreeMap<UnknownKey, Vec<String>>;

fn unknown_keys(checked: &[Checked]) -> UnknownKeys {
    let mut unknown = UnknownKeys::new();
    for device in checked {
        if let Some(key) = &device.unknown_key {
            unknown
                .entry(key.clone())
                .or_default()
                .push(device.device.clone());
        }
    }
    unknown
}

/// Writes the keys down that were shown, and no others.
fn accept(unknown: &UnknownKeys, printer: &Printer) -> anyhow::Result<()> {
    for key in unknown.keys() {
        KnownHosts::add(&key.file, &key.entry)?;
    }
    printer.note(&format!("{} host keys were written down", unknown.len()));
    Ok(())
}

/// Checks those again whose host key was not known.
async fn again(plan: &Arc<Plan>, options: &Options, checked: &mut [Checked]) {
    let is_waiting = |name: &str| {
        checked
            .iter()
            .any(|device| device.device == name && device.unknown_key.is_some())
    };
    let devices = plan
        .devices
        .iter()
        .filter(|device| is_waiting(&device.name))
        .cloned()
        .collect();
    for found in check(plan, options, devices, Clock::default()).await {
        if let Some(place) = checked
            .iter_mut()
            .find(|device| device.device == found.device)
        {
            *place = found;
        }
    }
}

fn exit_status(checked: &[Checked]) -> ExitStatus {
    if checked.iter().all(Checked::is_good) {
        ExitStatus::Delivered
    } else if checked.iter().any(Checked::has_session) {
        ExitStatus::SomeFailed
    } else {
        ExitStatus::NoneDelivered
    }
}
