//! The columns of `intf-dom`: one row for each interface of the optics reply.

use super::{FiberRule, FiberType, WavelengthRule};
use super::{InterfaceDom, Limits, Transceiver};
use crate::column::Role::{Gauge, Label, State, Threshold, Time};
use crate::column::{Column, Columns, Fill, PortPart, StateFill, Value, instant};

type C = Column<InterfaceDom>;

/// First the documented columns in their documented order, then those that have been added since.
pub const INTERFACE_DOM_COLUMNS: Columns<InterfaceDom> = &[DOCUMENTED, ADDED, ADDED_LATER, TIME];

const DOCUMENTED: &[C] = &[
    C::text(
        "if_name",
        Label,
        "Interface name as the device writes it",
        |r| (&*r.optics.name).into(),
    )
    .filled(Fill::InterfaceName)
    .always(),
    C::text("device", Label, "Device name in the inventory", |r| {
        r.facts.device.as_str().into()
    })
    .filled(Fill::Device)
    .always(),
    C::text(
        "hostname",
        Label,
        "Name that the device gives itself",
        |r| (&r.facts.hostname).into(),
    )
    .filled(Fill::Document),
    C::text("model", Label, "Hardware model of the device", |r| {
        (&r.facts.model).into()
    })
    .filled(Fill::Document),
    C::float("temperature", "Cel", Gauge, "Module temperature", |r| {
        r.optics.temperature_c.into()
    }),
    C::float("voltage", "V", Gauge, "Module supply voltage", |r| {
        r.optics.voltage_v.into()
    }),
    C::text(
        "status",
        State,
        "OK, Warning, Alarm, or Unknown where nothing was measured",
        |r| r.status.as_str().into(),
    ),
    C::text("vendor", Label, "Module vendor, from PIC detail", |r| {
        module(r, |t| (&t.vendor).into())
    }),
    C::text(
        "part_number",
        Label,
        "Module part number: the vendor's, else the chassis inventory's",
        |r| module(r, |t| (&t.part_number).into()),
    ),
    C::text(
        "serial_number",
        Label,
        "Module serial number: the chassis inventory's, else the vendor's",
        |r| module(r, |t| (&t.serial_number).into()),
    ),
    C::text(
        "wavelength",
        Label,
        "Wavelength as the device writes it",
        |r| module(r, |t| (&t.wavelength).into()),
    ),
    C::text("fiber_type", Label, "SM, MM or Unknown", |r| {
        Value::Text(
            r.transceiver
                .as_ref()
                .map_or(FiberType::Unknown, |t| t.fiber_type)
                .as_str(),
        )
    }),
    C::text("cable_type", Label, "Cable type, from PIC detail", |r| {
        module(r, |t| (&t.cable_type).into())
    }),
    limit(
        "temperature_high_alarm",
        "Cel",
        "Module temperature above which an alarm is raised",
        |r| limits(r).temperature_c.high_alarm.into(),
    ),
    limit(
        "voltage_high_alarm",
        "V",
        "Module voltage above which an alarm is raised",
        |r| r.optics.thresholds.voltage_v.high_alarm.into(),
    ),
    C::int64(
        "timestamp",
        "s",
        Time,
        "UTC second at which the optics reply arrived",
        |r| Value::Integer(r.optics.timestamp),
    )
    .filled(Fill::Timestamp)
    .always(),
    C::int64(
        "run_timestamp",
        "s",
        Time,
        "UTC second at which the run began",
        |r| Value::Integer(r.facts.run_timestamp),
    )
    .filled(Fill::RunTimestamp)
    .always(),
    C::text("runner_name", Label, "Runner that made the run", |r| {
        r.facts.runner_name.as_str().into()
    })
    .filled(Fill::Runner)
    .always(),
];

