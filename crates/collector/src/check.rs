//! What stands between a device and its first collection: each step towards it is taken once, and nothing is written.
//!
//! Whatever a step finds, the next device is not held up by it. The RPCs of the catalogue are asked as `collect` asks them, the ones for
//! each PIC for the first PIC alone; an operation that is no `get-…` is not asked, for it might change something.

use std::sync::Arc;

use metrics::MetricNames;
use netconf::ssh::{Connection, Connector, HostKeyError};
use netconf::{Error, Phase, Reply};
use records::{Context, ReplyName, Snapshot};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::clock::Clock;
use super::deadline::in_words;
use super::device::{advice, operations};
use super::parse_and_join;
use super::report::{DeviceReport, Outcome, RpcOutcome};
use super::series_count::{self, SeriesCount};
use crate::options::Options;
use crate::panic_report::{self, Place};
use crate::plan::{DevicePlan, Plan};

/// Any user with the permission `view` may ask this, and the answer is short.
const UPTIME: &str = "<get-system-uptime-information/>";
/// How far a device's clock may be off before it is said: whole seconds are told, and the reply has its way to go.
const CLOCK_TOLERANCE_SECONDS: i64 = 10;

/// The steps of a session, with the phases in which each may fail.
const STEPS: &[(&str, &[Phase])] = &[
    ("name", &[Phase::Resolve]),
    ("port", &[Phase::Connect, Phase::VersionExchange]),
    ("host key", &[Phase::KeyExchange, Phase::HostKey]),
    ("login", &[Phase::Authentication]),
    ("hello", &[Phase::Hello]),
];
/// The step after those.
const CLOCK: &str = "clock";

/// What was found at one device.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The name of the device in the inventory.
    pub device: String,
    /// The address, as `host:port`.
    pub address: String,
    /// In the order in which they were taken: name, port, host key, login, hello, clock, then each RPC.
    pub steps: Vec<Step>,
    /// A host key that nobody has vouched for yet.
    pub unknown_key: Option<UnknownKey>,
    /// How many series the metrics have of it, where it was asked everything.
    pub series: Option<SeriesCount>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name of the step: the heading of its column.
    pub name: String,
    /// How the step ended.
    pub verdict: Verdict,
    /// What was found, in words.
    pub found: String,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The step succeeded.
    Good,
    /// Something has to be done.
    Bad,
    /// An earlier step stood in the way, or there was no need.
    NotTaken,
}

/// A host key to be compared with the device's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownKey {
    /// Where it would be written.
    pub file: std::path::PathBuf,
    /// The line that would be written.
    pub entry: String,
    /// Host, type and fingerprint, as `ssh-keygen -l` shows it.
    pub shown: String,
}

impl Checked {
    /// Whether nothing has to be done.
    pub fn is_good(&self) -> bool {
        self.steps.iter().all(|step| step.verdict != Verdict::Bad)
    }

    /// Whether there was a session.
    pub fn has_session(&self) -> bool {
        let hello = self.steps.get(STEPS.len() - 1);
        hello.is_some_and(|step| step.verdict == Verdict::Good)
    }

    fn say(&mut self, name: &str, verdict: Verdict, found: impl Into<String>) {
        self.steps.push(Step {
            name: name.to_owned(),
            verdict,
            found: found.into(),
        });
    }
}

/// Checks these devices of the plan, several at once.
pub async fn check(
    plan: &Arc<Plan>,
    options: &Options,
    devices: Vec<DevicePlan>,
    clock: Clock,
) -> Vec<Checked> {
    let connector = Arc::new(Connector::new(options.session.clone()));
    let turns = Arc::new(Semaphore::new(options.limits.concurrency.max(1)));
    let limit = options.limits.device_timeout;
    let metrics = options.output.metrics.as_ref();
    let names = metrics.map_or_else(MetricNames::default, |metrics| metrics.names);
    let mut tasks = JoinSet::new();
    let mut checked: Vec<Checked> = Vec::new();
    for (at, device) in devices.into_iter().enumerate() {
        checked.push(Checked {
            device: device.name.clone(),
            address: device.target.endpoint.to_string(),
            ..Checked::default()
        });
        let (plan, connector, turns) =
            (Arc::clone(plan), Arc::clone(&connector), Arc::clone(&turns));
        tasks.spawn(async move {
            let _turn = turns.acquire().await; // never closed
            let mut task = CheckTask {
                plan: &plan,
                device: &device,
                names,
                clock,
                checked: Checked::default(),
            };
            if tokio::time::timeout(limit, task.all(&connector))
                .await
                .is_err()
            {
                let last = task.checked.steps.len();
                let found = format!("not done within {} (`--device-timeout`)", in_words(limit));
                task.checked
                    .say(&task.step_after(last), Verdict::Bad, found);
                task.not_taken();
            }
            (at, task.checked)
        });
    }
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((at, found)) => {
                if let Some(place) = checked.get_mut(at) {
                    (place.steps, place.unknown_key) = (found.steps, found.unknown_key);
                    place.series = found.series;
                }
            }
            Err(error) => tracing::error!("{}", panic_report::of_task(error)),
        }
    }
    for device in checked.iter_mut().filter(|device| device.steps.is_empty()) {
        device.say(
            "name",
            Verdict::Bad,
            "a defect of Lanewatch ended the check; please report it",
        );
    }
    checked
}

