//! Which lanes look bad after one look, and why, in words.
//!
//! This is a judgement of the moment: what is dark, what is beyond the module's own thresholds, what the device flags, what FEC says now.
//! Trends, and who dies next, take more than one look. A port that was switched off is left alone.

use std::collections::BTreeMap;

use records::fec::Code;
use records::judge::{self, Grade, Judged, Trouble};
use records::model::{InterfaceCounters, InterfaceDom, LaneDom};
use records::{DeviceRecords, State};

use crate::finding::{Finding, Kind, Severity};

/// The end of the sentence about a dark port that is idle.
pub(crate) const IDLE: &str = "; nothing says that the port is in use";

/// What a FEC bears.
#[derive(Debug, Clone, Copy)]
struct BerLimits {
    /// Pre-FEC BER up to which the frame loss ratio stays below 1e-12.
    limit: f64,
    /// Pre-FEC BER that is worth a look: the rest of the margin is steep.
    worth_a_look: f64,
}

impl BerLimits {
    /// Those of the code behind the mode. A device that names none sends a BER for PAM4 links; of the fire code (FEC74) and without FEC
    /// there is no such limit.
    fn of_mode(mode: Option<&str>) -> Option<Self> {
        let code = match mode {
            None => Code::RS544,
            Some(mode) => Code::of_mode(mode)?,
        };
        // Beyond 1e-4 of RS(544,514), two errors in five codewords are being corrected.
        let worth_a_look = if code == Code::RS544 { 1e-4 } else { 1e-5 };
        let limit = code.ber_limit()?;
        Some(Self {
            limit,
            worth_a_look,
        })
    }
}

/// Judges one device. Findings come in the order of its interfaces and lanes.
pub fn judge(records: &DeviceRecords) -> Vec<Finding> {
    let counters: BTreeMap<&str, &InterfaceCounters> = records
        .counters
        .iter()
        .map(|row| (&*row.statistics.name, row))
        .collect();
    let mut lanes: BTreeMap<&str, Vec<&LaneDom>> = BTreeMap::new();
    for lane in &records.lanes {
        lanes.entry(&lane.if_name).or_default().push(lane);
    }
    let mut findings = Vec::new();
    for interface in records
        .interfaces
        .iter()
        .filter(|interface| interface.location.is_some())
    {
        let name = &*interface.optics.name;
        let switched_off = counters
            .get(name)
            .is_some_and(|row| row.statistics.admin_status.as_deref() == Some("down"));
        if !switched_off {
            let lanes = lanes.get(name).map_or(&[][..], Vec::as_slice);
            let is_used = counters.get(name).is_some_and(|row| is_used(row));
            of_module(interface, lanes, &mut findings);
            of_lanes(interface, lanes, is_used, &mut findings);
        }
    }
    for row in counters.into_values() {
        let switched_off = row.statistics.admin_status.as_deref() == Some("down");
        if row.location.is_some() && !switched_off {
            of_fec(row, &mut findings);
        }
    }
    findings
}

/// Whether something says that the port should have light: it is described, or its link is up.
fn is_used(row: &InterfaceCounters) -> bool {
    let is_described = row
        .statistics
        .description
        .as_deref()
        .is_some_and(|text| !text.trim().is_empty());
    is_described || row.statistics.oper_status.as_deref() == Some("up")
}

/// Temperature and supply, which all lanes share.
fn of_module(interface: &InterfaceDom, lanes: &[&LaneDom], findings: &mut Vec<Finding>) {
    let optics = &interface.optics;
    let troubles = judge::module(optics, lanes.iter().map(|row| &row.lane));
    let place = Place {
        interface: &optics.name,
        lane: None,
        rx_power_dbm: None,
    };
    findings.extend(by_kind(&place, troubles));
}

