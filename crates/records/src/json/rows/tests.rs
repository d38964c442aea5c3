//! Rows of documents of scripts, in both of their states.

use super::*;
use arrow_array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};

fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> &'b A {
    let column = batch.column_by_name(name).unwrap();
    column.as_any().downcast_ref().unwrap()
}

fn node(json: &serde_json::Value) -> Node<'static> {
    parsed(&json.to_string())
}

fn parsed(text: &str) -> Node<'static> {
    Node::parse(text.as_bytes()).unwrap().into_owned()
}

fn read(
    documents: &[(&str, Node<'static>)],
    notes: &mut Notes,
) -> Result<DeviceRows, DocumentError> {
    let documents: Vec<_> = documents
        .iter()
        .map(|(rpc, document)| ((*rpc).to_owned(), document.clone()))
        .collect();
    tables(&documents, &origin(), RowSelection::Ports, notes)
}

fn origin() -> DocumentOrigin {
    DocumentOrigin {
        device: "leaf1".to_owned(),
        runner_name: "runner01".to_owned(),
        run_timestamp: 100,
        timestamp: 99,
    }
}

#[test]
fn documents_of_scripts_become_rows_and_what_was_not_measured_is_null() {
    let optics = serde_json::json!({
        "timestamp": 42,
        "interfaces": [{"if_name": "et-0/0/1", "temperature": "45.5", "voltage": "N/A", "vendor": ""}],
        "lanes": [
            {"if_name": "et-0/0/1:2", "lane": 1, "rx_power": "- Inf", "tx_power": -1.5},
            {"if_name": "et-0/0/1:2", "lane": "0", "rx_power": -2.5},
            {"if_name": "et-0/0/1", "rx_power": -2.5},
            {"if_name": "ae0", "lane": 0}
        ]
    });
    let statistics = serde_json::json!({
        "et-0/0/1": {"fec_ccw": "1,234", "pre_fec_ber": "1.5e-9", "speed_bps": 1e11, "histogram_bin_3": 7},
        "generated_by": "a script"
    });
    let documents = [
        ("optics_diagnostics", node(&optics)),
        ("interface_statistics", node(&statistics)),
        (
            "system_information",
            node(&serde_json::json!({"hostname": "x"})),
        ),
    ];
    let mut notes = Notes::default();
    let rows = read(&documents, &mut notes).unwrap();
    assert_eq!(rows.dialect, Dialect::Documented);
    let tables = rows.tables;
    for table in &tables {
        let name = column::<StringArray>(&table.batch, "hostname").value(0);
        assert_eq!(name, "x", "the device's other document says it");
    }
    let [interfaces, lanes, counters] = [0, 1, 2].map(|at| &tables[at].batch);

    assert_eq!(
        column::<Float64Array>(interfaces, "temperature").value(0),
        45.5
    );
    for name in ["voltage", "vendor"] {
        assert!(
            interfaces.column_by_name(name).unwrap().is_null(0),
            "{name}"
        );
    }
    assert_eq!(column::<Int64Array>(interfaces, "timestamp").value(0), 42);
    assert_eq!(
        column::<Int64Array>(interfaces, "run_timestamp").value(0),
        100
    );
    assert_eq!(
        column::<StringArray>(interfaces, "device").value(0),
        "leaf1"
    );

    assert_eq!(lanes.num_rows(), 2, "no lane number, no port: no row");
    assert_eq!(column::<Int32Array>(lanes, "lane").values(), &[0, 1]);
    assert_eq!(column::<Int32Array>(lanes, "channel").values(), &[2, 2]);
    assert!(column::<Float64Array>(lanes, "rx_power").is_null(1));
    let state = column::<StringArray>(lanes, "rx_power_state");
    assert_eq!([state.value(0), state.value(1)], ["ok", "no_light"]);
    let state = column::<StringArray>(lanes, "tx_power_state");
    assert_eq!([state.value(0), state.value(1)], ["not_present", "ok"]);
    let state = column::<StringArray>(interfaces, "voltage_state");
    assert_eq!(state.value(0), "not_present");
    assert!(column::<StringArray>(interfaces, "rx_power_state").is_null(0));
    assert_eq!(
        column::<StringArray>(interfaces, "optics_state").value(0),
        "ok"
    );
    assert_eq!(notes.as_slice().len(), 1);

    assert_eq!(column::<Int64Array>(counters, "fec_ccw").value(0), 1234);
    assert_eq!(
        column::<Int64Array>(counters, "speed_bps").value(0),
        100_000_000_000
    );
    assert_eq!(
        column::<Float64Array>(counters, "pre_fec_ber_value").value(0),
        1.5e-9
    );
    assert_eq!(column::<Int64Array>(counters, "timestamp").value(0), 99);
}

#[test]
fn limits_that_are_none_and_darkness_follow_the_rules_of_replies() {
    let optics = serde_json::json!({
        "interfaces": [{"if_name": "et-0/0/1", "temperature": 41.0,
            "temperature_high_alarm": 0.0, "temperature_low_alarm": 0.0, "temperature_high_warn": 0.0, "temperature_low_warn": 0.0,
            "rx_power_high_alarm": 3.0, "rx_power_low_alarm": -14.0, "rx_power_high_warn": -20.0, "rx_power_low_warn": -11.0,
            "voltage_high_alarm": 3.6, "voltage_low_alarm": 3.0}],
        "lanes": [{"if_name": "et-0/0/1", "lane": 0, "rx_power": "LOS", "rx_power_mw": 0.0},
            {"if_name": "et-0/0/1", "lane": 1, "rx_power": 0.0, "rx_power_mw": "- Inf"}],
    });
    let documents = [("optics_diagnostics", node(&optics))];
    let mut notes = Notes::default();
    let tables = read(&documents, &mut notes).unwrap().tables;
    let interfaces = &tables[0].batch;
    let limit = |name: &str| {
        let column = column::<Float64Array>(interfaces, name);
        (!column.is_null(0)).then(|| column.value(0))
    };
    for (name, value) in [
        ("temperature_high_alarm", None),
        ("temperature_low_warn", None),
        ("rx_power_high_alarm", Some(3.0)),
        ("rx_power_low_alarm", Some(-14.0)),
        ("rx_power_high_warn", None),
        ("rx_power_low_warn", None),
        ("voltage_high_alarm", Some(3.6)),
        ("voltage_low_alarm", Some(3.0)),
    ] {
        assert_eq!(limit(name), value, "{name}");
    }
    let lanes = &tables[1].batch;
    let state = column::<StringArray>(lanes, "rx_power_state");
    assert_eq!([state.value(0), state.value(1)], ["no_light", "no_light"]);
    assert!(column::<Float64Array>(lanes, "rx_power").is_null(1));
    let fields: Vec<_> = notes.as_slice().iter().map(|note| &*note.field).collect();
    assert_eq!(
        fields,
        [
            "temperature_limits",
            "rx_power_limits",
            "rx_power",
            "rx_power"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_null_and_invalid_and_costs_a_note_alone() {
    let statistics = serde_json::json!({
        "et-0/0/1": {"fec_ccw": -1, "fec_nccw": 5, "pre_fec_ber": "7", "histogram_bin_0": 9, "histogram_bin_1": "x"},
        "et-0/0/2": {"fec_ccw": 3, "fec_state": "ok"},
    });
    let documents = [("interface_statistics", node(&statistics))];
    let mut notes = Notes::default();
    let tables = read(&documents, &mut notes).unwrap().tables;
    let counters = &tables[2].batch;
    assert_eq!(counters.num_rows(), 2);
    for name in [
        "fec_ccw",
        "pre_fec_ber",
        "pre_fec_ber_value",
        "histogram_bin_1",
    ] {
        assert!(counters.column_by_name(name).unwrap().is_null(0), "{name}");
    }
    assert_eq!(column::<Int64Array>(counters, "fec_nccw").value(0), 5);
    for name in ["fec_state", "pre_fec_ber_state", "histogram_state"] {
        let state = column::<StringArray>(counters, name);
        assert_eq!(state.value(0), "invalid", "{name}");
    }
    // A document that says its states is believed.
    assert_eq!(column::<StringArray>(counters, "fec_state").value(1), "ok");
    assert!(column::<StringArray>(counters, "histogram_state").is_null(1));
    let said: Vec<_> = notes.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "interface_statistics: et-0/0/1: fec_ccw: found \"-1\", expected a whole number from 0 on, of 63 bits",
            "interface_statistics: et-0/0/1: histogram_bin_1: found \"x\", expected a whole number from 0 on, of 63 bits",
            "interface_statistics: et-0/0/1: pre_fec_ber: found \"7\", expected a ratio between 0 and 1",
        ]
    );
}

#[test]
fn a_document_of_another_shape_is_refused_with_what_it_is_and_what_it_should_be() {
    for (rpc, document, says) in [
        (
            "optics_diagnostics",
            "[]",
            "found an empty list, expected an object with the lists",
        ),
        (
            "optics_diagnostics",
            "[1, 2]",
            "found a list of 2, the first a number, expected ",
        ),
        (
            "optics_diagnostics",
            "{}",
            "found an empty object, expected ",
        ),
        (
            "optics_diagnostics",
            "{\"lanes\": 3}",
            "the key `lanes`, expected ",
        ),
        (
            "optics_diagnostics",
            "{\"interfaces\": [4]}",
            "the key `interfaces`, expected ",
        ),
        (
            "optics_diagnostics",
            "{\"lanes\": [{\"lane\": 0}]}",
            "the key `lanes`, expected ",
        ),
        (
            "interface_statistics",
            "[]",
            "found an empty list, expected an object of interfaces",
        ),
        ("interface_statistics", "\"x\"", "found a text, expected "),
        (
            "interface_statistics",
            "[{\"x\": 1}]",
            "a list of an object with the key `x`, expected ",
        ),
        (
            "interface_statistics",
            "{\"data\": {\"et-0/0/0\": {\"fec_ccw\": 1}}}",
            "the key `data`, expected ",
        ),
        (
            "interface_statistics",
            "{\"interfaces\": [[1]]}",
            "the key `interfaces`, expected ",
        ),
        (
            "interface_statistics",
            "{\"device\": \"a\", \"error\": \"timeout\"}",
            "the keys `device`, `error`, expected ",
        ),
        (
            "system_information",
            "{\"lanes\": []}",
            "the key `lanes`, expected ",
        ),
        (
            "chassis_inventory",
            "{\"device\": \"a\"}",
            "the key `device`, expected ",
        ),
        ("pic_detail", "{\"fpc\": 0}", "the key `fpc`, expected "),
    ] {
        let mut notes = Notes::default();
        let error = read(&[(rpc, parsed(document))], &mut notes).unwrap_err();
        assert_eq!(error.rpc, rpc);
        let said = error.shape.to_string();
        assert!(said.contains(says), "{document}: {said}");
    }
}

#[test]
fn every_shape_that_there_has_been_gives_the_same_rows() {
    let lane = r#""lane": 3, "rx_power": -2.5"#;
    for (rpc, document) in [
        (
            "optics_diagnostics",
            format!(r#"{{"lanes": [{{"if_name": "et-0/0/1", {lane}}}]}}"#),
        ),
        (
            "optics_diagnostics",
            format!(r#"{{"lanes": [{{"interface": "et-0/0/1", {lane}}}]}}"#),
        ),
        (
            "optics_diagnostics",
            format!(r#"{{"interfaces": [{{"if_name": "et-0/0/1", "lanes": [{{{lane}}}]}}]}}"#),
        ),
        (
            "optics_diagnostics",
            format!(r#"{{"interfaces": {{"et-0/0/1": {{"lanes": [{{{lane}}}]}}}}}}"#),
        ),
        (
            "optics_diagnostics",
            format!(r#"[{{"if_name": "et-0/0/1", {lane}}}]"#),
        ),
    ] {
        let mut notes = Notes::default();
        let tables = read(&[(rpc, parsed(&document))], &mut notes)
            .unwrap()
            .tables;
        let lanes = &tables[1].batch;
        assert_eq!(lanes.num_rows(), 1, "{document}");
        assert_eq!(column::<StringArray>(lanes, "if_name").value(0), "et-0/0/1");
        assert_eq!(column::<Int32Array>(lanes, "lane").value(0), 3);
        assert!(notes.is_empty(), "{document}: {notes:?}");
    }
    for document in [
        r#"{"et-0/0/1": {"fec_ccw": 7}}"#,
        r#"[{"if_name": "et-0/0/1", "fec_ccw": 7}]"#,
        r#"{"interfaces": [{"if_name": "et-0/0/1", "fec_ccw": 7.0}]}"#,
        r#"{"interfaces": {"et-0/0/1": {"fec_ccw": "7"}}}"#,
    ] {
        let mut notes = Notes::default();
        let tables = read(&[("interface_statistics", parsed(document))], &mut notes)
            .unwrap()
            .tables;
        let counters = &tables[2].batch;
        assert_eq!(counters.num_rows(), 1, "{document}");
        assert_eq!(column::<Int64Array>(counters, "fec_ccw").value(0), 7);
        assert!(notes.is_empty(), "{document}: {notes:?}");
    }
    for (rpc, document) in [
        ("optics_diagnostics", "{\"lanes\": []}"),
        ("interface_statistics", "{}"),
        ("interface_statistics", "{\"interfaces\": []}"),
        (
            "interface_statistics",
            "{\"ae0\": {\"admin_status\": \"up\"}}",
        ),
        ("pic_detail", "{\"device\": \"a\", \"transceivers\": {}}"),
    ] {
        let mut notes = Notes::default();
        let tables = read(&[(rpc, parsed(document))], &mut notes).unwrap().tables;
        assert!(tables.iter().all(|table| table.batch.num_rows() == 0));
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn documents_of_the_original_give_the_rows_of_a_collect() {
    let documents = [
        (
            "system_information",
            parsed(
                r#"{"device": "leaf1.example", "origin_hostname": "leaf1", "hardware_model": "qfx5240-64od", "os_name": "junos-evo",
                "os_version": "23.4", "device_profile": "JUNIPER_QFX5240-64OD"}"#,
            ),
        ),
        (
            "chassis_inventory",
            parsed(
                r#"{"device": "leaf1.example", "origin_name": "CHASSIS", "transceivers": {"et-0/0/1": {"vendor": "QSFP", "part_number": "740-1",
                "serial_number": "S1", "description": "QSFP-100GBASE-LR4", "media_type": "QSFP-100GBASE-LR4", "fiber_type": null}}}"#,
            ),
        ),
        (
            "pic_detail",
            parsed(
                r#"{"device": "leaf1.example", "transceivers": {"et-0/0/1": {"vendor": "ACME      ", "part_number": "V-1",
                "cable_type": "100GBASE LR4", "media_type": "100GBASE LR4", "wavelength": "1310 nm", "fiber_type": "FIBER_TYPE_SINGLE_MODE",
                "juniper_version": "REV 01"}}}"#,
            ),
        ),
        (
            "optics_diagnostics",
            parsed(
                r#"{"interfaces": [{"if_name": "et-0/0/1", "device": "leaf1.example", "timestamp": 1770132645123456, "temperature": 45.0,
                "voltage": null, "rx_power": null}],
                "lanes": [{"if_name": "et-0/0/1", "device": "leaf1.example", "lane": 0, "timestamp": 1770132645123456, "rx_power_mw": 0.0,
                "rx_power": -Infinity, "tx_power": "- Inf", "tx_bias": null}]}"#,
            ),
        ),
        (
            "interface_statistics",
            parsed(
                r#"{"interfaces": [{"if_name": "et-0/0/1", "device": "leaf1.example", "timestamp": 1770132646,
                "collection_time": "2026-02-03 15:30:46", "fec_ccw": 59538523.0, "fec_nccw": 1.2345678901234568e+16,
                "fec_ccw_error_rate": 12.0, "fec_nccw_error_rate": 0.0, "pre_fec_ber": 1.2e-09, "histogram_bin_0": 30.0,
                "histogram_bin_0_live": 10.0, "histogram_bin_0_harvest": 20.0}]}"#,
            ),
        ),
    ];
    let mut notes = Notes::default();
    let rows = read(&documents, &mut notes).unwrap();
    assert_eq!(rows.dialect, Dialect::Original);
    let [interfaces, lanes, counters] = [0, 1, 2].map(|at| &rows.tables[at].batch);
    for batch in [interfaces, lanes, counters] {
        for (name, value) in [
            ("device", "leaf1.example"),
            ("hostname", "leaf1"),
            ("model", "qfx5240-64od"),
            ("runner_name", "runner01"),
        ] {
            assert_eq!(column::<StringArray>(batch, name).value(0), value, "{name}");
        }
        assert_eq!(column::<Int64Array>(batch, "run_timestamp").value(0), 100);
    }
    for batch in [interfaces, lanes] {
        for (name, value) in [
            ("vendor", "ACME"),
            ("part_number", "V-1"),
            ("serial_number", "S1"),
            ("cable_type", "100GBASE LR4"),
            ("wavelength", "1310 nm"),
            ("fiber_type", "SM"),
            ("fiber_type_rule", "fiber_mode"),
        ] {
            assert_eq!(column::<StringArray>(batch, name).value(0), value, "{name}");
        }
        assert_eq!(
            column::<Int64Array>(batch, "timestamp").value(0),
            1_770_132_645
        );
    }
    for (name, value) in [
        ("chassis_part_number", "740-1"),
        ("device_serial", "CHASSIS"),
        ("version", "23.4"),
        ("revision", "REV 01"),
        ("description", "QSFP-100GBASE-LR4"),
        ("optics_state", "ok"),
    ] {
        assert_eq!(
            column::<StringArray>(interfaces, name).value(0),
            value,
            "{name}"
        );
    }
    for (name, state) in [
        ("rx_power", "no_light"),
        ("tx_power", "no_light"),
        ("tx_bias", "not_present"),
    ] {
        assert!(column::<Float64Array>(lanes, name).is_null(0), "{name}");
        let said = column::<StringArray>(lanes, &format!("{name}_state"));
        assert_eq!(said.value(0), state, "{name}");
    }
    for (name, value) in [
        ("fec_ccw", 59_538_523),
        ("fec_nccw", 12_345_678_901_234_568),
        ("histogram_bin_0", 30),
        ("histogram_bin_0_live", 10),
        ("histogram_bin_0_harvest", 20),
        ("timestamp", 1_770_132_646),
    ] {
        assert_eq!(
            column::<Int64Array>(counters, name).value(0),
            value,
            "{name}"
        );
    }
    for (name, value) in [
        ("fec_ccw_rate", 12.0),
        ("fec_nccw_rate", 0.0),
        ("pre_fec_ber_value", 1.2e-9),
    ] {
        assert_eq!(
            column::<Float64Array>(counters, name).value(0),
            value,
            "{name}"
        );
    }
    let said: Vec<_> = notes.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "interface_statistics: et-0/0/1: fec_nccw: found \"1.2345678901234568e+16\", expected a whole number; as a float of that size it \
          has lost its last digits"
        ]
    );
}

