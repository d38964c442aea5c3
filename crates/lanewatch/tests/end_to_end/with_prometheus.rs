//! Our metrics and rules, judged by the tools of Prometheus.

mod backfill;
mod live;
mod push_sink;
mod scrape;
mod server;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::alert_rules::{conventional_rule_file, promtool_tests, repository, rule_file};
use crate::harness::{Fleet, RunFolder, closed_port, lanewatch};

#[test]
#[ignore = "needs promtool, which `cargo xtask test` installs"]
fn promtool_reads_the_text_and_has_remarks_on_known_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let mappings = ["chassis_environment", "route_engine"].map(|name| {
        let path = fs::canonicalize(format!("../../mappings/{name}.yml")).unwrap();
        path.into_os_string().into_string().unwrap()
    });
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--metrics-file",
        "junos.prom",
        "--metric-names",
        "both",
        "--catalogue",
        &mappings[0],
        "--catalogue",
        &mappings[1],
    ];
    lanewatch(folder.path(), &arguments).expect(0);
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::from(
        File::open(folder.path().join("junos.prom")).unwrap(),
    ));
    let judged = promtool.output().expect("promtool cannot be run");
    // 0: nothing to say; 3: remarks on names; anything else: the text cannot be read.
    let said = String::from_utf8_lossy(&judged.stderr).into_owned()
        + &String::from_utf8_lossy(&judged.stdout);
    assert!(matches!(judged.status.code(), Some(0 | 3)), "{said}");
    // The documented names, which stay, and units that are never converted.
    let known = [
        "junos_interface_fec_",
        "junos_interface_histogram_bin_",
        "milliamps",
        "bits_per_second",
        "megabytes",
    ];
    let is_known = |line: &&str| known.iter().any(|name| line.contains(name));
    let others: Vec<_> = said
        .lines()
        .filter(|line| !line.is_empty() && !is_known(line))
        .collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// Runs a tool of Prometheus; what it says when it is content.
#[track_caller]
fn judge(program: &str, arguments: &[&str]) -> String {
    let judged = Command::new(program).args(arguments).output();
    let judged = judged.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&judged.stdout).into_owned()
        + &String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{program} {arguments:?}:\n{said}");
    said
}

#[test]
#[ignore = "needs promtool and amtool, which `cargo xtask test` installs"]
fn prometheus_and_alertmanager_take_the_configuration() {
    for rules in [rule_file(), conventional_rule_file()] {
        judge("promtool", &["check", "rules", rules.to_str().unwrap()]);
    }
    let config = repository("infrastructure/prometheus.yml");
    let said = judge("promtool", &["check", "config", config.to_str().unwrap()]);
    assert!(said.contains("1 rule files found"), "{said}");
    let alertmanager = repository("infrastructure/prometheus/alertmanager.yml");
    judge("amtool", &["check-config", alertmanager.to_str().unwrap()]);
}

#[test]
#[ignore = "needs promtool, which `cargo xtask test` installs"]
fn each_alert_fires_and_is_quiet_for_each_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = 0;
    for (at, (tests, count)) in promtool_tests().into_iter().enumerate() {
        let path = folder.path().join(format!("{at}.yml"));
        fs::write(&path, tests).unwrap();
        judge("promtool", &["test", "rules", path.to_str().unwrap()]);
        all += count;
    }
    assert!(all > 150, "{all}");
}

/// A Pushgateway, stopped when dropped.
struct Pushgateway {
    child: Child,
    address: String,
}

impl Pushgateway {
    fn start() -> Self {
        let address = format!("127.0.0.1:{}", closed_port());
        let child = Command::new("prometheus-pushgateway")
            .args([
                "--log.level=error",
                // Debian's keeps what others pushed before.
                "--persistence.file=",
                &format!("--web.listen-address={address}"),
            ])
            .stdin(Stdio::null())
            .spawn()
            .expect("prometheus-pushgateway cannot be run");
        let gateway = Self { child, address };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&gateway.address).is_err() {
            assert!(Instant::now() < until, "the Pushgateway never answered");
            thread::sleep(Duration::from_millis(20));
        }
        gateway
    }

    /// The series that it has of an instance, by name and labels.
    fn series(&self, instance: &str) -> BTreeMap<String, f64> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (_, text) = text.split_once("\r\n\r\n").unwrap();
        let label = format!("instance=\"{instance}\"");
        let lines = text
            .lines()
            .filter(|line| line.starts_with("junos_") && line.contains(&label));
        let samples = lines.map(|line| line.rsplit_once(' ').unwrap());
        samples
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }
}

