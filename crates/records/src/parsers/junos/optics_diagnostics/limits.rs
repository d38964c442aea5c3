//! Flags and thresholds: names such as `laser-rx-power-low-warn-threshold-dbm`, taken apart.
//!
//! A name is quantity, side, level, and what of it: nothing more for the flag, `-threshold` for the limit,
//! `-threshold-dbm` for the limit of a power in dBm, `-threshold-manual` for one that an operator has set. Limits of powers
//! in mW count where there is none in dBm, for the two say the same. A number under a flag's name is taken as the limit, as
//! some documents of the format write it.
//!
//! EEPROMs hold limits that are none: [`valid`] tells them.

use super::temperature;
use crate::decimal::with_unit;
use crate::light;
use crate::limit_pairs;
use crate::model::{FlaggedQuantities, Limits, Thresholds};
use crate::note::ReplyNotes;
use crate::value::{Quantity, Reading, State, absence, expected, number};
use crate::xml::{Cursor, Damage, Element};

/// More flags than any module or lane has. They are searched one by one, so a reply must not be able to hold very many.
const MOST_FLAGS: usize = 256;

/// The flags of a module or of a lane, as sent.
#[derive(Debug, Default)]
pub(super) struct SentFlags {
    /// True when any flag was there, on or off.
    pub(super) sent: bool,
    /// The quantities of which any flag was there, on or off.
    pub(super) flagged: FlaggedQuantities,
    /// Field names of the flags that are on.
    pub(super) on: Vec<String>,
}

/// Flags and limits of a module or of a lane, as sent.
#[derive(Debug, Default)]
pub(super) struct SentLimits {
    pub(super) flags: SentFlags,
    limits: LimitSet,
    /// Numbers that no such limit can be. They are none, but they show that the other limit of a pair is none either.
    impossible: LimitSet,
    /// The device says that the limits which an operator has set are not in use.
    manual_is_off: bool,
}

/// The limits of every quantity.
#[derive(Debug, Default)]
struct LimitSet {
    thresholds: Thresholds,
    /// Limits of sent and of received power in mW.
    tx_power_mw: Limits,
    rx_power_mw: Limits,
    /// Limits of received power that an operator has set.
    manual_rx: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LimitForm {
    Flag,
    Threshold,
    Dbm,
    Manual,
    /// Says whether the limits that an operator has set are in use.
    ManualSwitch,
}

/// The quantities that flags and limits are about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum LimitedQuantity {
    ModuleTemperature,
    LaserTemperature,
    Voltage,
    Bias,
    TxPower,
    RxPower,
}

/// The name of a flag or a threshold, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LimitName<'n> {
    /// Without side and level: `laser-rx-power`, `rx-loss-of-signal`.
    what: &'n str,
    limited: Option<LimitedQuantity>,
    high: Option<bool>,
    alarm: bool,
    form: LimitForm,
}

impl<'n> LimitName<'n> {
    pub(super) fn parse(name: &'n str) -> Option<Self> {
        if name == "rx-pow-manual-threshold-enabled" {
            return Some(Self {
                what: "rx-pow",
                limited: Some(LimitedQuantity::RxPower),
                high: None,
                alarm: false,
                form: LimitForm::ManualSwitch,
            });
        }
        let (stem, form) = if let Some(stem) = name.strip_suffix("-threshold-manual") {
            (stem, LimitForm::Manual)
        } else if let Some(stem) = name.strip_suffix("-threshold") {
            (stem, LimitForm::Threshold)
        } else if let Some(stem) = name.strip_suffix("-dbm") {
            (
                stem.strip_suffix("-threshold").unwrap_or(stem),
                LimitForm::Dbm,
            )
        } else {
            (name, LimitForm::Flag)
        };
        let (stem, alarm) = match stem.strip_suffix("-alarm") {
            Some(stem) => (stem, true),
            None => (
                stem.strip_suffix("-warn")
                    .or_else(|| stem.strip_suffix("-warning"))?,
                false,
            ),
        };
        let (what, high) = match (stem.strip_suffix("-high"), stem.strip_suffix("-low")) {
            (Some(what), _) => (what, Some(true)),
            (_, Some(what)) => (what, Some(false)),
            _ => (stem, None),
        };
        let limited = match what {
            "module-temperature" => Some(LimitedQuantity::ModuleTemperature),
            "laser-temperature" | "laser-temp" => Some(LimitedQuantity::LaserTemperature),
            "module-voltage" => Some(LimitedQuantity::Voltage),
            "laser-bias-current" => Some(LimitedQuantity::Bias),
            "laser-tx-power" | "tx-power" => Some(LimitedQuantity::TxPower),
            "laser-rx-power" | "rx-power" | "rx-pow" => Some(LimitedQuantity::RxPower),
            _ => None,
        };
        Some(LimitName {
            what,
            limited,
            high,
            alarm,
            form,
        })
    }