struct CheckTask<'v> {
    plan: &'v Plan,
    device: &'v DevicePlan,
    names: MetricNames,
    clock: Clock,
    checked: Checked,
}

impl CheckTask<'_> {
    async fn all(&mut self, connector: &Connector) {
        match connector.connect(&self.device.target).await {
            Ok(mut connection) => {
                let steps = STEPS.iter();
                self.checked.steps.extend(steps.map(|(name, _)| Step {
                    name: (*name).to_owned(),
                    verdict: Verdict::Good,
                    found: String::new(),
                }));
                panic_report::rehearse(Place::Device, &self.device);
                self.ask_all(&mut connection).await;
                connection.close().await.ok(); // all that was to be found has been found
            }
            Err(error) => self.refused(&error),
        }
        self.not_taken();
    }

    /// Which of the steps failed, and that those before it did not.
    fn refused(&mut self, error: &Error) {
        let failed = STEPS
            .iter()
            .position(|(_, phases)| phases.contains(&error.phase()));
        let failed = failed.unwrap_or(STEPS.len() - 1);
        for (name, _) in STEPS.iter().take(failed) {
            self.checked.say(name, Verdict::Good, "");
        }
        let name = STEPS.get(failed).map_or("hello", |(name, _)| name);
        self.checked
            .say(name, Verdict::Bad, format!("{error}{}", advice(error)));
        if let Error::HostKey { cause, .. } = error
            && let HostKeyError::Unknown {
                name,
                algorithm,
                fingerprint,
                entry,
                file,
                ..
            } = &**cause
        {
            self.checked.unknown_key = Some(UnknownKey {
                file: file.clone(),
                entry: entry.to_string(),
                shown: format!("{name} {algorithm} {fingerprint}"),
            });
        }
    }

    async fn ask_all(&mut self, connection: &mut Connection) {
        match connection.request(UPTIME).await {
            Ok(reply) => self.read_clock(&reply),
            Err(error) => {
                self.checked.say(CLOCK, Verdict::Bad, error.to_string());
                return;
            }
        }
        let mut snapshot = Snapshot::default();
        let mut report = DeviceReport::unfinished(self.device);
        for command in &self.plan.catalogue.commands {
            let asked = operations(command, self.device, &snapshot)
                .into_iter()
                .next();
            let Some((name, operation)) = asked else {
                self.checked.say(
                    &command.name,
                    Verdict::NotTaken,
                    "no PIC holds transceivers",
                );
                continue;
            };
            if !operation.starts_with("<get-") {
                self.checked.say(
                    &command.name,
                    Verdict::NotTaken,
                    "not asked: it is no `get-…`",
                );
                continue;
            }
            match connection.request(&operation).await {
                Ok(reply) => {
                    let arrived = self.clock.at(reply.received);
                    let said = parse_and_join::read_reply(
                        &command.reader,
                        &ReplyName::parse(&name),
                        &reply.bytes,
                        arrived,
                        &mut snapshot,
                    );
                    if said.outcome == RpcOutcome::Ok {
                        self.checked.say(&command.name, Verdict::Good, "");
                    } else {
                        self.checked.say(
                            &command.name,
                            Verdict::Bad,
                            with_advice(&said.errors, &self.device.target.credentials.user),
                        );
                    }
                    report.rpcs.insert(name, said);
                }
                Err(error) => {
                    self.checked
                        .say(&command.name, Verdict::Bad, error.to_string());
                    return;
                }
            }
        }
        report.conclude();
        if report.outcome != Outcome::Failed {
            self.count_series(snapshot, &mut report);
        }
    }

    /// Counts the series that the metrics of a run would have of this device.
    fn count_series(&mut self, snapshot: Snapshot, report: &mut DeviceReport) {
        let filter = self.device.interface_filter.as_ref();
        let context = Context {
            device: self.device.name.clone(),
            interface_filter: filter.map(|(_, filter)| filter.clone()),
            ..Context::default()
        };
        let output = parse_and_join::join(snapshot, &context, report);
        let (facts, tables) = (output.facts.as_deref(), &output.tables);
        let counted = series_count::of_device(self.names, &output.device, report, tables, facts);
        self.checked.series = Some(counted);
    }

    fn read_clock(&mut self, reply: &Reply) {
        if let Some(error) = reply.failures().next() {
            let user = &self.device.target.credentials.user;
            self.checked
                .say(CLOCK, Verdict::Bad, with_advice(&[error.to_string()], user));
            return;
        }
        let Some(theirs) = current_time(&reply.bytes) else {
            self.checked.say(
                CLOCK,
                Verdict::NotTaken,
                "the device does not tell its time",
            );
            return;
        };
        let off = theirs - self.clock.at(reply.received);
        if off.abs() <= CLOCK_TOLERANCE_SECONDS {
            self.checked.say(CLOCK, Verdict::Good, "");
        } else {
            let direction = if off > 0 { "ahead of" } else { "behind" };
            let found = format!(
                "its clock is {} s {direction} ours; give both the time by NTP (`set system ntp server …`)",
                off.abs()
            );
            self.checked.say(CLOCK, Verdict::Bad, found);
        }
    }

    /// The name of the step with this place.
    fn step_after(&self, at: usize) -> String {
        let commands = self
            .plan
            .catalogue
            .commands
            .iter()
            .map(|command| command.name.as_str());
        let mut names = STEPS
            .iter()
            .map(|(name, _)| *name)
            .chain([CLOCK])
            .chain(commands);
        names.nth(at).unwrap_or("end").to_owned()
    }

    /// Writes down the steps that were not reached.
    fn not_taken(&mut self) {
        for at in self.checked.steps.len()..STEPS.len() + 1 + self.plan.catalogue.commands.len() {
            let name = self.step_after(at);
            self.checked.say(&name, Verdict::NotTaken, "not reached");
        }
    }
}

