//! The one judgement of a module: what its flags and its limits say is wrong, and that it is dark.
//!
//! The status of a row and the findings are both made of it, so that one cannot be well where the other raises an alarm.
//!
//! A device that sends flags of a quantity judges that quantity itself, and its word counts. Of a quantity without flags the
//! measured value is held against the limits: above a high one or below a low one, not at it. A lane without light is dark
//! whatever the flags say, unless the port is switched off.

use crate::model::{
    FlaggedQuantities, InterfaceOptics, Lane, Limits, OpticalPower, Status, TransmitReceive,
};
use crate::value::State;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Worth a look.
    Warning,
    /// Losing traffic, about to, or dark.
    Alarm,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judged {
    /// Module temperature.
    Temperature,
    /// Supply voltage.
    Voltage,
    /// Received power.
    RxPower,
    /// Transmitted power.
    TxPower,
    /// Laser bias current.
    TxBias,
    /// Temperature of a lane's laser.
    LaserTemperature,
}

impl Judged {
    /// What it is called in a sentence, and its unit.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Temperature => ("module temperature", "°C"),
            Self::Voltage => ("supply voltage", "V"),
            Self::RxPower => ("received power", "dBm"),
            Self::TxPower => ("transmitted power", "dBm"),
            Self::TxBias => ("bias current", "mA"),
            Self::LaserTemperature => ("laser temperature", "°C"),
        }
    }

    /// How the fields of its flags begin.
    const fn field(self) -> &'static str {
        match self {
            Self::Temperature => "temperature_",
            Self::Voltage => "voltage_",
            Self::RxPower => "rx_power_",
            Self::TxPower => "tx_power_",
            Self::TxBias => "tx_bias_",
            Self::LaserTemperature => "laser_temperature_",
        }
    }

    fn is_flagged(self, flagged: FlaggedQuantities) -> bool {
        match self {
            Self::Temperature => flagged.temperature,
            Self::Voltage => flagged.voltage,
            Self::RxPower => flagged.rx_power,
            Self::TxPower => flagged.tx_power,
            Self::TxBias => flagged.tx_bias,
            Self::LaserTemperature => flagged.laser_temperature,
        }
    }
}

/// The quantity that a flag, by its field's name, is about; none where it is about no quantity that is judged.
pub fn quantity_of_flag(flag: &str) -> Option<Judged> {
    let all = [
        Judged::Temperature,
        Judged::Voltage,
        Judged::RxPower,
        Judged::TxPower,
        Judged::TxBias,
        Judged::LaserTemperature,
    ];
    all.into_iter().find(|what| flag.starts_with(what.field()))
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// The receiver sees no light.
    NoLightReceived,
    /// The laser sends no light.
    NoLightSent,
    /// A measured value is beyond a limit.
    Beyond {
        /// Of what.
        what: Judged,
        /// The value.
        value: f64,
        /// True above a high limit, false below a low one.
        above: bool,
        /// The limit.
        limit: f64,
        /// Of a warning or of an alarm.
        grade: Grade,
    },
    /// A flag of the device that is on and that no value explains, by its field's name.
    Flag(String),
}

impl Trouble {
    /// True for what a module can have without light: its temperature and its supply.
    pub fn is_of_the_module(&self) -> bool {
        let what = match self {
            Self::NoLightReceived | Self::NoLightSent => None,
            Self::Beyond { what, .. } => Some(*what),
            Self::Flag(flag) => quantity_of_flag(flag),
        };
        matches!(what, Some(Judged::Temperature | Judged::Voltage))
    }

    /// How bad it is.
    pub fn grade(&self) -> Grade {
        match self {
            Self::NoLightReceived | Self::NoLightSent => Grade::Alarm,
            Self::Beyond { grade, .. } => *grade,
            Self::Flag(field) if field.ends_with("_alarm") => Grade::Alarm,
            Self::Flag(_) => Grade::Warning,
        }
    }
}

