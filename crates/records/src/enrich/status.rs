//! `OK`, `Warning`, `Alarm` or `Unknown`.
//!
//! The device's own flags decide where it sends any. Where it sends none, its measurements are held against its
//! thresholds: above a high one or below a low one, not at it. No light counts as a power below every threshold. Without
//! flags, a module of which nothing can be held against a threshold is `OK` as long as something was measured.

use crate::model::{InterfaceOptics, Limits, OpticalPower, Status};
use crate::value::State;

/// The status of a module.
pub(crate) fn status(optics: &InterfaceOptics) -> Status {
    if matches!(
        optics.state,
        State::NotPresent | State::NotSupported | State::Invalid
    ) && optics.alarms.is_empty()
    {
        return Status::Unknown;
    }
    if optics.flags_sent {
        return if optics.alarms.iter().any(|flag| flag.ends_with("_alarm")) {
            Status::Alarm
        } else if !optics.alarms.is_empty() {
            Status::Warning
        } else if optics.state == State::Ok {
            Status::Ok
        } else {
            Status::Unknown
        };
    }
    let worst = measured(optics)
        .filter_map(|(value, limits)| judge(value, limits))
        .max_by_key(|status| rank(*status));
    match worst {
        Some(status) => status,
        None if optics.state == State::Ok => Status::Ok,
        None => Status::Unknown,
    }
}

/// Every measurement with its limits.
fn measured(optics: &InterfaceOptics) -> impl Iterator<Item = (f64, Limits)> + '_ {
    let t = &optics.thresholds;
    let module = [
        (optics.temperature_c, t.temperature_c),
        (optics.voltage_v, t.voltage_v),
    ];
    let lanes = optics.lanes.iter().flat_map(|lane| {
        [
            (light(lane.values.rx), t.rx_power_dbm),
            (light(lane.values.tx), t.tx_power_dbm),
            (lane.values.tx_bias_ma, t.tx_bias_ma),
        ]
    });
    module
        .into_iter()
        .chain(lanes)
        .filter_map(|(value, limits)| value.map(|value| (value, limits)))
}

fn light(power: OpticalPower) -> Option<f64> {
    if power.state == State::NoLight {
        Some(f64::NEG_INFINITY)
    } else {
        power.dbm
    }
}

/// `None` where there is no limit to hold the value against.
fn judge(value: f64, limits: Limits) -> Option<Status> {
    let above = |limit: Option<f64>| limit.is_some_and(|limit| value > limit);
    let below = |limit: Option<f64>| limit.is_some_and(|limit| value < limit);
    if limits == Limits::default() {
        None
    } else if above(limits.high_alarm) || below(limits.low_alarm) {
        Some(Status::Alarm)
    } else if above(limits.high_warn) || below(limits.low_warn) {
        Some(Status::Warning)
    } else if value.is_finite() {
        Some(Status::Ok)
    } else {
        None
    }
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Unknown => 0,
        Status::Ok => 1,
        Status::Warning => 2,
        Status::Alarm => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;

    /// The status of a module with these elements in its optics block.
    fn of(block: &str) -> Status {
        let reply = format!(
            "<physical-interface><name>et-0/0/0</name><optics-diagnostics>{block}</optics-diagnostics></physical-interface>"
        );
        let mut snapshot = Snapshot::default();
        crate::parsers::find("optics_diagnostics").unwrap().parse(
            reply.as_bytes(),
            1,
            &mut snapshot,
        );
        status(&snapshot.optics[0])
    }

    const MEASURED: &str =
        "<module-temperature>40 degrees C</module-temperature><module-voltage>3.3</module-voltage>";

    #[test]
    fn flags_decide_and_an_alarm_outranks_a_warning() {
        let warn = "<laser-rx-power-low-warn>On</laser-rx-power-low-warn>";
        let alarm = "<laser-rx-power-low-alarm>on</laser-rx-power-low-alarm>";
        let off = "<module-voltage-high-alarm>Off</module-voltage-high-alarm>";
        assert_eq!(of(&[MEASURED, off].concat()), Status::Ok);
        assert_eq!(of(&[MEASURED, off, warn].concat()), Status::Warning);
        assert_eq!(of(&[MEASURED, warn, alarm].concat()), Status::Alarm);
    }

    #[test]
    fn without_flags_the_thresholds_decide() {
        let limit = |level: &str, value: &str| {
            format!(
                "<module-temperature-high-{level}-threshold>{value} degrees C</module-temperature-high-{level}-threshold>"
            )
        };
        assert_eq!(
            of(&[MEASURED, &limit("alarm", "39"), &limit("warn", "38")].concat()),
            Status::Alarm
        );
        assert_eq!(
            of(&[MEASURED, &limit("alarm", "45"), &limit("warn", "38")].concat()),
            Status::Warning
        );
        assert_eq!(
            of(&[MEASURED, &limit("alarm", "40"), &limit("warn", "40")].concat()),
            Status::Ok
        );
        let dark = "<laser-output-power-dbm>- Inf</laser-output-power-dbm>\
             <laser-tx-power-low-alarm-threshold-dbm>-8</laser-tx-power-low-alarm-threshold-dbm>";
        assert_eq!(of(&[MEASURED, dark].concat()), Status::Alarm);
        assert_eq!(of(MEASURED), Status::Ok);
    }

    #[test]
    fn a_flag_that_is_on_beats_thresholds_that_are_kept() {
        let both = "<module-voltage-low-alarm>off</module-voltage-low-alarm>\
             <module-voltage-high-alarm-threshold>1</module-voltage-high-alarm-threshold>";
        assert_eq!(
            of(&[MEASURED, both].concat()),
            Status::Ok,
            "the device says that all is well"
        );
    }

    #[test]
    fn an_empty_cage_with_every_flag_on_is_unknown_and_no_alarm() {
        let empty = "<module-temperature celsius=\"0\">0 degrees C / 32 degrees F</module-temperature>\
             <module-voltage>0</module-voltage><module-voltage-low-alarm>On</module-voltage-low-alarm>\
             <optics-diagnostics-lane-values><lane-index>0</lane-index><laser-output-power-dbm>-Inf</laser-output-power-dbm>\
             <laser-rx-power-low-alarm>On</laser-rx-power-low-alarm></optics-diagnostics-lane-values>";
        assert_eq!(of(empty), Status::Unknown);
        assert_eq!(
            of("<optic-diagnostics-not-available>Not supported</optic-diagnostics-not-available>"),
            Status::Unknown
        );
        assert_eq!(of(""), Status::Unknown);
    }
}