const ADDED: &[C] = &[
    C::text(
        "optics_state",
        State,
        "Why module values are there or not",
        |r| r.optics.state.as_str().into(),
    )
    .filled(StateFill::of_module()),
    C::text(
        "alarms",
        State,
        "Flags that are on, of the module and of its lanes, by field name",
        |r| alarms(r.optics.flags_sent, &r.optics.alarms),
    ),
    limit(
        "temperature_low_alarm",
        "Cel",
        "Module temperature below which an alarm is raised",
        |r| limits(r).temperature_c.low_alarm.into(),
    ),
    limit(
        "temperature_high_warn",
        "Cel",
        "Module temperature above which a warning is raised",
        |r| limits(r).temperature_c.high_warn.into(),
    ),
    limit(
        "temperature_low_warn",
        "Cel",
        "Module temperature below which a warning is raised",
        |r| limits(r).temperature_c.low_warn.into(),
    ),
    limit(
        "voltage_low_alarm",
        "V",
        "Module voltage below which an alarm is raised",
        |r| r.optics.thresholds.voltage_v.low_alarm.into(),
    ),
    limit(
        "voltage_high_warn",
        "V",
        "Module voltage above which a warning is raised",
        |r| r.optics.thresholds.voltage_v.high_warn.into(),
    ),
    limit(
        "voltage_low_warn",
        "V",
        "Module voltage below which a warning is raised",
        |r| r.optics.thresholds.voltage_v.low_warn.into(),
    ),
    limit(
        "tx_power_high_alarm",
        "dBm",
        "Transmitted power above which an alarm is raised",
        |r| tx(r).high_alarm.into(),
    ),
    limit(
        "tx_power_low_alarm",
        "dBm",
        "Transmitted power below which an alarm is raised",
        |r| tx(r).low_alarm.into(),
    ),
    limit(
        "tx_power_high_warn",
        "dBm",
        "Transmitted power above which a warning is raised",
        |r| tx(r).high_warn.into(),
    ),
    limit(
        "tx_power_low_warn",
        "dBm",
        "Transmitted power below which a warning is raised",
        |r| tx(r).low_warn.into(),
    ),
    limit(
        "rx_power_high_alarm",
        "dBm",
        "Received power above which an alarm is raised",
        |r| rx(r).high_alarm.into(),
    ),
    limit(
        "rx_power_low_alarm",
        "dBm",
        "Received power below which an alarm is raised",
        |r| rx(r).low_alarm.into(),
    ),
    limit(
        "rx_power_high_warn",
        "dBm",
        "Received power above which a warning is raised",
        |r| rx(r).high_warn.into(),
    ),
    limit(
        "rx_power_low_warn",
        "dBm",
        "Received power below which a warning is raised",
        |r| rx(r).low_warn.into(),
    ),
    limit(
        "tx_bias_high_alarm",
        "mA",
        "Laser bias current above which an alarm is raised",
        |r| bias(r).high_alarm.into(),
    ),
    limit(
        "tx_bias_low_alarm",
        "mA",
        "Laser bias current below which an alarm is raised",
        |r| bias(r).low_alarm.into(),
    ),
    limit(
        "tx_bias_high_warn",
        "mA",
        "Laser bias current above which a warning is raised",
        |r| bias(r).high_warn.into(),
    ),
    limit(
        "tx_bias_low_warn",
        "mA",
        "Laser bias current below which a warning is raised",
        |r| bias(r).low_warn.into(),
    ),
    C::float(
        "rx_power",
        "dBm",
        Gauge,
        "Received power of a single-lane module",
        |r| r.optics.module_values.and_then(|v| v.rx.dbm).into(),
    )
    .filled(Fill::Light("rx_power_mw")),
    C::float(
        "rx_power_mw",
        "mW",
        Gauge,
        "Received power of a single-lane module",
        |r| r.optics.module_values.and_then(|v| v.rx.mw).into(),
    ),
    C::text(
        "rx_power_state",
        State,
        "Why rx_power is there or not, for a single-lane module",
        |r| {
            r.optics
                .module_values
                .map_or(Value::Absent, |v| v.rx.state.as_str().into())
        },
    )
    .filled(StateFill::of_one(|name| name == "rx_power", None)),
    C::float(
        "tx_power",
        "dBm",
        Gauge,
        "Transmitted power of a single-lane module",
        |r| r.optics.module_values.and_then(|v| v.tx.dbm).into(),
    )
    .filled(Fill::Light("tx_power_mw")),
    C::float(
        "tx_power_mw",
        "mW",
        Gauge,
        "Transmitted power of a single-lane module",
        |r| r.optics.module_values.and_then(|v| v.tx.mw).into(),
    ),
    C::text(
        "tx_power_state",
        State,
        "Why tx_power is there or not, for a single-lane module",
        |r| {
            r.optics
                .module_values
                .map_or(Value::Absent, |v| v.tx.state.as_str().into())
        },
    )
    .filled(StateFill::of_one(|name| name == "tx_power", None)),
    C::float(
        "tx_bias",
        "mA",
        Gauge,
        "Laser bias current of a single-lane module",
        |r| r.optics.module_values.and_then(|v| v.tx_bias_ma).into(),
    ),
    C::text(
        "tx_bias_state",
        State,
        "Why tx_bias is there or not, for a single-lane module",
        |r| {
            r.optics
                .module_values
                .map_or(Value::Absent, |v| v.tx_bias_state.as_str().into())
        },
    )
    .filled(StateFill::of_one(|name| name == "tx_bias", None)),
    C::float(
        "module_max_power_w",
        "W",
        Threshold,
        "Electrical power that the module may draw",
        |r| r.optics.max_power_w.into(),
    ),
    C::int32("fpc", Label, "FPC slot", |r| {
        r.location.map(|l| l.fpc).into()
    })
    .filled(Fill::Port(PortPart::Fpc)),
    C::int32("pic", Label, "PIC slot", |r| {
        r.location.map(|l| l.pic).into()
    })
    .filled(Fill::Port(PortPart::Pic)),
    C::int32("port", Label, "Port number on the PIC", |r| {
        r.location.map(|l| l.port).into()
    })
    .filled(Fill::Port(PortPart::Port)),
    C::int32("channel", Label, "Channel of a broken-out port", |r| {
        r.channel.into()
    })
    .filled(Fill::Port(PortPart::Channel)),
    C::int32("lane_count", Label, "Lanes that the device sent", |r| {
        Value::Integer(r.lane_count.into())
    }),
    C::float(
        "wavelength_nm",
        "nm",
        Label,
        "Wavelength: the text's, else what part number or medium say",
        |r| module(r, |t| t.wavelength_nm.into()),
    ),
    C::text("fiber_type_rule", State, FiberRule::MEANING, |r| {
        Transceiver::fiber_rule_of(r.transceiver.as_deref())
            .as_str()
            .into()
    }),
    C::text("firmware_version", Label, "Firmware of the module", |r| {
        module(r, |t| (&t.firmware_version).into())
    }),
    C::text("revision", Label, "Revision of the module", |r| {
        module(r, |t| (&t.revision).into())
    }),
    C::text(
        "description",
        Label,
        "Optic type, from the chassis inventory",
        |r| module(r, |t| (&t.description).into()),
    ),
    C::text(
        "chassis_part_number",
        Label,
        "Part number of the module in the chassis inventory",
        |r| module(r, |t| (&t.chassis_part_number).into()),
    ),
    C::text("version", Label, "OS version of the device", |r| {
        (&r.facts.version).into()
    }),
    C::text(
        "device_serial",
        Label,
        "Serial number of the chassis",
        |r| (&r.facts.device_serial).into(),
    ),
    C::text(
        "routing_engine",
        Label,
        "Routing engine, node or member that answered",
        |r| (&r.optics.routing_engine).into(),
    ),
    C::text(
        "temperature_state",
        State,
        "Why temperature is there or not",
        |r| r.optics.temperature_state.as_str().into(),
    )
    .filled(StateFill::of_one(|name| name == "temperature", None)),
    C::text("voltage_state", State, "Why voltage is there or not", |r| {
        r.optics.voltage_state.as_str().into()
    })
    .filled(StateFill::of_one(|name| name == "voltage", None)),
    C::text("wavelength_rule", State, WavelengthRule::MEANING, |r| {
        Value::Text(
            r.transceiver
                .as_ref()
                .map_or(WavelengthRule::Nothing, |t| t.wavelength_rule)
                .as_str(),
        )
    }),
];

