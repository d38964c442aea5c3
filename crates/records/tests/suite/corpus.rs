//! Real replies, where they are at hand (`shared/corpus` beside the workspace's folder; they are not part of it).
//!
//! What the parsers find is counted against a plain text scan that knows nothing of XML, and some values are checked by
//! hand.

use std::path::{Path, PathBuf};

use records::{Outcome, Snapshot, State, enrich, junos};

fn corpus() -> Option<PathBuf> {
    let path = PathBuf::from("../../../shared/corpus/real");
    if path.is_dir() {
        Some(path)
    } else {
        println!("no corpus beside the workspace: nothing to check");
        None
    }
}

fn parse(parser: &str, path: &Path) -> (Snapshot, Outcome) {
    let mut snapshot = Snapshot::default();
    let reply = std::fs::read(path).unwrap();
    let outcome =
        junos::parser(parser)
            .unwrap()
            .parse(&reply, crate::support::ARRIVED, &mut snapshot);
    (snapshot, outcome)
}

fn count(path: &Path, needle: &str) -> usize {
    std::fs::read_to_string(path)
        .unwrap()
        .matches(needle)
        .count()
}

/// Physical interfaces that have a name: a start tag followed by `<name>` before anything else.
fn named_interfaces(path: &Path) -> usize {
    let text: String = std::fs::read_to_string(path)
        .unwrap()
        .split_whitespace()
        .collect();
    text.matches("<physical-interface><name>").count()
}

#[test]
fn every_interface_and_lane_of_the_optics_replies_is_found() {
    let Some(corpus) = corpus() else { return };
    for path in crate::support::entries(&corpus.join("optics-diagnostics")) {
        let (snapshot, outcome) = parse("optics_diagnostics", &path);
        assert_eq!(outcome.failure(), None, "{}", path.display());
        assert_eq!(outcome.found, named_interfaces(&path), "{}", path.display());
        assert_eq!(
            snapshot.optics.len(),
            named_interfaces(&path),
            "{}",
            path.display()
        );
        let lanes: usize = snapshot.optics.iter().map(|o| o.lanes.len()).sum();
        let sent = count(&path, "<optics-diagnostics-lane-values>")
            + count(&path, "<rx-signal-avg-optical-power>");
        assert_eq!(lanes, sent, "{}", path.display());
        assert!(
            snapshot.notes.is_empty(),
            "{}: {:?}",
            path.display(),
            snapshot.notes
        );
    }
}

#[test]
fn every_interface_of_the_statistics_replies_is_found() {
    let Some(corpus) = corpus() else { return };
    for path in crate::support::entries(&corpus.join("interface-information")) {
        let (snapshot, outcome) = parse("interface_statistics", &path);
        assert_eq!(outcome.failure(), None, "{}", path.display());
        assert_eq!(outcome.found, named_interfaces(&path), "{}", path.display());
        assert_eq!(
            snapshot.statistics.len(),
            named_interfaces(&path),
            "{}",
            path.display()
        );
        let with_fec = snapshot
            .statistics
            .iter()
            .filter(|s| s.fec.state == State::Ok)
            .count();
        assert_eq!(
            with_fec,
            count(&path, "<fec_ccw_count>"),
            "{}",
            path.display()
        );
        let numbers = |speed: &&str| speed.ends_with("bps");
        let text = std::fs::read_to_string(&path).unwrap();
        let speeds: Vec<&str> = text
            .split("<speed>")
            .skip(1)
            .filter_map(|s| s.split('<').next())
            .collect();
        let found = snapshot
            .statistics
            .iter()
            .filter(|s| s.speed_bps.is_some())
            .count();
        assert_eq!(
            found,
            speeds.iter().copied().filter(numbers).count(),
            "{}",
            path.display()
        );
        let unnamed = count(&path, "<physical-interface>") - snapshot.statistics.len();
        assert_eq!(
            snapshot.notes.len(),
            unnamed,
            "{}: {:?}",
            path.display(),
            snapshot.notes
        );
    }
}

#[test]
fn every_transceiver_port_and_system_is_found() {
    let Some(corpus) = corpus() else { return };
    for path in crate::support::entries(&corpus.join("chassis-inventory")) {
        let (snapshot, outcome) = parse("chassis_inventory", &path);
        assert_eq!(outcome.failure(), None, "{}", path.display());
        let inventory = snapshot.chassis_inventory.unwrap();
        assert_eq!(
            inventory.transceivers.len(),
            count(&path, "<name>Xcvr "),
            "{}",
            path.display()
        );
        assert!(inventory.serial_number.is_some(), "{}", path.display());
    }
    for path in crate::support::entries(&corpus.join("system-information")) {
        let (snapshot, outcome) = parse("system_information", &path);
        assert_eq!(outcome.failure(), None, "{}", path.display());
        let system = snapshot.system_information.unwrap();
        assert!(
            system.hostname.is_some() && system.model.is_some() && system.serial_number.is_some()
        );
    }
    for path in crate::support::entries(&corpus.join("pic-detail")) {
        let (snapshot, outcome) = parse("pic_detail", &path);
        assert_eq!(outcome.failure(), None, "{}", path.display());
        assert_eq!(snapshot.pic_ports.len(), count(&path, "<port-number>"));
        assert_eq!(
            snapshot.pic_ports[0].vendor.as_deref(),
            Some("OEM"),
            "padding is no part of a name"
        );
    }
}

