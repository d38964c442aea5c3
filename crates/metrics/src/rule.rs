//! The rule that makes series of columns.
//!
//! A numeric column with the role gauge or counter is a series with the table's labels; one with the role threshold is said once a
//! module, with its limit and severity; columns with the role label name the series. A table of a mapping has the labels of its
//! key, and its other labels are one info series an item. [`crate::exceptions`] lists what differs, [`crate::derived`] what is
//! worked out of several columns, [`crate::original`] the names of the original.

use arrow_schema::{DataType, Field};
use records::mapping::COMMON_COLUMNS;
use records::table::{Dataset, Role};

use crate::derived;
use crate::exceptions::{self, Exception, TableRule};
use crate::family::{Family, Kind};
use crate::layout::{Label, LabelSource, Layout, Order, Part, Reads, Rows, labels};
use crate::names::{self, Detail, MetricNames};
use crate::original;

/// What is chosen of all series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    pub(crate) names: MetricNames,
    pub(crate) detail: Detail,
}

/// How the table becomes series.
pub(crate) fn layout(dataset: &Dataset, choice: Choice) -> Layout {
    let rule = exceptions::TABLES
        .iter()
        .find(|table| table.dataset == dataset.name);
    let mut parts = Vec::new();
    match rule {
        None => parts.push(mapped(dataset, choice.names)),
        Some(rule) => {
            parts.push(measured(dataset, rule, choice));
            if rule.module_facts.is_empty() {
                parts.push(words(dataset, rule));
            } else {
                parts.push(modules(dataset, rule, choice));
            }
            parts.extend(derived::parts(dataset, rule, choice.detail));
        }
    }
    parts.retain(|part| !part.sources.is_empty());
    Layout { parts }
}

/// A column's name in a scheme, and what its value is multiplied by.
struct Named {
    name: String,
    scale: f64,
    labels: Vec<(&'static str, &'static str)>,
}

impl Named {
    fn new(name: String) -> Self {
        Self {
            name,
            scale: 1.0,
            labels: Vec::new(),
        }
    }
}

/// The names of a column in the scheme: the documented one, the conventional one, or both where they differ.
fn named(
    names: MetricNames,
    exception: Option<&Exception>,
    by_rule: impl Fn(&'static str) -> String,
    unit: &'static str,
) -> Vec<Named> {
    let documented = exception
        .and_then(|exception| exception.documented)
        .map_or_else(|| by_rule(unit), str::to_owned);
    let conventional = match exception {
        Some(exception) => exception.conventional.map(|other| Named {
            name: other.name.to_owned(),
            scale: other.scale,
            labels: other.label.into_iter().collect(),
        }),
        None => names::base_unit(unit).map(|(base, scale)| Named {
            scale,
            ..Named::new(by_rule(base))
        }),
    };
    let documented = Named::new(documented);
    match (names, conventional) {
        (MetricNames::Conventional, Some(conventional)) => vec![conventional],
        (MetricNames::Both, Some(conventional)) => vec![documented, conventional],
        _ => vec![documented],
    }
}

/// Gauges and counters of a built-in table.
fn measured(dataset: &Dataset, rule: &TableRule, choice: Choice) -> Part {
    let original = choice.names == MetricNames::Original;
    let mut own = labels(dataset, rule.labels);
    if original {
        own.extend(original::labels(dataset));
    }
    let mut part = Part::new(Rows::All, own, Order::ByColumn);
    let schema = dataset.schema();
    for (at, field) in schema.fields().iter().enumerate() {
        let kind = match role(field) {
            Some("counter") => Kind::Counter,
            Some("gauge") => Kind::Gauge,
            _ => continue,
        };
        if !is_number(field) || !exceptions::is_in(choice.detail, rule.dataset, field.name()) {
            continue;
        }
        let unit = unit(field);
        let name = original
            .then(|| original::name(rule.dataset, field.name()))
            .flatten();
        if name.is_none() && exceptions::omitted(rule.dataset, field.name()).is_some() {
            continue;
        }
        let found = match name {
            Some(name) => vec![Named::new(name)],
            None => named(
                choice.names,
                exceptions::of(rule.dataset, field.name()),
                |said| {
                    let column = names::without_abbreviation(field.name(), unit);
                    names::by_rule(rule.prefix, column, said, kind)
                },
                unit,
            ),
        };
        let reads = match derived::histogram_state(dataset, field.name()) {
            Some(state) => Reads::Count { state },
            None => Reads::Number,
        };
        let cell = part.cell(at, reads);
        for Named {
            name,
            scale,
            labels,
        } in found
        {
            let family = Family {
                unit: names::unit_of(&name),
                name,
                kind,
                help: meaning(field).to_owned(),
            };
            part.source(family, cell, scale, labels);
        }
    }
    part
}

/// Facts and thresholds of each module.
fn modules(dataset: &Dataset, rule: &TableRule, choice: Choice) -> Part {
    let mut own = labels(dataset, rule.labels);
    for label in &mut own {
        if let (LabelSource::Column(at), "interface") = (&label.from, label.name.as_str()) {
            label.from = LabelSource::Port(*at);
        }
    }
    let mut part = Part::new(Rows::Modules, own, Order::ByRow);
    part.facts = labels(dataset, rule.module_facts);
    part.info(
        exceptions::MODULE_INFO.family(),
        Some(exceptions::NO_FACT_ALONE),
    );
    if choice.detail != Detail::Full {
        return part;
    }
    for (at, field) in dataset.schema().fields().iter().enumerate() {
        if role(field) != Some(Role::Threshold.as_str()) || !is_number(field) {
            continue;
        }
        let unit = unit(field);
        let threshold = names::threshold(field.name());
        let by_rule = |said: &'static str| {
            let column = match threshold {
                Some((quantity, ..)) => {
                    format!("{}_threshold", exceptions::quantity_name(quantity))
                }
                None => names::without_abbreviation(field.name(), unit).to_owned(),
            };
            names::by_rule(rule.prefix, &column, said, Kind::Gauge)
        };
        let (help, own) = match threshold {
            Some((_, limit, severity)) => (
                exceptions::THRESHOLD_HELP,
                vec![("limit", limit), ("severity", severity)],
            ),
            None => (meaning(field), Vec::new()),
        };
        let exception = exceptions::of(rule.dataset, field.name());
        let cell = part.cell(at, Reads::Number);
        for Named { name, scale, .. } in named(choice.names, exception, by_rule, unit) {
            let family = Family {
                unit: names::unit_of(&name),
                name,
                kind: Kind::Gauge,
                help: help.to_owned(),
            };
            part.source(family, cell, scale, own.clone());
        }
    }
    part
}

