//! Every fault as a client meets it, alone and together with others; and that a thousand of them leave nothing behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy spares test functions but not what they call"
)]

mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use netconf::{Error, Framing, FramingError, Options, Phase, Reply, Timeouts, ssh::Method};
use sim::{
    DeviceSpec, FAULT_KINDS, Fault, Fleet, FleetSpec, Model, Platform, RunningDevice, SimClock,
};
use support::{START, ask, try_connect_with};
use tokio::task::JoinSet;

const OPERATION: &str = "<get-system-information/>";

/// Deadlines that a healthy session keeps even on a busy machine.
fn options() -> Options {
    let step = Duration::from_secs(10);
    Options {
        timeouts: Timeouts {
            connect: step,
            version_exchange: step,
            key_exchange: step,
            authentication: step,
            hello: step,
            first_byte: step,
            reply: step,
            close: step,
            resolve: step,
        },
        ..Options::default()
    }
}

/// A fleet of one device, with these faults.
async fn fleet(folder: &std::path::Path, faults: &[&str]) -> Fleet {
    let healthy = DeviceSpec::simulated("box", Model::healthy(Platform::Qfx5120, 1));
    let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap());
    let device = faults.fold(healthy, DeviceSpec::with_fault);
    let spec = FleetSpec::new(vec![device], folder, 5);
    Fleet::start(spec, SimClock::stopped_at(START))
        .await
        .unwrap()
}

/// Logs in by key and asks twice. What was answered, and what went wrong.
async fn visit(
    fleet: &Fleet,
    device: &RunningDevice,
    options: &Options,
) -> (Vec<Reply>, Result<(), Error>) {
    let mut replies = Vec::new();
    let method = Method::KeyFile {
        path: fleet.user_key().to_owned(),
        passphrase: None,
    };
    let result = async {
        let mut session = try_connect_with(fleet, device, method, options).await?;
        for _ in 0..2 {
            replies.push(session.request(OPERATION).await?);
        }
        session.close().await
    };
    let result = result.await;
    (replies, result)
}

/// The same with a fleet of one device that has these faults.
async fn meet(faults: &[&str], options: &Options) -> (Vec<Reply>, Result<(), Error>) {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path(), faults).await;
    let met = visit(&fleet, &fleet.devices()[0], options).await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), fleet.stop()).await;
    stopped.expect("a fault keeps the fleet from stopping");
    met
}

/// What went wrong, if no reply came before.
async fn error_of(faults: &[&str], options: &Options) -> Error {
    let (replies, result) = meet(faults, options).await;
    assert_eq!(replies.len(), 0, "{faults:?}");
    result.expect_err("the fault had no effect")
}

/// Fails the test unless this step ran out of time.
#[track_caller]
fn assert_timeout(error: &Error, expected: Phase) {
    assert!(
        matches!(error, Error::Timeout { step, .. } if step.phase == expected),
        "expected a timeout during {expected}, found: {error}"
    );
}

