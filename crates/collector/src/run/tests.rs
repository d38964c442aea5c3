//! Runs against simulated devices: who delivers, who fails, and what is left behind.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sim::inventory::Login;
use sim::{DeviceSpec, Fleet, FleetSpec, Model, Platform};

use super::*;

/// Runs the devices of this inventory, with the time for one of them cut to two seconds.
async fn run_all(folder: &Path, inventory: &str, watch: Watch) -> RunReport {
    let finished = run_with(folder, inventory, watch, |_| {}, std::future::pending());
    finished.await.report
}

async fn run_with(
    folder: &Path,
    inventory: &str,
    watch: Watch,
    change: impl FnOnce(&mut Options),
    stop: impl Future<Output = ()>,
) -> Finished {
    let path = folder.join("inventory.yaml");
    std::fs::write(&path, inventory).unwrap();
    let mut options = Options::for_tests(&path);
    options.limits.device_timeout = Duration::from_secs(2);
    options.output.output_dir = folder.join("output");
    options.output.lake = folder.join("lake");
    change(&mut options);
    let plan = Plan::build(&options).unwrap();
    run(plan, options, Clock::default(), watch, stop)
        .await
        .unwrap()
}

/// The inventory of the fleet with one host more, where something else listens.
fn with_host(fleet: &Fleet, name: &str, port: u16) -> String {
    let host = format!(
        "      hosts:\n        {name}: {{ansible_host: 127.0.0.1, ansible_port: {port}}}\n"
    );
    let inventory = sim::inventory::render(fleet, fleet.devices(), "sim", Login::Key);
    inventory.replacen("      hosts:\n", &host, 1)
}