    /// False for a limit of a quantity whose limits are not kept.
    pub(super) fn is_kept(&self) -> bool {
        self.form == LimitForm::Flag || self.limited.is_some()
    }

    /// True for what is on or off.
    pub(super) fn is_flag(&self) -> bool {
        self.form == LimitForm::Flag
    }

    fn field(&self) -> String {
        let what = match self.what {
            "module-temperature" => "temperature",
            "laser-temp" | "laser-temperature" => "laser_temperature",
            "module-voltage" => "voltage",
            "laser-tx-power" => "tx_power",
            "laser-rx-power" | "rx-pow" => "rx_power",
            "laser-bias-current" => "tx_bias",
            other => return format!("{}{}{}", other.replace('-', "_"), self.side(), self.level()),
        };
        format!("{what}{}{}", self.side(), self.level())
    }

    fn side(&self) -> &'static str {
        match self.high {
            Some(true) => "_high",
            Some(false) => "_low",
            None => "",
        }
    }

    fn level(&self) -> &'static str {
        if self.alarm { "_alarm" } else { "_warn" }
    }
}

impl SentLimits {
    /// Reads an element with such a name.
    pub(super) fn read<'a>(
        &mut self,
        name: LimitName<'a>,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        match name.form {
            LimitForm::Flag => {
                let text = cursor.text(element)?;
                if matches!(text.as_bytes(), [b'o' | b'O', b'f' | b'F', b'f' | b'F']) {
                    self.flag_sent(name);
                } else if text.eq_ignore_ascii_case("on") {
                    self.flag_sent(name);
                    if self.flags.on.len() < MOST_FLAGS {
                        self.flags.on.push(name.field());
                    } else {
                        notes.unreadable(name.field(), &text, "fewer flags that are on");
                    }
                } else if absence(&text).is_none() && !self.set_limit(&name, element, &text, notes)
                {
                    notes.unreadable(name.field(), &text, "on or off");
                }
            }
            LimitForm::ManualSwitch => {
                let text = cursor.text(element)?;
                let off = ["false", "off", "no", "disabled", "0"];
                self.manual_is_off = off.iter().any(|word| word.eq_ignore_ascii_case(&text));
            }
            LimitForm::Threshold | LimitForm::Dbm | LimitForm::Manual => {
                if self.limits.slot(&name).is_some() {
                    let text = cursor.text(element)?;
                    if !self.set_limit(&name, element, &text, notes) {
                        notes.unreadable(name.field(), &text, "a limit");
                    }
                }
            }
        }
        Ok(())
    }

    fn flag_sent(&mut self, name: LimitName<'_>) {
        self.flags.sent = true;
        let flagged = &mut self.flags.flagged;
        match name.limited {
            Some(LimitedQuantity::ModuleTemperature) => flagged.temperature = true,
            Some(LimitedQuantity::LaserTemperature) => flagged.laser_temperature = true,
            Some(LimitedQuantity::Voltage) => flagged.voltage = true,
            Some(LimitedQuantity::Bias) => flagged.tx_bias = true,
            Some(LimitedQuantity::TxPower) => flagged.tx_power = true,
            Some(LimitedQuantity::RxPower) => flagged.rx_power = true,
            None => {}
        }
    }

    /// Sets the limit that the name speaks of; false when the text cannot be read as one. An absence is no failure, and a
    /// number that no such limit can be costs its note here.
    fn set_limit(
        &mut self,
        name: &LimitName<'_>,
        element: &Element<'_>,
        text: &str,
        notes: &mut ReplyNotes<'_>,
    ) -> bool {
        let Some((slot, quantity)) = self.limits.slot(name) else {
            return false;
        };
        if quantity == Quantity::PowerMw {
            // All ones, which no measurement can be, is a limit that nothing reaches.
            let in_mw = |(value, unit)| quantity.allows(unit).then_some(value);
            let value = with_unit(text).and_then(in_mw).filter(|mw| mw.is_finite());
            set_once(slot, value, text, name, notes);
            return value.is_some() || absence(text).is_some();
        }
        let reading = if quantity == Quantity::TemperatureC {
            if !text.starts_with(|first: char| first.is_ascii_digit() || "-+".contains(first))
                && absence(text).is_none()
            {
                return false;
            }
            temperature::read_named(element, text, || name.field(), notes)
        } else {
            number(text, quantity)
        };
        set_once(slot, reading.value(), text, name, notes);
        if reading == Reading::Invalid
            && let Some((slot, _)) = self.impossible.slot(name)
        {
            *slot = written(text);
        }
        if quantity == Quantity::TemperatureC {
            return true;
        }
        // No power at all is no limit either.
        let is_none = reading != Reading::Invalid
            || number(text, Quantity::PowerDbm) == Reading::Absent(State::NoLight);
        if !is_none && expected(text, quantity) != quantity.expected() {
            notes.unreadable(name.field(), text, expected(text, quantity));
            return true;
        }
        is_none
    }

    /// The thresholds that can be held against a value; what is none costs a note. Limits that an operator has set win.
    pub(super) fn thresholds(&self, notes: &mut ReplyNotes<'_>) -> Thresholds {
        let mut t = self.limits.thresholds;
        for (dbm, mw) in [
            (&mut t.tx_power_dbm, self.limits.tx_power_mw),
            (&mut t.rx_power_dbm, self.limits.rx_power_mw),
        ] {
            if *dbm == Limits::default() {
                *dbm = in_dbm(mw);
            }
        }
        let i = &self.impossible.thresholds;
        for (field, limits, impossible) in [
            ("temperature", &mut t.temperature_c, i.temperature_c),
            (
                "laser_temperature",
                &mut t.laser_temperature_c,
                i.laser_temperature_c,
            ),
            ("voltage", &mut t.voltage_v, i.voltage_v),
            ("tx_power", &mut t.tx_power_dbm, i.tx_power_dbm),
            ("rx_power", &mut t.rx_power_dbm, i.rx_power_dbm),
            ("tx_bias", &mut t.tx_bias_ma, i.tx_bias_ma),
        ] {
            *limits = valid(*limits, impossible, field, notes);
        }
        let manual = self.limits.manual_rx;
        if !self.manual_is_off && manual != Limits::default() {
            let manual = valid(manual, self.impossible.manual_rx, "rx_power", notes);
            let won = limit_pairs::or(manual, t.rx_power_dbm);
            t.rx_power_dbm = valid(won, Limits::default(), "rx_power", notes);
        }
        t
    }
}

