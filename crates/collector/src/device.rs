//! One device: connect, ask, save, read, deliver. The whole program in small.
//!
//! ```text
//!   turn ─► attempt: connect ─► RPC ─► RPC ─► …  ─► close ─► deliver
//!             ▲        └─ failed ─┴──────┘                    what has come by then, in full or in part
//!             └── pause, for what may pass: replies that came are kept, the others asked again
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use netconf::Reply;
use netconf::ssh::{AttemptOutcome, HostKeyError};
use records::{Context, ReplyName, Snapshot};

use super::context::{Event, Run};
use super::deadline::{Deadline, GivenUp};
use super::delivery::DeviceOutput;
use super::parse_and_join;
use super::publication::{Publication, health_of};
use super::report::{DeviceReport, Outcome, RpcOutcome, RpcReport};
use super::retry::FailedAttempt;
use super::turns::{Turn, TurnQueue};
use crate::catalogue::{Command, Per};
use crate::panic_report::{self, Place};
use crate::plan::DevicePlan;

/// Collects a device within its time and delivers what it said. Whatever goes wrong with the device is in the report.
///
/// The device keeps its turn from its first attempt until the sinks have accepted its output, but for the pauses between attempts.
pub(super) async fn collect(device: &DevicePlan, run: &Arc<Run>) -> DeviceReport {
    let mut task = DeviceTask {
        device,
        run,
        turn: None,
        has_started: false,
        deadline: run.deadline(),
        stage: Stage::Waiting,
        snapshot: Snapshot::default(),
        report: DeviceReport::unfinished(device),
    };
    let asked = task.ask_all().await;
    task.count_start();
    if let Err(why) = asked {
        task.end_early(why);
    }
    task.deliver().await
}

impl DeviceReport {
    /// The report of a device that has not been contacted.
    pub(super) fn unfinished(device: &DevicePlan) -> Self {
        let filter = device.interface_filter.as_ref();
        Self {
            address: device.target.endpoint.to_string(),
            hardware_model: device.hardware_model.clone(),
            interface_filter: filter.map(|(written, _)| written.clone()),
            ..Self::default()
        }
    }
}

/// The work on one device, over all sessions with it.
struct DeviceTask<'r> {
    device: &'r DevicePlan,
    run: &'r Arc<Run>,
    /// Held while the device is at work.
    turn: Option<Turn>,
    /// Whether its first turn has been counted.
    has_started: bool,
    deadline: Deadline,
    stage: Stage,
    /// What the replies so far say.
    snapshot: Snapshot,
    report: DeviceReport,
}

/// What the device is being waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Waiting,
    Connecting,
    Asking(String),
    Pausing,
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => formatter.write_str("before it was this device's turn"),
            Self::Connecting => formatter.write_str("while connecting and logging in"),
            Self::Asking(rpc) => write!(formatter, "while waiting for the reply to {rpc}"),
            Self::Pausing => formatter.write_str("before the next attempt"),
        }
    }
}

/// An RPC that is still to be answered.
struct Pending<'r> {
    command: &'r Command,
    /// Of the reply: for PIC detail with its slots.
    name: String,
    operation: String,
}

/// Why an attempt ended.
struct Failure {
    /// The RPC's name, if one had been asked.
    rpc: Option<String>,
    error: netconf::Error,
}