/// Fails the test unless the connection ended in this step.
#[track_caller]
fn assert_disconnected(error: &Error, expected: Phase) {
    assert!(
        matches!(error, Error::Disconnected { step, .. } if step.phase == expected),
        "expected an end during {expected}, found: {error}"
    );
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let error = error_of(&["port-closed"], &options()).await;
    assert!(matches!(&error, Error::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_black_hole_and_a_slow_banner_run_into_the_deadline_for_it() {
    let mut options = options();
    options.timeouts.version_exchange = Duration::from_millis(300);
    for fault in ["black-hole", "slow-banner:1"] {
        assert_timeout(&error_of(&[fault], &options).await, Phase::VersionExchange);
    }
}

#[tokio::test]
async fn a_banner_that_is_slow_and_in_time_is_no_fault_to_us() {
    let (replies, result) = meet(&["slow-banner:100"], &options()).await;
    result.unwrap();
    assert_eq!(replies.len(), 2);
}

#[tokio::test]
async fn a_cut_is_felt_wherever_it_comes() {
    // Within the banner, within the key exchange, in the middle of the replies.
    let early = error_of(&["cut:5"], &options()).await;
    assert_disconnected(&early, Phase::VersionExchange);
    let middle = error_of(&["cut:700"], &options()).await;
    assert_disconnected(&middle, Phase::KeyExchange);
    let (_, late) = meet(&["cut:12000", "huge-reply:1"], &options()).await;
    assert_disconnected(&late.unwrap_err(), Phase::Request);
}

#[tokio::test]
async fn a_changed_host_key_is_seen_before_anything_is_said() {
    let error = error_of(&["changed-host-key"], &options()).await;
    assert!(matches!(&error, Error::HostKey { .. }), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_refused_login_refuses_keys_and_passwords() {
    let error = error_of(&["refused-login"], &options()).await;
    assert!(matches!(&error, Error::Authentication { .. }), "{error}");
    assert!(!error.is_transient());
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path(), &["refused-login"]).await;
    let method = Method::Password("lanewatch".to_owned().into());
    let refused = try_connect_with(&fleet, &fleet.devices()[0], method, &options()).await;
    assert_eq!(refused.unwrap_err().phase(), Phase::Authentication);
    fleet.stop().await;
}

#[tokio::test]
async fn no_hello_runs_into_its_deadline() {
    let mut options = options();
    options.timeouts.hello = Duration::from_millis(300);
    assert_timeout(&error_of(&["no-hello"], &options).await, Phase::Hello);
}

#[tokio::test]
async fn late_slow_and_endless_replies_run_into_their_deadlines() {
    let mut options = options();
    options.timeouts.reply = Duration::from_millis(600);
    for fault in ["slow-reply", "endless-reply"] {
        assert_timeout(&error_of(&[fault], &options).await, Phase::Request);
    }
    options.timeouts.first_byte = Duration::from_millis(300);
    let error = error_of(&["late-reply"], &options).await;
    assert_timeout(&error, Phase::Request);
    assert!(error.to_string().contains("first byte"), "{error}");
}

#[tokio::test]
async fn an_rpc_error_is_an_answer() {
    let (replies, result) = meet(&["rpc-error"], &options()).await;
    result.unwrap();
    for reply in replies {
        let message = reply.errors[0].message.as_deref().unwrap();
        assert_eq!(message, "the simulated device will not answer");
    }
}

#[tokio::test]
async fn a_wrong_message_id_is_named() {
    let error = error_of(&["wrong-message-id"], &options()).await;
    assert!(error.to_string().contains("not-1"), "{error}");
}

#[tokio::test]
async fn garbage_between_messages_is_an_error_in_both_framings() {
    let error = error_of(&["garbage-framing"], &options()).await;
    assert!(matches!(&error, Error::Framing { .. }), "{error}");
    let mut chunks = options();
    chunks.offer = Framing::Chunked;
    let error = error_of(&["garbage-framing"], &chunks).await;
    assert!(matches!(&error, Error::Framing { .. }), "{error}");
}

#[tokio::test]
async fn a_peer_that_announces_chunks_and_sends_none_is_named_and_harmless_to_who_offers_none() {
    let mut chunks = options();
    chunks.offer = Framing::Chunked;
    let error = error_of(&["false-base-1.1"], &chunks).await;
    let is_named = matches!(
        &error,
        Error::Framing {
            cause: FramingError::ChunksExpected { .. },
            ..
        }
    );
    assert!(is_named, "{error}");
    let (replies, result) = meet(&["false-base-1.1"], &options()).await;
    result.unwrap();
    assert_eq!(replies.len(), 2);
}

#[tokio::test]
async fn a_cut_reply_and_a_killed_session_end_it() {
    let error = error_of(&["cut-reply:100"], &options()).await;
    assert_disconnected(&error, Phase::Request);
    assert!(error.is_transient());
    let (replies, result) = meet(&["killed"], &options()).await;
    assert_eq!(replies.len(), 1);
    assert_disconnected(&result.unwrap_err(), Phase::Request);
}

#[tokio::test]
async fn a_huge_reply_comes_whole_below_the_limit_and_is_refused_above_it() {
    let (replies, result) = meet(&["huge-reply:2"], &options()).await;
    result.unwrap();
    assert_eq!(replies[0].bytes.len(), 2_000_000);
    let mut small = options();
    small.max_reply_bytes = 1_000_000;
    let error = error_of(&["huge-reply:2"], &small).await;
    assert!(error.to_string().contains("1000000 bytes"), "{error}");
}

#[tokio::test]
async fn a_fault_that_passes_is_gone_when_it_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path(), &["cut:5", "passes-after:2"]).await;
    for is_well in [false, false, true, true] {
        let (_, result) = visit(&fleet, &fleet.devices()[0], &options()).await;
        assert_eq!(result.is_ok(), is_well);
    }
    fleet.stop().await;
}

#[tokio::test]
async fn the_replies_that_are_spared_come_well() {
    let (replies, result) = meet(&["cut-reply:9", "spares-replies:1"], &options()).await;
    assert_eq!(replies.len(), 1);
    assert_disconnected(&result.unwrap_err(), Phase::Request);
}

#[tokio::test]
async fn faults_of_one_device_are_no_faults_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let model = || Model::healthy(Platform::Qfx5120, 1);
    let devices = vec![
        DeviceSpec::simulated("ill", model()).with_fault(Fault::NoHello),
        DeviceSpec::simulated("well", model()),
    ];
    let spec = FleetSpec::new(devices, folder.path(), 5);
    let fleet = Fleet::start(spec, SimClock::stopped_at(START))
        .await
        .unwrap();
    let mut well = support::connect(&fleet, &fleet.devices()[1]).await;
    assert!(ask(&mut well, OPERATION).await.contains("<host-name>well<"));
    well.close().await.unwrap();
    fleet.stop().await;
}

/// Sessions that are opened before the first count: pools of threads and of memory fill up with them.
const WARM_UP: usize = 300;
/// Sessions between the two counts.
const SESSIONS: usize = 1_000;
/// Of them, how many at a time.
const AT_ONCE: usize = 64;

/// What the process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    tasks: usize,
    descriptors: usize,
    resident_kib: u64,
}

