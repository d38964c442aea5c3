//! Which lanes look bad after one look, and why, in words.
//!
//! This is a judgement of the moment: what is dark, what is beyond the module's own thresholds, what the device flags, what FEC says now.
//! Trends, and who dies next, take more than one look. A port that was switched off is left alone.

use std::collections::BTreeMap;

use records::fec::Code;
use records::model::{InterfaceCounters, InterfaceDom, LaneDom, Limits};
use records::{DeviceRecords, State};
use serde::{Deserialize, Serialize};

/// What a FEC bears.
#[derive(Debug, Clone, Copy)]
struct BerLimits {
    /// Pre-FEC BER up to which the frame loss ratio stays below 1e-12.
    limit: f64,
    /// Pre-FEC BER that is worth a look: the rest of the margin is steep.
    worth_a_look: f64,
}

/// RS(544,514), "KP4", of PAM4 links (IEEE 802.3 clauses 91, 119, 134 and 161). Beyond 1e-4, two errors in five codewords are being corrected.
const KP4: BerLimits = BerLimits {
    limit: 2.4e-4,
    worth_a_look: 1e-4,
};
/// RS(528,514), "KR4", of NRZ links (IEEE 802.3 clauses 91 and 108).
const KR4: BerLimits = BerLimits {
    limit: 2.1e-5,
    worth_a_look: 1e-5,
};