/// Words that become numbers.
fn words(dataset: &Dataset, rule: &TableRule) -> Part {
    let own = labels(dataset, rule.labels);
    let mut part = Part::new(Rows::Labelled, own, Order::ByColumn);
    for word in exceptions::WORDS
        .iter()
        .filter(|word| word.dataset == rule.dataset)
    {
        let Ok(column) = dataset.schema().index_of(word.column) else {
            continue;
        };
        let family = Family {
            name: word.family.to_owned(),
            kind: Kind::Gauge,
            unit: "",
            help: word.help.to_owned(),
        };
        let cell = part.cell(column, Reads::Words(word.values));
        part.source(family, cell, 1.0, Vec::new());
    }
    part
}

/// A table of a mapping, or one that is known by its files only.
fn mapped(dataset: &Dataset, names: MetricNames) -> Part {
    let keys: Vec<&str> = dataset.sort_columns.iter().map(String::as_str).collect();
    let mut own = keys.clone();
    own.push("routing_engine");
    own.sort_by_key(|name| *name != "device");
    let mut part = Part::new(Rows::All, labels(dataset, &own), Order::ByRow);
    let prefix = format!("junos_{}", dataset.name);
    for (at, field) in dataset.schema().fields().iter().enumerate() {
        let name = field.name().as_str();
        if keys.contains(&name) || COMMON_COLUMNS.contains(&name) {
            continue;
        }
        let role = role(field);
        if role == Some(Role::Label.as_str()) {
            part.facts.push(Label {
                name: name.to_owned(),
                from: LabelSource::Column(at),
            });
            continue;
        }
        if !is_number(field) {
            continue;
        }
        let kind = if role == Some(Role::Counter.as_str()) {
            Kind::Counter
        } else {
            Kind::Gauge
        };
        let by_rule = |said: &'static str| names::by_rule(&prefix, name, said, kind);
        let cell = part.cell(at, Reads::Number);
        for Named { name, scale, .. } in named(names, None, by_rule, unit(field)) {
            let family = Family {
                unit: names::unit_of(&name),
                name,
                kind,
                help: meaning(field).to_owned(),
            };
            part.source(family, cell, scale, Vec::new());
        }
    }
    if !part.facts.is_empty() {
        let family = Family {
            name: format!("{prefix}_info"),
            kind: Kind::Info,
            unit: "",
            help: exceptions::MAPPED_INFO_HELP.to_owned(),
        };
        part.info(family, None);
    }
    part
}

fn role(field: &Field) -> Option<&str> {
    field.metadata().get("role").map(String::as_str)
}

fn meaning(field: &Field) -> &str {
    field.metadata().get("meaning").map_or("", String::as_str)
}

fn unit(field: &Field) -> &'static str {
    field
        .metadata()
        .get("unit")
        .map_or("", |code| names::unit_name(code))
}

fn is_number(field: &Field) -> bool {
    matches!(
        field.data_type(),
        DataType::Float64 | DataType::Int64 | DataType::Int32 | DataType::Boolean
    )
}