fn of_lanes(
    interface: &InterfaceDom,
    lanes: &[&LaneDom],
    is_used: bool,
    findings: &mut Vec<Finding>,
) {
    let receives_none = |row: &&LaneDom| row.lane.values.rx.state == State::NoLight;
    let sends_none = |row: &&LaneDom| row.lane.values.tx.state == State::NoLight;
    let whole = |kind: Kind, severity: Severity, why: String| Finding {
        interface: interface.optics.name.to_string(),
        lane: None,
        kind,
        severity,
        why,
        beyond: None,
        rx_power_dbm: None,
    };
    let count = lanes.len();
    let of_its_lanes = match count {
        1 => String::new(),
        count => format!(" on any of its {count} lanes"),
    };
    let is_dark = count > 0 && lanes.iter().all(receives_none);
    let none_sent = count > 1 && lanes.iter().all(sends_none);
    if is_dark {
        let sent = if lanes.iter().all(sends_none) {
            "; none is sent either"
        } else {
            ""
        };
        let (severity, idle) = match is_used {
            true => (Severity::Alarm, ""),
            false => (Severity::Info, IDLE),
        };
        let why = format!("no light received{of_its_lanes}{sent}{idle}");
        findings.push(whole(Kind::RxDark, severity, why));
        // The far end sees what this one sends: of a port in use, a sick transmitter is told beside the dark receiver.
        if is_used && sent.is_empty() {
            of_transmitters(interface, lanes, findings);
        }
        return;
    }
    if none_sent {
        let why = format!("no light sent{of_its_lanes}");
        findings.push(whole(Kind::TxDark, Severity::Alarm, why));
    }
    for row in lanes {
        let mut troubles = judge::lane(&interface.optics, &row.lane, false);
        troubles.retain(|trouble| !(none_sent && *trouble == Trouble::NoLightSent));
        let place = Place {
            interface: &interface.optics.name,
            lane: Some(row.lane.index),
            rx_power_dbm: row.lane.values.rx.dbm,
        };
        findings.extend(by_kind(&place, troubles));
    }
}

/// What is wrong with the lasers of a module that receives no light.
fn of_transmitters(interface: &InterfaceDom, lanes: &[&LaneDom], findings: &mut Vec<Finding>) {
    for row in lanes {
        let mut troubles = judge::lane(&interface.optics, &row.lane, false);
        troubles.retain(|trouble| {
            let kind = kind_of(trouble);
            matches!(
                kind,
                Kind::TxDark | Kind::TxPower | Kind::LaserBias | Kind::LaserTemperature
            )
        });
        let place = Place {
            interface: &interface.optics.name,
            lane: Some(row.lane.index),
            rx_power_dbm: None,
        };
        findings.extend(by_kind(&place, troubles));
    }
}

/// What findings are of.
struct Place<'a> {
    interface: &'a str,
    lane: Option<u32>,
    rx_power_dbm: Option<f64>,
}

/// Troubles of one place as findings, one a kind, in the order of the troubles.
fn by_kind(place: &Place<'_>, troubles: Vec<Trouble>) -> Vec<Finding> {
    let mut kinds: Vec<(Kind, Vec<Trouble>)> = Vec::new();
    for trouble in troubles {
        let kind = kind_of(&trouble);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, troubles)) => troubles.push(trouble),
            None => kinds.push((kind, vec![trouble])),
        }
    }
    let finding = |(kind, troubles): (Kind, Vec<Trouble>)| {
        let (severity, why) = in_words(&troubles)?;
        Some(Finding {
            interface: place.interface.to_owned(),
            lane: place.lane,
            kind,
            severity,
            why,
            beyond: troubles.iter().find_map(beyond),
            rx_power_dbm: place.rx_power_dbm,
        })
    };
    kinds.into_iter().filter_map(finding).collect()
}

/// The kind that a trouble is of.
fn kind_of(trouble: &Trouble) -> Kind {
    let of_quantity = |what: Judged| match what {
        Judged::Temperature => Kind::ModuleTemperature,
        Judged::Voltage => Kind::SupplyVoltage,
        Judged::RxPower => Kind::RxPower,
        Judged::TxPower => Kind::TxPower,
        Judged::TxBias => Kind::LaserBias,
        Judged::LaserTemperature => Kind::LaserTemperature,
    };
    match trouble {
        Trouble::NoLightReceived => Kind::RxDark,
        Trouble::NoLightSent => Kind::TxDark,
        Trouble::Beyond { what, .. } => of_quantity(*what),
        // A receiver that the device calls dark is dark, whatever the power reads.
        Trouble::Flag(flag) if flag.starts_with("rx_loss_of_signal") => Kind::RxDark,
        Trouble::Flag(flag) => judge::quantity_of_flag(flag).map_or(Kind::DeviceFlag, of_quantity),
    }
}

/// How far the value is beyond its limit: see [`Finding::beyond`].
fn beyond(trouble: &Trouble) -> Option<f64> {
    let Trouble::Beyond {
        what, value, limit, ..
    } = trouble
    else {
        return None;
    };
    let distance = (value - limit).abs();
    Some(match what {
        Judged::RxPower | Judged::TxPower => distance,
        _ if *limit == 0.0 => distance,
        _ => 100.0 * distance / limit.abs(),
    })
}