impl BerLimits {
    /// Those of the code behind the mode. A device that names none sends a BER for PAM4 links; of the fire code (FEC74) and without FEC
    /// there is no such limit.
    fn of_mode(mode: Option<&str>) -> Option<Self> {
        match mode.map(Code::of_mode) {
            None | Some(Some(Code::RS544)) => Some(KP4),
            Some(Some(Code::RS528)) => Some(KR4),
            Some(_) => None,
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Losing traffic, about to, or dark.
    Alarm,
}

/// A lane, or a whole interface, that looks bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the interface.
    pub interface: String,
    /// None: the interface as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<u32>,
    /// How bad it is.
    pub severity: Severity,
    /// As a person would say it.
    pub why: String,
    /// The received power of the lane, in dBm, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rx_power_dbm: Option<f64>,
}

impl Finding {
    /// The lane's number, or what stands for all of them.
    pub fn lane_text(&self) -> String {
        self.lane
            .map_or_else(|| "all".to_owned(), |lane| lane.to_string())
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
        // `no_light`: a module that says nothing else is dark, not absent.
        if !switched_off && matches!(interface.optics.state, State::Ok | State::NoLight) {
            of_module(interface, &mut findings);
            of_lanes(
                interface,
                lanes.get(name).map_or(&[][..], Vec::as_slice),
                &mut findings,
            );
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

/// Temperature and supply, which all lanes share.
fn of_module(interface: &InterfaceDom, findings: &mut Vec<Finding>) {
    let (optics, limits) = (&interface.optics, &interface.optics.thresholds);
    let judged = [
        beyond(
            "module temperature",
            optics.temperature_c,
            &limits.temperature_c,
            "°C",
        ),
        beyond("supply voltage", optics.voltage_v, &limits.voltage_v, "V"),
    ];
    findings.extend(judged.into_iter().flatten().map(|(severity, why)| Finding {
        interface: optics.name.to_string(),
        lane: None,
        severity,
        why,
        rx_power_dbm: None,
    }));
}

fn of_lanes(interface: &InterfaceDom, lanes: &[&LaneDom], findings: &mut Vec<Finding>) {
    let dark = |lane: &&&LaneDom| lane.lane.values.rx.state == State::NoLight;
    if lanes.len() > 1 && lanes.iter().all(|lane| dark(&lane)) {
        findings.push(Finding {
            interface: interface.optics.name.to_string(),
            lane: None,
            severity: Severity::Alarm,
            why: format!("no light received on any of its {} lanes", lanes.len()),
            rx_power_dbm: None,
        });
        return;
    }
    for row in lanes {
        if let Some((severity, why)) = of_lane(interface, row) {
            let (interface, rx_power_dbm) =
                (interface.optics.name.to_string(), row.lane.values.rx.dbm);
            findings.push(Finding {
                interface,
                lane: Some(row.lane.index),
                severity,
                why,
                rx_power_dbm,
            });
        }
    }
}

/// The worst of a lane's troubles first; none if it has none.
fn of_lane(interface: &InterfaceDom, row: &LaneDom) -> Option<(Severity, String)> {
    let (values, limits) = (&row.lane.values, &interface.optics.thresholds);
    let mut troubles = Vec::new();
    if values.rx.state == State::NoLight {
        troubles.push((Severity::Alarm, "no light received".to_owned()));
    }
    troubles.extend(beyond(
        "received power",
        values.rx.dbm,
        &limits.rx_power_dbm,
        "dBm",
    ));
    troubles.extend(beyond(
        "transmitted power",
        values.tx.dbm,
        &limits.tx_power_dbm,
        "dBm",
    ));
    troubles.extend(beyond(
        "bias current",
        values.tx_bias_ma,
        &limits.tx_bias_ma,
        "mA",
    ));
    if troubles.is_empty() && !row.lane.alarms.is_empty() {
        let alarm = row.lane.alarms.iter().any(|flag| flag.ends_with("_alarm"));
        troubles.push((
            if alarm {
                Severity::Alarm
            } else {
                Severity::Warning
            },
            format!("the device flags {}", row.lane.alarms.join(", ")),
        ));
    }
    troubles.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let severity = troubles.first()?.0;
    let why: Vec<_> = troubles.into_iter().map(|(_, why)| why).collect();
    Some((severity, why.join("; ")))
}

/// A value against its four limits.
fn beyond(
    what: &str,
    value: Option<f64>,
    limits: &Limits,
    unit: &str,
) -> Option<(Severity, String)> {
    let value = value?;
    let above = |limit: Option<f64>| limit.filter(|limit| value > *limit);
    let below = |limit: Option<f64>| limit.filter(|limit| value < *limit);
    let (severity, side, limit) = None
        .or_else(|| {
            Some((
                Severity::Alarm,
                "above the alarm threshold",
                above(limits.high_alarm)?,
            ))
        })
        .or_else(|| {
            Some((
                Severity::Alarm,
                "below the alarm threshold",
                below(limits.low_alarm)?,
            ))
        })
        .or_else(|| {
            Some((
                Severity::Warning,
                "above the warning threshold",
                above(limits.high_warn)?,
            ))
        })
        .or_else(|| {
            Some((
                Severity::Warning,
                "below the warning threshold",
                below(limits.low_warn)?,
            ))
        })?;
    Some((
        severity,
        format!("{what} {value:.2} {unit}, {side} of {limit:.2} {unit}"),
    ))
}

fn of_fec(row: &InterfaceCounters, findings: &mut Vec<Finding>) {
    let fec = &row.statistics.fec;
    let mut troubles = Vec::new();
    if let Some(rate) = fec.nccw_rate.filter(|rate| *rate > 0.0) {
        troubles.push((
            Severity::Alarm,
            format!("{rate} uncorrectable FEC codewords a second: frames are being lost"),
        ));
    }
    let limits = BerLimits::of_mode(fec.mode.as_deref());
    if let Some((
        ber,
        BerLimits {
            limit,
            worth_a_look,
        },
    )) = fec.pre_fec_ber_value.zip(limits)
    {
        if ber > limit {
            troubles.push((
                Severity::Alarm,
                format!("pre-FEC BER {ber:.1e}, beyond the limit of {limit:.1e}"),
            ));
        } else if ber > worth_a_look {
            troubles.push((
                Severity::Warning,
                format!("pre-FEC BER {ber:.1e}, on its way to the limit of {limit:.1e}"),
            ));
        }
    }
    let Some(severity) = troubles.iter().map(|(severity, _)| *severity).max() else {
        return;
    };
    let why: Vec<_> = troubles.into_iter().map(|(_, why)| why).collect();
    let interface = row.statistics.name.to_string();
    findings.push(Finding {
        interface,
        lane: None,
        severity,
        why: why.join("; "),
        rx_power_dbm: None,
    });
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
        assert_eq!(
            judged(&all, ""),
            ["Alarm all: no light received on any of its 2 lanes"]
        );
        let one = format!("{LIMITS}{}{}", lane(0, "- Inf"), lane(1, "-1.00"));
        assert_eq!(judged(&one, ""), ["Alarm 0: no light received"]);
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
                "Alarm all: 2 uncorrectable FEC codewords a second: frames are being lost; pre-FEC BER 3.0e-4, beyond the limit of 2.4e-4"
            ]
        );
    }
}
