//! Text and OpenMetrics, read back: they say what was visited, whatever the names are.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use metrics::{Exposition, Health, MetricNames, RpcHealth, encode, valid};
use proptest::prelude::*;

use crate::fleet;
use crate::text_reader::{Read, read};

type Sample = (String, BTreeMap<String, String>, f64);

/// The samples as they are visited.
fn visited(exposition: &Exposition) -> Vec<Sample> {
    let mut samples = Vec::new();
    let Ok(()) = exposition.for_each_series::<Infallible>(|series| {
        let labels = series.labels.iter();
        let labels = labels.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        samples.push((series.family.name.clone(), labels.collect(), series.value));
        Ok(())
    });
    samples
}

fn text(exposition: &Exposition) -> Read {
    let text = encode::text::write(exposition, Vec::new()).unwrap();
    read(&String::from_utf8(text).unwrap()).unwrap()
}

fn openmetrics(exposition: &Exposition) -> Read {
    let text = encode::openmetrics::write(exposition, Vec::new()).unwrap();
    read(&String::from_utf8(text).unwrap()).unwrap()
}

#[test]
fn both_formats_say_what_is_visited_and_no_series_twice() {
    for names in [
        MetricNames::Documented,
        MetricNames::Conventional,
        MetricNames::Both,
    ] {
        let exposition = fleet::exposition(names);
        let expected = visited(&exposition);
        assert!(expected.len() > 1_500, "{}", expected.len());
        assert_eq!(expected.len() as u64, exposition.count());
        let (text, open) = (text(&exposition), openmetrics(&exposition));
        assert!(!text.has_end && open.has_end);
        assert_eq!(text.samples, expected);
        assert_eq!(open.samples, expected);
        let series: BTreeSet<_> = expected
            .iter()
            .map(|(name, labels, _)| (name, labels))
            .collect();
        assert_eq!(series.len(), expected.len(), "{names:?}");
    }
}

#[test]
fn openmetrics_knows_kinds_and_units_and_never_calls_a_counter_what_has_no_total() {
    let read = openmetrics(&fleet::exposition(MetricNames::Both));
    let of = |name: &str| {
        read.families
            .get(name)
            .unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(of("junos_interface_fec_ccw").kind, "unknown");
    assert_eq!(
        of("junos_interface_fec_corrected_codewords").kind,
        "counter"
    );
    assert_eq!(
        of("junos_interface_input_bytes").unit.as_deref(),
        Some("bytes")
    );
    assert_eq!(of("junos_optics").kind, "info");
    assert_eq!(of("junos_optics_rx_power_dbm").unit.as_deref(), Some("dbm"));
    for (name, family) in &read.families {
        let sample = read
            .samples
            .iter()
            .find(|(sample, ..)| sample.starts_with(name.as_str()));
        assert!(sample.is_some(), "{name} has no sample");
        if family.kind == "counter" {
            let total = format!("{name}_total");
            assert!(
                read.samples.iter().any(|(sample, ..)| *sample == total),
                "{name}"
            );
        }
        if let Some(unit) = &family.unit {
            assert!(name.ends_with(&format!("_{unit}")), "{name} in {unit}");
        }
    }
}

#[test]
fn the_conventional_names_alone_have_no_documented_name_that_differs() {
    let documented = text(&fleet::exposition(MetricNames::Documented)).families;
    let both = text(&fleet::exposition(MetricNames::Both)).families;
    let conventional = text(&fleet::exposition(MetricNames::Conventional)).families;
    assert!(!conventional.contains_key("junos_interface_fec_ccw"));
    assert!(conventional.contains_key("junos_interface_fec_codewords_total"));
    assert!(conventional.contains_key("junos_optics_rx_power_dbm"));
    let all: BTreeSet<_> = documented.keys().chain(conventional.keys()).collect();
    assert_eq!(all, both.keys().collect());
    for (name, family) in conventional {
        assert!(
            family.kind != "counter" || name.ends_with("_total"),
            "{name}"
        );
    }
}

fn health(device: &str, rpc: &str, seconds: f64) -> Health {
    Health {
        device: device.to_owned(),
        is_up: true,
        succeeded: Some(1_770_132_700),
        seconds,
        rpcs: vec![RpcHealth {
            name: rpc.to_owned(),
            succeeded: None,
            seconds,
        }],
        ..Health::default()
    }
}

proptest! {
    #[test]
    fn any_name_and_any_number_are_read_back(
        device in "\\PC{0,20}|[\\x00-\\x7f]{0,20}|.{130,200}",
        rpc in any::<String>(),
        seconds in any::<f64>(),
    ) {
        let mut exposition = Exposition::new(MetricNames::Documented);
        exposition.add_health(&health(&device, &rpc, seconds));
        let expected = visited(&exposition);
        prop_assert_eq!(expected.len(), if seconds.is_finite() { 5 } else { 3 });
        prop_assert_eq!(&expected[0].1["device"], &*valid(&device));
        prop_assert_eq!(&text(&exposition).samples, &expected);
        prop_assert_eq!(&openmetrics(&exposition).samples, &expected);
    }
}

#[test]
fn hostile_names_of_a_vendor_pass_through_every_format() {
    let names = [
        "quo\"te",
        "line\nfeed",
        "back\\slash\\",
        "nul\0",
        "br}ace{,=\"} 5\n#",
        "# EOF\n",
        "\u{202e}rtl\u{feff}",
        &String::from_utf8_lossy(b"\xff\xfe bad"),
        &"x".repeat(10_000),
        &format!("{}y", "x".repeat(10_000)),
    ];
    let mut exposition = Exposition::new(MetricNames::Documented);
    for name in names {
        exposition.add_health(&health(name, name, 1.0));
    }
    let expected = visited(&exposition);
    assert_eq!(expected.len(), 5 * names.len());
    let devices: BTreeSet<_> = expected
        .iter()
        .map(|(_, labels, _)| &labels["device"])
        .collect();
    assert_eq!(devices.len(), names.len(), "names stay apart");
    assert!(
        devices
            .iter()
            .all(|device| device.chars().count() <= metrics::LONGEST_VALUE)
    );
    assert_eq!(text(&exposition).samples, expected);
    assert_eq!(openmetrics(&exposition).samples, expected);
}
