//! One device: connect, ask, save, read, deliver. The whole program in small.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Instant;

use netconf::ssh::{self, Connection, HostKeyError};
use records::table::Table;
use records::{Context, Snapshot};

use super::digest;
use super::report::{DeviceReport, Outcome, RpcReport};
use super::run::{Event, Run};
use crate::config::{Command, DevicePlan, Per};

/// What a device's task leaves.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) report: DeviceReport,
    /// Its rows, none if it failed.
    pub(super) tables: Vec<Table>,
}

/// Collects a device within its time. Whatever goes wrong with the device is in the report.
pub(super) async fn collect(device: &DevicePlan, run: &Arc<Run>) -> Collected {
    let began = Instant::now();
    let mut report = DeviceReport {
        address: device.target.endpoint.to_string(),
        hardware_model: device.hardware_model.clone(),
        interface_filter: device
            .interface_filter
            .as_ref()
            .map(|(written, _)| written.clone()),
        ..DeviceReport::default()
    };
    let limit = run.plan.settings.device_timeout;
    let asked = match tokio::time::timeout(limit, ask(device, run, &mut report)).await {
        Ok(asked) => asked,
        Err(_) => Err(format!(
            "gave up after {} s (`--device-timeout`): the device answers, but not in time",
            limit.as_secs()
        )),
    };
    report.bytes = report.rpcs.values().map(|rpc| rpc.bytes).sum();
    let tables = match asked {
        Ok(snapshot) => deliver(snapshot, device, run, &mut report).await,
        Err(error) => {
            report.outcome = Outcome::Failed;
            report.error = Some(error);
            Vec::new()
        }
    };
    report.seconds = began.elapsed().as_secs_f64();
    Collected { report, tables }
}

/// Asks everything that the catalogue lists, on one session.
async fn ask(
    device: &DevicePlan,
    run: &Arc<Run>,
    report: &mut DeviceReport,
) -> Result<Snapshot, String> {
    let connected = ssh::connect(&device.target, &run.netconf).await;
    let mut connection = connected.map_err(|error| format!("{error}{}", advice(&error)))?;
    (run.watch)(&Event::Connected);
    let mut snapshot = Snapshot::default();
    for command in &run.plan.catalogue.commands {
        for (name, operation) in operations(command, device, &snapshot) {
            let (said, read) = request(
                &mut connection,
                command,
                &name,
                &operation,
                device,
                run,
                snapshot,
            )
            .await?;
            snapshot = read;
            report.rpcs.insert(name, said);
        }
    }
    if let Err(error) = connection.close().await {
        // The replies are here: a session that does not end well is worth a note, not the device.
        report
            .notes
            .push(format!("the session did not close: {error}"));
    }
    Ok(snapshot)
}

/// What the user of this program can do about it, where the error alone cannot know.
fn advice(error: &netconf::Error) -> &'static str {
    match error {
        netconf::Error::HostKey { cause, .. }
            if matches!(**cause, HostKeyError::Unknown { .. }) =>
        {
            " (`--host-keys accept-new` writes unknown keys down, `--known-hosts` names another file)"
        }
        netconf::Error::Authentication { .. } => {
            "; check `ansible_user` and its key or password in the inventory, or `--user`, `--private-key` and `--password-file`"
        }
        _ => "",
    }
}

/// What a command asks of this device, given what is known of it by now: each reply's name and its operation.
fn operations(
    command: &Command,
    device: &DevicePlan,
    snapshot: &Snapshot,
) -> Vec<(String, String)> {
    match command.per {
        Per::Device => {
            vec![(
                command.name.clone(),
                command.operation(device.interface_pattern.as_deref()),
            )]
        }
        Per::Pic => snapshot
            .chassis_inventory
            .iter()
            .flat_map(|chassis| chassis.pics_with_transceivers())
            .map(|(fpc, pic)| {
                (
                    format!("{}_{fpc}_{pic}", command.name),
                    command.operation_for_pic(fpc, pic),
                )
            })
            .collect(),
    }
}

/// One RPC: asked, saved as it came, read into the snapshot.
async fn request(
    connection: &mut Connection,
    command: &Command,
    name: &str,
    operation: &str,
    device: &DevicePlan,
    run: &Arc<Run>,
    mut snapshot: Snapshot,
) -> Result<(RpcReport, Snapshot), String> {
    let reply = connection
        .request(operation)
        .await
        .map_err(|error| format!("{name}: {error}"))?;
    let arrived = run.clock.at(reply.received);
    let (run, parser) = (Arc::clone(run), command.parser);
    let (device, name, operation) = (device.name.clone(), name.to_owned(), operation.to_owned());
    // Reading a large reply takes milliseconds: not on the threads that keep the other sessions alive.
    blocking(move || {
        let file = run
            .folder
            .save_raw(&device, &name, &reply.bytes, run.plan.settings.raw)
            .map_err(|error| error.to_string())?;
        let said = digest::read_reply(parser, &reply.bytes, arrived, &mut snapshot);
        let said = RpcReport {
            operation,
            file,
            seconds: reply.elapsed.as_secs_f64(),
            ..said
        };
        Ok((said, snapshot))
    })
    .await
}

/// Joins and writes what the device said, unless it said nothing.
async fn deliver(
    snapshot: Snapshot,
    device: &DevicePlan,
    run: &Arc<Run>,
    report: &mut DeviceReport,
) -> Vec<Table> {
    report.conclude();
    if report.outcome == Outcome::Failed {
        return Vec::new();
    }
    let context = Context {
        device: device.name.clone(),
        runner_name: run.identity.runner_name.clone(),
        run_timestamp: run.identity.run_timestamp,
        interface_filter: device
            .interface_filter
            .as_ref()
            .map(|(_, filter)| filter.clone()),
    };
    let (run, mut filled) = (Arc::clone(run), report.clone());
    let delivered = blocking(move || {
        let tables = digest::deliver(snapshot, &context, &run.folder, &mut filled);
        (tables, filled)
    });
    let (tables, filled) = delivered.await;
    *report = filled;
    tables.unwrap_or_else(|error| {
        report.outcome = Outcome::Failed;
        report.error = Some(error.to_string());
        Vec::new()
    })
}

/// Runs work that computes or writes files off the network threads. A panic in it goes on here, to end this device's task alone.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Blocking work is never cancelled but by the runtime's end, which takes this task along.
            Err(_) => std::future::pending().await,
        },
    }
}
