//! The plan, for people and for programs. It names the kind of login of each device and has no access to its secrets.

use std::borrow::Cow;
use std::path::Path;

use collector::{
    Command, DevicePlan, FilterSource, Maintenance, Options, Per, Plan, SeriesEstimate,
};
use inventory::{SECRET, tells_secret};
use metrics::Detail;
use netconf::ssh::{HostKeyPolicy, KnownHosts, Route};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::lines::{Columns, count, one_line};
use super::screen::Screen;
use super::series::{about, series as of_series, series_as_json};

/// What stands in place of what a vault gives.
const FROM_VAULT: &str = "(from vault)";

/// A line a device, a line an RPC, and what they have in common.
pub(crate) fn render_plan(
    plan: &Plan,
    options: &Options,
    series: Option<(SeriesEstimate, Detail)>,
    screen: Screen,
) -> String {
    let devices = plan.devices.iter().map(|device| {
        let target = &device.target;
        let address = match device.from_vault.address {
            true => format!("{FROM_VAULT}:{}", target.endpoint.port),
            false => target.endpoint.to_string(),
        };
        vec![
            device.name.clone(),
            address,
            user(device).to_owned(),
            login(device).join(", "),
            host_keys(&target.host_keys),
            route(device).join(" → "),
            one_line(filter(device).unwrap_or("all")),
            source(&device.filter_source),
        ]
    });
    let header = [
        "Device",
        "Address",
        "User",
        "Login",
        "Host keys",
        "Route",
        "Interfaces",
        "Set by",
    ];
    let columns = Columns {
        header: &header,
        right: &[],
        drop: &[7, 5, 4, 3, 2],
    };
    let rpcs = plan.catalogue.commands.iter();
    let rpcs = rpcs.map(|command| {
        vec![
            command.name.clone(),
            operation(command, None),
            asked(command).to_owned(),
        ]
    });
    let of_rpcs = Columns {
        header: &["RPC", "Operation", "Asked"],
        right: &[],
        drop: &[2],
    };
    format!(
        "{}\n\n{}\n\n{}",
        columns.table(screen, devices),
        of_rpcs.table(screen, rpcs),
        summary(plan, options, series)
    )
}

fn summary(plan: &Plan, options: &Options, series: Option<(SeriesEstimate, Detail)>) -> String {
    let output = &options.output;
    let mut text = format!("{} devices", count(plan.devices.len()));
    if let Some(shard) = options.devices.shard {
        let all = plan.devices.len() + plan.elsewhere;
        text += &format!(" in shard {shard} of the inventory's {}", count(all));
    }
    text += &format!(
        ", {} at a time, by runner {}; replies and documents go to {}, rows to {}. Nothing was contacted.",
        count(options.limits.concurrency),
        plan.runner_name,
        output.output_dir.display(),
        output.lake.display()
    );
    let works = plan.devices.iter();
    match works.filter(|device| device.maintenance.is_some()).count() {
        0 => {}
        devices => {
            let noun = if devices == 1 { "device" } else { "devices" };
            text += &format!(
                "\n`lanewatch_maintenance` is set for {} {noun}.",
                count(devices)
            );
        }
    }
    if let Some((estimate, detail)) = series {
        let number = |number| count(usize::try_from(about(number)).unwrap_or(usize::MAX));
        text += &format!(
            "\nThe metrics will have about {}, going by {} of these devices in the newest run.",
            of_series(estimate.count, detail, number),
            count(estimate.known)
        );
    }
    text
}

/// The same as JSON. Ten thousand devices are many megabytes of it, so they become text one by one.
///
/// # Errors
///
/// Something in it has no form in JSON, which nothing is known to lack.
pub(crate) fn plan_as_json(
    plan: &Plan,
    options: &Options,
    series: Option<SeriesEstimate>,
) -> serde_json::Result<String> {
    let output = &options.output;
    let document = Document {
        runner_name: &plan.runner_name,
        inventories: options
            .devices
            .sources
            .inventories
            .iter()
            .map(|path| shown(path))
            .collect(),
        shard: options.devices.shard.map(|shard| shard.to_string()),
        devices_in_other_shards: plan.elsewhere,
        concurrency: options.limits.concurrency,
        output_dir: shown(&output.output_dir),
        lake: shown(&output.lake),
        shard_name: plan.shard_name.as_deref(),
        series: series.map(|estimate| series_as_json(estimate.count)),
        series_known_devices: series.map(|estimate| estimate.known),
        warnings: &plan.warnings,
        devices: Devices(plan, options),
    };
    serde_json::to_string_pretty(&document)
}

