//! Series that are worked out: states, margins, limits and sums; levels of detail; the original's names.

use std::collections::BTreeMap;
use std::convert::Infallible;

use metrics::{Detail, DeviceInfo, Exposition, FindingCount, Health, Maintenance, MetricNames};

use crate::fleet;

/// The series of one fixture by name and labels.
fn series(case: &str, names: MetricNames, detail: Detail) -> BTreeMap<String, f64> {
    let (device, snapshot) = fleet::fleet()
        .into_iter()
        .find(|(name, _)| name == case)
        .unwrap();
    let mut exposition = Exposition::new(names).with_detail(detail);
    for table in fleet::tables_of(&device, snapshot) {
        exposition.add(&table);
    }
    by_name(&exposition)
}

fn by_name(exposition: &Exposition) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    let Ok(()) = exposition.for_each_series::<Infallible>(|series| {
        let labels = series.labels.iter().filter(|(name, _)| *name != "device");
        let labels = labels.map(|(name, text)| format!("{name}={text}"));
        let labels = labels.collect::<Vec<_>>().join(",");
        let before = found.insert(format!("{}{{{labels}}}", series.family.name), series.value);
        assert_eq!(before, None, "{} {labels} twice", series.family.name);
        Ok(())
    });
    found
}

fn of<'s>(series: &'s BTreeMap<String, f64>, family: &str) -> Vec<(&'s str, f64)> {
    let start = format!("{family}{{");
    let found = series.iter().filter(|(name, _)| name.starts_with(&start));
    found
        .map(|(name, value)| (&name[start.len()..name.len() - 1], *value))
        .collect()
}

#[test]
fn a_dark_lane_is_a_state_and_the_others_have_margins() {
    let case = "optics_diagnostics/four_lanes_one_dark";
    let found = series(case, MetricNames::Documented, Detail::Full);
    let dark: Vec<_> = of(&found, "junos_optics_lane_state");
    let no_light: Vec<_> = dark
        .iter()
        .filter(|(labels, _)| labels.contains("no_light"))
        .collect();
    assert_eq!(no_light.len(), 1, "{dark:?}");
    assert!(no_light[0].0.contains("quantity=rx_power") && no_light[0].1 == 1.0);
    let powers = of(&found, "junos_optics_rx_power_dbm");
    assert_eq!(powers.len(), 3, "and it has no power");
    let margins = of(&found, "junos_optics_rx_power_margin_db");
    assert_eq!(margins.len(), 3);
    // Worked out again from what else is said.
    let limits = of(&found, "junos_optics_rx_power_threshold_dbm");
    let limit = |which: &str| {
        let found = limits.iter().find(|(labels, _)| labels.contains(which));
        found.unwrap().1
    };
    let (low, high) = (
        limit("limit=low,severity=warning"),
        limit("limit=high,severity=warning"),
    );
    for (labels, power) in powers {
        let expected = (power - low).min(high - power);
        let margin = margins
            .iter()
            .find(|(margin, _)| margin.starts_with(labels))
            .unwrap();
        assert!((margin.1 - expected).abs() < 1e-9, "{margin:?}");
        let nearer = if power - low <= high - power {
            "limit=low"
        } else {
            "limit=high"
        };
        assert!(margin.0.ends_with(nearer), "{margin:?}");
    }
}

#[test]
fn a_port_has_its_worst_lane_where_lanes_have_no_series() {
    let case = "optics_diagnostics/four_lanes_one_dark";
    let lanes = series(case, MetricNames::Documented, Detail::Full);
    let ports = series(case, MetricNames::Documented, Detail::Ports);
    assert!(
        ports.keys().all(|name| !name.contains("lane=")),
        "{ports:?}"
    );
    let worst = |series, limit: &str| {
        let margins = of(series, "junos_optics_rx_power_margin_db").into_iter();
        let margins = margins.filter(|(labels, _)| labels.ends_with(limit));
        margins.map(|(_, margin)| margin).reduce(f64::min)
    };
    for limit in ["limit=low", "limit=high"] {
        assert_eq!(worst(&ports, limit), worst(&lanes, limit), "{limit}");
    }
    let states = of(&ports, "junos_optics_lane_state");
    assert!(
        states
            .iter()
            .any(|(labels, value)| labels.contains("no_light") && *value == 1.0)
    );
}

#[test]
fn each_level_of_detail_is_part_of_the_one_above_it() {
    let case = "join/breakout_switch";
    let full = series(case, MetricNames::Documented, Detail::Full);
    let lanes = series(case, MetricNames::Documented, Detail::Lanes);
    let ports = series(case, MetricNames::Documented, Detail::Ports);
    assert!(
        lanes
            .iter()
            .all(|(name, value)| full.get(name) == Some(value))
    );
    let missing: Vec<_> = full
        .keys()
        .filter(|name| !lanes.contains_key(*name))
        .collect();
    let is_meant = |name: &str| {
        ["threshold", "histogram_bin", "max_power"]
            .iter()
            .any(|part| name.contains(part))
    };
    assert!(missing.iter().all(|name| is_meant(name)), "{missing:?}");
    assert!(missing.len() > 20 && ports.len() < lanes.len());
    for kept in [
        "junos_interface_up",
        "junos_interface_fec_ccw",
        "junos_optics_info",
    ] {
        assert_eq!(of(&ports, kept), of(&full, kept), "{kept}");
        assert!(!of(&ports, kept).is_empty(), "{kept}");
    }
}

