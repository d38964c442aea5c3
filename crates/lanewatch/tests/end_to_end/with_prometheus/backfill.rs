//! A lake of simulated days fills a real Prometheus: each panel of the dashboards and each selector of the rules finds data there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::judge;
use super::server::Prometheus;
use crate::alert_rules::{
    conventional_rule_file, recording_rules, repository, rule_expressions, rule_file,
};
use crate::harness::lanewatch;

/// The configuration of a Prometheus that scrapes nothing.
const NOTHING: &str = "global: {}\n";

/// What the lake cannot have, by a name in an expression, with the reason.
const NOT_IN_A_LAKE: &[(&str, &str)] = &[
    (
        "ALERTS",
        "a Prometheus that evaluates rules makes it; blocks are made of recording rules alone",
    ),
    ("junos_findings", "they are in run.json and not in the lake"),
    (
        "junos_rpc_success",
        "the lake has rows and not the requests that brought them",
    ),
    ("junos_rpc_duration_seconds", "likewise"),
    ("junos_rpc_last_success_timestamp_seconds", "likewise"),
    ("junos_collection_duration_seconds", "likewise"),
    (
        "junos_last_success_timestamp_seconds",
        "whether all was delivered is in run.json",
    ),
    ("junos_maintenance", "the inventory says it"),
    ("junos_maintenance_end_timestamp_seconds", "likewise"),
    ("device:junos_maintenance:bool", "likewise"),
    ("interface:junos_maintenance:bool", "likewise"),
    (
        "port:junos_module_changed:bool",
        "no module of the simulated fleet is changed",
    ),
];
/// Selectors whose condition no simulated lane meets.
const NOT_SIMULATED: &[&str] = &[
    // No laser dies.
    "junos_optics_lane_state{quantity=\"tx_power\", state=\"no_light\"}",
    // `metrics_detail = ports` alone has a margin without a lane.
    "junos_optics_rx_power_margin_db{lane=\"\"}",
    "junos_optics_tx_power_margin_db{lane=\"\"}",
];

/// Records the rules into blocks: those that read recorded ones after them.
fn record(folder: &Path, end: i64) {
    let mut waiting = recording_rules();
    let mut done: BTreeSet<String> = BTreeSet::new();
    while !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|(name, _)| name.clone()).collect();
        let is_due =
            |(_, expr): &(String, String)| !names.iter().any(|name| expr.contains(name.as_str()));
        let (due, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_due);
        assert!(!due.is_empty(), "a circle: {later:?}");
        waiting = later;
        let rules: Vec<Value> = due
            .iter()
            .map(|(record, expr)| json!({"record": record, "expr": expr}))
            .collect();
        let file = folder.join(format!("rules-{}.yml", done.len()));
        fs::write(
            &file,
            json!({"groups": [{"name": "recorded", "rules": rules}]}).to_string(),
        )
        .unwrap();
        done.extend(due.into_iter().map(|(name, _)| name));
        let prometheus = Prometheus::start(folder, NOTHING);
        judge(
            "promtool",
            &[
                "tsdb",
                "create-blocks-from",
                "rules",
                &format!("--start={}", end - 7 * 3_600),
                &format!("--end={end}"),
                &format!("--url=http://{}", prometheus.address),
                "--eval-interval=60s",
                &format!("--output-dir={}", folder.join("data").display()),
                file.to_str().unwrap(),
            ],
        );
    }
}

/// Each query of each panel: its place, the expression, and whether it is one over time.
fn panel_queries() -> Vec<(String, String, bool)> {
    let mut queries = Vec::new();
    for folder in ["dashboards", "dashboards-conventional"] {
        for file in ["fleet", "device", "interface", "collector"] {
            let path = repository(&format!("infrastructure/grafana/{folder}/{file}.json"));
            let dashboard: Value =
                serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            for panel in dashboard["panels"].as_array().unwrap() {
                for target in panel["targets"].as_array().into_iter().flatten() {
                    let text = |value: &Value| value.as_str().unwrap().to_owned();
                    let place = format!(
                        "{folder}/{file}: {} {}",
                        text(&panel["title"]),
                        text(&target["refId"])
                    );
                    queries.push((place, text(&target["expr"]), target["range"] == true));
                }
            }
        }
    }
    assert!(queries.len() > 150, "{}", queries.len());
    queries
}