#[derive(Serialize)]
struct Document<'a> {
    runner_name: &'a str,
    inventories: Vec<Cow<'a, str>>,
    shard: Option<String>,
    devices_in_other_shards: usize,
    concurrency: usize,
    output_dir: Cow<'a, str>,
    lake: Cow<'a, str>,
    shard_name: Option<&'a str>,
    series: Option<Value>,
    series_known_devices: Option<usize>,
    warnings: &'a [String],
    devices: Devices<'a>,
}

/// A path that is no UTF-8 has no form in JSON otherwise.
fn shown(path: &Path) -> Cow<'_, str> {
    path.to_string_lossy()
}

struct Devices<'a>(&'a Plan, &'a Options);

impl Serialize for Devices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(plan, options) = self;
        let devices = plan.devices.iter();
        serializer.collect_seq(devices.map(|device| as_json(device, plan, options)))
    }
}

fn as_json(device: &DevicePlan, plan: &Plan, options: &Options) -> Value {
    let target = &device.target;
    let timeouts = &options.session.timeouts;
    let (policy, known_hosts) = policy(&target.host_keys);
    let hidden = device.from_vault;
    let pattern = device.interface_pattern.as_deref();
    let pattern = pattern.map(|pattern| match hidden.interface_filter {
        true => FROM_VAULT,
        false => pattern,
    });
    let rpcs = plan.catalogue.commands.iter().map(|command| {
        json!({"name": command.name, "operation": operation(command, pattern), "asked": asked(command)})
    });
    json!({
        "name": device.name,
        "address": if hidden.address { FROM_VAULT } else { target.endpoint.host.as_str() },
        "port": target.endpoint.port,
        "user": user(device),
        "login": login(device),
        "host_keys": policy,
        "known_hosts": known_hosts.map(|known| known.files.iter().map(|file| shown(file)).collect::<Vec<_>>()),
        "route": route(device),
        "connect_timeout_seconds": target.connect_timeout.unwrap_or(timeouts.connect).as_secs_f64(),
        "reply_timeout_seconds": target.reply_timeout.unwrap_or(timeouts.reply).as_secs_f64(),
        "legacy_algorithms": target.legacy,
        "hardware_model": device.hardware_model,
        "groups": device.groups,
        "maintenance": device.maintenance.as_ref().map(maintenance_as_json),
        "interface_filter": filter(device),
        "interface_filter_set_by": source_as_json(&device.filter_source),
        "rpcs": rpcs.collect::<Vec<_>>(),
    })
}

/// Each way to log in, in the order in which they are tried.
fn login(device: &DevicePlan) -> Vec<String> {
    let methods = device.target.credentials.methods.iter();
    methods.map(ToString::to_string).collect()
}

fn policy(policy: &HostKeyPolicy) -> (&'static str, Option<&KnownHosts>) {
    match policy {
        HostKeyPolicy::Strict { known_hosts } => ("strict", Some(known_hosts)),
        HostKeyPolicy::AcceptNew { known_hosts } => ("accept-new", Some(known_hosts)),
        HostKeyPolicy::Off => ("off", None),
    }
}

fn host_keys(of: &HostKeyPolicy) -> String {
    match policy(of) {
        (policy, Some(known)) => {
            let first = known.files.first().map(|file| super::lines::path(file));
            format!("{policy}: {}", first.unwrap_or_default())
        }
        (policy, None) => policy.to_owned(),
    }
}

fn user(device: &DevicePlan) -> &str {
    match device.from_vault.user {
        true => FROM_VAULT,
        false => &device.target.credentials.user,
    }
}

/// The interface filter as written, `None` if there is none.
fn filter(device: &DevicePlan) -> Option<&str> {
    let (written, _) = device.interface_filter.as_ref()?;
    Some(match device.from_vault.interface_filter {
        true => FROM_VAULT,
        false => written,
    })
}