#[test]
fn what_an_object_says_itself_wins_over_what_other_documents_say_and_ours_are_left_as_they_are() {
    let documents = |optics: &str| {
        [
            (
                "system_information",
                parsed(r#"{"hostname": "other", "model": "m"}"#),
            ),
            (
                "chassis_inventory",
                parsed(
                    r#"{"serial_number": "C", "transceivers": {"et-0/0/1": {"serial_number": "S"}}}"#,
                ),
            ),
            ("optics_diagnostics", parsed(optics)),
        ]
    };
    let mut notes = Notes::default();
    let own = r#"{"interfaces": [{"if_name": "et-0/0/1", "hostname": "own", "temperature": 1}]}"#;
    let tables = read(&documents(own), &mut notes).unwrap().tables;
    let text = |name: &str| column::<StringArray>(&tables[0].batch, name);
    assert_eq!(
        (text("hostname").value(0), text("model").value(0)),
        ("own", "m")
    );
    assert_eq!(
        (
            text("serial_number").value(0),
            text("device_serial").value(0)
        ),
        ("S", "C")
    );
    // A document of ours leaves out what is not known for certain, such as the serial of another member.
    let ours = r#"{"interfaces": [{"if_name": "et-0/0/1", "hostname": "own", "optics_state": "ok", "temperature": 1}]}"#;
    let tables = read(&documents(ours), &mut notes).unwrap().tables;
    for name in ["model", "serial_number", "device_serial", "fiber_type"] {
        assert!(
            column::<StringArray>(&tables[0].batch, name).is_null(0),
            "{name}"
        );
    }
    // One that was parsed by itself does not know its device yet, nor its module.
    let alone = r#"{"interfaces": [{"if_name": "et-0/0/1", "optics_state": "ok", "fiber_type": "Unknown", "fiber_type_rule": "nothing"}]}"#;
    let detail = (
        "pic_detail",
        parsed(r#"{"et-0/0/1": {"fiber_type": "SM"}}"#),
    );
    let documents = [&documents(alone)[..], &[detail]].concat();
    let tables = read(&documents, &mut notes).unwrap().tables;
    for (name, value) in [
        ("hostname", "other"),
        ("serial_number", "S"),
        ("fiber_type", "SM"),
        ("fiber_type_rule", "fiber_mode"),
    ] {
        assert_eq!(
            column::<StringArray>(&tables[0].batch, name).value(0),
            value,
            "{name}"
        );
    }
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn an_interface_with_an_odd_name_is_left_out_with_a_note_from_a_device_and_from_a_document() {
    let odd = "=cmd|' /C calc'!A0";
    let expected = |rpc: &str| {
        format!(
            "{rpc}: name: found \"{odd}\", expected the name of an interface: it is left out of the tables"
        )
    };
    let optics = serde_json::json!({
        "interfaces": [{"if_name": odd, "temperature": 45.5}, {"if_name": "ae0", "temperature": 45.5}],
        "lanes": [{"if_name": odd, "lane": 0, "rx_power": -2.5}, {"if_name": odd, "lane": 1, "rx_power": -2.5}],
    });
    let mut notes = Notes::default();
    let rows = read(&[("optics_diagnostics", node(&optics))], &mut notes).unwrap();
    assert!(rows.tables.iter().all(|table| table.batch.num_rows() == 0));
    let said: Vec<_> = notes.as_slice().iter().map(ToString::to_string).collect();
    // Once for each table that it would be in.
    assert_eq!(
        said,
        [
            expected("optics_diagnostics"),
            expected("optics_diagnostics")
        ]
    );

    let reply = format!(
        "<interface-information><physical-interface><name>{odd}</name><speed>10Gbps</speed></physical-interface>\
         <physical-interface><name>irb</name><speed>10Gbps</speed></physical-interface></interface-information>"
    );
    let mut snapshot = crate::Snapshot::default();
    let parser = crate::parsers::find("interface_statistics").unwrap();
    parser.parse(reply.as_bytes(), 0, &mut snapshot);
    let records = crate::enrich::join(snapshot, &crate::Context::default());
    let said: Vec<_> = records
        .notes
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(said, [expected("interface_statistics")]);
}
