//! Each kind of finding from the replies that show it.

use super::*;

/// One interface with these optics and this state, judged.
fn judged(optics: &str, interface: &str) -> Vec<String> {
    let wrap = |inside: &str| {
        format!(
            "<rpc-reply><interface-information><physical-interface><name>et-0/0/1</name>{inside}</physical-interface></interface-information></rpc-reply>"
        )
    };
    judged_of([
        (
            "optics_diagnostics",
            wrap(&format!(
                "<optics-diagnostics>{optics}</optics-diagnostics>"
            )),
        ),
        ("interface_statistics", wrap(interface)),
        ("pic_detail", String::new()),
    ])
}

/// The findings of these replies.
fn judged_of(replies: [(&str, String); 3]) -> Vec<String> {
    let mut snapshot = records::Snapshot::default();
    for (parser, reply) in replies.into_iter().filter(|(_, reply)| !reply.is_empty()) {
        let parser = records::parsers::find(parser).unwrap();
        assert_eq!(
            parser.parse(reply.as_bytes(), 0, &mut snapshot).failure(),
            None
        );
    }
    let records = records::enrich::join(snapshot, &records::Context::default());
    let findings = judge(&records);
    findings
        .iter()
        .map(|found| format!("{:?} {}: {}", found.severity, found.lane_text(), found.why))
        .collect()
}

fn lane(index: u32, rx_dbm: &str) -> String {
    format!(
        "<optics-diagnostics-lane-values><lane-index>{index}</lane-index><laser-rx-optical-power-dbm>{rx_dbm}</laser-rx-optical-power-dbm></optics-diagnostics-lane-values>"
    )
}

const LIMITS: &str = "<laser-rx-power-low-alarm-threshold-dbm>-9.00</laser-rx-power-low-alarm-threshold-dbm>\
    <laser-rx-power-low-warn-threshold-dbm>-7.00</laser-rx-power-low-warn-threshold-dbm>";

#[test]
fn a_lane_beyond_its_modules_thresholds_is_named() {
    let optics = format!(
        "{LIMITS}{}{}{}",
        lane(0, "-2.00"),
        lane(1, "-7.50"),
        lane(2, "-9.50")
    );
    assert_eq!(
        judged(&optics, ""),
        [
            "Warning 1: received power -7.50 dBm, below the warning threshold of -7.00 dBm",
            "Alarm 2: received power -9.50 dBm, below the alarm threshold of -9.00 dBm",
        ]
    );
}

#[test]
fn a_dark_port_is_one_finding_and_a_dark_lane_another() {
    let all = format!("{LIMITS}{}{}", lane(0, "- Inf"), lane(1, "-Inf"));
    for used in [
        "<description>to spine-01</description>",
        "<oper-status>up</oper-status>",
    ] {
        assert_eq!(
            judged(&all, used),
            ["Alarm all: no light received on any of its 2 lanes"]
        );
    }
    let one = format!("{LIMITS}{}{}", lane(0, "- Inf"), lane(1, "-1.00"));
    assert_eq!(judged(&one, ""), ["Alarm 0: no light received"]);
}

#[test]
fn a_module_that_says_darkness_for_its_silent_lanes_is_dark() {
    let silent = lane(0, "n/a") + &lane(1, "n/a");
    let optics =
        format!("<rx-signal-avg-optical-power-dbm>- Inf</rx-signal-avg-optical-power-dbm>{silent}");
    assert_eq!(
        judged(&optics, "<oper-status>up</oper-status>"),
        ["Alarm all: no light received on any of its 2 lanes"]
    );
    let optics = format!("<laser-output-power-dbm>-40.00</laser-output-power-dbm>{silent}");
    assert_eq!(
        judged(&optics, "<oper-status>up</oper-status>"),
        ["Alarm all: no light sent on any of its 2 lanes"]
    );
}

