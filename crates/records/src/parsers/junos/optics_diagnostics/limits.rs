//! Flags and thresholds: names such as `laser-rx-power-low-warn-threshold-dbm`, taken apart.
//!
//! A name is quantity, side, level, and what of it: nothing more for the flag, `-threshold` for the limit,
//! `-threshold-dbm` for the limit of a power in dBm. Limits of powers in mW are left out: the dBm ones say the same. A
//! number under a flag's name is taken as the limit, as some documents of the format write it.

use crate::model::{Limits, Thresholds};
use crate::note::ReplyNotes;
use crate::value::{Quantity, Reading, number, temperature};
use crate::xml::{Cursor, Damage, Element};

/// More flags than any module or lane has. They are searched one by one, so a reply must not be able to hold very many.
const MOST_FLAGS: usize = 256;

/// The flags of a module or of a lane, as sent.
#[derive(Debug, Default)]
pub(super) struct SentFlags {
    /// True when any flag was there, on or off.
    pub(super) sent: bool,
    /// Field names of the flags that are on.
    pub(super) on: Vec<String>,
}

/// Flags and limits of a module or of a lane, as sent.
#[derive(Debug, Default)]
pub(super) struct SentLimits {
    pub(super) flags: SentFlags,
    pub(super) thresholds: Thresholds,
    /// Limits of the laser's temperature: they stand in where the module's own are not sent.
    pub(super) laser_temperature_c: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LimitForm {
    Flag,
    Threshold,
    Dbm,
}

/// The quantities whose limits are kept.
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
        let (stem, form) = if let Some(stem) = name.strip_suffix("-threshold") {
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
        let limited = match (what, form) {
            ("module-temperature", _) => Some(LimitedQuantity::ModuleTemperature),
            ("laser-temperature" | "laser-temp", _) => Some(LimitedQuantity::LaserTemperature),
            ("module-voltage", _) => Some(LimitedQuantity::Voltage),
            ("laser-bias-current", _) => Some(LimitedQuantity::Bias),
            ("laser-tx-power" | "tx-power", LimitForm::Dbm) => Some(LimitedQuantity::TxPower),
            ("laser-rx-power" | "rx-power", LimitForm::Dbm) => Some(LimitedQuantity::RxPower),
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

    fn field(&self) -> String {
        let what = match self.what {
            "module-temperature" => "temperature",
            "laser-temp" | "laser-temperature" => "laser_temperature",
            "module-voltage" => "voltage",
            "laser-tx-power" => "tx_power",
            "laser-rx-power" => "rx_power",
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
        if name.form == LimitForm::Flag {
            let text = cursor.text(element)?;
            if matches!(text.as_bytes(), [b'o' | b'O', b'f' | b'F', b'f' | b'F']) {
                self.flags.sent = true;
            } else if text.eq_ignore_ascii_case("on") {
                self.flags.sent = true;
                if self.flags.on.len() < MOST_FLAGS {
                    self.flags.on.push(name.field());
                } else {
                    notes.unreadable(name.field(), &text, "fewer flags that are on");
                }
            } else if !self.set_limit(&name, None, &text) {
                notes.unreadable(name.field(), &text, "on or off");
            }
        } else if self.limit(&name).is_some() {
            let text = cursor.text(element)?;
            if !self.set_limit(&name, element.attribute("celsius").as_deref(), &text) {
                notes.unreadable(name.field(), &text, "a limit");
            }
        }
        Ok(())
    }

    /// Sets the limit that the name speaks of; false when the text cannot be read as one. An absence is no failure.
    fn set_limit(&mut self, name: &LimitName<'_>, celsius: Option<&str>, text: &str) -> bool {
        let Some((slot, quantity)) = self.limit(name) else {
            return crate::value::absence(text).is_some();
        };
        let reading = if quantity == Quantity::TemperatureC {
            temperature(celsius, text)
        } else {
            number(text, quantity)
        };
        *slot = reading.value().or(*slot);
        reading != Reading::Invalid
    }

    /// Where the limit goes, and its quantity; `None` for names whose limits are not kept.
    fn limit(&mut self, name: &LimitName<'_>) -> Option<(&mut Option<f64>, Quantity)> {
        let t = &mut self.thresholds;
        let (limits, quantity) = match name.limited? {
            LimitedQuantity::ModuleTemperature => (&mut t.temperature_c, Quantity::TemperatureC),
            LimitedQuantity::LaserTemperature => {
                (&mut self.laser_temperature_c, Quantity::TemperatureC)
            }
            LimitedQuantity::Voltage => (&mut t.voltage_v, Quantity::VoltageV),
            LimitedQuantity::Bias => (&mut t.tx_bias_ma, Quantity::CurrentMa),
            LimitedQuantity::TxPower => (&mut t.tx_power_dbm, Quantity::PowerDbm),
            LimitedQuantity::RxPower => (&mut t.rx_power_dbm, Quantity::PowerDbm),
        };
        let slot = match (name.high?, name.alarm) {
            (true, true) => &mut limits.high_alarm,
            (false, true) => &mut limits.low_alarm,
            (true, false) => &mut limits.high_warn,
            (false, false) => &mut limits.low_warn,
        };
        Some((slot, quantity))
    }

    /// The module's thresholds, with the laser's temperature limits where it gives none of its own.
    pub(super) fn into_thresholds(self) -> Thresholds {
        let (module, laser) = (self.thresholds.temperature_c, self.laser_temperature_c);
        let temperature_c = if module == Limits::default() {
            laser
        } else {
            module
        };
        Thresholds {
            temperature_c,
            ..self.thresholds
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