/// What is wrong with the module as a whole: its temperature, its supply, flags that are no lane's, and light that it measures
/// for all lanes together where none of them says any.
pub fn module<'l>(
    optics: &InterfaceOptics,
    lanes: impl Iterator<Item = &'l Lane> + Clone,
) -> Vec<Trouble> {
    let limits = &optics.thresholds;
    let is_silent = |state: State| matches!(state, State::NotPresent | State::NotSupported);
    let of_all_lanes = |power: fn(&TransmitReceive) -> OpticalPower| {
        let of_module = optics.module_values.as_ref().map(power)?;
        let mut lanes = lanes.clone();
        lanes
            .all(|lane| is_silent(power(&lane.values).state))
            .then_some(of_module)
    };
    let (rx, tx) = (of_all_lanes(|v| v.rx), of_all_lanes(|v| v.tx));
    let is_dark =
        |power: Option<OpticalPower>| power.is_some_and(|power| power.state == State::NoLight);
    let mut dark = Vec::new();
    if is_dark(rx) {
        dark.push(Trouble::NoLightReceived);
    }
    if is_dark(tx) {
        dark.push(Trouble::NoLightSent);
    }
    let dbm = |power: Option<OpticalPower>| power.and_then(|power| power.dbm);
    let values = [
        (
            Judged::Temperature,
            optics.temperature_c,
            limits.temperature_c,
        ),
        (Judged::Voltage, optics.voltage_v, limits.voltage_v),
        (Judged::RxPower, dbm(rx), limits.rx_power_dbm),
        (Judged::TxPower, dbm(tx), limits.tx_power_dbm),
    ];
    let own = optics
        .alarms
        .iter()
        .filter(|flag| !lanes.clone().any(|lane| lane.alarms.contains(flag)));
    troubles(&values, optics.flagged, own, dark)
}

/// What is wrong with one lane of the module. `is_off`: the port is switched off, and darkness is as it should be.
pub fn lane(optics: &InterfaceOptics, lane: &Lane, is_off: bool) -> Vec<Trouble> {
    let (limits, values) = (&optics.thresholds, &lane.values);
    let mut dark = Vec::new();
    if !is_off && values.rx.state == State::NoLight {
        dark.push(Trouble::NoLightReceived);
    }
    if !is_off && values.tx.state == State::NoLight {
        dark.push(Trouble::NoLightSent);
    }
    let values = [
        (Judged::RxPower, values.rx.dbm, limits.rx_power_dbm),
        (Judged::TxPower, values.tx.dbm, limits.tx_power_dbm),
        // A laser that is switched off draws no current.
        (
            Judged::TxBias,
            values.tx_bias_ma.filter(|_| !is_off),
            limits.tx_bias_ma,
        ),
        (
            Judged::LaserTemperature,
            lane.laser_temperature_c,
            limits.laser_temperature_c,
        ),
    ];
    troubles(&values, lane.flagged, lane.alarms.iter(), dark)
}

/// The worst of what is wrong with a module and its lanes, as one word. `is_off`: no light is expected, since the port is switched
/// off or the module is of copper; only heat and supply count then.
pub fn status<'l>(
    optics: &InterfaceOptics,
    lanes: impl Iterator<Item = &'l Lane> + Clone,
    is_off: bool,
) -> Status {
    let of_module = module(optics, lanes.clone());
    let of_lanes = lanes.flat_map(|one| lane(optics, one, is_off));
    let mut worst: Vec<Trouble> = of_module.into_iter().chain(of_lanes).collect();
    if is_off {
        // What has no laser, or one that is switched off, is dark, and its flags say so.
        worst.retain(Trouble::is_of_the_module);
    }
    match worst.iter().map(|trouble| trouble.grade()).max() {
        Some(Grade::Alarm) => Status::Alarm,
        Some(Grade::Warning) => Status::Warning,
        None if optics.state == State::Ok => Status::Ok,
        None => Status::Unknown,
    }
}