impl<'r> DeviceTask<'r> {
    /// Asks until nothing is left to ask. The error is a sentence: why the device is given up.
    async fn ask_all(&mut self) -> Result<(), String> {
        self.take_turn(TurnQueue::First).await?;
        self.count_start();
        let run = Arc::clone(self.run);
        blocking(move || run.require_room()).await?;
        self.deadline.begin(self.run.options.limits.device_timeout);
        let mut failures: BTreeMap<Option<String>, u32> = BTreeMap::new();
        while self.pending().is_some() {
            let Some(Failure { rpc, error }) = self.attempt().await? else {
                break;
            };
            if rpc.is_some() {
                failures.remove(&None); // the connection was there
            }
            let failed = failures.entry(rpc.clone()).or_default();
            *failed += 1;
            let retry = self.run.options.limits.retry;
            let pause = retry.pause(*failed, self.deadline.left(), rand::random());
            let pause = pause.filter(|_| error.is_transient());
            tracing::info!(attempt = *failed, "an attempt failed: {error}");
            self.report.attempts.push(FailedAttempt {
                seconds: self.deadline.elapsed().as_secs_f64(),
                phase: error.phase().to_string(),
                rpc: rpc.clone(),
                error: error.to_string(),
                paused_seconds: pause.map(|pause| pause.as_secs_f64()),
            });
            match (pause, rpc) {
                (Some(pause), _) => self.pause(pause).await?,
                (None, Some(_)) => {
                    let unreadable_file = self.keep_unreadable(&error).await?;
                    self.skip(&error.to_string(), unreadable_file);
                }
                (None, None) => {
                    let attempts = match *failed {
                        1 => String::new(),
                        failed => format!("; {failed} attempts failed, `run.json` has each"),
                    };
                    return Err(format!("{error}{}{attempts}", advice(&error)));
                }
            }
        }
        Ok(())
    }

    /// One session: asks what is still to be answered. Returns what ended it early.
    async fn attempt(&mut self) -> Result<Option<Failure>, String> {
        self.stage = Stage::Connecting;
        let (device, run) = (self.device, self.run);
        let user = &device.target.credentials.user;
        tracing::debug!(endpoint = %device.target.endpoint, user = %user, "connecting");
        let connected = self.within(run.connector.connect(&device.target));
        let mut connection = match connected.await? {
            Ok(connection) => connection,
            Err(error) => return Ok(Some(Failure { rpc: None, error })),
        };
        (run.watch)(&Event::Connected);
        if let Some(skipped) = &connection.peer().skipped {
            self.note_skipped("the hello", skipped);
        }
        while let Some(pending) = self.pending() {
            self.stage = Stage::Asking(pending.name.clone());
            tracing::debug!(rpc = %pending.name, "asking {}", pending.operation);
            match self.within(connection.request(&pending.operation)).await? {
                Ok(reply) => self.take(pending, reply).await?,
                Err(error) => {
                    let rpc = Some(pending.name);
                    return Ok(Some(Failure { rpc, error }));
                }
            }
        }
        // The replies are here: a session that does not end well is worth a note, not the device.
        if let Err(error) = connection.close().await {
            let note = format!("the session did not close: {error}");
            self.report.notes.push(note);
        }
        Ok(None)
    }

