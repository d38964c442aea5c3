//! The rules of `infrastructure/prometheus`: each name in them is one that the metrics have, and each alert has a page and cases.
//!
//! What the cases say is judged by promtool in `with_prometheus`.

mod cases;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use inventory::yaml::Node;

use cases::{AROUND, Case, Series, cases};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    fs::canonicalize(Path::new("../..").join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The file of the rules.
pub(crate) fn rule_file() -> PathBuf {
    repository("infrastructure/prometheus/rules/lanewatch.yml")
}

/// The same rules in the conventional names.
pub(crate) fn conventional_rule_file() -> PathBuf {
    repository("infrastructure/prometheus/rules-conventional/lanewatch.yml")
}

/// A rule as the file has it.
#[derive(Debug)]
struct Rule {
    group: String,
    /// Of an alert.
    alert: Option<String>,
    /// Of a recorded series.
    record: Option<String>,
    expr: String,
    severity: Option<String>,
    runbook: Option<String>,
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let entries = node.entries()?.iter();
    entries
        .into_iter()
        .find(|(key, _)| key.name == name)
        .map(|(_, value)| value)
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(inventory::yaml::Value::List(items)) => items,
        _ => panic!("a list was expected"),
    }
}

fn rules() -> Vec<Rule> {
    rules_in(&rule_file())
}

fn rules_in(file: &Path) -> Vec<Rule> {
    let text = fs::read_to_string(file).unwrap();
    let document = Node::parse(&text).unwrap();
    let mut rules = Vec::new();
    for group in items(field(&document, "groups")) {
        let name = field(group, "name").and_then(Node::text).unwrap();
        for rule in items(field(group, "rules")) {
            let text = |name: &str| field(rule, name).and_then(Node::text);
            let below = |above: &str, name: &str| field(field(rule, above)?, name)?.text();
            rules.push(Rule {
                group: name.clone(),
                alert: text("alert"),
                record: text("record"),
                expr: text("expr").unwrap(),
                severity: below("labels", "severity"),
                runbook: below("annotations", "runbook"),
            });
        }
    }
    assert!(rules.len() > 30, "{rules:?}");
    rules
}

/// The name and expression of each rule of a file.
pub(crate) fn rule_expressions(file: &Path) -> Vec<(String, String)> {
    let rules = rules_in(file).into_iter();
    rules
        .map(|rule| (rule.alert.or(rule.record).unwrap(), rule.expr))
        .collect()
}

/// Each recorded series with its expression.
pub(crate) fn recording_rules() -> Vec<(String, String)> {
    let rules = rules().into_iter();
    rules
        .filter_map(|rule| Some((rule.record?, rule.expr)))
        .collect()
}

/// The names of our series in a PromQL expression: words that begin so, whatever they are part of.
fn names_in(text: &str) -> BTreeSet<&str> {
    let words =
        text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "_:".contains(letter)));
    words.filter(|word| word.contains("junos_")).collect()
}

/// The families of `docs/metrics.md`, which is made from the family table.
fn documented() -> BTreeSet<String> {
    let page = fs::read_to_string(repository("docs/metrics.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned()));
    let names: BTreeSet<String> = names.filter(|name| name.starts_with("junos_")).collect();
    assert!(names.len() > 60, "{names:?}");
    names
}

#[test]
fn each_name_in_a_rule_is_one_that_the_metrics_have() {
    let (rules, documented) = (rules(), documented());
    let recorded: BTreeSet<&str> = rules
        .iter()
        .filter_map(|rule| rule.record.as_deref())
        .collect();
    for rule in &rules {
        for name in names_in(&rule.expr) {
            let is_known = documented.contains(name) || recorded.contains(name);
            assert!(is_known, "{name} in {rule:?}");
        }
        assert!(!names_in(&rule.expr).is_empty(), "{rule:?}");
    }
    // And the cases speak of no other series.
    for case in cases() {
        for (series, _) in case.fires.iter().chain(AROUND) {
            let name = series.split('{').next().unwrap();
            assert!(documented.contains(name), "{name} in {}", case.alert);
        }
    }
}

#[test]
fn each_alert_has_a_case_that_fires_and_one_that_is_quiet() {
    let rules = rules();
    let alerts: BTreeSet<&str> = rules
        .iter()
        .filter_map(|rule| rule.alert.as_deref())
        .collect();
    let tested: BTreeSet<&str> = cases().map(|case| case.alert).collect();
    assert_eq!(alerts, tested);
    for case in cases() {
        assert!(
            case.quiet.iter().any(|changes| !changes.is_empty()),
            "{case:?}"
        );
    }
}

/// What each page answers.
const SECTIONS: [&str; 7] = [
    "## Meaning",
    "## How sure",
    "## Look at",
    "## Likely causes",
    "## What to do",
    "## How long until it hurts",
    "## Silence",
];

#[test]
fn each_alert_has_its_page_with_all_sections_and_no_page_is_left_over() {
    let mut expected = BTreeSet::new();
    for rule in rules().iter().filter(|rule| rule.alert.is_some()) {
        let name = rule.alert.clone().unwrap();
        let path = format!("docs/alerts/{name}.md");
        assert_eq!(rule.runbook.as_deref(), Some(path.as_str()));
        let page = fs::read_to_string(repository(&path)).unwrap();
        assert!(page.starts_with(&format!("# {name}\n")), "{path}");
        let severity = rule.severity.as_deref().unwrap();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{rule:?}"
        );
        assert!(
            page.contains(&format!("Severity: {severity}.")),
            "{path} has another severity"
        );
        let places = SECTIONS.map(|section| page.find(&format!("\n{section}\n")));
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{path}: {places:?}"
        );
        expected.insert(format!("{name}.md"));
    }
    let found = fs::read_dir(repository("docs/alerts")).unwrap();
    let found = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = found.filter(|name| name != "README.md").collect();
    assert_eq!(found, expected);
    let list = fs::read_to_string(repository("docs/alerts/README.md")).unwrap();
    for name in &expected {
        assert!(
            list.contains(&format!("({name})")),
            "README.md does not list {name}"
        );
    }
}