async fn fleet(folder: &Path) -> Fleet {
    let device = |name: &str| DeviceSpec::simulated(name, Model::healthy(Platform::Mx480, 1));
    let spec = FleetSpec::new(vec![device("one"), device("two")], folder.join("sim"), 1);
    std::fs::create_dir_all(folder.join("sim")).unwrap();
    Fleet::start(spec, sim::SimClock::stopped_at(1_770_132_645))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_one_devices_line() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
    let first = AtomicBool::new(true);
    let watch: Watch = Arc::new(move |event| {
        assert!(
            *event != Event::Connected || !first.swap(false, Ordering::SeqCst),
            "made to panic"
        );
    });
    let report = run_all(folder.path(), &inventory, watch).await;
    assert_eq!(
        (
            report.count(Outcome::Delivered),
            report.count(Outcome::Failed)
        ),
        (1, 1)
    );
    let failed = report
        .devices
        .values()
        .find(|device| device.outcome == Outcome::Failed);
    let error = failed.unwrap().error.as_deref().unwrap();
    assert!(
        error.contains("a defect of Lanewatch") && error.contains("made to panic"),
        "{error}"
    );
    assert_eq!(
        report.files.len(),
        3,
        "the other device's rows are in the lake"
    );
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_never_speaks_is_given_up_and_the_others_deliver() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let inventory = with_host(&fleet, "silent", port);
    let report = run_all(folder.path(), &inventory, Arc::new(|_| {})).await;
    assert_eq!(report.count(Outcome::Delivered), 2);
    let error = report.devices["silent"].error.as_deref().unwrap();
    assert!(
        error.ends_with("gave up after 2 s (`--device-timeout`) while connecting and logging in"),
        "{error}"
    );
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_and_each_attempt_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let inventory = with_host(&fleet, "closed", port);
    let watch: Watch = Arc::new(|_| {});
    let change = |options: &mut Options| {
        options.limits.retry.attempts = 3;
        options.limits.retry.first_pause = Duration::from_millis(1);
    };
    let finished = run_with(
        folder.path(),
        &inventory,
        watch,
        change,
        std::future::pending(),
    );
    let report = finished.await.report;
    assert_eq!(report.count(Outcome::Delivered), 2);
    let attempts = &report.devices["closed"].attempts;
    let pauses: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.paused_seconds.is_some())
        .collect();
    assert_eq!(pauses, [true, true, false]);
    assert!(attempts[0].error.contains("cannot connect"));
    assert_eq!(attempts[0].phase, "connect");
    let error = report.devices["closed"].error.as_deref().unwrap();
    assert!(error.contains("3 attempts failed"), "{error}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Password);
    let inventory = inventory.replace("ansible_password: ", "ansible_password: not-");
    let watch: Watch = Arc::new(|_| {});
    let change = |options: &mut Options| options.limits.retry.attempts = 5;
    let finished = run_with(
        folder.path(),
        &inventory,
        watch,
        change,
        std::future::pending(),
    );
    let report = finished.await.report;
    assert_eq!(report.count(Outcome::Failed), 2);
    for device in report.devices.values() {
        assert_eq!(device.attempts.len(), 1, "{:?}", device.attempts);
        assert_eq!(device.attempts[0].phase, "authentication");
    }
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_delivers_what_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let inventory = with_host(&fleet, "silent", silent.local_addr().unwrap().port());
    let (delivered, is_delivered) = tokio::sync::watch::channel(0);
    let watch: Watch = Arc::new(move |event| {
        if matches!(event, Event::Finished(..)) {
            delivered.send_modify(|count| *count += 1);
        }
    });
    let stop = async {
        let mut is_delivered = is_delivered;
        is_delivered.wait_for(|count| *count == 2).await.unwrap();
    };
    let change = |options: &mut Options| options.limits.device_timeout = Duration::from_secs(60);
    let finished = run_with(folder.path(), &inventory, watch, change, stop).await;
    let report = &finished.report;
    assert!(report.interrupted && finished.is_latest);
    assert_eq!(report.count(Outcome::Delivered), 2);
    assert_eq!(report.files.len(), 3);
    let error = report.devices["silent"].error.as_deref().unwrap();
    let told = "the run was stopped while connecting and logging in";
    assert!(error.ends_with(told), "{error}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_an_end_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let host = format!("{{ansible_host: 127.0.0.1, ansible_port: {port}}}");
    let inventory = format!("all: {{hosts: {{a: {host}, b: {host}, c: {host}}}}}");
    let change = |options: &mut Options| {
        options.limits.device_timeout = Duration::from_secs(60);
        options.limits.run_timeout = Duration::from_millis(200);
        options.limits.concurrency = 1;
        options.login.host_keys = Some(crate::options::HostKeys::Off);
    };
    let never = std::future::pending();
    let watch: Watch = Arc::new(|_| {});
    let finished = run_with(folder.path(), &inventory, watch, change, never).await;
    assert_eq!(finished.report.count(Outcome::Failed), 3);
    for device in finished.report.devices.values() {
        let error = device.error.as_deref().unwrap();
        assert!(error.contains("(`--run-timeout`) was over"), "{error}");
    }
}

/// Something between the runner and a device.
#[derive(Debug, Clone)]
enum Between {
    /// The first connection is closed at once.
    FirstIsCut,
    /// Each connection is handed on when this becomes true, or after this time.
    Held(tokio::sync::watch::Receiver<bool>, Duration),
}

/// Puts something in front of a device: the inventory then has its port in place of the device's.
async fn in_front(inventory: &str, fleet: &Fleet, name: &str, between: Between) -> String {
    let device = fleet
        .devices()
        .iter()
        .find(|device| device.name == name)
        .unwrap();
    let to = device.address;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((mut from, _)) = listener.accept().await {
            connections += 1;
            if matches!(between, Between::FirstIsCut) && connections == 1 {
                continue;
            }
            let between = between.clone();
            tokio::spawn(async move {
                if let Between::Held(mut freed, longest) = between {
                    let is_free = freed.wait_for(|is_free| *is_free);
                    tokio::time::timeout(longest, is_free).await.ok();
                }
                let mut device = tokio::net::TcpStream::connect(to).await.unwrap();
                tokio::io::copy_bidirectional(&mut from, &mut device)
                    .await
                    .ok();
            });
        }
    });
    let old = format!("ansible_port: {}", to.port());
    assert!(inventory.contains(&old), "{inventory}");
    inventory.replace(&old, &format!("ansible_port: {port}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_does_not_wait_behind_silent_devices() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let inventory = with_host(&fleet, "silent-1", port);
    let inventory = inventory.replacen(
        "silent-1:",
        &format!("silent-2: {{ansible_host: 127.0.0.1, ansible_port: {port}}}\n        silent-1:"),
        1,
    );
    let inventory = in_front(&inventory, &fleet, "one", Between::FirstIsCut).await;
    let change = |options: &mut Options| {
        options.login.host_keys = Some(crate::options::HostKeys::Off);
        options.limits.concurrency = 1;
        // Less than one silent device takes: a clock that ran while others have the turn would end the retry.
        options.limits.device_timeout = Duration::from_millis(1500);
        options.limits.retry.attempts = 2;
        options.limits.retry.first_pause = Duration::from_millis(1);
    };
    let watch: Watch = Arc::new(|_| {});
    let never = std::future::pending();
    let report = run_with(folder.path(), &inventory, watch, change, never)
        .await
        .report;
    let one = &report.devices["one"];
    assert_eq!(
        (one.outcome, one.attempts.len()),
        (Outcome::Delivered, 1),
        "{:?}",
        one.error
    );
    assert_eq!(report.count(Outcome::Delivered), 2);
    assert_eq!(report.count(Outcome::Failed), 2);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_published_before_a_straggler_ends_and_its_rows_follow() {
    // What comes after the first part was due is published at the end. On a busy machine that may be all, so that more time is given.
    for publish_after in [200, 2_000, 20_000].map(Duration::from_millis) {
        let report = with_a_straggler(publish_after).await;
        assert_eq!(report.count(Outcome::Delivered), 2);
        assert_each_row_once(&report);
        let late = report.files.iter().filter(|file| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with("_late.parquet")
        });
        match (report.files.len(), late.count()) {
            (6, 3) => return,
            files => assert_eq!(files, (3, 0)),
        }
    }
    panic!("nothing was published before the straggler ended");
}

/// A run of two devices, one of which is held until the rows of the other one are published, or longer than that can take.
async fn with_a_straggler(publish_after: Duration) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
    let (free, freed) = tokio::sync::watch::channel(false);
    let held = Between::Held(freed, publish_after + Duration::from_secs(3));
    let inventory = in_front(&inventory, &fleet, "two", held).await;
    let change = |options: &mut Options| {
        options.login.host_keys = Some(crate::options::HostKeys::Off);
        options.limits.device_timeout = Duration::from_secs(120);
        options.limits.publish_after = publish_after;
    };
    let lake = folder.path().join("lake");
    let early = tokio::spawn(async move {
        // A file a table: the rows of the straggler would be three more.
        while sinks::lake::files(&lake).unwrap_or_default().len() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        free.send_replace(true);
    });
    let watch: Watch = Arc::new(|_| {});
    let never = std::future::pending();
    let finished = run_with(folder.path(), &inventory, watch, change, never).await;
    early.await.unwrap();
    fleet.stop().await;
    finished.report
}

