//! `docs/metrics.md`, made from the family table. The test fails when the page is not what the table makes; `UPDATE_DOCS=1` writes it
//! anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use records::tables::DATASETS;

use crate::exceptions::{self, TABLES};
use crate::family::Kind;
use crate::health;
use crate::layout::{Part, Reads, Source, SourceValue};
use crate::names::{Detail, MetricNames};
use crate::original;
use crate::rule::{self, Choice};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");

const HEAD: &str = "# Metrics

<!-- Made from crates/metrics by `UPDATE_DOCS=1 cargo test -p metrics reference`; edit there. -->

`collect --metrics-file FILE` writes the series of a run in Prometheus' text format. Only interfaces with a port location
(`xx-F/P/N[:C]`) have series. A value that was not measured has no sample, and samples have no timestamps.

`collect --push-to URL` pushes the series of each device to a Pushgateway as soon as the device has ended: see docs/push.md.
`lanewatch push` sends a file, or the JSON documents of a device. docs/alerts has rules for these series.

`metric_names` selects the names:

- `documented` (default): the names of the first column.
- `conventional`: the names that follow Prometheus' naming rules, where one is given in the table; else the documented name.
- `both`: the documented names, and the conventional names that differ.
- `original`: the names and labels of the newest original system, for dashboards that were made for it; see the end of this page.

`metrics_detail` selects how many series there are:

- `full` (default): all series; about 6,000 for a device with 64 ports of 8 lanes.
- `lanes`: no thresholds and no bins of the FEC histogram.
- `ports`: no series of single lanes. Margins and states are those of the worst lane of each port.

`lanewatch check` counts the series of the devices at each level, and `lanewatch plan` estimates them from the newest run.

Beside what was measured:

- `junos_device_info` is there for each device of the run, whether it answers or not. Its label `shard` is the name of the inventory
  (of its folder for `hosts`, `inventory` and `all`), and with `--shard` the part of it: `fleet 2/5`.
- `junos_maintenance` is there while the inventory's `lanewatch_maintenance` lasts (docs/inventory.md). A rule that also reads
  `junos_maintenance_end_timestamp_seconds` ends the silence in time, however old the file is.
- `junos_collection_interval_seconds` is the setting `collection_interval`, else the median of the times between the last five runs
  of this runner. It is missing until there were four.
- `junos_findings` counts what `lanewatch findings` shows. A kind without findings has no series.

A run of part of the fleet (`--limit`) keeps the series of the devices that it did not ask, as they are in the file. Devices that
are no longer in the inventory are removed. Times of the last success are kept while a device or an RPC fails.

Label values have at most 128 characters; a longer value is cut and ends with a hash. Control characters become U+FFFD.
";