#[test]
fn each_name_in_an_inhibition_is_that_of_an_alert() {
    let text =
        fs::read_to_string(repository("infrastructure/prometheus/alertmanager.yml")).unwrap();
    let rules = rules();
    let alerts: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule.alert.as_deref())
        .collect();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let named: BTreeSet<&str> = words.filter(|word| word.starts_with("Junos")).collect();
    assert!(named.len() > 8);
    for word in named {
        let is_alert = alerts.iter().any(|alert| alert.starts_with(word));
        assert!(is_alert, "{word}");
    }
}

/// A variant of a case: what it is called, the series, and the labels of what fires.
struct Variant {
    name: &'static str,
    series: Vec<Series>,
    expected: Option<&'static str>,
}

fn with<'s>(series: &[Series], changes: impl IntoIterator<Item = &'s Series>) -> Vec<Series> {
    let mut changed = series.to_vec();
    for (name, values) in changes {
        changed.retain(|(known, _)| known != name);
        changed.push((name, values));
    }
    changed.retain(|(_, values)| !values.is_empty());
    changed
}

impl Case {
    /// What fires, and each change of it.
    fn variants(&self) -> Vec<Variant> {
        let is_own = |name: &str| self.fires.iter().any(|(own, _)| *own == name);
        let around = AROUND.iter().filter(|(name, _)| !is_own(name));
        let own: Vec<Series> = around.chain(self.fires).copied().collect();
        let variant = |name, changes: &[Series], expected| Variant {
            name,
            series: with(&own, changes),
            expected,
        };
        let mut variants = vec![variant("it fires", &[], Some(self.labels))];
        let quiet = self.quiet.iter().copied().flatten();
        variants.extend(quiet.map(|(name, changes)| variant(name, changes, None)));
        let also = self.also.iter();
        variants.extend(also.map(|(name, changes, labels)| variant(name, changes, Some(labels))));
        variants
    }

    /// One evaluation judges all variants, each with devices and a shard of its own. An alert about all devices has them apart.
    fn tests(&self) -> Vec<Vec<Variant>> {
        let variants = self.variants();
        match self.labels.contains("device=") || self.labels.contains("shard=") {
            true => vec![variants],
            false => variants.into_iter().map(|variant| vec![variant]).collect(),
        }
    }

    fn minutes_of_step(&self) -> u32 {
        match self.step.strip_suffix('h') {
            Some(hours) => hours.parse::<u32>().unwrap() * 60,
            None => self.step.trim_end_matches('m').parse().unwrap(),
        }
    }
}

/// Labels with the variant's name behind each device and shard.
fn of_variant(labels: &str, variant: &str) -> String {
    let mut text = String::new();
    for (at, part) in labels.split('"').enumerate() {
        let is_named = text.ends_with("device=\"") || text.ends_with("shard=\"");
        text.push_str(part);
        if at % 2 == 1 && is_named {
            write!(text, " ({variant})").unwrap();
        }
        text.push('"');
    }
    text.pop();
    text
}

/// The tests as promtool reads them, a file for each step, with how many variants there are.
pub(crate) fn promtool_tests() -> Vec<(String, usize)> {
    let rules = rules();
    let mut groups: Vec<&str> = rules.iter().map(|rule| rule.group.as_str()).collect();
    groups.dedup();
    let steps: BTreeSet<&str> = cases().map(|case| case.step).collect();
    let files = steps.into_iter().map(|step| {
        let mut text = format!(
            "rule_files: ['{}']\nevaluation_interval: {step}\ngroup_eval_order: [{}]\ntests:\n",
            rule_file().display(),
            groups.join(", ")
        );
        let mut count = 0;
        for case in cases().filter(|case| case.step == step) {
            for test in case.tests() {
                count += test.len();
                write_test(&mut text, case, &test);
            }
        }
        (text, count)
    });
    files.collect()
}

fn write_test(text: &mut String, case: &Case, variants: &[Variant]) {
    let (alert, step) = (case.alert, case.step);
    let firing = format!("alertname=\"{alert}\",alertstate=\"firing\"");
    let at = case.at * case.minutes_of_step();
    write!(
        text,
        "- name: {alert}\n  interval: {step}\n  input_series:\n"
    )
    .unwrap();
    for variant in variants {
        for (series, values) in &variant.series {
            let series = of_variant(series, variant.name);
            writeln!(text, "  - {{series: '{series}', values: '{values}'}}").unwrap();
        }
    }
    write!(text, "  promql_expr_test:\n  - expr: 'ALERTS{{{firing}}}'\n    eval_time: {at}m\n    exp_samples:\n").unwrap();
    for variant in variants {
        if let Some(labels) = variant.expected {
            let labels = of_variant(labels, variant.name);
            writeln!(
                text,
                "    - {{labels: 'ALERTS{{{firing},{labels}}}', value: 1}}"
            )
            .unwrap();
        }
    }
}