/// Darkness first, then values, then the flags that neither explains.
fn troubles<'f>(
    values: &[(Judged, Option<f64>, Limits)],
    flagged: FlaggedQuantities,
    flags: impl Iterator<Item = &'f String>,
    dark: Vec<Trouble>,
) -> Vec<Trouble> {
    let flags: Vec<&String> = flags.collect();
    let mut found = dark;
    let mut explained = Vec::new();
    for trouble in &found {
        let fields: &[_] = match trouble {
            Trouble::NoLightSent => &[Judged::TxPower, Judged::TxBias],
            _ => &[Judged::RxPower],
        };
        explained.extend(fields);
    }
    for (what, value, limits) in values {
        let Some(beyond) = value.and_then(|value| beyond(*what, value, *limits)) else {
            continue;
        };
        // The device's own flags of the quantity, where it sends any, decide; the value only says by how much.
        let is_on = flags.iter().any(|flag| flag.starts_with(what.field()));
        if is_on || !what.is_flagged(flagged) {
            explained.push(*what);
            found.push(beyond);
        }
    }
    let by_value = |flag: &str| {
        explained
            .iter()
            .any(|what: &Judged| flag.starts_with(what.field()))
    };
    let worst = found.iter().map(Trouble::grade).max();
    for flag in flags {
        let trouble = Trouble::Flag(flag.clone());
        // A flag that says more than the value does is said too.
        if !by_value(flag) || worst.is_none_or(|worst| worst < trouble.grade()) {
            found.push(trouble);
        }
    }
    found
}