impl LimitSet {
    /// Where the limit goes, and its quantity; `None` for names whose limits are not kept.
    fn slot(&mut self, name: &LimitName<'_>) -> Option<(&mut Option<f64>, Quantity)> {
        use LimitedQuantity as Limited;
        let t = &mut self.thresholds;
        let (limits, quantity) = match (name.limited?, name.form) {
            (Limited::RxPower, LimitForm::Manual) => (&mut self.manual_rx, Quantity::LimitDbm),
            (_, LimitForm::Manual) => return None,
            (Limited::ModuleTemperature, _) => (&mut t.temperature_c, Quantity::TemperatureC),
            (Limited::LaserTemperature, _) => (&mut t.laser_temperature_c, Quantity::TemperatureC),
            (Limited::Voltage, _) => (&mut t.voltage_v, Quantity::VoltageV),
            (Limited::Bias, _) => (&mut t.tx_bias_ma, Quantity::CurrentMa),
            (Limited::TxPower, LimitForm::Dbm) => (&mut t.tx_power_dbm, Quantity::LimitDbm),
            (Limited::RxPower, LimitForm::Dbm) => (&mut t.rx_power_dbm, Quantity::LimitDbm),
            (Limited::TxPower, LimitForm::Threshold) => (&mut self.tx_power_mw, Quantity::PowerMw),
            (Limited::RxPower, LimitForm::Threshold) => (&mut self.rx_power_mw, Quantity::PowerMw),
            (Limited::TxPower | Limited::RxPower, _) => return None,
        };
        let slot = match (name.high?, name.alarm) {
            (true, true) => &mut limits.high_alarm,
            (false, true) => &mut limits.low_alarm,
            (true, false) => &mut limits.high_warn,
            (false, false) => &mut limits.low_warn,
        };
        Some((slot, quantity))
    }
}

