//! The two variants of an expression: as it is described, and in the conventional names of the family table.

use std::collections::BTreeMap;

/// Made from the family table, with every family's names.
const PAGE: &str = include_str!("../../../../docs/metrics.md");

/// Which names a dashboard has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Documented,
    Conventional,
}

/// A family's other name, and a label more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Other {
    name: String,
    /// `symbol_errors="3"`
    label: Option<String>,
}

impl Other {
    /// Of a cell such as `` `name{label="value"}` ``, and the labels that the family has anyway.
    fn parse(cell: &str, labels: &str) -> Self {
        let cell = cell.trim_matches('`');
        let (name, label) = match cell.split_once('{') {
            Some((name, label)) => (name, Some(label.trim_end_matches('}'))),
            None => (cell, None),
        };
        let is_new = |label: &&str| {
            let own = label.split('=').next().unwrap_or_default();
            labels.split(", ").all(|known| known != own)
        };
        Self {
            name: name.to_owned(),
            label: label.filter(is_new).map(str::to_owned),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Units of Grafana that go with the unit of a family's name.
const UNITS: &[(&str, &str)] = &[("mamp", "amp"), ("bps", "Bps")];

impl Variant {
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Documented => "dashboards",
            Self::Conventional => "dashboards-conventional",
        }
    }

    /// The expression in the names of this variant.
    pub(super) fn expr(self, expr: &str) -> String {
        match self {
            Self::Documented => expr.to_owned(),
            Self::Conventional => conventional(expr, &other_names()),
        }
    }

    /// The unit that goes with it.
    pub(super) fn unit(self, unit: &'static str) -> &'static str {
        let known = UNITS.iter().find(|(documented, _)| *documented == unit);
        match (self, known) {
            (Self::Conventional, Some((_, conventional))) => conventional,
            _ => unit,
        }
    }
}

/// Every family's documented name, with its conventional one where that differs, as docs/metrics.md has them.
pub(super) fn other_names() -> BTreeMap<String, Option<Other>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `junos_"));
    let names = rows.map(|row| {
        let cells: Vec<&str> = row
            .split(" |")
            .map(|cell| cell.trim_matches([' ', '|']))
            .collect();
        let name = cells[0].trim_matches('`').to_owned();
        let other = cells.get(5).filter(|cell| !cell.is_empty());
        (name, other.map(|cell| Other::parse(cell, cells[2])))
    });
    let names: BTreeMap<String, Option<Other>> = names.collect();
    let differing = names.values().flatten().count();
    assert!(
        names.len() > 60 && differing > 20,
        "{differing} of {names:?}"
    );
    names
}

/// Whether a letter may stand in the name of a series.
fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_:".contains(letter)
}

/// The words of an expression that may be names of series.
pub(super) fn words(expr: &str) -> impl Iterator<Item = &str> {
    expr.split(|letter| !is_of_name(letter))
        .filter(|word| !word.is_empty())
}

/// Puts the other name in place of each name that has one; a label more goes before those that are there.
fn conventional(expr: &str, names: &BTreeMap<String, Option<Other>>) -> String {
    let mut text = String::new();
    let mut rest = expr;
    while let Some(begin) = rest.find(is_of_name) {
        let (before, from) = rest.split_at(begin);
        let end = from
            .find(|letter| !is_of_name(letter))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        text.push_str(before);
        rest = after;
        let Some(Some(other)) = names.get(word) else {
            text.push_str(word);
            continue;
        };
        text.push_str(&other.name);
        let Some(own) = &other.label else {
            continue;
        };
        match rest.strip_prefix('{') {
            Some(labels) if labels.starts_with('}') => {
                text += &format!("{{{own}");
                rest = labels;
            }
            Some(labels) => {
                text += &format!("{{{own}, ");
                rest = labels;
            }
            None => text += &format!("{{{own}}}"),
        }
    }
    text + rest
}

#[test]
fn a_name_becomes_the_conventional_one_with_its_label() {
    for (documented, expected) in [
        (
            "rate(junos_interface_histogram_bin_3{device=\"a\"}[5m]) + junos_interface_histogram_bin_10",
            "rate(junos_interface_fec_codewords_total{symbol_errors=\"3\", device=\"a\"}[5m]) + junos_interface_fec_codewords_total{symbol_errors=\"10\"}",
        ),
        (
            "junos_optics_tx_bias_current_milliamps{}",
            "junos_optics_tx_bias_current_amperes{}",
        ),
        (
            "junos_interface_histogram_bin_0{}",
            "junos_interface_fec_codewords_total{symbol_errors=\"0\"}",
        ),
        (
            "max(junos_up) * interface:junos_pre_fec_ber:log10",
            "max(junos_up) * interface:junos_pre_fec_ber:log10",
        ),
    ] {
        assert_eq!(Variant::Conventional.expr(documented), expected);
        assert_eq!(Variant::Documented.expr(documented), documented);
    }
}
