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
            let module = interface.transceiver.as_ref();
            let is_copper = module.is_some_and(|module| module.is_copper);
            of_port(interface, lanes, is_used, is_copper, &mut findings);
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

/// What is wrong with the module, and with its lanes if it has light.
fn of_port(
    interface: &InterfaceDom,
    lanes: &[&LaneDom],
    is_used: bool,
    is_copper: bool,
    findings: &mut Vec<Finding>,
) {
    let optics = &interface.optics;
    let mut troubles = judge::module(optics, lanes.iter().map(|row| &row.lane));
    let received = troubles.contains(&Trouble::NoLightReceived);
    let sent = troubles.contains(&Trouble::NoLightSent);
    // Darkness is told with the lanes.
    troubles.retain(|trouble| {
        !matches!(trouble, Trouble::NoLightReceived | Trouble::NoLightSent)
            && (!is_copper || trouble.is_of_the_module())
    });
    let place = Place {
        interface: &optics.name,
        lane: None,
        rx_power_dbm: None,
    };
    findings.extend(by_kind(&place, troubles));
    if !is_copper {
        let dark = DarkModule { received, sent };
        of_lanes(interface, lanes, dark, is_used, findings);
    }
}

/// What the module says of the light of all lanes together, where they say nothing themselves.
#[derive(Debug, Clone, Copy)]
struct DarkModule {
    received: bool,
    sent: bool,
}

fn of_lanes(
    interface: &InterfaceDom,
    lanes: &[&LaneDom],
    module: DarkModule,
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
    let is_dark = module.received || count > 0 && lanes.iter().all(receives_none);
    let none_sent = module.sent || count > 1 && lanes.iter().all(sends_none);
    if is_dark {
        let sent = if module.sent || count > 0 && lanes.iter().all(sends_none) {
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
mod tests;
