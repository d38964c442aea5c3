//! Devices are handed to the sink while a gateway answers as each test says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use metrics::{Detail, MetricNames};
use secrecy::SecretString;

use super::*;
use crate::options::Options;

/// A gateway that notes each request, and answers when it may.
struct FakeGateway {
    address: String,
    /// `PUT /metrics/job/lanewatch/instance/a`, when they have been read.
    requests: Arc<Mutex<Vec<String>>>,
    /// An answer to a PUT needs one; none are needed after it is dropped.
    permits: Option<mpsc::SyncSender<()>>,
}

impl FakeGateway {
    fn start(held: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (permits, permitted) = mpsc::sync_channel(0);
        let permitted = Arc::new(Mutex::new(permitted));
        let seen = Arc::clone(&requests);
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, permitted) = (Arc::clone(&seen), Arc::clone(&permitted));
                let held = held.clone();
                thread::spawn(move || answer(stream, &seen, &permitted, &held));
            }
        });
        Self {
            address,
            requests,
            permits: Some(permits),
        }
    }

    fn requests(&self, method: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let of_method = requests.iter();
        let of_method = of_method.filter(|request| request.starts_with(method));
        let mut of_method: Vec<_> = of_method.cloned().collect();
        of_method.sort();
        of_method
    }

    fn wait_for(&self, method: &str, count: usize) {
        let began = std::time::Instant::now();
        while self.requests(method).len() < count {
            assert!(began.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn answer(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    permitted: &Mutex<mpsc::Receiver<()>>,
    held: &str,
) {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    let (head, whole) = loop {
        let read = stream.read(&mut buffer).unwrap_or(0);
        if read == 0 {
            return;
        }
        received.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.split("content-length: ").nth(1);
            let length = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            break (head.to_owned(), head.len() + 4 + length);
        }
    };
    while received.len() < whole {
        let read = stream.read(&mut buffer).unwrap();
        received.extend_from_slice(&buffer[..read]);
    }
    let request = head.lines().next().unwrap();
    let request = request.trim_end_matches(" HTTP/1.1").to_owned();
    seen.lock().unwrap().push(request.clone());
    if request.starts_with("PUT ") {
        permitted.lock().unwrap().recv().ok();
    }
    let body = if request.starts_with("GET ") {
        held
    } else {
        ""
    };
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all((head + body).as_bytes()).ok();
}

fn sink(folder: &Path, gateway: &FakeGateway, limit: Option<&str>, timeout: Duration) -> PushSink {
    let inventory = folder.join("fleet.yaml");
    std::fs::write(&inventory, "all: {hosts: {a: , b: , c/d: }}\n").unwrap();
    let mut options = Options::for_tests(&inventory);
    options.devices.sources.limit = limit.map(str::to_owned);
    let plan = Plan::build(&options).unwrap();
    let push = PushOptions {
        address: SecretString::from(gateway.address.clone()),
        job: "lanewatch".to_owned(),
        names: MetricNames::Documented,
        detail: Detail::Full,
        interval: None,
        timeout,
    };
    let at = Gateway::at(&gateway.address).unwrap();
    let retry = Retry {
        attempts: 3,
        first_pause: Duration::from_millis(1),
    };
    PushSink::new(&push, at, retry, &plan, Clock::default())
}

/// A device with everything delivered.
fn output(device: &str) -> DeviceOutput {
    DeviceOutput {
        device: device.to_owned(),
        health: Some(Health {
            device: device.to_owned(),
            is_up: true,
            succeeded: Some(1),
            delivered: Some(1),
            rpcs: vec![metrics::RpcHealth {
                name: "optics".to_owned(),
                succeeded: Some(1),
                seconds: 0.1,
            }],
            ..Health::default()
        }),
        ..DeviceOutput::default()
    }
}

const LONG: Duration = Duration::from_secs(60);
const PUT_A: &str = "PUT /metrics/job/lanewatch/instance/a";

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_a_device_wins_and_what_it_replaced_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = FakeGateway::start(r#"{"data":[]}"#.to_owned());
    let mut sink = sink(folder.path(), &gateway, None, LONG);
    let (end, gateway) = tokio::task::spawn_blocking(move || {
        sink.take(&output("a"));
        gateway.wait_for("PUT", 1);
        // One is on its way: the device's next wait for it, and the newest of them is sent.
        for _ in 0..3 {
            sink.take(&output("a"));
        }
        sink.take(&output("c/d"));
        gateway.wait_for("PUT", 2);
        gateway.permits = None;
        (sink.finish(), gateway)
    })
    .await
    .unwrap();
    let push = end.push.unwrap();
    assert_eq!((push.pushed, push.failed, push.replaced), (3, 0, 2));
    assert_eq!(push.error, None);
    let in_base64 = "PUT /metrics/job/lanewatch/instance@base64/Yy9k";
    assert_eq!(gateway.requests("PUT"), [PUT_A, PUT_A, in_base64]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_hangs_is_left_at_the_timeout_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = FakeGateway::start(String::new());
    let mut sink = sink(folder.path(), &gateway, None, Duration::from_millis(300));
    let began = std::time::Instant::now();
    let end = tokio::task::spawn_blocking(move || {
        for device in 0..100 {
            sink.take(&output(&format!("{device:03}")));
        }
        sink.finish()
    });
    let end = end.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    let push = end.push.unwrap();
    assert_eq!((push.pushed, push.failed), (0, 100));
    let error = push.error.unwrap();
    let words = "lacks the series of 100 of 100 devices, the first is ";
    assert!(error.contains(words), "{error}");
    assert!(end.warnings.is_empty(), "{:?}", end.warnings);
    assert!(gateway.requests("DELETE").is_empty());
}

/// What a gateway holds: devices that left the inventory, and one that did not.
fn held() -> String {
    let group = |device: &str, runner: &str, shard: &str| {
        format!(
            r#"{{"labels":{{"instance":"{device}","job":"lanewatch"}},"lanewatch_push_info":{{"metrics":[{{"labels":{{"runner":"{runner}","shard":"{shard}"}},"value":"1"}}]}}}}"#
        )
    };
    format!(
        r#"{{"data":[{},{},{},{},{{"labels":{{"instance":"by-hand","job":"lanewatch"}}}}]}}"#,
        group("a", "r", "fleet"),
        group("gone", "r", "fleet"),
        group("of-another-runner", "s", "fleet"),
        group("of-another-shard", "r", "fleet 2/2"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_this_runner_and_shard_go_whose_devices_left_the_inventory_and_no_others() {
    for (limit, deleted) in [(None, vec!["gone"]), (Some("a"), vec![])] {
        let folder = tempfile::tempdir().unwrap();
        let mut gateway = FakeGateway::start(held());
        gateway.permits = None;
        let mut sink = sink(folder.path(), &gateway, limit, LONG);
        let end = tokio::task::spawn_blocking(move || {
            sink.take(&output("a"));
            sink.finish()
        });
        let push = end.await.unwrap().push.unwrap();
        assert_eq!(push.deleted, deleted);
        let requests = gateway.requests("DELETE");
        let expected = deleted.iter();
        let expected = expected
            .map(|device| format!("DELETE /metrics/job/lanewatch/instance/{device}"))
            .collect::<Vec<_>>();
        assert_eq!(requests, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_asked_once_what_it_holds_of_devices_that_failed_or_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = FakeGateway::start(r#"{"data":[]}"#.to_owned());
    gateway.permits = None;
    let mut sink = sink(folder.path(), &gateway, None, LONG);
    let end = tokio::task::spawn_blocking(move || {
        // Its name alone: it failed, and the gateway is asked when it last succeeded.
        sink.take(&DeviceOutput {
            device: "b".to_owned(),
            ..DeviceOutput::default()
        });
        sink.take(&output("a"));
        sink.finish()
    });
    let push = end.await.unwrap().push.unwrap();
    assert_eq!((push.pushed, push.failed), (2, 0));
    assert_eq!(
        gateway.requests("GET"),
        ["GET /api/v1/metrics"],
        "once a run"
    );
}
