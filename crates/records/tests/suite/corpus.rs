//! Real replies, where they are at hand (`shared/corpus` beside the workspace's folder; they are not part of it).
//!
//! What the parsers find is held, value by value, against what Python's ElementTree finds at the contract's paths
//! (`element_tree.py`), and some values are checked by hand. Where there is no corpus nothing is checked, except in CI, where it
//! has to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use records::{Outcome, Snapshot, State, enrich, json, parsers};
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let path = PathBuf::from("../../../shared/corpus/real");
    if path.is_dir() {
        Some(path)
    } else {
        assert!(
            !crate::support::in_ci(),
            "with CI=true there must be a corpus in {}",
            path.display()
        );
        println!("no corpus beside the workspace: nothing to check");
        None
    }
}

fn parse(parser: &str, path: &Path) -> (Snapshot, Outcome) {
    let mut snapshot = Snapshot::default();
    let reply = std::fs::read(path).unwrap();
    let outcome =
        parsers::find(parser)
            .unwrap()
            .parse(&reply, crate::support::ARRIVED, &mut snapshot);
    (snapshot, outcome)
}

/// What ElementTree finds in every file, by path from the corpus' folder.
fn reference(corpus: &Path) -> Option<serde_json::Map<String, Value>> {
    let run = std::process::Command::new("python3")
        .arg("tests/suite/element_tree.py")
        .arg(corpus)
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) if !crate::support::in_ci() => {
            println!("no python3 to ask: {error}");
            return None;
        }
        Err(error) => panic!("python3: {error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the reference: {said}");
    let Value::Object(found) = serde_json::from_slice(&output.stdout).unwrap() else {
        panic!("the reference says something else")
    };
    Some(found)
}

/// The fields of an object that the reference looks for, so that one that it does not find and we report is seen.
fn compared<'v>(ours: &'v Value, fields: &BTreeSet<String>) -> BTreeMap<&'v str, &'v Value> {
    let members = ours.as_object().unwrap().iter();
    members
        .filter(|(name, _)| fields.contains(*name))
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

/// Compares lists of objects, value by value; gives how many values that were.
fn same(at: &str, theirs: &Value, ours: &[Value], fields: &BTreeSet<String>) -> usize {
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{at}: how many");
    let mut values = 0;
    for (ours, theirs) in ours.iter().zip(theirs) {
        let (ours, theirs) = (compared(ours, fields), compared(theirs, fields));
        let names =
            |of: &BTreeMap<&str, &Value>| of.keys().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&ours), names(&theirs), "{at}: {theirs:?}");
        for (name, expected) in &theirs {
            let equal = match (expected.as_f64(), ours[name].as_f64()) {
                (Some(expected), Some(found)) => expected == found,
                _ => ours[name] == *expected,
            };
            assert!(
                equal,
                "{at}: {name} is {}, ElementTree finds {expected} in {theirs:?}",
                ours[name]
            );
            values += 1;
        }
    }
    values
}

/// Every field that the reference names anywhere under this key.
fn fields_of(reference: &serde_json::Map<String, Value>, key: &str) -> BTreeSet<String> {
    let lists = reference.values().filter_map(|file| file[key].as_array());
    let objects = lists.flatten().filter_map(Value::as_object);
    objects.flat_map(|object| object.keys().cloned()).collect()
}

fn texts(pairs: &[(&str, &Option<String>)]) -> Value {
    let given = pairs.iter().filter_map(|(name, text)| {
        text.as_ref()
            .map(|text| ((*name).to_owned(), text.clone().into()))
    });
    Value::Object(given.collect())
}