/// The names in an expression, with what follows each directly in braces: `name{…}`, `name`, `{__name__=~…}`.
fn selectors(expr: &str) -> Vec<String> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    let mut found = Vec::new();
    let mut rest = expr;
    while let Some(at) = rest.find(|letter| is_of_name(letter) || letter == '{' || letter == '"') {
        rest = &rest[at..];
        if let Some(text) = rest.strip_prefix('"') {
            rest = &text[text.find('"').unwrap() + 1..];
            continue;
        }
        let name = rest
            .find(|letter| !is_of_name(letter))
            .unwrap_or(rest.len());
        let labels = match rest[name..].starts_with('{') {
            true => rest[name..].find('}').unwrap() + 1,
            false => 0,
        };
        let word = &rest[..name + labels];
        if name == 0 || word.contains("junos_") || word.starts_with("ALERTS") {
            found.push(word.to_owned());
        }
        rest = &rest[name + labels..];
    }
    found
}

fn is_excused(expr: &str) -> bool {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    let mut words = expr.split(|letter| !is_of_name(letter));
    words.any(|word| NOT_IN_A_LAKE.iter().any(|(name, _)| *name == word))
        || NOT_SIMULATED.contains(&expr)
}

#[test]
#[ignore = "needs prometheus and promtool, which `cargo xtask test` installs"]
fn a_prometheus_that_is_filled_from_the_lake_has_data_for_each_panel_and_each_rule() {
    let folder = tempfile::tempdir().unwrap();
    let sim = ["sim", "--lake", "lake", "--days", "9", "--every", "1h"];
    let said = lanewatch(folder.path(), &sim).expect(0).stdout;
    let end: i64 = said
        .split(" to ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let write = [
        "lake",
        "metrics",
        "--lake",
        "lake",
        "--format",
        "openmetrics",
        "--output",
        "history.om",
        "--metric-names",
        "both",
    ];
    lanewatch(folder.path(), &write)
        .expect(0)
        .says(&["samples of 925 runs"]);
    let (history, data) = (folder.path().join("history.om"), folder.path().join("data"));
    let made = judge(
        "promtool",
        &[
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            "--max-block-duration=720h",
            history.to_str().unwrap(),
            data.to_str().unwrap(),
        ],
    );
    assert!(made.contains("NUM SAMPLES"), "{made}");
    record(folder.path(), end);
    let prometheus = Prometheus::start(folder.path(), NOTHING);

    let mut empty = Vec::new();
    // Those to which something happens; one of them has what a panel shows.
    let interfaces = ["et-0/0/1", "et-0/0/2", "et-0/0/3"];
    for (place, expr, is_range) in panel_queries() {
        let expr = expr
            .replace("$__rate_interval", "4m")
            .replace("$shard", ".*")
            .replace("$device", "qfx5220-01");
        let has_data = interfaces.iter().any(|interface| {
            let expr = expr
                .replace("$interface", interface)
                .replace("$port", interface);
            !prometheus.query(&expr, end, is_range).is_empty()
        });
        if !has_data && !is_excused(&expr) {
            empty.push(format!("{place}: {expr}"));
        }
    }
    let mut fires = BTreeMap::new();
    for file in [rule_file(), conventional_rule_file()] {
        for (name, expr) in rule_expressions(&file) {
            let found = prometheus.query(&expr, end, false);
            // Other names say the same.
            let before = fires.insert(name.clone(), found.clone());
            assert!(
                before.is_none_or(|before| before == found),
                "{name}: {expr}"
            );
            for selector in selectors(&expr) {
                let asked = format!("last_over_time({selector}[1d])");
                if !is_excused(&selector) && prometheus.query(&asked, end, false).is_empty() {
                    empty.push(format!("{name}: {selector}"));
                }
            }
        }
    }
    assert!(empty.is_empty(), "without data:\n{}", empty.join("\n"));
    for alert in [
        "JunosLaneDark",
        "JunosLinkDown",
        "JunosPreFecBerCritical",
        "JunosLaneRxPowerWarning",
        "JunosLaneRxPowerDrift",
        "JunosFecErroredIntervalsFast",
    ] {
        assert!(!fires[alert].is_empty(), "{alert} would not fire");
    }
    for alert in [
        "JunosMetricsAbsent",
        "JunosDeviceUnreachable",
        "JunosDataStale",
    ] {
        assert!(
            fires[alert].is_empty(),
            "{alert} would fire: {:?}",
            fires[alert]
        );
    }
}

#[test]
fn a_selector_is_a_name_with_its_labels() {
    let expr = "max by (device) (junos_up{a=\"junos_x\"}) unless on (x) {__name__=~\"junos_a|b\"} + ALERTS{x=\"1\"} + a:junos_b:c[5m]";
    assert_eq!(
        selectors(expr),
        [
            "junos_up{a=\"junos_x\"}",
            "{__name__=~\"junos_a|b\"}",
            "ALERTS{x=\"1\"}",
            "a:junos_b:c"
        ]
    );
}
