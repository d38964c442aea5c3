//! Renders `get-interface-optics-diagnostics-information`: the measurements of the modules.
//!
//! On classic Junos a module with one lane has all values at module level, and names received power `rx-signal-avg-optical-power`. All
//! others send a block for each lane. Thresholds are always those of the module. Units are in [`pluggable`](super::pluggable).

use super::{
    Xml, payload_namespace,
    pluggable::{self, Quantity},
};
use crate::{
    model::{Device, LaneReading, ModuleReading, OpticsReading},
    platform::{Limits, Style, TEMPERATURE_LIMITS_C, VOLTAGE_LIMITS_V},
};

pub(crate) fn render(device: &Device, readings: &[OpticsReading]) -> String {
    let mut xml = Xml::new();
    let namespace = payload_namespace(&device.blueprint, "junos-interface");
    xml.open_with(
        "interface-information",
        &format!("{namespace} junos:style=\"normal\""),
    );
    for reading in readings {
        xml.open("physical-interface");
        xml.leaf("name", &reading.interface);
        xml.open("optics-diagnostics");
        match &reading.module {
            None => xml.leaf("optic-diagnostics-not-available", "Not supported"),
            Some(module) => {
                let writer = Writer {
                    xml: &mut xml,
                    style: device.blueprint.style,
                };
                writer.module(module);
            }
        }
        xml.close("optics-diagnostics");
        xml.close("physical-interface");
    }
    xml.close("interface-information");
    xml.into_text()
}

struct Writer<'a> {
    xml: &'a mut Xml,
    style: Style,
}