    /// What is to be asked next, given what is known of the device by now.
    fn pending(&self) -> Option<Pending<'r>> {
        let mut pending = self.run.plan.catalogue.commands.iter().flat_map(|command| {
            operations(command, self.device, &self.snapshot)
                .into_iter()
                .map(move |(name, operation)| Pending {
                    command,
                    name,
                    operation,
                })
        });
        pending.find(|pending| !self.report.rpcs.contains_key(&pending.name))
    }

    /// Saves a reply as it came and reads it into the snapshot.
    async fn take(&mut self, pending: Pending<'_>, reply: Reply) -> Result<(), String> {
        panic_report::rehearse(Place::Device, &self.device);
        if let Some(skipped) = &reply.skipped {
            self.note_skipped(&format!("the reply to {}", pending.name), skipped);
        }
        let arrived = self.run.clock.at(reply.received);
        tracing::debug!(
            rpc = %pending.name,
            bytes = reply.bytes.len(),
            seconds = reply.elapsed.as_secs_f64(),
            "a reply came"
        );
        let (run, reader) = (Arc::clone(self.run), pending.command.reader.clone());
        let (device, name) = (self.device.name.clone(), pending.name.clone());
        let mut snapshot = mem::take(&mut self.snapshot);
        // Reading a large reply takes milliseconds: not on the threads that keep the other sessions alive.
        let (saved, said, snapshot) = blocking(move || {
            let saved =
                run.folder
                    .save_raw(&device, &name, &reply.bytes, run.raw_until_delivered());
            let said = parse_and_join::read_reply(
                &reader,
                &ReplyName::parse(&name),
                &reply.bytes,
                arrived,
                &mut snapshot,
            );
            let seconds = reply.elapsed.as_secs_f64();
            (saved, RpcReport { seconds, ..said }, snapshot)
        })
        .await;
        self.snapshot = snapshot;
        let said = RpcReport {
            operation: pending.operation,
            file: saved.map_err(|error| error.to_string())?,
            ..said
        };
        self.report.rpcs.insert(pending.name, said);
        Ok(())
    }

    /// Says once what the device sent before a message and what was passed over, however many sessions begin so.
    fn note_skipped(&mut self, before: &str, skipped: &str) {
        let note = format!("before {before}, other bytes came and were passed over: \"{skipped}\"");
        if !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    /// Saves what came in place of a reply and could not be read: it is the evidence of what the device sent. Answers with
    /// the file's name.
    async fn keep_unreadable(&self, error: &netconf::Error) -> Result<Option<String>, String> {
        let (Some(received), Some(pending)) = (error.received(), self.pending()) else {
            return Ok(None);
        };
        let (run, device) = (Arc::clone(self.run), self.device.name.clone());
        let (name, received) = (pending.name, received.to_vec());
        let keep = run.raw_until_delivered();
        let saved =
            blocking(move || run.folder.save_unreadable(&device, &name, &received, keep)).await;
        saved.map_err(|error| error.to_string())
    }

    /// Writes the RPC that is next down as failed: the others are still asked.
    fn skip(&mut self, why: &str, unreadable_file: Option<String>) {
        if let Some(pending) = self.pending() {
            let failed = RpcReport {
                outcome: RpcOutcome::Failed,
                operation: pending.operation,
                parser: pending.command.reader.name().to_owned(),
                errors: vec![why.to_owned()],
                unreadable_file,
                ..RpcReport::default()
            };
            self.report.rpcs.insert(pending.name, failed);
        }
    }

    /// Ends the turn before everything was asked. What has come is kept, and what has not is said.
    fn end_early(&mut self, why: String) {
        let answered = self.report.rpcs.values();
        if answered.clone().any(|rpc| rpc.outcome == RpcOutcome::Ok) {
            while self.pending().is_some() {
                self.skip(&format!("not answered: {why}"), None);
            }
        }
        self.report.error = Some(why);
    }

    async fn take_turn(&mut self, queue: TurnQueue) -> Result<(), String> {
        let turn = self.run.turns.take(queue);
        match self.deadline.waiting(turn).await {
            Ok(turn) => {
                self.turn = Some(turn);
                Ok(())
            }
            Err(why) => Err(self.given_up(why)),
        }
    }

    fn count_start(&mut self) {
        if !mem::replace(&mut self.has_started, true) {
            self.run.count_start();
        }
    }

    /// Lets others have the turn for a while.
    async fn pause(&mut self, pause: Duration) -> Result<(), String> {
        self.stage = Stage::Pausing;
        self.turn = None;
        self.within(tokio::time::sleep(pause)).await?;
        self.take_turn(TurnQueue::Retry).await
    }

    /// Waits for the device, as long as there is time for it.
    async fn within<T>(&mut self, work: impl Future<Output = T>) -> Result<T, String> {
        match self.deadline.within(work).await {
            Ok(done) => Ok(done),
            Err(why) => Err(self.given_up(why)),
        }
    }

    /// Where, what was waited for, what had come, and what went wrong before.
    fn given_up(&self, why: GivenUp) -> String {
        let mut text = format!("{}: {why} {}", self.report.address, self.stage);
        match self.report.rpcs.len() {
            0 => {}
            1 => text += "; 1 reply had come",
            replies => text += &format!("; {replies} replies had come"),
        }
        if let Some(last) = self.report.attempts.last() {
            text += &format!("; an attempt before had failed: {}", last.error);
        }
        text
    }

    /// Joins what the device said and hands it to the sinks. A device that failed leaves its name alone.
    async fn deliver(self) -> DeviceReport {
        let Self {
            device,
            run,
            snapshot,
            mut report,
            deadline,
            turn,
            ..
        } = self;
        report.bytes = report.rpcs.values().map(|rpc| rpc.bytes).sum();
        report.conclude();
        let mut filled = report.clone();
        let mut output = DeviceOutput {
            device: device.name.clone(),
            ..DeviceOutput::default()
        };
        if report.outcome != Outcome::Failed {
            let context = Context {
                device: device.name.clone(),
                runner_name: run.identity.runner_name.clone(),
                run_timestamp: run.identity.run_timestamp,
                interface_filter: device
                    .interface_filter
                    .as_ref()
                    .map(|(_, filter)| filter.clone()),
            };
            let mut joined = report.clone();
            (output, filled) = blocking(move || {
                let output = parse_and_join::join(snapshot, &context, &mut joined);
                (output, joined)
            })
            .await;
        }
        if run.options.output.push.is_some() {
            filled.seconds = deadline.elapsed().as_secs_f64();
            let publication = Publication {
                now: run.clock.now(),
                interval_seconds: run.interval_seconds,
                earlier: run.earlier().await,
            };
            output.health = Some(health_of(&device.name, &filled, publication));
        }
        match run.fan_out.accept(output).await {
            Ok(()) => report = filled,
            Err(error) => {
                report.outcome = Outcome::Failed;
                report.error = Some(error);
            }
        }
        report.seconds = deadline.elapsed().as_secs_f64();
        drop(turn);
        report
    }
}