#[test]
fn a_dark_receiver_does_not_hide_a_sick_transmitter() {
    let limits =
        "<laser-bias-current-high-alarm-threshold>10</laser-bias-current-high-alarm-threshold>";
    let sent = |index: u32, dbm: &str, bias: &str| {
        lane(index, "- Inf").replace(
            "</optics-diag",
            &format!(
                "<laser-output-power-dbm>{dbm}</laser-output-power-dbm><laser-bias-current>{bias}</laser-bias-current></optics-diag"
            ),
        )
    };
    let optics = format!(
        "{limits}{}{}{}",
        sent(0, "-1.00", "6.5"),
        sent(1, "- Inf", "0.0"),
        sent(2, "-1.00", "12.5")
    );
    assert_eq!(
        judged(&optics, "<oper-status>up</oper-status>"),
        [
            "Alarm all: no light received on any of its 3 lanes",
            "Alarm 1: no light sent",
            "Alarm 2: bias current 12.50 mA, above the alarm threshold of 10.00 mA",
        ]
    );
    assert_eq!(judged(&optics, "").len(), 1, "an idle port");
    let none_sent = format!("{limits}{}", sent(0, "- Inf", "0.0"));
    assert_eq!(
        judged(&none_sent, "<oper-status>up</oper-status>"),
        ["Alarm all: no light received; none is sent either"]
    );
}

#[test]
fn a_dark_port_that_nothing_says_is_in_use_is_information() {
    let all = format!("{LIMITS}{}{}", lane(0, "- Inf"), lane(1, "-Inf"));
    let idle = "<description> </description><oper-status>down</oper-status>";
    assert_eq!(
        judged(&all, idle),
        ["Info all: no light received on any of its 2 lanes; nothing says that the port is in use"]
    );
}

#[test]
fn a_port_that_was_switched_off_is_left_alone() {
    let optics = format!("{LIMITS}{}{}", lane(0, "- Inf"), lane(1, "-Inf"));
    assert_eq!(
        judged(&optics, "<admin-status>down</admin-status>"),
        [""; 0]
    );
}

#[test]
fn a_lane_that_sends_no_light_is_named_as_one_that_receives_none_is() {
    let sent = |index: u32, dbm: &str| {
        lane(index, "-2.00").replace(
            "</optics-diag",
            &format!("<laser-output-power-dbm>{dbm}</laser-output-power-dbm></optics-diag"),
        )
    };
    let one = format!("{LIMITS}{}{}", sent(0, "-40.00"), sent(1, "-1.00"));
    assert_eq!(judged(&one, ""), ["Alarm 0: no light sent"]);
    let all = format!("{LIMITS}{}{}", sent(0, "- Inf"), sent(1, "-99"));
    assert_eq!(
        judged(&all, ""),
        ["Alarm all: no light sent on any of its 2 lanes"]
    );
    assert_eq!(judged(&all, "<admin-status>down</admin-status>"), [""; 0]);
}

#[test]
fn limits_that_are_none_alarm_nothing() {
    let equal = "<laser-rx-power-low-alarm-threshold-dbm>0.00</laser-rx-power-low-alarm-threshold-dbm>\
        <laser-rx-power-high-alarm-threshold-dbm>0.00</laser-rx-power-high-alarm-threshold-dbm>\
        <module-voltage>3.3</module-voltage><module-voltage-high-alarm-threshold>0</module-voltage-high-alarm-threshold>\
        <module-voltage-low-alarm-threshold>0</module-voltage-low-alarm-threshold>";
    assert_eq!(judged(&format!("{equal}{}", lane(0, "-2.00")), ""), [""; 0]);
}

#[test]
fn words_that_the_optics_own_fec_cannot_correct_are_an_alarm() {
    let found = judged(
        &lane(0, "-2.00"),
        "<optic-fec-statistics><fec-uncorrected-error-rate>3</fec-uncorrected-error-rate></optic-fec-statistics>",
    );
    assert_eq!(
        found,
        ["Alarm all: 3 words a second that the optic's FEC cannot correct: frames are being lost"]
    );
}

