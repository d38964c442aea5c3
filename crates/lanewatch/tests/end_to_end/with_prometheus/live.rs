//! A lane that goes dark, in a real Prometheus and a real Alertmanager: it fires, is told once for its interface, and resolves.
//!
//! Minutes of the rules and of Alertmanager's configuration are seconds here; nothing else of them is changed.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use collector::Clock;
use serde_json::Value;

use super::judge;
use super::server::Prometheus;
use crate::alert_rules::{repository, rule_file};
use crate::harness::closed_port;

const PORT: &str = "device=\"leaf\",interface=\"et-0/0/1\"";
const LANES: usize = 8;
/// Longer than any step takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

fn now() -> i64 {
    Clock::default().now()
}

/// The series of the device with light on its lanes, or without.
fn series(is_lit: bool) -> String {
    let up = u8::from(is_lit);
    let mut text = format!(
        "junos_up{{device=\"leaf\"}} 1\njunos_device_info{{device=\"leaf\",shard=\"lab\"}} 1\n\
         junos_last_delivery_timestamp_seconds{{device=\"leaf\"}} {}\njunos_collection_interval_seconds{{device=\"leaf\"}} 60\n\
         junos_interface_admin_up{{{PORT}}} 1\njunos_interface_up{{{PORT}}} {up}\n",
        now()
    );
    for lane in 0..LANES {
        match is_lit {
            true => writeln!(text, "junos_optics_rx_power_dbm{{{PORT},lane=\"{lane}\"}} -2"),
            false => writeln!(
                text,
                "junos_optics_lane_state{{{PORT},lane=\"{lane}\",quantity=\"rx_power\",state=\"no_light\"}} 1"
            ),
        }
        .unwrap();
    }
    text
}

/// The hour before, with light: it ends 11 minutes ago, so that the rule finds it behind its offset.
fn history(folder: &Path) {
    let mut text = "# TYPE junos_interface_up gauge\n".to_owned();
    let times = || (now() - 3_600..now() - 660).step_by(60);
    for time in times() {
        writeln!(text, "junos_interface_up{{{PORT}}} 1 {time}").unwrap();
    }
    text += "# TYPE junos_optics_rx_power_dbm gauge\n";
    for time in times() {
        for lane in 0..LANES {
            let series = format!("junos_optics_rx_power_dbm{{{PORT},lane=\"{lane}\"}}");
            writeln!(text, "{series} -2 {time}").unwrap();
        }
    }
    let file = folder.join("history.om");
    fs::write(&file, text + "# EOF\n").unwrap();
    let data = folder.join("data");
    let make = ["tsdb", "create-blocks-from", "openmetrics"];
    judge(
        "promtool",
        &[&make[..], &[file.to_str().unwrap(), data.to_str().unwrap()]].concat(),
    );
}