fn assert_each_row_once(report: &RunReport) {
    let of_devices = report
        .devices
        .values()
        .flat_map(|device| device.rows.values());
    let of_files = report.files.iter().map(|file| file.rows);
    assert_eq!(
        of_devices.sum::<usize>(),
        of_files.sum::<usize>(),
        "each row once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_replies_are_dropped_once_the_run_is_delivered_and_not_before() {
    for lake_is_lost in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(folder.path()).await;
        let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
        let lake = folder.path().join("lake");
        let watch: Watch = Arc::new(move |event| {
            if lake_is_lost && matches!(event, Event::Connected) {
                std::fs::remove_dir_all(&lake).ok();
                std::fs::write(&lake, "no folder").ok();
            }
        });
        let change = |options: &mut Options| options.output.raw = RawReplies::Drop;
        let never = std::future::pending();
        let finished = run_with(folder.path(), &inventory, watch, change, never).await;
        assert_eq!(finished.report.lake_error.is_some(), lake_is_lost);
        let rpcs = finished
            .report
            .devices
            .values()
            .flat_map(|device| device.rpcs.values());
        let kept: Vec<bool> = rpcs.map(|rpc| rpc.file.is_some()).collect();
        assert!(!kept.is_empty() && kept.iter().all(|kept| *kept == lake_is_lost));
        let names = std::fs::read_dir(finished.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(
            names.filter(|name| name.contains("_raw.xml")).count() > 0,
            lake_is_lost
        );
        fleet.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_limit_keeps_the_series_of_the_devices_that_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
    let path = folder.path().join("junos.prom");
    let collect = async |inventory: &str, limit: Option<&str>| {
        let change = |options: &mut Options| {
            options.devices.sources.limit = limit.map(str::to_owned);
            options.output.metrics = Some(crate::options::MetricsFile {
                path: path.clone(),
                names: metrics::MetricNames::Documented,
                detail: metrics::Detail::Full,
                interval: None,
            });
        };
        let watch: Watch = Arc::new(|_| {});
        let never = std::future::pending();
        let finished = run_with(folder.path(), inventory, watch, change, never).await;
        assert_eq!(finished.metrics_error, None);
        std::fs::read_to_string(&path).unwrap()
    };
    let lines_of = |text: &str, device: &str| {
        let label = format!("device=\"{device}\"");
        let lines = text.lines().filter(|line| line.contains(&label));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = collect(&inventory, None).await;
    let part = collect(&inventory, Some("one")).await;
    assert!(lines_of(&whole, "two").len() > 20);
    assert_eq!(lines_of(&part, "two"), lines_of(&whole, "two"));
    assert_eq!(lines_of(&part, "one").len(), lines_of(&whole, "one").len());
    // A device that is no longer in the inventory is gone.
    let without = inventory.replace("\"two\":", "\"three\":");
    let part = collect(&without, Some("one")).await;
    assert_ne!(without, inventory);
    let gone = lines_of(&part, "two");
    assert!(gone.is_empty(), "{gone:?}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushgateway_that_hangs_costs_no_device_anything_and_the_run_its_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet(folder.path()).await;
    let inventory = sim::inventory::render(&fleet, fleet.devices(), "sim", Login::Key);
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hangs.local_addr().unwrap();
    let change = |options: &mut Options| {
        options.limits.retry.attempts = 3;
        options.output.push = Some(crate::options::PushOptions {
            address: format!("http://pusher:sesame@{address}").into(),
            job: "junos".to_owned(),
            names: metrics::MetricNames::Documented,
            detail: metrics::Detail::Full,
            interval: None,
            timeout: Duration::from_secs(1),
        });
    };
    let watch: Watch = Arc::new(|_| {});
    let began = Instant::now();
    let never = std::future::pending();
    let finished = run_with(folder.path(), &inventory, watch, change, never).await;
    assert!(began.elapsed() < Duration::from_secs(20));
    let report = &finished.report;
    assert_eq!(report.count(Outcome::Delivered), 2);
    assert!(report.is_delivered() && report.files.len() == 3);
    let push = report.push.as_ref().unwrap();
    assert_eq!((push.pushed, push.failed), (0, 2));
    assert_eq!(push.gateway, format!("http://{address}"));
    let error = push.error.as_deref().unwrap();
    assert!(
        error.contains("lacks the series of 2 of 2 devices"),
        "{error}"
    );
    assert!(!serde_json::to_string(report).unwrap().contains("sesame"));
    fleet.stop().await;
}
