//! The columns of `lane-dom`: one row for each optical lane. Thresholds belong to the module and stand in `intf-dom`.

use super::interface_columns::alarms;
use super::{COHERENT, LaneDom, Transceiver};
use super::{FiberRule, FiberType, WavelengthRule};
use crate::column::Role::{Gauge, Label, State, Time};
use crate::column::{Column, Columns, Fill, PortPart, StateFill, Value, instant};

type C = Column<LaneDom>;

/// First the documented columns in their documented order, then those that have been added since.
pub const LANE_DOM_COLUMNS: Columns<LaneDom> = &[
    DOCUMENTED,
    ADDED,
    COHERENT_COLUMNS,
    ADDED_AFTER_COHERENT,
    ADDED_COHERENT,
    TIME,
];

const DOCUMENTED: &[C] = &[
    C::text(
        "if_name",
        Label,
        "Interface name as the device writes it",
        |r| (&*r.if_name).into(),
    )
    .filled(Fill::InterfaceName)
    .always(),
    C::int32(
        "lane",
        Label,
        "Lane number, by the device's lane-index",
        |r| Value::Integer(r.lane.index.into()),
    )
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
    C::float("rx_power", "dBm", Gauge, "Received power", |r| {
        r.lane.values.rx.dbm.into()
    })
    .filled(Fill::Light("rx_power_mw")),
    C::float("rx_power_mw", "mW", Gauge, "Received power", |r| {
        r.lane.values.rx.mw.into()
    }),
    C::float("tx_power", "dBm", Gauge, "Transmitted power", |r| {
        r.lane.values.tx.dbm.into()
    })
    .filled(Fill::Light("tx_power_mw")),
    C::float("tx_power_mw", "mW", Gauge, "Transmitted power", |r| {
        r.lane.values.tx.mw.into()
    }),
    C::float("tx_bias", "mA", Gauge, "Laser bias current", |r| {
        r.lane.values.tx_bias_ma.into()
    }),
    C::float(
        "temperature",
        "Cel",
        Gauge,
        "Temperature of the module, not of the lane",
        |r| r.temperature_c.into(),
    ),
    C::float("voltage", "V", Gauge, "Supply voltage of the module", |r| {
        r.voltage_v.into()
    }),
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
    C::int64(
        "timestamp",
        "s",
        Time,
        "UTC second at which the optics reply arrived",
        |r| Value::Integer(r.timestamp),
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
        "rx_power_state",
        State,
        "Why rx_power is there or not",
        |r| r.lane.values.rx.state.as_str().into(),
    )
    .filled(StateFill::of_one(
        |name| name == "rx_power",
        Some(crate::State::NotPresent),
    )),
    C::text(
        "tx_power_state",
        State,
        "Why tx_power is there or not",
        |r| r.lane.values.tx.state.as_str().into(),
    )
    .filled(StateFill::of_one(
        |name| name == "tx_power",
        Some(crate::State::NotPresent),
    )),
    C::text("tx_bias_state", State, "Why tx_bias is there or not", |r| {
        r.lane.values.tx_bias_state.as_str().into()
    })
    .filled(StateFill::of_one(
        |name| name == "tx_bias",
        Some(crate::State::NotPresent),
    )),
    C::float(
        "laser_temperature",
        "Cel",
        Gauge,
        "Temperature of the lane's laser",
        |r| r.lane.laser_temperature_c.into(),
    ),
    C::text(
        "alarms",
        State,
        "The lane's flags that are on, by field name",
        |r| alarms(r.lane.flags_sent, &r.lane.alarms),
    ),
    C::text(
        "serial_number",
        Label,
        "Module serial number: the chassis inventory's, else the vendor's",
        |r| module(r, |t| (&t.serial_number).into()),
    ),
    C::text(
        "optics_state",
        State,
        "Why module values are there or not",
        |r| r.optics_state.as_str().into(),
    )
    .filled(StateFill::of_module()),
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
];

/// A column for each quantity of [`COHERENT`], by its number there.
macro_rules! coherent {
    ($($at:literal)*) => {
        &[$(C::float(COHERENT[$at].name, COHERENT[$at].unit, Gauge, COHERENT[$at].meaning, |r| {
            r.lane.coherent.as_deref().and_then(|coherent| coherent.0[$at]).into()
        })),*]
    };
}

const COHERENT_COLUMNS: &[C] = coherent!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
    33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51);

const _: () = assert!(
    COHERENT_COLUMNS.len() + ADDED_COHERENT.len() == COHERENT.len(),
    "a quantity without a column"
);

const ADDED_AFTER_COHERENT: &[C] = &[C::text(
    "wavelength_rule",
    State,
    WavelengthRule::MEANING,
    |r| {
        Value::Text(
            r.transceiver
                .as_ref()
                .map_or(WavelengthRule::Nothing, |t| t.wavelength_rule)
                .as_str(),
        )
    },
)];

const ADDED_COHERENT: &[C] = coherent!(52 53 54 55 56 57);

const TIME: &[C] = &[C::time(|r| instant(r.timestamp))];

fn module<'r>(row: &'r LaneDom, get: fn(&'r Transceiver) -> Value<'r>) -> Value<'r> {
    row.transceiver.as_deref().map_or(Value::Absent, get)
}