/// The way to a device, the nearest hop first.
fn route(device: &DevicePlan) -> Vec<String> {
    match &device.target.route {
        Route::Jump(_) | Route::ProxyCommand(_) if device.from_vault.route => {
            vec![FROM_VAULT.to_owned()]
        }
        Route::Direct => vec!["direct".to_owned()],
        Route::Jump(hops) => {
            let hops = hops.iter();
            let hops = hops.map(|hop| format!("{}@{}", hop.credentials.user, hop.endpoint));
            // `joe:secret@gate` is a mistake for OpenSSH too, and the secret is one all the same.
            hops.map(|hop| {
                if tells_secret(&hop) {
                    SECRET.to_owned()
                } else {
                    hop
                }
            })
            .collect()
        }
        // The command may hold a secret, so only its program is named.
        Route::ProxyCommand(command) => {
            let program = command.split_whitespace().next().unwrap_or_default();
            vec![format!("proxy command {program}")]
        }
    }
}

fn source(source: &FilterSource) -> String {
    match source {
        FilterSource::Host(place) => format!("host, {place}"),
        FilterSource::Group { name, place } => format!("group {name}, {place}"),
        FilterSource::ExtraVars => "`-e`".to_owned(),
        FilterSource::Setting => "setting `interfaces`".to_owned(),
        FilterSource::Nobody => "–".to_owned(),
    }
}

fn maintenance_as_json(work: &Maintenance) -> Value {
    let interfaces = work.interfaces.as_ref().map(|(written, _)| written);
    json!({"until": work.until, "reason": work.reason, "interfaces": interfaces})
}

/// `null` if nobody has set it.
fn source_as_json(source: &FilterSource) -> Value {
    match source {
        FilterSource::Host(place) => json!({"kind": "host", "place": place}),
        FilterSource::Group { name, place } => {
            json!({"kind": "group", "name": name, "place": place})
        }
        FilterSource::ExtraVars => json!({"kind": "extra vars"}),
        FilterSource::Setting => json!({"kind": "setting", "name": "interfaces"}),
        FilterSource::Nobody => Value::Null,
    }
}

fn operation(command: &Command, pattern: Option<&str>) -> String {
    command.operation(pattern)
}

/// How often an RPC is asked.
fn asked(command: &Command) -> &'static str {
    match command.per {
        Per::Device => "once a run",
        Per::Pic => "once a run for each PIC with transceivers",
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    use super::super::screen::screens_of_snapshots;
    use super::*;

    /// Devices with short and long values in every column, and a filter of several lines.
    const INVENTORY: &str = "all:
  vars:
    ansible_user: telemetry
    ansible_password: sesame-open
  children:
    leafs:
      vars: {interface_filter: et-0/0/*}
      hosts:
        leaf-01: {ansible_host: 192.0.2.11, lanewatch_host_keys: 'off'}
        rack17-leaf-02.dc3.example.net:
          ansible_host: 2001:db8:17::2
          ansible_port: 22
          ansible_ssh_common_args: -J oper@bastion-1.example.net:2222,bastion-2.example.net
          interface_filter: >
            et-0/0/1, et-0/0/2,
            et-0/0/3:*
    spines:
      hosts:
        spine-01: {ansible_user: automation-readonly@TACACS}
";

    #[test]
    fn a_plan_fits_every_screen() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("lab.yaml");
        std::fs::write(&inventory, INVENTORY).unwrap();
        let settings = Settings {
            inventory: vec![inventory],
            runner_name: Some("shard1".to_owned()),
            user: Some("telemetry".to_owned()),
            known_hosts: Some("known".into()),
            ssh_config: Some("none".into()),
            ..Settings::default()
        };
        let options = settings.options();
        let plan = Plan::build(&options).unwrap();
        for (screen, width, of_screen) in screens_of_snapshots() {
            let text = render_plan(&plan, &options, None, screen);
            assert!(!text.contains("sesame"), "a secret is shown");
            for line in text.lines().filter(|line| !line.contains("devices,")) {
                assert!(
                    console::measure_text_width(line) <= width,
                    "{width}: {line}"
                );
            }
            let name = format!("plan_{of_screen}");
            let text = text.replace(&format!("{}/", folder.path().display()), "");
            insta::assert_snapshot!(name, screen.shown(&text).replace('\u{1b}', "<ESC>"));
        }
    }
}