/// A line of the page.
struct Line {
    kind: Kind,
    labels: String,
    from: String,
    help: String,
    conventional: Option<String>,
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut lines = BTreeMap::new();
    for dataset in DATASETS.iter() {
        let of = |names| {
            let choice = Choice {
                names,
                detail: Detail::Full,
            };
            rule::layout(dataset, choice)
        };
        let documented = of(MetricNames::Documented);
        let conventional = of(MetricNames::Conventional);
        for (part, other) in documented.parts.iter().zip(&conventional.parts) {
            for (source, other) in part.sources.iter().zip(&other.sources) {
                let from = from(dataset.schema().fields(), part, source);
                add(&mut lines, &dataset.name, part, source, other, from);
            }
        }
    }
    for table in TABLES {
        let name = table.dataset;
        write!(page, "\n## Series of `{name}`\n\n").unwrap();
        page.push_str("| name | kind | labels | column | what it is | conventional name |\n|---|---|---|---|---|---|\n");
        for ((_, family), line) in lines.iter().filter(|((dataset, _), _)| dataset == name) {
            writeln!(
                page,
                "| `{family}` | {} | {} | {} | {} | {} |",
                kind(line.kind),
                line.labels,
                line.from,
                line.help,
                line.conventional
                    .as_deref()
                    .map_or(String::new(), |name| format!("`{name}`")),
            )
            .unwrap();
        }
    }
    page.push_str("\n## Series of the collection\n\n| name | kind | labels | what it is |\n|---|---|---|---|\n");
    for family in health::FAMILIES {
        writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            family.name,
            kind(family.kind),
            family.labels.join(", "),
            family.help
        )
        .unwrap();
    }
    page.push_str("\n## Names of the original\n\n| column | name with `metric_names = original` |\n|---|---|\n");
    for (dataset, column, name) in original::NAMES {
        writeln!(page, "| `{dataset}`: `{column}` | `{name}` |").unwrap();
    }
    page.push_str("| `intf-counters`: `histogram_bin_N` | `interface_fec_histogram_bin_N` |\n");
    page.push_str(
        "
Series of optics have the labels `origin_hostname`, `device_profile`, `origin_name`, `vendor`, `part_number`, `serial_number`,
`media_type`, `cable_type`, `wavelength` and `fiber_type` as well, where they are known; series of interfaces have `origin_hostname`
and `device_profile`. All other series keep their documented names.

## Tables of mappings

A table that a `mapping:` of the catalogue makes becomes series by this rule:

- Name: `junos_{table}_{field}_{unit}`, with `_total` for a counter. A unit that the field's name ends with is not repeated.
- Labels: the fields of the key, and `routing_engine` where the reply names one. `if_name` becomes `interface`.
- All fields with the role `label` are labels of one series `junos_{table}_info`, whose value is 1.

## Columns without series

",
    );
    for dataset in DATASETS.iter() {
        let mut omitted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let schema = dataset.schema();
        for field in schema.fields() {
            if let Some(why) = exceptions::omitted(&dataset.name, field.name()) {
                omitted.entry(why).or_default().push(field.name());
            }
        }
        for (why, columns) in omitted {
            let names = match columns.as_slice() {
                [first, .., last] if columns.len() > 5 => {
                    format!("`{first}` to `{last}` ({} columns)", columns.len())
                }
                columns => columns
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            writeln!(page, "- `{}`: {names}: {why}.", dataset.name).unwrap();
        }
    }
    page
}

/// Adds a family's line, or to the line that is there the column.
fn add(
    lines: &mut BTreeMap<(String, String), Line>,
    dataset: &str,
    part: &Part,
    source: &Source,
    conventional: &Source,
    from: String,
) {
    let family = &source.family;
    let own = part.labels.iter().map(|label| label.name.as_str());
    let mut labels: Vec<&str> = own.collect();
    labels.extend(source.labels.iter().map(|(name, _)| *name));
    if matches!(source.value, SourceValue::Info { .. }) {
        labels.extend(part.facts.iter().map(|label| label.name.as_str()));
    }
    let other = &conventional.family.name;
    let conventional = (*other != family.name).then(|| {
        let more = conventional.labels.first();
        more.map_or_else(
            || other.clone(),
            |(name, value)| format!("{other}{{{name}=\"{value}\"}}"),
        )
    });
    lines
        .entry((dataset.to_owned(), family.name.clone()))
        .and_modify(|line| {
            line.from.push_str(", ");
            line.from.push_str(&from);
        })
        .or_insert(Line {
            kind: family.kind,
            labels: labels.join(", "),
            from: from.clone(),
            help: family.help.clone(),
            conventional,
        });
}

fn from(fields: &arrow_schema::Fields, part: &Part, source: &Source) -> String {
    let SourceValue::Cell { at, .. } = source.value else {
        return "the labels".to_owned();
    };
    let cell = &part.cells[at];
    let column = fields[cell.column].name();
    match &cell.reads {
        Reads::Codewords(bins) | Reads::SymbolErrors(bins) => {
            format!("`{column}` to `{}`", fields[bins[bins.len() - 1]].name())
        }
        Reads::Margin { low, high, is_low } => {
            let limit = if *is_low { low } else { high };
            format!("`{column}` against `{limit}`")
        }
        _ => format!("`{column}`"),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Info => "info",
    }
}

#[test]
fn the_page_of_metrics_is_what_the_table_makes() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        found == page,
        "docs/metrics.md is not current: run `UPDATE_DOCS=1 cargo test -p metrics reference` and commit it"
    );
}
