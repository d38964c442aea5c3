//! Requests and their answers, with a collector whose devices a test decides.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Mutex;

use async_trait::async_trait;
use collector::Clock;
use http_body::Body as _;
use tokio::sync::watch;

use super::*;
use crate::collect::{Listed, PassEnd};

/// Devices that answer after some time, or not.
struct Scripted {
    live: LiveSeries,
    devices: BTreeMap<&'static str, (Duration, bool)>,
    collected: Mutex<Vec<String>>,
}

impl Scripted {
    fn put(&self, device: &str, is_up: bool) {
        let health = Health {
            device: device.to_owned(),
            is_up,
            ..Health::default()
        };
        let info = DeviceInfo {
            device: device.to_owned(),
            ..DeviceInfo::default()
        };
        let mut fleet = self.live.fleet();
        let tables = fleet.pack([]);
        fleet.put(tables, &health, &info, None, Clock::default().now());
    }
}

#[async_trait]
impl Collect for Scripted {
    fn devices(&self) -> Arc<Vec<Listed>> {
        let names = self.devices.keys();
        let listed = names.map(|name| Listed {
            name: (*name).to_owned(),
            ..Listed::default()
        });
        Arc::new(listed.collect())
    }

    async fn pass(&self, _: watch::Receiver<bool>) -> Result<PassEnd, String> {
        Ok(PassEnd::default())
    }

    async fn probe(&self, device: &str, _: watch::Receiver<bool>) -> Result<(), String> {
        self.collected.lock().unwrap().push(device.to_owned());
        let (time, is_up) = self.devices[device];
        tokio::time::sleep(time).await;
        if device == "broken" {
            return Err("the disk is full".to_owned());
        }
        self.put(device, is_up);
        Ok(())
    }