impl Held {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|text| text.trim().split(' ').next());
        Self {
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            resident_kib: resident.unwrap().parse().unwrap(),
        }
    }

    /// Waits until tasks and descriptors are back at what they were, but not for ever: the last to end are the server's.
    async fn once_settled(before: Self) -> Self {
        let mut now = Self::now();
        for _ in 0..200 {
            if now.tasks <= before.tasks && now.descriptors <= before.descriptors {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            now = Self::now();
        }
        now
    }
}

/// Visits the devices in turn, some at a time, and counts how the visits ended.
async fn visit_in_turn(
    fleet: &Arc<Fleet>,
    sessions: usize,
    options: &Options,
) -> BTreeMap<String, usize> {
    let mut endings = BTreeMap::new();
    let mut visits = JoinSet::new();
    for session in 0..sessions {
        if visits.len() == AT_ONCE {
            let ending: String = visits.join_next().await.unwrap().unwrap();
            *endings.entry(ending).or_default() += 1;
        }
        let (fleet, options) = (Arc::clone(fleet), options.clone());
        visits.spawn(async move {
            let device = &fleet.devices()[session % fleet.devices().len()];
            let (_, result) = visit(&fleet, device, &options).await;
            let ending = result.map_or_else(|error| error.phase().to_string(), |()| "well".into());
            format!("{} {ending}", device.name)
        });
    }
    while let Some(ending) = visits.join_next().await {
        *endings.entry(ending.unwrap()).or_default() += 1;
    }
    endings
}

/// Client and simulator share the process, so what either of them leaves behind is seen.
///
/// Tasks and descriptors must be back at the number of before, exactly. Memory may grow by 16 KiB a session: below the least that a
/// forgotten session keeps (48 KiB and more of buffers and channel windows on either side), and above what the allocator's arenas still
/// fill up by after the warm-up (some 10 MiB; from there on it stays where it is, 31,000 sessions were tried).
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_faulty_sessions_leave_no_task_no_descriptor_and_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let device = |name: String, fault: Fault| {
        DeviceSpec::simulated(name, Model::healthy(Platform::Qfx5120, 1)).with_fault(fault)
    };
    let mut devices = Vec::new();
    for kind in FAULT_KINDS {
        // At a size that takes these tests no longer than the deadlines do.
        let name = match kind.name {
            "huge-reply" => "huge-reply:2",
            "endless-reply" => "endless-reply:1000000",
            "cut-reply" => "cut-reply:100",
            name => name,
        };
        devices.push(device(kind.name.to_owned(), name.parse().unwrap()));
    }
    let spec = FleetSpec::new(devices, folder.path(), 5);
    let fleet = Fleet::start(spec, SimClock::stopped_at(START))
        .await
        .unwrap();
    let fleet = Arc::new(fleet);
    let step = Duration::from_millis(400);
    let options = Options {
        timeouts: Timeouts {
            connect: step,
            version_exchange: step,
            key_exchange: step,
            authentication: step,
            hello: step,
            first_byte: step,
            reply: step,
            close: step,
            resolve: step,
        },
        max_reply_bytes: 1_000_000,
        offer: Framing::Chunked,
        ..Options::default()
    };
    let idle = Held::now();
    visit_in_turn(&fleet, WARM_UP, &options).await;
    let before = Held::once_settled(idle).await;
    let endings = visit_in_turn(&fleet, SESSIONS, &options).await;
    let after = Held::once_settled(before).await;
    println!("{endings:#?}\nidle   {idle:?}\nbefore {before:?}\nafter  {after:?}");
    assert_eq!(endings.values().sum::<usize>(), SESSIONS);
    assert_eq!(after.tasks, before.tasks, "tasks are left");
    assert_eq!(
        after.descriptors, before.descriptors,
        "file descriptors are left"
    );
    let grown = after.resident_kib.saturating_sub(before.resident_kib);
    let allowed = 16 * u64::try_from(SESSIONS).unwrap();
    assert!(grown <= allowed, "memory grew by {grown} KiB");
}