/// A limit that is there stays; one that is given again as something else costs a note.
fn set_once(
    slot: &mut Option<f64>,
    value: Option<f64>,
    text: &str,
    name: &LimitName<'_>,
    notes: &mut ReplyNotes<'_>,
) {
    if let (Some(first), Some(again)) = (*slot, value)
        && first != again
    {
        let found = format!("{text} beside {first}");
        notes.unreadable(name.field(), &found, "every limit once");
    }
    *slot = slot.or(value);
}

/// The number in a text, whatever it measures.
fn written(text: &str) -> Option<f64> {
    let text = text.split('/').next()?.trim();
    with_unit(text).map(|(value, _)| value)
}

/// The same limits in dBm, to a hundredth as devices give them. No power at all is no limit.
fn in_dbm(mw: Limits) -> Limits {
    let hundredths = |mw: f64| (light::in_dbm(mw) * 100.0).round() / 100.0;
    let each = |limit: Option<f64>| limit.filter(|mw| *mw > light::DARK_MW).map(hundredths);
    Limits {
        high_alarm: each(mw.high_alarm),
        low_alarm: each(mw.low_alarm),
        high_warn: each(mw.high_warn),
        low_warn: each(mw.low_warn),
    }
}

/// The limits that can hold a value between them; what is none costs a note.
fn valid(
    limits: Limits,
    impossible: Limits,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Limits {
    let Some((kept, found)) = limit_pairs::corrected(limits, impossible, field) else {
        return limits;
    };
    notes.unreadable(format!("{field}_limits"), &found, limit_pairs::EXPECTED);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Notes;
    use crate::snapshot::Snapshot;
    use crate::unread::Unread;

    #[test]
    fn limits_that_leave_no_value_between_them_are_none_and_the_others_stay() {
        let limits = |high_alarm, low_alarm, high_warn, low_warn| Limits {
            high_alarm,
            low_alarm,
            high_warn,
            low_warn,
        };
        let none = Limits::default();
        let alarms = limits(Some(75.0), Some(-5.0), None, None);
        for (field, given, kept) in [
            ("temperature", limits(Some(0.0), None, None, None), none),
            (
                "temperature",
                limits(Some(75.0), Some(-5.0), Some(0.0), None),
                alarms,
            ),
            (
                "temperature",
                limits(Some(75.0), Some(-5.0), None, Some(80.0)),
                alarms,
            ),
            (
                "temperature",
                limits(Some(75.0), Some(-5.0), Some(-10.0), None),
                alarms,
            ),
            (
                "temperature",
                limits(Some(75.0), Some(-5.0), Some(70.0), Some(70.0)),
                alarms,
            ),
            ("voltage", limits(Some(0.0), None, Some(0.0), None), none),
            ("rx_power", limits(Some(-3.0), Some(-3.0), None, None), none),
        ] {
            let (mut notes, mut unread) = (Notes::default(), Unread::default());
            let mut book = ReplyNotes {
                rpc: "optics_diagnostics",
                notes: &mut notes,
                unread: &mut unread,
            };
            assert_eq!(
                valid(given, none, field, &mut book),
                kept,
                "{field} {given:?}"
            );
            assert_eq!(notes.len(), 1, "{field} {given:?}");
        }
        // The low limit was one that no current can be: the high one is as little of a limit.
        let (mut notes, mut unread) = (Notes::default(), Unread::default());
        let mut book = ReplyNotes {
            rpc: "optics_diagnostics",
            notes: &mut notes,
            unread: &mut unread,
        };
        let impossible = limits(None, Some(65_535.0), None, None);
        let alone = limits(Some(10.0), None, None, None);
        assert_eq!(valid(alone, impossible, "tx_bias", &mut book), none);
        for (field, given) in [
            ("rx_power", limits(Some(0.0), None, None, None)),
            (
                "rx_power",
                limits(Some(2.0), Some(-18.0), Some(0.0), Some(-16.0)),
            ),
            (
                "temperature",
                limits(Some(75.0), Some(-5.0), Some(75.0), Some(-5.0)),
            ),
            ("temperature", limits(None, Some(0.0), None, None)),
        ] {
            let (mut notes, mut unread) = (Notes::default(), Unread::default());
            let mut book = ReplyNotes {
                rpc: "optics_diagnostics",
                notes: &mut notes,
                unread: &mut unread,
            };
            assert_eq!(valid(given, none, field, &mut book), given, "{field}");
            assert_eq!(notes.len(), 0, "{field} {given:?}");
        }
    }

    #[test]
    fn names_are_taken_apart_into_field_names() {
        for (xml, field) in [
            ("laser-rx-power-low-warn", "rx_power_low_warn"),
            ("module-temperature-high-alarm", "temperature_high_alarm"),
            ("laser-temp-low-alarm", "laser_temperature_low_alarm"),
            (
                "laser-bias-current-high-warn-threshold",
                "tx_bias_high_warn",
            ),
            (
                "laser-tx-power-high-alarm-threshold-dbm",
                "tx_power_high_alarm",
            ),
            ("laser-tx-power-high-alarm-dbm", "tx_power_high_alarm"),
            ("rx-power-high-warning-threshold-dbm", "rx_power_high_warn"),
            ("rx-loss-of-signal-alarm", "rx_loss_of_signal_alarm"),
        ] {
            assert_eq!(LimitName::parse(xml).unwrap().field(), field, "{xml}");
        }
        assert_eq!(LimitName::parse("laser-rx-optical-power-dbm"), None);
        assert_eq!(LimitName::parse("lane-index"), None);
    }

    #[test]
    fn limits_in_mw_alone_are_judged_in_dbm_and_beside_dbm_they_say_nothing_new() {
        let received = |limits: &str| {
            let reply = format!(
                "<interface-information><physical-interface><name>xe-0/0/0</name><optics-diagnostics><module-voltage>3.3</module-voltage>{limits}</optics-diagnostics>\
                 </physical-interface></interface-information>"
            );
            let mut snapshot = Snapshot::default();
            let parser = crate::parsers::find("optics_diagnostics").unwrap();
            parser.parse(reply.as_bytes(), 0, &mut snapshot);
            let limits = snapshot.optics[0].thresholds.rx_power_dbm;
            (
                limits.high_alarm,
                limits.low_alarm,
                limits.high_warn,
                limits.low_warn,
            )
        };
        let limit = |name: &str, value: &str| {
            format!("<laser-rx-power-{name}-threshold>{value}</laser-rx-power-{name}-threshold>")
        };
        let mw = limit("high-alarm", "1.9953")
            + &limit("low-alarm", "0.0315")
            + &limit("low-warn", "0.0000");
        assert_eq!(received(&mw), (Some(3.0), Some(-15.02), None, None));
        let dbm = "<laser-rx-power-high-alarm-threshold-dbm>2.50</laser-rx-power-high-alarm-threshold-dbm>";
        assert_eq!(received(&(mw + dbm)), (Some(2.5), None, None, None));
        let none = limit("high-alarm", "0.0000") + &limit("low-alarm", "0.0000");
        assert_eq!(received(&none), (None, None, None, None));
    }
}