#[test]
fn flags_count_where_no_threshold_explains_them() {
    let flagged = lane(0, "-2.00").replace(
        "</optics-diag",
        "<tx-laser-disabled-alarm>On</tx-laser-disabled-alarm></optics-diag",
    );
    let found = judged(&flagged, "");
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("Alarm 0: the device flags "),
        "{found:?}"
    );
}

#[test]
fn errors_before_and_after_correction_are_told_apart() {
    let fec = |ber: &str, lost: &str| {
        judged(
            &lane(0, "-2.00"),
            &format!(
                "<ethernet-fec-statistics><fec_nccw_error_rate>{lost}</fec_nccw_error_rate><pre-fec-ber>{ber}</pre-fec-ber></ethernet-fec-statistics>"
            ),
        )
    };
    assert_eq!(fec("1.0e-8", "0"), [""; 0]);
    assert_eq!(
        fec(
            "1.5e-4",
            "0</fec_nccw_error_rate><enabled_fec_mode>FEC74</enabled_fec_mode><fec_nccw_error_rate>0"
        ),
        [""; 0]
    );
    assert_eq!(
        fec(
            "3.0e-5",
            "0</fec_nccw_error_rate><enabled_fec_mode>FEC91</enabled_fec_mode><fec_nccw_error_rate>0"
        ),
        ["Alarm all: pre-FEC BER 3.0e-5, beyond the limit of 2.1e-5"]
    );
    assert_eq!(
        fec("1.5e-4", "0"),
        ["Warning all: pre-FEC BER 1.5e-4, on its way to the limit of 2.4e-4"]
    );
    assert_eq!(
        fec("3e-4", "2"),
        [
            "Alarm all: 2 uncorrectable FEC codewords a second: frames are being lost",
            "Alarm all: pre-FEC BER 3.0e-4, beyond the limit of 2.4e-4",
        ]
    );
}
#[test]
fn copper_has_no_light_to_miss() {
    let wrap = |inside: &str| {
        format!(
            "<interface-information><physical-interface><name>et-0/0/1</name>{inside}</physical-interface></interface-information>"
        )
    };
    let dark = lane(0, "- Inf").replace(
        "</optics-diag",
        "<laser-output-power-dbm>- Inf</laser-output-power-dbm><laser-rx-power-low-alarm>on</laser-rx-power-low-alarm></optics-diag",
    );
    let hot = "<module-temperature>80 degrees C</module-temperature>\
        <module-temperature-high-alarm-threshold>70 degrees C</module-temperature-high-alarm-threshold>";
    let found = |cable: &str| {
        judged_of([
            (
                "optics_diagnostics",
                wrap(&format!(
                    "<optics-diagnostics>{hot}{dark}</optics-diagnostics>"
                )),
            ),
            (
                "interface_statistics",
                wrap("<oper-status>up</oper-status><description>to spine-01</description>"),
            ),
            (
                "pic_detail",
                format!(
                    "<fpc-information><fpc><pic-detail><slot>0</slot><pic-slot>0</pic-slot><port-information><port>\
                     <port-number>1</port-number><cable-type>{cable}</cable-type></port></port-information></pic-detail>\
                     </fpc></fpc-information>"
                ),
            ),
        ])
    };
    let heat = "Alarm all: module temperature 80.00 °C, above the alarm threshold of 70.00 °C";
    for copper in ["400GBASE CR8", "100G ACC", "GIGE 1000T", "10GBASE CU 3M"] {
        assert_eq!(found(copper), [heat], "{copper}");
    }
    for glass in ["400GBASE DR4", "100G AOC", "unheard of"] {
        assert_eq!(
            found(glass),
            [heat, "Alarm all: no light received; none is sent either"],
            "{glass}"
        );
    }
}