/// Troubles as one finding: how bad the worst is, and all of them in words, the worst first; none if there are none.
fn in_words(troubles: &[Trouble]) -> Option<(Severity, String)> {
    let severity = |trouble: &Trouble| match trouble.grade() {
        Grade::Warning => Severity::Warning,
        Grade::Alarm => Severity::Alarm,
    };
    let worst = troubles.iter().map(severity).max()?;
    let mut words: Vec<(Severity, String)> = Vec::new();
    let mut flags: Vec<&str> = Vec::new();
    for trouble in troubles {
        match trouble {
            Trouble::NoLightReceived => words.push((worst, "no light received".to_owned())),
            Trouble::NoLightSent => words.push((worst, "no light sent".to_owned())),
            Trouble::Beyond {
                what,
                value,
                above,
                limit,
                grade,
            } => {
                let (name, unit) = what.words();
                let side = if *above { "above" } else { "below" };
                let level = match grade {
                    Grade::Warning => "warning",
                    Grade::Alarm => "alarm",
                };
                words.push((
                    severity(trouble),
                    format!(
                        "{name} {value:.2} {unit}, {side} the {level} threshold of {limit:.2} {unit}"
                    ),
                ));
            }
            Trouble::Flag(flag) => flags.push(flag),
        }
    }
    if !flags.is_empty() {
        words.push((
            Severity::Warning,
            format!("the device flags {}", flags.join(", ")),
        ));
    }
    words.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let words: Vec<_> = words.into_iter().map(|(_, word)| word).collect();
    Some((worst, words.join("; ")))
}

fn of_fec(row: &InterfaceCounters, findings: &mut Vec<Finding>) {
    let fec = &row.statistics.fec;
    let finding = |kind: Kind, severity: Severity, beyond: Option<f64>, why: String| Finding {
        interface: row.statistics.name.to_string(),
        lane: None,
        kind,
        severity,
        why,
        beyond,
        rx_power_dbm: None,
    };
    let lost = |rate: Option<f64>| rate.filter(|rate| *rate > 0.0);
    let by_the_port = lost(fec.nccw_rate)
        .map(|rate| format!("{rate} uncorrectable FEC codewords a second: frames are being lost"));
    let by_the_optic = lost(row.statistics.optic_fec.uncorrected_rate).map(|rate| {
        format!("{rate} words a second that the optic's FEC cannot correct: frames are being lost")
    });
    let lost: Vec<_> = by_the_port.into_iter().chain(by_the_optic).collect();
    if !lost.is_empty() {
        findings.push(finding(
            Kind::FecUncorrected,
            Severity::Alarm,
            None,
            lost.join("; "),
        ));
    }
    let limits = BerLimits::of_mode(fec.mode.as_deref());
    let Some((ber, limits)) = fec.pre_fec_ber_value.zip(limits) else {
        return;
    };
    let BerLimits {
        limit,
        worth_a_look,
    } = limits;
    let decibels = |of: f64| Some(10.0 * (ber / of).log10());
    if ber > limit {
        let why = format!("pre-FEC BER {ber:.1e}, beyond the limit of {limit:.1e}");
        findings.push(finding(
            Kind::PreFecBer,
            Severity::Alarm,
            decibels(limit),
            why,
        ));
    } else if ber > worth_a_look {
        let why = format!("pre-FEC BER {ber:.1e}, on its way to the limit of {limit:.1e}");
        findings.push(finding(
            Kind::PreFecBer,
            Severity::Warning,
            decibels(worth_a_look),
            why,
        ));
    }
}

/// The interfaces that receive light on a lane at least, by name: with them the next run tells a port that went dark from an idle one.
pub fn lit(records: &DeviceRecords) -> Vec<String> {
    let lit = records.lanes.iter().filter(|row| {
        row.location.is_some()
            && row.lane.values.rx.state != State::NoLight
            && row.lane.values.rx.dbm.is_some()
    });
    let names: std::collections::BTreeSet<&str> = lit.map(|row| &*row.if_name).collect();
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One interface with these optics and this state, judged.
    fn judged(optics: &str, interface: &str) -> Vec<String> {
        let wrap = |inside: &str| {
            format!(
                "<rpc-reply><interface-information><physical-interface><name>et-0/0/1</name>{inside}</physical-interface></interface-information></rpc-reply>"
            )
        };
        let mut snapshot = records::Snapshot::default();
        for (parser, reply) in [
            (
                "optics_diagnostics",
                wrap(&format!(
                    "<optics-diagnostics>{optics}</optics-diagnostics>"
                )),
            ),
            ("interface_statistics", wrap(interface)),
        ] {
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
            [
                "Info all: no light received on any of its 2 lanes; nothing says that the port is in use"
            ]
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
            [
                "Alarm all: 3 words a second that the optic's FEC cannot correct: frames are being lost"
            ]
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
}