#[test]
fn every_value_is_the_one_that_element_tree_finds() {
    let Some(corpus) = corpus() else { return };
    let Some(reference) = reference(&corpus) else {
        return;
    };
    let files: usize = junos_folders(&corpus)
        .iter()
        .map(|folder| crate::support::entries(folder).len())
        .sum();
    assert_eq!(reference.len(), files, "the reference read every file");
    let names = ["interfaces", "lanes", "system", "ports", "transceivers"];
    let mut fields: BTreeMap<&str, BTreeSet<String>> = names
        .iter()
        .map(|name| (*name, fields_of(&reference, name)))
        .collect();
    // A number of flags, compared below.
    fields.entry("lanes").or_default().remove("on");
    let mut values = 0;
    for (file, theirs) in &reference {
        let parser = theirs["parser"].as_str().unwrap();
        let (snapshot, outcome) = parse(parser, &corpus.join(file));
        assert_eq!(outcome.failure(), None, "{file}");
        let chassis = snapshot.chassis_inventory.clone();
        let ports = snapshot.pic_ports.clone();
        let on: Vec<usize> = snapshot
            .optics
            .iter()
            .flat_map(|o| &o.lanes)
            .map(|lane| lane.alarms.len())
            .collect();
        let records = enrich::join(snapshot, &crate::support::context());
        let documents = json::documents(&records);
        let document = documents.iter().find(|(name, _)| *name == parser);
        let document = document.map(|(_, bytes)| serde_json::from_slice::<Value>(bytes).unwrap());
        match parser {
            "optics_diagnostics" => {
                let ours = document.unwrap();
                let list = |key: &str| ours[key].as_array().unwrap().clone();
                values += same(
                    file,
                    &theirs["interfaces"],
                    &list("interfaces"),
                    &fields["interfaces"],
                );
                values += same(file, &theirs["lanes"], &list("lanes"), &fields["lanes"]);
                let flags = theirs["lanes"].as_array().unwrap().iter();
                let flags: Vec<usize> = flags
                    .map(|lane| lane["on"].as_u64().unwrap() as usize)
                    .collect();
                assert_eq!(on, flags, "{file}: flags that are on");
            }
            "interface_statistics" => {
                let ours = document.unwrap();
                let by_name = theirs["interfaces"].as_array().unwrap().iter();
                let in_order: Vec<Value> = by_name
                    .map(|i| ours[i["if_name"].as_str().unwrap()].clone())
                    .collect();
                assert_eq!(
                    ours.as_object().unwrap().len(),
                    in_order.len(),
                    "{file}: interfaces"
                );
                values += same(
                    file,
                    &theirs["interfaces"],
                    &in_order,
                    &fields["interfaces"],
                );
            }
            "system_information" => {
                values += same(
                    file,
                    &theirs["system"],
                    &[document.unwrap()],
                    &fields["system"],
                );
            }
            "pic_detail" => {
                let ours: Vec<Value> = ports
                    .iter()
                    .map(|p| {
                        texts(&[
                            ("vendor", &p.vendor),
                            ("part_number", &p.part_number),
                            ("serial_number", &p.serial_number),
                            ("firmware_version", &p.firmware_version),
                            ("revision", &p.revision),
                            ("cable_type", &p.cable_type),
                            ("fiber_mode", &p.fiber_mode),
                            ("wavelength", &p.wavelength),
                        ])
                    })
                    .collect();
                let mut fields = fields["ports"].clone();
                fields.remove("port"); // a fragment without a PIC around it has no location
                values += same(file, &theirs["ports"], &ours, &fields);
            }
            _ => {
                let chassis = chassis.unwrap();
                if let Some(serial) = theirs["serial_number"].as_str() {
                    assert_eq!(chassis.serial_number.as_deref(), Some(serial), "{file}");
                    values += 1;
                }
                let ours: Vec<Value> = chassis
                    .transceivers
                    .iter()
                    .map(|t| {
                        let mut found = texts(&[
                            ("part_number", &t.part_number),
                            ("serial_number", &t.serial_number),
                            ("revision", &t.revision),
                            ("description", &t.description),
                            ("model_number", &t.model_number),
                        ]);
                        let place = t.location.map(|l| [l.fpc, l.pic, l.port]);
                        found["location"] = serde_json::json!(place);
                        found
                    })
                    .collect();
                values += same(
                    file,
                    &theirs["transceivers"],
                    &ours,
                    &fields["transceivers"],
                );
            }
        }
    }
    println!("{values} values of {files} files compared");
    assert!(
        values > 1_700,
        "{values} values were compared, fewer than there are"
    );
}

fn junos_folders(corpus: &Path) -> Vec<PathBuf> {
    let folders = crate::support::entries(corpus).into_iter();
    folders
        .filter(|folder| !folder.ends_with("errors"))
        .collect()
}

#[test]
fn no_reply_stops_any_parser() {
    let Some(corpus) = corpus() else { return };
    for folder in crate::support::entries(&corpus) {
        for path in crate::support::entries(&folder) {
            for parser in parsers::junos::PARSERS {
                let (snapshot, _) = parse(parser.name, &path);
                let records = enrich::join(snapshot, &crate::support::context());
                assert_eq!(
                    records::tables::tables(&records).len(),
                    3,
                    "{}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn refusals_are_failures_in_the_devices_own_words() {
    let Some(corpus) = corpus() else { return };
    let errors = corpus.join("errors");
    for path in crate::support::entries(&errors) {
        for parser in parsers::junos::PARSERS {
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