/// The worst limit that the value is beyond.
fn beyond(what: Judged, value: f64, limits: Limits) -> Option<Trouble> {
    let pairs = [
        (Grade::Alarm, true, limits.high_alarm),
        (Grade::Alarm, false, limits.low_alarm),
        (Grade::Warning, true, limits.high_warn),
        (Grade::Warning, false, limits.low_warn),
    ];
    pairs.into_iter().find_map(|(grade, above, limit)| {
        let limit = limit?;
        let is_beyond = if above { value > limit } else { value < limit };
        is_beyond.then_some(Trouble::Beyond {
            what,
            value,
            above,
            limit,
            grade,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;

    /// The status of a module with these elements in its optics block.
    fn of(block: &str) -> Status {
        let optics = optics(block);
        status(&optics, optics.lanes.iter(), false)
    }

    fn optics(block: &str) -> InterfaceOptics {
        let reply = format!(
            "<physical-interface><name>et-0/0/0</name><optics-diagnostics>{block}</optics-diagnostics></physical-interface>"
        );
        let mut snapshot = Snapshot::default();
        crate::parsers::find("optics_diagnostics").unwrap().parse(
            reply.as_bytes(),
            1,
            &mut snapshot,
        );
        snapshot.optics.remove(0)
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
    fn a_quantity_that_the_device_flags_is_judged_by_its_flags() {
        let low = "<module-voltage-low-alarm>off</module-voltage-low-alarm>\
             <module-voltage-high-alarm-threshold>1</module-voltage-high-alarm-threshold>";
        assert_eq!(
            of(&[MEASURED, low].concat()),
            Status::Ok,
            "the device says that all is well"
        );
        let of_another = "<module-temperature-low-alarm>off</module-temperature-low-alarm>\
             <module-voltage-high-alarm-threshold>1</module-voltage-high-alarm-threshold>";
        assert_eq!(of(&[MEASURED, of_another].concat()), Status::Alarm);
    }

    #[test]
    fn a_dark_lane_is_an_alarm_whatever_the_flags_say_and_none_where_the_port_is_off() {
        let dark = "<laser-output-power-dbm>-40.00</laser-output-power-dbm><laser-bias-current>80</laser-bias-current>\
             <laser-tx-power-low-alarm>off</laser-tx-power-low-alarm>";
        assert_eq!(of(&[MEASURED, dark].concat()), Status::Alarm);
        let optics = optics(&[MEASURED, dark].concat());
        assert_eq!(status(&optics, optics.lanes.iter(), true), Status::Ok);
        assert_eq!(
            lane(&optics, &optics.lanes[0], false),
            [Trouble::NoLightSent]
        );
    }

    #[test]
    fn light_that_the_module_measures_for_all_lanes_is_judged_where_they_say_none() {
        let lane = |inside: &str| {
            format!(
                "<optics-diagnostics-lane-values><lane-index>0</lane-index><laser-bias-current>36</laser-bias-current>{inside}\
                 </optics-diagnostics-lane-values>"
            )
        };
        let low =
            "<laser-rx-power-low-alarm-threshold-dbm>-14</laser-rx-power-low-alarm-threshold-dbm>";
        let module = |dbm: &str| {
            format!("{low}<rx-signal-avg-optical-power-dbm>{dbm}</rx-signal-avg-optical-power-dbm>")
        };
        for (dbm, status) in [
            ("-2.00", Status::Ok),
            ("-40.00", Status::Alarm),
            ("-15.00", Status::Alarm),
        ] {
            assert_eq!(
                of(&[MEASURED, &module(dbm), &lane("")].concat()),
                status,
                "{dbm}"
            );
            // A lane that says it itself is believed.
            let lit = lane("<laser-rx-optical-power-dbm>-2.00</laser-rx-optical-power-dbm>");
            assert_eq!(of(&[MEASURED, &module(dbm), &lit].concat()), Status::Ok);
        }
    }

    #[test]
    fn of_a_port_that_is_off_only_heat_and_supply_count() {
        let flags = "<laser-output-power-dbm>- Inf</laser-output-power-dbm><laser-bias-current>0.002</laser-bias-current>\
             <laser-bias-current-low-alarm>on</laser-bias-current-low-alarm><laser-tx-power-low-warn>on</laser-tx-power-low-warn>\
             <rx-loss-of-signal-alarm>on</rx-loss-of-signal-alarm><tx-laser-disabled-alarm>on</tx-laser-disabled-alarm>";
        let hot = "<module-temperature-high-alarm-threshold>35 degrees C</module-temperature-high-alarm-threshold>";
        for (block, off) in [
            (flags.to_owned(), Status::Ok),
            ([flags, hot].concat(), Status::Alarm),
        ] {
            let optics = optics(&[MEASURED, &block].concat());
            assert_eq!(status(&optics, optics.lanes.iter(), false), Status::Alarm);
            assert_eq!(status(&optics, optics.lanes.iter(), true), off);
        }
    }

    #[test]
    fn a_coherent_module_that_says_darkness_at_module_level_alone_is_dark() {
        let lit =
            "<input-power-dbm>-9.12</input-power-dbm><output-power-dbm>-8.40</output-power-dbm>";
        assert_eq!(of(&[MEASURED, lit].concat()), Status::Ok);
        for (dark, trouble) in [
            (
                "<input-power-dbm>-99.00</input-power-dbm>",
                Trouble::NoLightReceived,
            ),
            (
                "<input-total-power-dbm>- Inf</input-total-power-dbm>",
                Trouble::NoLightReceived,
            ),
            (
                "<output-power-dbm>-40.00</output-power-dbm>",
                Trouble::NoLightSent,
            ),
        ] {
            let optics = optics(&[MEASURED, dark].concat());
            assert_eq!(lane(&optics, &optics.lanes[0], false), [trouble], "{dark}");
        }
    }

    #[test]
    fn the_limits_of_a_laser_judge_the_laser_and_not_the_module() {
        let limits = "<laser-temperature-high-alarm-threshold>57 degrees C</laser-temperature-high-alarm-threshold>\
             <laser-temperature-low-alarm-threshold>25 degrees C</laser-temperature-low-alarm-threshold>";
        let block = |module: u32, laser: u32| {
            format!(
                "<module-temperature>{module} degrees C</module-temperature>{limits}<optics-diagnostics-lane-values>\
                 <lane-index>0</lane-index><laser-temperature>{laser} degrees C</laser-temperature></optics-diagnostics-lane-values>"
            )
        };
        assert_eq!(of(&block(70, 46)), Status::Ok);
        assert_eq!(of(&block(20, 46)), Status::Ok);
        assert_eq!(of(&block(40, 60)), Status::Alarm);
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