#[test]
fn refusals_are_failures_in_the_devices_own_words() {
    let Some(corpus) = corpus() else { return };
    let errors = corpus.join("errors");
    for path in crate::support::entries(&errors) {
        for parser in junos::PARSERS {
            let (_, outcome) = parse(parser.name, &path);
            let has_payload = path.ends_with("pyez_empty_get-interface-information.xml")
                && ["interface_statistics", "optics_diagnostics"].contains(&parser.name);
            assert_eq!(
                outcome.failure().is_none(),
                has_payload,
                "{} by {}",
                path.display(),
                parser.name
            );
        }
    }
    let said = |file: &str| {
        parse("optics_diagnostics", &errors.join(file))
            .1
            .failure()
            .unwrap()
    };
    assert!(
        said("pyez_chassis_connect_not_master.xml")
            .contains("only be used on the master routing engine")
    );
    assert!(
        said("pyez_get-permission-denied.xml")
            .contains("permission denied (get-permission-denied)")
    );
    assert!(said("pyez_get-rpc-error.xml").contains("Only unit 0 is valid"));
}

#[test]
fn known_values_are_what_the_replies_say() {
    let Some(corpus) = corpus() else { return };
    let (snapshot, _) = parse(
        "optics_diagnostics",
        &corpus.join("optics-diagnostics/qfx-evo-26.2_breakout_na_plus_1lane.xml"),
    );
    let records = enrich::join(snapshot, &crate::support::context());
    let [.., port] = records.interfaces.as_slice() else {
        panic!("no interface")
    };
    assert_eq!(
        (port.optics.temperature_c, port.optics.voltage_v),
        (Some(34.0), Some(3.347))
    );
    assert_eq!(port.optics.thresholds.temperature_c.low_warn, Some(-5.0));
    assert_eq!(port.optics.thresholds.rx_power_dbm.low_alarm, Some(-13.9));
    assert_eq!((port.status.as_str(), port.lane_count), ("OK", 1));
    let lane = &records.lanes[0];
    assert_eq!(
        (lane.lane.values.rx.dbm, lane.lane.values.rx.mw),
        (Some(-2.28), Some(0.591))
    );
    assert_eq!(
        (lane.lane.values.tx_bias_ma, lane.lane.laser_temperature_c),
        (Some(6.157), Some(34.0))
    );
    assert!(
        records.interfaces[..5]
            .iter()
            .all(|i| i.optics.state == State::NotSupported && i.lane_count == 0)
    );

    let (snapshot, _) = parse(
        "optics_diagnostics",
        &corpus.join("optics-diagnostics/napalm_normal.xml"),
    );
    let records = enrich::join(snapshot, &crate::support::context());
    let single = records.interfaces[0].optics.module_values.unwrap();
    assert_eq!(
        (single.rx.dbm, single.tx.dbm, single.tx_bias_ma),
        (Some(-3.42), Some(-1.35), Some(44.298))
    );
    assert_eq!(records.lanes[0].lane.values, single);

    let dark = "optics-diagnostics/excerpt_migration-status-check_ptx10002-36qdd-virtual_25.2R1-EVO_4lane-Inf.xml";
    let records = enrich::join(
        parse("optics_diagnostics", &corpus.join(dark)).0,
        &crate::support::context(),
    );
    assert_eq!(records.interfaces[0].status.as_str(), "Unknown");
    assert_eq!(
        (records.interfaces[0].optics.state, records.lanes.len()),
        (State::NotPresent, 4)
    );

    let (snapshot, _) = parse(
        "interface_statistics",
        &corpus.join("interface-information/excerpt_junos22.4_et40g_fec.xml"),
    );
    let statistics = &snapshot.statistics[0];
    assert_eq!(statistics.traffic.output_bytes, Some(32_313_870_891_611));
    assert_eq!(
        (
            statistics.fec.ccw,
            statistics.fec.nccw_rate,
            statistics.speed_bps
        ),
        (Some(0), Some(0.0), Some(40_000_000_000))
    );
    assert_eq!(
        (statistics.flapped_seconds, statistics.pcs_bit_error_seconds),
        (Some(5_419_968), Some(1))
    );
}
