//! Situations from the field, where they are at hand (`shared/cases` beside the workspace's folder; they are not part of it).
//!
//! The right values are those of public bug reports. Where there are no cases nothing is checked, except in CI.
#![cfg(test)]

use std::path::PathBuf;

use records::{DeviceRecords, ReplyName, Snapshot, State, enrich, parsers};

/// The replies of a case, joined; `None` where there are no cases.
fn case(name: &str) -> Option<DeviceRecords> {
    let folder = PathBuf::from("../../../shared/cases/device").join(name);
    if !folder.is_dir() {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        assert!(!in_ci, "with CI=true there must be {}", folder.display());
        println!("no cases beside the workspace: nothing to check");
        return None;
    }
    let mut snapshot = Snapshot::default();
    let mut replies: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    replies.sort();
    for path in replies {
        let file = path.file_name().unwrap().to_str().unwrap();
        let Some(stem) = file.strip_suffix("_raw.xml") else {
            continue;
        };
        let found = parsers::junos::PARSERS
            .iter()
            .find_map(|parser| ReplyName::split_off(stem, parser.name).map(|_| parser));
        let reply = std::fs::read(&path).unwrap();
        found.unwrap().parse(&reply, 1, &mut snapshot);
    }
    Some(enrich::join(snapshot, &records::Context::default()))
}

fn findings(records: &DeviceRecords) -> Vec<String> {
    let found = analysis::judge(records);
    found
        .iter()
        .map(|f| format!("{} {}: {}", f.interface, f.lane_text(), f.why))
        .collect()
}

fn interface<'r>(records: &'r DeviceRecords, name: &str) -> &'r records::model::InterfaceDom {
    let mut all = records.interfaces.iter();
    all.find(|row| &*row.optics.name == name).expect(name)
}

#[test]
fn a_port_that_sends_no_light_is_a_finding() {
    let Some(records) = case("tx-dark") else {
        return;
    };
    let found = findings(&records);
    for port in ["xe-1/0/47 0", "xe-1/0/46 0", "xe-1/0/45 0", "et-0/0/1 1"] {
        let says = |f: &&String| f.starts_with(&format!("{port}: ")) && f.contains("no light sent");
        assert_eq!(found.iter().filter(says).count(), 1, "{port}: {found:#?}");
    }
    assert_eq!(interface(&records, "xe-1/0/47").status.as_str(), "Alarm");
}

#[test]
fn limits_that_are_none_alarm_nothing() {
    let Some(records) = case("unsupported-thresholds") else {
        return;
    };
    let found = findings(&records);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("no light received on any of its 4 lanes"));
    let limits = interface(&records, "et-0/0/23").optics.thresholds;
    assert_eq!(limits.temperature_c, records::model::Limits::default());
    let records = case("garbage-thresholds").unwrap();
    assert_eq!(findings(&records), [""; 0]);
    assert_eq!(interface(&records, "xe-0/0/4").status.as_str(), "OK");
    let records = case("genie-lr4-laser-limits").unwrap();
    assert_eq!(findings(&records), [""; 0]);
    let both = interface(&records, "et-0/0/0")
        .optics
        .thresholds
        .temperature_c;
    assert_eq!((both.high_alarm, both.low_alarm), (Some(74.0), Some(-4.0)));
    for name in ["et-0/0/1", "et-0/0/2"] {
        let t = interface(&records, name).optics.thresholds;
        assert_eq!(t.temperature_c, records::model::Limits::default(), "{name}");
        assert!(t.laser_temperature_c.high_alarm.is_some(), "{name}");
    }
}

#[test]
fn what_a_converter_sends_at_full_scale_is_no_value() {
    let Some(records) = case("saturated-dom") else {
        return;
    };
    for name in ["xe-0/0/9", "xe-0/0/10"] {
        let row = interface(&records, name);
        assert_eq!(
            (row.optics.voltage_v, row.optics.voltage_state),
            (None, State::Invalid)
        );
        let lane = records
            .lanes
            .iter()
            .find(|lane| &*lane.if_name == name)
            .unwrap();
        assert_eq!(lane.lane.values.tx_bias_ma, None);
        assert_eq!(
            (lane.lane.values.rx.dbm, lane.lane.values.rx.mw),
            (None, None)
        );
        let noted = |note: &&records::Note| note.interface.as_deref() == Some(name);
        assert!(records.notes.as_slice().iter().any(|note| noted(&note)));
    }
    assert_eq!(interface(&records, "xe-0/0/11").status.as_str(), "Unknown");
    for name in ["xe-0/0/11", "xe-0/0/12"] {
        let lane = records
            .lanes
            .iter()
            .find(|lane| &*lane.if_name == name)
            .unwrap();
        assert_eq!(lane.lane.values.rx.dbm, None, "{name}");
        assert_ne!(lane.lane.values.rx.state, State::Ok, "{name}");
    }
}