#[test]
fn the_histogram_is_summed_and_its_mode_has_a_limit() {
    let full = series(
        "interface_statistics/qfx5240",
        MetricNames::Documented,
        Detail::Full,
    );
    let codewords = of(&full, "junos_interface_fec_codewords_seen_total");
    let errors = of(&full, "junos_interface_fec_symbol_errors_total");
    assert!(!codewords.is_empty());
    assert_eq!(codewords.len(), errors.len());
    for ((interface, codewords), (_, errors)) in codewords.into_iter().zip(errors) {
        let bins =
            (0..16).map(|bin| full[&format!("junos_interface_histogram_bin_{bin}{{{interface}}}")]);
        let bins: Vec<f64> = bins.collect();
        assert_eq!(codewords, bins.iter().sum::<f64>());
        let weighted = bins
            .iter()
            .enumerate()
            .map(|(bin, count)| bin as f64 * count);
        assert_eq!(errors, weighted.sum::<f64>());
    }
    let limits = of(&full, "junos_interface_pre_fec_ber_limit");
    assert!(!limits.is_empty());
    for (labels, limit) in limits {
        let expected = if labels.ends_with("fec=FEC91") {
            2.1e-5
        } else {
            2.4e-4
        };
        assert!(
            labels.contains("fec=FEC") && limit == expected,
            "{labels} {limit}"
        );
    }
}

#[test]
fn the_originals_names_have_its_labels() {
    let found = series("join/breakout_switch", MetricNames::Original, Detail::Full);
    let names: Vec<_> = found
        .keys()
        .filter(|name| name.starts_with("rx_power{"))
        .collect();
    let first = names.first().unwrap();
    for label in [
        "interface=",
        "lane=",
        "origin_hostname=",
        "device_profile=JUNIPER_",
        "origin_name=",
        "vendor=",
        "media_type=",
    ] {
        assert!(first.contains(label), "{label} in {first}");
    }
    for family in [
        "rx_power_mw",
        "tx_power",
        "tx_power_mw",
        "tx_bias",
        "temperature",
        "voltage",
        "interface_fec_ccw",
    ] {
        assert!(!of(&found, family).is_empty(), "{family}");
    }
    assert!(of(&found, "junos_optics_rx_power_dbm").is_empty());
    assert!(
        !of(&found, "junos_interface_up").is_empty(),
        "what the original has not"
    );
    let found = series(
        "interface_statistics/qfx5240",
        MetricNames::Original,
        Detail::Full,
    );
    let bins = of(&found, "interface_fec_histogram_bin_15");
    assert!(bins[0].0.contains("interface=") && !bins[0].0.contains("vendor"));
}

#[test]
fn what_the_collector_knows_of_a_device_is_series() {
    let mut exposition = Exposition::new(MetricNames::Documented);
    exposition.add_device(&DeviceInfo {
        device: "a".to_owned(),
        shard: Some("0/2".to_owned()),
        groups: vec!["leaves".to_owned(), "prod".to_owned()],
        model: Some("qfx5240-64od".to_owned()),
        ..DeviceInfo::default()
    });
    exposition.add_device(&DeviceInfo {
        device: "b".to_owned(),
        ..DeviceInfo::default()
    });
    exposition.add_maintenance(&Maintenance {
        device: "a".to_owned(),
        interfaces: vec!["et-0/0/1".to_owned()],
        reason: "fibre".to_owned(),
        until: Some(1_796_162_400),
    });
    exposition.add_maintenance(&Maintenance {
        device: "b".to_owned(),
        interfaces: Vec::new(),
        reason: "upgrade".to_owned(),
        until: None,
    });
    exposition.add_health(&Health {
        device: "a".to_owned(),
        interval_seconds: Some(60.0),
        findings: vec![FindingCount {
            kind: "dark_lane".to_owned(),
            severity: "alarm".to_owned(),
            count: 3,
        }],
        ..Health::default()
    });
    let found = by_name(&exposition);
    for (name, value) in [
        ("junos_device_info{shard=0/2,groups=leaves,prod}", 1.0),
        ("junos_device_info{}", 1.0),
        ("junos_device_software_info{model=qfx5240-64od}", 1.0),
        ("junos_maintenance{interface=et-0/0/1,reason=fibre}", 1.0),
        ("junos_maintenance{reason=upgrade}", 1.0),
        (
            "junos_maintenance_end_timestamp_seconds{interface=et-0/0/1}",
            1_796_162_400.0,
        ),
        ("junos_collection_interval_seconds{}", 60.0),
        ("junos_findings{kind=dark_lane,severity=alarm}", 3.0),
    ] {
        assert_eq!(found.get(name), Some(&value), "{name} in {found:?}");
    }
}
