//! A real Prometheus that finds devices by `/sd` and scrapes `/probe`.

use std::thread;
use std::time::{Duration, Instant};

use collector::Clock;

use super::server::Prometheus;
use crate::harness::{Daemon, Fleet};

const LIMIT: Duration = Duration::from_secs(120);

/// Waits until the expression gives as many series as it should.
#[track_caller]
fn wait_for(prometheus: &Prometheus, expr: &str, is_right: impl Fn(usize) -> bool) {
    let until = Instant::now() + LIMIT;
    loop {
        let found = prometheus.query(expr, Clock::default().now(), false).len();
        if is_right(found) {
            return;
        }
        assert!(Instant::now() < until, "{expr}: {found} series");
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
#[ignore = "needs prometheus, which `cargo xtask test` installs"]
fn prometheus_finds_the_devices_and_sees_them_go() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let daemon = Daemon::start(
        folder.path(),
        &fleet.inventory,
        "1h",
        &["--probe-cache", "1s", "--attempts", "1"],
    );
    let address = &daemon.address;
    let configuration = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: lanewatch
    scrape_interval: 2s
    scrape_timeout: 2s
    http_sd_configs: [{{url: 'http://{address}/sd'}}]
    relabel_configs:
      - {{source_labels: [__meta_lanewatch_shard], target_label: of}}
  - job_name: lanewatch-collector
    static_configs: [{{targets: ['{address}']}}]
"
    );
    let prometheus = Prometheus::start(folder.path(), &configuration);
    wait_for(
        &prometheus,
        "junos_up{job=\"lanewatch\",of!=\"\"} == 1",
        |found| found == 2,
    );
    wait_for(&prometheus, "up == 1", |found| found == 3);
    wait_for(
        &prometheus,
        "lanewatch_devices{state=\"delivered\"} == 2",
        |found| found == 1,
    );
    wait_for(&prometheus, "junos_optics_rx_power_dbm", |found| found > 10);
    drop(fleet);
    wait_for(&prometheus, "junos_up == 0", |found| found == 2);
    // Without a scrape in between that says otherwise, they are gone at once and not after five minutes.
    wait_for(&prometheus, "junos_optics_rx_power_dbm", |found| found == 0);
    wait_for(&prometheus, "up{job=\"lanewatch\"} == 1", |found| {
        found == 2
    });
}