/// A text with the minutes of these keys as seconds.
fn quick(text: &str, keys: &[&str]) -> String {
    let lines = text.lines().map(|line| {
        let is_time = keys.iter().any(|key| line.trim_start().starts_with(key));
        match line.strip_suffix('m').filter(|_| is_time) {
            Some(line) => format!("{line}s\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// What the device says, and the messages that came: one server for the scrape and for Alertmanager's webhook.
struct Stand {
    address: String,
    is_lit: Arc<Mutex<bool>>,
    messages: Arc<Mutex<Vec<Value>>>,
}

impl Stand {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stand = Self {
            address: listener.local_addr().unwrap().to_string(),
            is_lit: Arc::new(Mutex::new(false)),
            messages: Arc::default(),
        };
        let (is_lit, messages) = (Arc::clone(&stand.is_lit), Arc::clone(&stand.messages));
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, *is_lit.lock().unwrap(), &messages);
            }
        });
        stand
    }

    /// All alerts of all messages: name, lane and status.
    fn told(&self) -> Vec<(String, String, String)> {
        let messages = self.messages.lock().unwrap();
        let alerts = messages
            .iter()
            .flat_map(|message| message["alerts"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        alerts
            .map(|alert| {
                let labels = &alert["labels"];
                (
                    text(&labels["alertname"]),
                    text(&labels["lane"]),
                    text(&alert["status"]),
                )
            })
            .collect()
    }

    /// Waits until all lanes have this status in a message.
    #[track_caller]
    fn wait_for(&self, status: &str) {
        let until = Instant::now() + LIMIT;
        let count = || {
            let mut lanes: Vec<_> = self
                .told()
                .into_iter()
                .filter(|(name, _, told)| name == "JunosLaneDark" && told == status)
                .collect();
            lanes.sort();
            lanes.dedup();
            lanes.len()
        };
        while count() < LANES {
            assert!(Instant::now() < until, "not {status}: {:?}", self.told());
            thread::sleep(Duration::from_millis(200));
        }
    }
}

fn serve(mut stream: TcpStream, is_lit: bool, messages: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let answer = match head.starts_with("POST ") {
        true => {
            messages
                .lock()
                .unwrap()
                .push(serde_json::from_slice(&body).unwrap());
            String::new()
        }
        false => series(is_lit),
    };
    // Who has gone away is not told.
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    )
    .ok();
}

/// An Alertmanager, stopped when dropped.
struct Alertmanager {
    child: Child,
    address: String,
}

impl Alertmanager {
    fn start(folder: &Path, receiver: &str) -> Self {
        let shipped = repository("infrastructure/prometheus/alertmanager.yml");
        let shipped = fs::read_to_string(shipped).unwrap();
        // 30 seconds would be long here, and no time would let the link's alert come before that of its lane.
        let shipped = shipped.replace("group_wait: 30s", "group_wait: 5s");
        let hook =
            format!("  - name: network\n    webhook_configs: [{{url: 'http://{receiver}/'}}]\n");
        let shipped = shipped.replace("  - name: network\n", &hook);
        let config = folder.join("alertmanager.yml");
        fs::write(&config, quick(&shipped, &["group_interval:"])).unwrap();
        let address = format!("127.0.0.1:{}", closed_port());
        let child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.path={}",
                folder.join("alertmanager").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .stdin(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager cannot be run");
        let alertmanager = Self { child, address };
        let until = Instant::now() + LIMIT;
        while TcpStream::connect(&alertmanager.address).is_err() {
            assert!(Instant::now() < until, "Alertmanager never answered");
            thread::sleep(Duration::from_millis(50));
        }
        alertmanager
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "needs prometheus and prometheus-alertmanager, which `cargo xtask test` installs"]
fn a_lane_that_goes_dark_is_told_once_for_its_interface_and_resolves() {
    let folder = tempfile::tempdir().unwrap();
    history(folder.path());
    let stand = Stand::start();
    let alertmanager = Alertmanager::start(folder.path(), &stand.address);
    let rules = folder.path().join("rules.yml");
    let shipped = fs::read_to_string(rule_file()).unwrap();
    fs::write(&rules, quick(&shipped, &["for:", "keep_firing_for:"])).unwrap();
    let _prometheus = Prometheus::start(
        folder.path(),
        &format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\nalerting: {{alertmanagers: [{{static_configs: \
             [{{targets: ['{}']}}]}}]}}\nscrape_configs: [{{job_name: lanewatch, static_configs: [{{targets: ['{}']}}]}}]\n",
            rules.display(),
            alertmanager.address,
            stand.address
        ),
    );
    stand.wait_for("firing");
    let first = stand.messages.lock().unwrap()[0].clone();
    let labels = &first["groupLabels"];
    assert_eq!(
        (labels["device"].as_str(), labels["interface"].as_str()),
        (Some("leaf"), Some("et-0/0/1"))
    );
    assert_eq!(
        first["alerts"].as_array().unwrap().len(),
        LANES,
        "one message for all lanes: {first}"
    );

    *stand.is_lit.lock().unwrap() = true;
    stand.wait_for("resolved");
    // What the darkness explains is not told to be there, neither while it lasts nor when it ends.
    thread::sleep(Duration::from_secs(12));
    let mut others = stand.told();
    others.retain(|(name, ..)| name != "JunosLaneDark");
    others.retain(|(_, _, status)| status == "firing");
    assert!(others.is_empty(), "{others:?}");
}