impl Writer<'_> {
    fn module(mut self, module: &ModuleReading) {
        match (self.style, module.lanes.as_slice()) {
            (Style::Classic, [lane]) => self.single_lane(module, lane),
            _ => self.several_lanes(module),
        }
    }

    fn single_lane(&mut self, module: &ModuleReading, lane: &LaneReading) {
        self.lane_values(lane, "rx-signal-avg-optical-power", |writer| {
            writer.module_values(module)
        });
        self.lane_flags(module, lane);
        self.module_flags(module);
        self.thresholds(module);
    }

    fn several_lanes(&mut self, module: &ModuleReading) {
        self.module_values(module);
        if self.style == Style::Evo {
            self.xml.leaf(
                "module-max-power",
                pluggable::short(module.optic.max_power_w, 1),
            );
        }
        self.module_flags(module);
        self.thresholds(module);
        for lane in &module.lanes {
            self.xml.open("optics-diagnostics-lane-values");
            self.xml.leaf("lane-index", lane.index);
            self.lane_values(lane, "laser-rx-optical-power", |writer| {
                if writer.style == Style::Evo {
                    writer.temperature("laser-temperature", lane.laser_temperature_c);
                }
            });
            if self.style == Style::Evo {
                self.xml.leaf("q-factor-not-available", "Not Supported");
                self.xml.leaf("q-margin-not-available", "Not Supported");
            }
            self.lane_flags(module, lane);
            self.loss_flags(lane);
            self.xml.close("optics-diagnostics-lane-values");
        }
    }

    fn module_values(&mut self, module: &ModuleReading) {
        self.temperature("module-temperature", module.temperature_c);
        let voltage = pluggable::number(self.style, Quantity::Voltage, module.voltage_v);
        self.xml.leaf("module-voltage", voltage);
    }

    /// Bias and powers; `between` writes what stands between launched and received power.
    fn lane_values(&mut self, lane: &LaneReading, received: &str, between: impl FnOnce(&mut Self)) {
        let bias = pluggable::number(self.style, Quantity::Bias, lane.bias_ma);
        self.xml.leaf("laser-bias-current", bias);
        self.power("laser-output-power", "", Some(lane.tx_power_dbm));
        between(self);
        self.power(received, "", lane.rx_power_dbm);
    }

    /// A power in mW and in dBm; none is `- Inf` on classic Junos, `-Inf` on EVO.
    fn power(&mut self, name: &str, suffix: &str, dbm: Option<f64>) {
        let milliwatts = dbm.map_or(0.0, pluggable::milliwatts);
        let text = pluggable::number(self.style, Quantity::Power, milliwatts);
        self.xml.leaf(&format!("{name}{suffix}"), text);
        let text = match (dbm, self.style) {
            (Some(dbm), _) => format!("{dbm:.2}"),
            (None, Style::Classic) => "- Inf".to_owned(),
            (None, Style::Evo) => "-Inf".to_owned(),
        };
        self.xml.leaf(&format!("{name}{suffix}-dbm"), text);
    }

    fn temperature(&mut self, name: &str, celsius: f64) {
        let (attribute, text) = pluggable::temperature(celsius);
        self.xml.leaf_with(name, &attribute, &text);
    }

    fn lane_flags(&mut self, module: &ModuleReading, lane: &LaneReading) {
        let optic = module.optic;
        let dark = f64::NEG_INFINITY;
        self.flags("laser-bias-current", lane.bias_ma, &optic.bias_limits_ma);
        if self.style == Style::Evo {
            self.flags(
                "laser-temp",
                lane.laser_temperature_c,
                &TEMPERATURE_LIMITS_C,
            );
        }
        self.flags(
            "laser-rx-power",
            lane.rx_power_dbm.unwrap_or(dark),
            &optic.rx_limits_dbm,
        );
        self.flags("laser-tx-power", lane.tx_power_dbm, &optic.tx_limits_dbm);
    }

    fn module_flags(&mut self, module: &ModuleReading) {
        self.flags(
            "module-temperature",
            module.temperature_c,
            &TEMPERATURE_LIMITS_C,
        );
        self.flags("module-voltage", module.voltage_v, &VOLTAGE_LIMITS_V);
    }

    fn loss_flags(&mut self, lane: &LaneReading) {
        let style = self.style;
        let mut flag = |name, on| self.xml.leaf(name, style.flag(on));
        flag("tx-loss-of-signal-functionality-alarm", false);
        flag("rx-loss-of-signal-alarm", lane.rx_power_dbm.is_none());
        flag("tx-laser-disabled-alarm", false);
    }

    fn flags(&mut self, name: &str, value: f64, limits: &Limits) {
        for (flag, on) in [
            ("high-alarm", value >= limits.high_alarm),
            ("low-alarm", value <= limits.low_alarm),
            ("high-warn", value >= limits.high_warn),
            ("low-warn", value <= limits.low_warn),
        ] {
            self.xml
                .leaf(&format!("{name}-{flag}"), self.style.flag(on));
        }
    }

    fn thresholds(&mut self, module: &ModuleReading) {
        let optic = module.optic;
        self.each_limit(&optic.bias_limits_ma, |writer, flag, value| {
            let text = pluggable::number(writer.style, Quantity::Bias, value);
            writer
                .xml
                .leaf(&format!("laser-bias-current-{flag}-threshold"), text);
        });
        for (name, limits) in [
            ("laser-tx-power", &optic.tx_limits_dbm),
            ("laser-rx-power", &optic.rx_limits_dbm),
        ] {
            self.each_limit(limits, |writer, flag, value| {
                writer.power(&format!("{name}-{flag}"), "-threshold", Some(value));
            });
        }
        self.each_limit(&TEMPERATURE_LIMITS_C, |writer, flag, value| {
            writer.temperature(&format!("module-temperature-{flag}-threshold"), value);
        });
        self.each_limit(&VOLTAGE_LIMITS_V, |writer, flag, value| {
            let text = pluggable::number(writer.style, Quantity::Voltage, value);
            writer
                .xml
                .leaf(&format!("module-voltage-{flag}-threshold"), text);
        });
        if self.style == Style::Evo {
            self.each_limit(&TEMPERATURE_LIMITS_C, |writer, flag, value| {
                writer.temperature(&format!("laser-temperature-{flag}-threshold"), value);
            });
        }
    }

    fn each_limit(&mut self, limits: &Limits, mut write: impl FnMut(&mut Self, &str, f64)) {
        write(self, "high-alarm", limits.high_alarm);
        write(self, "low-alarm", limits.low_alarm);
        write(self, "high-warn", limits.high_warn);
        write(self, "low-warn", limits.low_warn);
    }
}