/// The device's own error text, with advice: some of them mean that the user lacks a permission.
fn with_advice(errors: &[String], user: &str) -> String {
    let words = errors.join("; ");
    let lower = words.to_lowercase();
    let is_denied = [
        "permission",
        "denied",
        "not allowed",
        "unauthorized",
        "syntax error",
    ];
    if is_denied.iter().any(|word| lower.contains(word)) {
        format!(
            "{words}; may `{user}` ask this? Its login class needs the permission `view`, and the release must know the RPC"
        )
    } else {
        format!(
            "{words}; log in there as `{user}` and ask for the same: what its command line refuses too has to be put right on the device"
        )
    }
}

/// The UTC second in `<current-time><date-time junos:seconds="…">`, of the first routing engine that answers.
fn current_time(reply: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(reply);
    let (_, after) = text.split_once("current-time>")?;
    let (_, after) = after.split_once("seconds=")?;
    let digits = after.trim_start_matches(['"', '\'']);
    let end = digits.find(|letter: char| !letter.is_ascii_digit())?;
    digits.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_found_in_either_shape_and_not_made_up() {
        let one = "<rpc-reply><system-uptime-information><current-time>\n<date-time junos:seconds=\"1700000000\">2023</date-time></current-time><system-booted-time><date-time junos:seconds=\"7\"/>";
        assert_eq!(current_time(one.as_bytes()), Some(1_700_000_000));
        let evo = "<ns:current-time><ns:date-time seconds='17'>x</ns:date-time></ns:current-time>";
        assert_eq!(current_time(evo.as_bytes()), Some(17));
        for none in [
            "",
            "<current-time>",
            "<current-time><date-time seconds=\"",
            "<x seconds=\"7\">",
        ] {
            assert_eq!(current_time(none.as_bytes()), None, "{none}");
        }
    }

    #[tokio::test]
    async fn a_limit_below_a_second_is_reported_in_milliseconds() {
        let folder = tempfile::tempdir().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let host = format!("{{ansible_host: 127.0.0.1, ansible_port: {port}}}");
        let inventory = folder.path().join("inventory.yaml");
        std::fs::write(&inventory, format!("all: {{hosts: {{a: {host}}}}}")).unwrap();
        let mut options = Options::for_tests(&inventory);
        options.limits.device_timeout = std::time::Duration::from_millis(200);
        options.login.host_keys = Some(crate::options::HostKeys::Off);
        let plan = Arc::new(Plan::build(&options).unwrap());
        let devices = plan.devices.clone();
        let checked = check(&plan, &options, devices, Clock::default()).await;
        let found = &checked[0].steps[0].found;
        assert_eq!(found, "not done within 200 ms (`--device-timeout`)");
    }

    #[test]
    fn a_missing_permission_is_named_with_the_login_class_that_gives_it() {
        let said = with_advice(&["operation-failed: permission denied".to_owned()], "u");
        assert!(
            said.contains("may `u` ask this?") && said.contains("`view`"),
            "{said}"
        );
        let said = with_advice(&["no such slot".to_owned()], "u");
        assert!(
            said.starts_with("no such slot; log in there as `u`") && !said.contains("`view`"),
            "{said}"
        );
    }
}