#[test]
fn a_module_and_a_serial_number_belong_to_their_own_member() {
    let Some(records) = case("txp-lcc") else {
        return;
    };
    let serial = |name: &str| {
        let module = interface(&records, name).transceiver.clone();
        module.and_then(|module| module.serial_number.clone())
    };
    assert_eq!(serial("xe-0/0/0").as_deref(), Some("M0-P0"));
    for name in ["xe-0/0/1", "xe-8/0/0", "xe-8/0/1"] {
        assert_eq!(serial(name), None, "{name}");
    }
    assert_eq!(interface(&records, "xe-8/0/0").facts.device_serial, None);
    assert_eq!(
        records.notes.len(),
        2,
        "a note for each module that was left out"
    );
    let records = case("nodes-serial").unwrap();
    let facts = |name| &interface(&records, name).facts;
    assert_eq!(
        facts("xe-0/0/16").device_serial.as_deref(),
        Some("NODEZERO")
    );
    assert_eq!(facts("xe-7/0/16").device_serial, None);
    assert_ne!(facts("xe-7/0/16").hostname.as_deref(), Some("fw-a"));
}

#[test]
fn the_speed_decides_the_wavelength() {
    let Some(records) = case("nominal-er") else {
        return;
    };
    let nm = |port: u32| {
        let module = records
            .transceivers
            .iter()
            .find(|m| m.location.port == port);
        module.unwrap().wavelength_nm
    };
    let expected = [
        Some(1310.0),
        Some(1310.0),
        None,
        None,
        Some(1310.0),
        None,
        None,
        Some(1310.0),
        Some(1550.0),
        Some(1310.0),
        Some(1550.0),
        None,
        Some(1310.0),
        None,
    ];
    for (port, expected) in (0..).zip(expected) {
        assert_eq!(nm(port), expected, "port {port}");
    }
}

#[test]
fn what_the_device_says_is_kept_or_named() {
    let Some(records) = case("tx-rx-module-temp") else {
        return;
    };
    let row = interface(&records, "et-1/0/0");
    assert_eq!(
        (row.optics.temperature_c, row.status.as_str()),
        (Some(71.0), "Alarm")
    );
    let records = case("coherent-several-lanes").unwrap();
    let lane = records
        .lanes
        .iter()
        .find(|lane| &*lane.if_name == "et-0/0/2")
        .unwrap();
    let coherent = lane.lane.coherent.as_deref().unwrap();
    for value in [-9.12, -8.40, 31.4, 812.0, 12.5, 38.0] {
        assert!(coherent.0.contains(&Some(value)), "{value}");
    }
    let records = case("optic-fec").unwrap();
    let fec = &records.counters[0].statistics.optic_fec;
    assert_eq!(
        (fec.corrected, fec.uncorrected),
        (Some(8_813_921), Some(17))
    );
    assert_eq!(
        (fec.corrected_rate, fec.uncorrected_rate),
        (Some(90_211.0), Some(3.0))
    );
    assert_eq!(
        (fec.corrected_ratio, fec.mode.as_deref()),
        (Some(1.3e-3), Some("CFEC"))
    );
    assert_ne!(
        records.counters[0].statistics.fec.state,
        State::NotSupported
    );
    assert_eq!(findings(&records).len(), 1, "{:?}", findings(&records));
}

#[test]
fn texts_of_eeproms_lose_their_padding_with_a_note_each() {
    let Some(records) = case("xcvr-control-chars") else {
        return;
    };
    let inventory = records.chassis_inventory.as_ref().unwrap();
    let serials: Vec<_> = inventory
        .transceivers
        .iter()
        .map(|t| t.serial_number.as_deref())
        .collect();
    for serial in serials.iter().flatten() {
        assert!(
            serial.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{serials:?}"
        );
    }
    assert!(serials.contains(&Some("AB12CD34")), "{serials:?}");
    let placed = records
        .notes
        .as_slice()
        .iter()
        .filter(|note| note.interface.is_some());
    assert!(placed.count() >= 8, "{:?}", records.notes);
}

#[test]
fn a_port_that_is_switched_off_is_left_alone() {
    let Some(records) = case("laser-off-microamp") else {
        return;
    };
    assert_eq!(findings(&records), [""; 0]);
    assert!(
        records
            .lanes
            .iter()
            .all(|lane| lane.lane.values.tx.state == State::NoLight)
    );
    let records = case("fec-normal").unwrap();
    assert_eq!(findings(&records), [""; 0]);
}