/// What the user of this program can do about it, where the error alone cannot know.
pub(super) fn advice(error: &netconf::Error) -> &'static str {
    match error {
        netconf::Error::HostKey { cause, .. }
            if matches!(**cause, HostKeyError::Unknown { .. }) =>
        {
            " (`lanewatch check --accept-host-keys` shows fingerprints and writes keys down, `--known-hosts` names another file)"
        }
        netconf::Error::Authentication { attempts, .. }
            if attempts
                .iter()
                .any(|attempt| attempt.outcome == AttemptOutcome::MoreAsked) =>
        {
            "; log in there once by hand with `ssh` as this user and answer what is asked: an expired password is changed so. Where each login needs a second factor, use a key, or a user without one"
        }
        netconf::Error::Authentication { .. } => {
            "; check `ansible_user` and its key or password in the inventory, or `--user`, `--private-key` and `--password-file`"
        }
        _ => "",
    }
}

/// What a command asks of this device, given what is known of it by now: each reply's name and its operation.
pub(super) fn operations(
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
                    ReplyName::of_pic(&command.name, fpc, pic).to_string(),
                    command.operation_for_pic(fpc, pic),
                )
            })
            .collect(),
    }
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

#[cfg(test)]
mod tests {
    use netconf::ssh::Attempt;
    use netconf::{Phase, SessionStep};

    use super::*;

    fn refused(outcome: AttemptOutcome) -> netconf::Error {
        netconf::Error::Authentication {
            step: SessionStep {
                peer: "r1:830".into(),
                phase: Phase::Authentication,
                elapsed: Duration::ZERO,
            },
            user: "lab".into(),
            attempts: vec![Attempt {
                method: "keyboard-interactive".to_owned(),
                outcome,
                message: Some("Your password has expired. New password:".into()),
            }],
            accepts: Vec::new(),
        }
    }

    #[test]
    fn an_expired_password_is_told_in_the_devices_words_and_has_its_own_advice() {
        let error = refused(AttemptOutcome::MoreAsked);
        let told = format!("{error}{}", advice(&error));
        for words in [
            "Your password has expired. New password:",
            "log in there once by hand",
        ] {
            assert!(told.contains(words), "no `{words}` in: {told}");
        }
        assert!(!told.contains("--password-file"), "{told}");
        let wrong = refused(AttemptOutcome::Refused);
        assert!(advice(&wrong).contains("--password-file"));
    }
}