    async fn reload(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The routes of such devices.
pub(crate) struct Served {
    collect: Arc<Scripted>,
    pub(crate) routes: Routes,
    web: Web,
    _stop: watch::Sender<bool>,
}

impl Served {
    pub(crate) fn new() -> Self {
        let every = Duration::from_secs(60);
        let live = LiveSeries::new(MetricNames::Documented, Detail::Full, every);
        let second = Duration::from_secs(1);
        let collect = Arc::new(Scripted {
            live: live.clone(),
            devices: BTreeMap::from([
                ("broken", (second, true)),
                ("down", (second, false)),
                ("slow", (second * 20, true)),
                ("up", (second, true)),
            ]),
            collected: Mutex::default(),
        });
        let status = Arc::new(Status::new(
            Clock::default(),
            every,
            every,
            Arc::new(|_| {}),
        ));
        let (_stop, stopped) = watch::channel(false);
        let shared = Arc::clone(&collect) as Arc<dyn Collect>;
        let probes = Probes::new(
            Arc::clone(&shared),
            live.clone(),
            Arc::clone(&status),
            Duration::from_secs(55),
            2,
            stopped,
        );
        Self {
            routes: Routes::new(shared, live, status, probes),
            collect,
            web: Web::default(),
            _stop,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (Answer, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let mut answer = self
            .routes
            .answer(request, &self.web, "127.0.0.1:9830")
            .await;
        let mut bytes = Vec::new();
        loop {
            let mut body = std::pin::pin!(answer.body_mut());
            let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await;
            match frame {
                Some(frame) => bytes.extend_from_slice(frame.unwrap().data_ref().unwrap()),
                None => break,
            }
        }
        assert!(answer.headers().contains_key(CONTENT_TYPE), "{path}");
        (answer, bytes)
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let (answer, bytes) = self.ask("GET", path, headers).await;
        (answer.status().as_u16(), String::from_utf8(bytes).unwrap())
    }
}

#[tokio::test]
async fn each_path_has_its_answer_and_each_mistake_its_sentence() {
    let served = Served::new();
    served.collect.put("up", true);
    let cases = [
        ("/", 200, "<h1>Lanewatch</h1>"),
        ("/metrics", 200, "lanewatch_run_interval_seconds 60\n"),
        ("/metrics?device=up", 200, "junos_up{device=\"up\"} 1\n"),
        (
            "/metrics?device=%75p&x=1",
            200,
            "junos_up{device=\"up\"} 1\n",
        ),
        ("/metrics?device=*", 200, "junos_up{device=\"up\"} 1\n"),
        (
            "/metrics?device=down",
            503,
            "down has not been collected yet\n",
        ),
        (
            "/metrics?device=other",
            404,
            "the inventory has no device `other`; nothing else is contacted\n",
        ),
        (
            "/metrics?device=up&device=down",
            400,
            "`device` is given twice\n",
        ),
        ("/metrics?device=%ff", 400, "the query is no UTF-8\n"),
        ("/probe", 400, "`target` is missing"),
        (
            "/probe?target=10.0.0.1",
            404,
            "the inventory has no device `10.0.0.1`",
        ),
        (
            "/probe?target=up&module=optics",
            400,
            "there is no `module` here",
        ),
        ("/sd", 200, "\"__param_target\":\"slow\""),
        ("/healthz", 200, "{\"healthy\":true}\n"),
        ("/-/healthy", 200, "{\"healthy\":true}\n"),
        (
            "/readyz",
            503,
            "{\"ready\":false,\"why\":\"the first pass is not over\"}\n",
        ),
        ("/-/ready", 503, "the first pass is not over"),
        ("/-/reload", 404, "there is nothing here"),
    ];
    for (path, status, text) in cases {
        let (found, body) = served.get(path, &[]).await;
        assert_eq!(found, status, "{path}: {body}");
        assert!(body.contains(text), "{path}: {body}");
    }
    assert!(served.collect.collected.lock().unwrap().is_empty());
}

#[tokio::test]
async fn methods_bodies_and_forms_are_negotiated() {
    let served = Served::new();
    served.collect.put("up", true);
    let path = "/metrics?device=up";
    let (answer, _) = served.ask("POST", path, &[]).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()[ALLOW], "GET, HEAD");
    let (answer, _) = served.ask("GET", path, &[("content-length", "5")]).await;
    assert_eq!(answer.status(), 413);
    let (answer, body) = served.ask("HEAD", path, &[]).await;
    assert_eq!((answer.status().as_u16(), body.len()), (200, 0));
    let (answer, _) = served.ask("GET", path, &[("accept", "image/png")]).await;
    assert_eq!(answer.status(), 406);
    let open = [("accept", "application/openmetrics-text; version=1.0.0")];
    let (answer, body) = served.ask("GET", path, &open).await;
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.headers()[CONTENT_TYPE], expected);
    assert!(body.ends_with(b"# EOF\n"));
    let (_, plain) = served.get(path, &[]).await;
    let (answer, zipped) = served
        .ask("GET", path, &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(answer.headers()[CONTENT_ENCODING], "gzip");
    let mut unzipped = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&zipped[..]);
    decoder.read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, plain);
}

#[tokio::test(start_paused = true)]
async fn probes_at_once_are_one_collection_and_its_result_is_kept_for_a_while() {
    let served = Served::new();
    let probe = || served.get("/probe?target=up", &[]);
    let (first, second) = tokio::join!(probe(), probe());
    assert_eq!(first.0, 200);
    assert!(
        first.1.contains("junos_up{device=\"up\"} 1\n"),
        "{}",
        first.1
    );
    assert_eq!(first, second);
    assert_eq!(probe().await, first);
    assert_eq!(*served.collect.collected.lock().unwrap(), ["up"]);
    let facts = served.routes.status.facts();
    let counts: Vec<_> = facts
        .probes
        .iter()
        .map(|(result, count)| (result.name(), *count))
        .collect();
    assert_eq!(counts, [("cached", 1), ("collected", 1), ("joined", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_sick_device_is_down_in_its_series_and_the_answer_comes_before_the_scraper_gives_up() {
    let served = Served::new();
    let (status, text) = served.get("/probe?target=down", &[]).await;
    assert_eq!(status, 200);
    assert!(text.contains("junos_up{device=\"down\"} 0\n"), "{text}");
    let began = tokio::time::Instant::now();
    let header = [("X-Prometheus-Scrape-Timeout-Seconds", "10")];
    let (status, text) = served.get("/probe?target=slow", &header).await;
    assert_eq!(began.elapsed().as_millis() / 100, 95);
    assert_eq!(status, 200);
    assert!(text.contains("junos_up{device=\"slow\"} 0\n"), "{text}");
    // The collection went on, and the next probe has its result.
    let (_, text) = served.get("/probe?target=slow", &[]).await;
    assert!(text.contains("junos_up{device=\"slow\"} 1\n"), "{text}");
    assert_eq!(*served.collect.collected.lock().unwrap(), ["down", "slow"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_fault_of_the_device_is_a_refusal() {
    let served = Served::new();
    let (status, text) = served.get("/probe?target=broken", &[]).await;
    assert_eq!((status, text.as_str()), (503, "the disk is full\n"));
    let ask = |device| served.ask("GET", device, &[]);
    let (_, _, (third, text)) = tokio::join!(
        ask("/probe?target=slow"),
        ask("/probe?target=down"),
        async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ask("/probe?target=up").await
        }
    );
    assert_eq!(third.status(), 503);
    assert!(third.headers().contains_key(RETRY_AFTER));
    assert_eq!(text, b"too many probes are at work\n");
}

#[tokio::test]
async fn without_credentials_nothing_is_told_and_each_answer_has_the_headers() {
    let mut served = Served::new();
    let config = "http_server_config: {headers: {X-Frame-Options: deny}}\n";
    let path = std::path::Path::new("web.yml");
    served.web.config = crate::web_config::WebConfig::parse(config, path).unwrap();
    served.web.token = Some(sha2::Digest::finalize(sha2::Sha256::default()).into());
    for path in ["/metrics", "/healthz", "/nothing"] {
        let (answer, body) = served.ask("GET", path, &[]).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(
            answer.headers()[WWW_AUTHENTICATE],
            "Bearer realm=\"lanewatch\""
        );
        assert_eq!(answer.headers()["x-frame-options"], "deny");
        assert_eq!(body, b"credentials are needed\n");
    }
}

#[test]
fn a_deadline_is_a_little_less_than_the_scraper_waits() {
    let of = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(SCRAPE_TIMEOUT, text.parse().unwrap());
        deadline(&headers).as_millis()
    };
    assert_eq!(of("10"), 9500);
    assert_eq!(of("0.6"), 300);
    for none in ["x", "-1", "0", "NaN", "inf", "1e300"] {
        assert_eq!(of(none), PROBE_DEADLINE.as_millis(), "{none}");
    }
}