const TIME: &[C] = &[C::time(|r| instant(r.optics.timestamp))];

const ADDED_LATER: &[C] = &[
    C::float(
        "tx_temperature",
        "Cel",
        Gauge,
        "Temperature of the transmitting part, where the module measures its parts apart",
        |r| r.optics.halves.tx_temperature_c.into(),
    ),
    C::float(
        "rx_temperature",
        "Cel",
        Gauge,
        "Temperature of the receiving part, where the module measures its parts apart",
        |r| r.optics.halves.rx_temperature_c.into(),
    ),
    C::float(
        "tx_voltage",
        "V",
        Gauge,
        "Supply voltage of the transmitting part, where the module measures its parts apart",
        |r| r.optics.halves.tx_voltage_v.into(),
    ),
    C::float(
        "rx_voltage",
        "V",
        Gauge,
        "Supply voltage of the receiving part, where the module measures its parts apart",
        |r| r.optics.halves.rx_voltage_v.into(),
    ),
    limit(
        "laser_temperature_high_alarm",
        "Cel",
        "Above this laser temperature: alarm",
        |r| limits(r).laser_temperature_c.high_alarm.into(),
    ),
    limit(
        "laser_temperature_low_alarm",
        "Cel",
        "Below this laser temperature: alarm",
        |r| limits(r).laser_temperature_c.low_alarm.into(),
    ),
    limit(
        "laser_temperature_high_warn",
        "Cel",
        "Above this laser temperature: warning",
        |r| limits(r).laser_temperature_c.high_warn.into(),
    ),
    limit(
        "laser_temperature_low_warn",
        "Cel",
        "Below this laser temperature: warning",
        |r| limits(r).laser_temperature_c.low_warn.into(),
    ),
];

const fn limit(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    get: fn(&InterfaceDom) -> Value<'_>,
) -> C {
    C::float(name, unit, Threshold, meaning, get)
}

fn module<'r>(row: &'r InterfaceDom, get: fn(&'r Transceiver) -> Value<'r>) -> Value<'r> {
    row.transceiver.as_deref().map_or(Value::Absent, get)
}

fn limits(row: &InterfaceDom) -> &super::Thresholds {
    &row.optics.thresholds
}

fn tx(row: &InterfaceDom) -> Limits {
    row.optics.thresholds.tx_power_dbm
}

fn rx(row: &InterfaceDom) -> Limits {
    row.optics.thresholds.rx_power_dbm
}

fn bias(row: &InterfaceDom) -> Limits {
    row.optics.thresholds.tx_bias_ma
}

/// The flags that are on; absent where the device sends no flags, so that "none" and "not known" stay apart.
pub(super) fn alarms(flags_sent: bool, on: &[String]) -> Value<'_> {
    if flags_sent {
        Value::Texts(on)
    } else {
        Value::Absent
    }
}
