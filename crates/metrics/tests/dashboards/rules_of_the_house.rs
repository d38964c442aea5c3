//! What holds for each dashboard: names of the family table, and the rules of Grafana's dashboard-linter.
//!
//! The linter itself is a program in Go. Its rules about the labels `job` and `instance` are left out, as `infrastructure/grafana/.lint`
//! tells it too: a scrape of Lanewatch is about many devices, and a device is known by its own label wherever its series come from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::variant::{Other, other_names, words};
use super::{FOLDER, files};

/// Functions that take a counter and give no counter.
const OF_COUNTERS: [&str; 5] = ["rate", "increase", "irate", "changes", "resets"];

/// Each dashboard: its file's name below the folder, and what is in it.
fn dashboards() -> Vec<(String, Value)> {
    let files = files().into_iter();
    files
        .map(|(path, dashboard)| {
            let name = path.strip_prefix(FOLDER).unwrap().display().to_string();
            (name, dashboard)
        })
        .collect()
}

fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value
        .pointer(path)
        .and_then(Value::as_array)
        .unwrap_or_else(|| panic!("{path} is no list in {value}"))
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The panels that show something.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let panels = list(dashboard, "/panels").iter();
    panels.filter(|panel| panel["type"] != "row")
}

/// Every expression: of panels, variables and annotations.
fn expressions(dashboard: &Value) -> Vec<&str> {
    let targets = panels(dashboard).flat_map(|panel| list(panel, "/targets"));
    let mut found: Vec<&str> = targets.map(|target| text(target, "/expr")).collect();
    let variables = list(dashboard, "/templating/list").iter();
    found.extend(
        variables
            .filter(|variable| variable["type"] == "query")
            .map(|variable| text(variable, "/query/query")),
    );
    let annotations = list(dashboard, "/annotations/list").iter();
    found.extend(annotations.map(|annotation| text(annotation, "/expr")));
    found
}

/// The series that `lanewatch.yml` records.
fn recorded() -> BTreeSet<String> {
    let path = format!("{FOLDER}/../prometheus/rules/lanewatch.yml");
    let rules = std::fs::read_to_string(&path).unwrap();
    let lines = rules.lines().map(str::trim);
    let names = lines.filter_map(|line| line.strip_prefix("- record: "));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert!(names.len() > 10, "{path}: {names:?}");
    names
}

/// The families of a variant: the documented names, or the conventional ones in their place.
fn families(is_conventional: bool) -> BTreeSet<String> {
    let names: BTreeMap<String, Option<Other>> = other_names();
    names
        .into_iter()
        .map(|(name, other)| match other {
            Some(other) if is_conventional => other.name().to_owned(),
            _ => name,
        })
        .collect()
}

#[test]
fn each_name_in_a_dashboard_is_one_of_the_family_table_or_recorded_by_the_rules() {
    let recorded = recorded();
    let (mut of_table, mut of_rules) = (BTreeSet::new(), BTreeSet::new());
    for (file, dashboard) in dashboards() {
        let families = families(file.starts_with("dashboards-conventional"));
        for expr in expressions(&dashboard) {
            let names: Vec<&str> = words(expr).filter(|word| word.contains("junos_")).collect();
            let is_alerts = words(expr).any(|word| word == "ALERTS");
            assert!(!names.is_empty() || is_alerts, "{file}: {expr}");
            for name in names {
                let known = [families.contains(name), recorded.contains(name)];
                assert!(known[0] || known[1], "{file}: {name} in {expr}");
                let seen = if known[0] {
                    &mut of_table
                } else {
                    &mut of_rules
                };
                seen.insert(name.to_owned());
            }
        }
    }
    assert!(
        of_table.len() > 40 && of_rules.len() > 8,
        "{of_table:?} {of_rules:?}"
    );
}