impl Drop for Pushgateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "needs prometheus-pushgateway, which `cargo xtask test` installs"]
fn a_pushgateway_has_what_was_pushed_and_a_second_file_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let gateway = Pushgateway::start();
    let metrics = ["--metrics-file", "junos.prom"];
    lanewatch(
        folder.path(),
        &[&["collect", "-i", fleet.inventory()], &metrics[..]].concat(),
    )
    .expect(0);
    let run = RunFolder::latest(&folder.path().join("output"));
    let device = run.devices()[0].to_owned();
    let document = |rpc: &str| {
        let path = run.path.join(format!("{device}_{rpc}_metrics.json"));
        path.to_str().unwrap().to_owned()
    };
    let (optics, statistics) = (
        document("optics_diagnostics"),
        document("interface_statistics"),
    );
    let push = |more: &[&str], status| {
        let to = ["push", "--pushgateway", &gateway.address, "--job", "junos"];
        lanewatch(folder.path(), &[&to, more].concat()).expect(status)
    };
    let optics_name = "junos_optics_rx_power_dbm";
    let fec_name = "junos_interface_fec_ccw";
    let count = |instance: &str, name: &str| {
        let series = gateway.series(instance);
        series
            .keys()
            .filter(|series| series.starts_with(&format!("{name}{{")))
            .count()
    };

    let ran = push(&["--metrics-file", &optics], 0);
    assert!(
        ran.stdout.contains(&format!(
            "series of {device} pushed to http://{}",
            gateway.address
        )),
        "{}",
        ran.stdout
    );
    push(&["--metrics-file", &statistics, "--format", "json"], 0);
    let text = fs::read_to_string(folder.path().join("junos.prom")).unwrap();
    let written = |name: &str| {
        text.lines()
            .filter(|line| line.starts_with(&format!("{name}{{")))
            .count()
    };
    for name in [optics_name, fec_name] {
        assert!(written(name) > 0);
        assert_eq!(
            count(&device, name),
            written(name),
            "{name}: both files are there"
        );
    }
    // Each value is that of the run's own text.
    let series = gateway.series(&device);
    let own = text
        .lines()
        .find(|line| line.starts_with(&format!("{optics_name}{{")))
        .unwrap();
    let (name, value) = own.rsplit_once(' ').unwrap();
    // The gateway sorts labels and adds its own.
    let (_, labels) = name.trim_end_matches('}').split_once('{').unwrap();
    let pushed = series.iter().find(|(series, _)| {
        series.starts_with(optics_name) && labels.split(',').all(|label| series.contains(label))
    });
    assert_eq!(pushed.map(|(_, value)| *value), value.parse().ok(), "{own}");

    // PUT takes away what it does not send.
    push(&["--metrics-file", &statistics, "--replace"], 0);
    assert_eq!(
        (count(&device, optics_name), count(&device, fec_name)),
        (0, written(fec_name))
    );
    push(
        &[
            "--metrics-file",
            &statistics,
            "--metrics-file",
            &optics,
            "--replace",
        ],
        0,
    );
    assert_eq!(
        (count(&device, optics_name), count(&device, fec_name)),
        (written(optics_name), written(fec_name))
    );

    // A whole text, and instances that no path can hold as they are.
    for instance in ["a/b", "größe \"x\"", "..", "host:9100"] {
        push(&["--metrics-file", "junos.prom", "--instance", instance], 0);
        let label = instance.replace('"', "\\\"");
        assert_eq!(
            count(&label, optics_name),
            written(optics_name),
            "{instance}"
        );
    }

    // What the gateway refuses is told in its words, and what it has stays.
    fs::write(
        folder.path().join("bad.prom"),
        "junos_up{device=\"a\"} 1 1700000000000\n",
    )
    .unwrap();
    let ran = push(&["--metrics-file", "bad.prom", "--instance", "bad"], 1);
    ran.says(&["refuses the series (400)", "timestamp"]);
    assert_eq!(count("bad", "junos_up"), 0);
}