#[test]
fn a_dashboard_cannot_be_edited_and_its_source_can_be_chosen() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["editable"], false, "{file}");
        assert_eq!(dashboard["schemaVersion"], 41, "{file}");
        assert!(!text(&dashboard, "/title").is_empty(), "{file}");
        assert!(!text(&dashboard, "/description").is_empty(), "{file}");
        uids.insert(text(&dashboard, "/uid").to_owned());
        let variables = list(&dashboard, "/templating/list");
        let source = &variables[0];
        assert_eq!(
            (
                text(source, "/name"),
                text(source, "/type"),
                text(source, "/query")
            ),
            ("datasource", "datasource", "prometheus"),
            "{file}"
        );
        assert_eq!(text(source, "/label"), "Data source", "{file}");
        for variable in &variables[1..] {
            assert_eq!(
                variable["refresh"], 2,
                "{file}: reload when the time changes: {variable}"
            );
            assert_eq!(text(variable, "/datasource/uid"), "${datasource}", "{file}");
            assert!(!text(variable, "/label").is_empty(), "{file}: {variable}");
        }
        let names: Vec<&str> = variables.iter().map(|of| text(of, "/name")).collect();
        assert!(names.contains(&"shard"), "{file}: {names:?}");
        for expr in expressions(&dashboard) {
            for used in expr.split('$').skip(1) {
                let name: String = used
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                    .collect();
                let is_own = name == "__rate_interval" || name.parse::<u8>().is_ok();
                assert!(
                    is_own || names.contains(&name.as_str()),
                    "{file}: ${name} in {expr}"
                );
            }
        }
    }
    assert_eq!(
        uids.len(),
        4,
        "one uid a dashboard, the same in both variants: {uids:?}"
    );
}

#[test]
fn each_panel_says_what_it_shows_and_asks_the_source_that_is_chosen() {
    for (file, dashboard) in dashboards() {
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for panel in panels(&dashboard) {
            let title = text(panel, "/title");
            let place = format!("{file}: {title}");
            assert!(!title.is_empty(), "{panel}");
            let description = text(panel, "/description");
            assert!(
                description.ends_with('.') && description.len() > 15,
                "{place}"
            );
            assert!(
                !text(panel, "/fieldConfig/defaults/unit").is_empty(),
                "{place}"
            );
            assert_eq!(text(panel, "/datasource/uid"), "${datasource}", "{place}");
            let targets = list(panel, "/targets");
            assert!(!targets.is_empty(), "{place}");
            for target in targets {
                assert_eq!(text(target, "/datasource/uid"), "${datasource}", "{place}");
                let expr = text(target, "/expr");
                let opened = expr.matches('(').count();
                assert!(
                    !expr.is_empty() && opened == expr.matches(')').count(),
                    "{place}: {expr}"
                );
                assert!(!expr.contains("  "), "{place}: {expr}");
            }
            assert!(ids.insert(panel["id"].as_u64()), "{place}: id twice");
            titles.insert(title.to_owned());
            let right =
                panel["gridPos"]["x"].as_u64().unwrap() + panel["gridPos"]["w"].as_u64().unwrap();
            assert!(right <= 24, "{place}");
        }
        assert!(titles.len() > 8, "{file}: {titles:?}");
    }
}

/// The functions around each place of an expression, innermost last, with the text that follows the place.
fn calls<'e>(expr: &'e str, name: &str) -> Vec<(Vec<&'e str>, &'e str)> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (at, letter) in expr.char_indices() {
        match letter {
            '(' => open.push(words(&expr[..at]).last().unwrap_or_default()),
            ')' => drop(open.pop()),
            _ => {}
        }
        let rest = &expr[at..];
        let is_begin = !expr[..at]
            .ends_with(|letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter));
        if is_begin && words(rest).next() == Some(name) && rest.starts_with(name) {
            found.push((open.clone(), &rest[name.len()..]));
        }
    }
    found
}

#[test]
fn a_rate_has_the_interval_that_fits_the_source_and_a_counter_is_never_shown_as_it_is() {
    let counters: BTreeSet<String> = {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for bin in 0..16 {
            names.insert(format!("junos_interface_histogram_bin_{bin}"));
        }
        let known = ["junos_interface_fec_ccw", "junos_interface_fec_nccw"];
        names.extend(known.map(str::to_owned));
        let all = families(true).into_iter().chain(families(false));
        names.extend(all.filter(|name| name.ends_with("_total")));
        names
    };
    let mut seen = 0;
    for (file, dashboard) in dashboards() {
        for expr in expressions(&dashboard) {
            for counter in words(expr).filter(|word| counters.contains(*word)) {
                for (around, _) in calls(expr, counter) {
                    let inner = around.last().copied().unwrap_or_default();
                    assert!(OF_COUNTERS.contains(&inner), "{file}: {counter} in {expr}");
                    seen += 1;
                }
            }
            for function in ["rate", "increase", "irate"] {
                for (_, rest) in calls(expr, function) {
                    let window = rest.split_once('[').map(|(_, window)| window);
                    let is_fitting =
                        window.is_some_and(|window| window.starts_with("$__rate_interval]"));
                    assert!(is_fitting, "{file}: {expr}");
                }
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
