//! The members of the JSON documents that have no table in the lake: system information, chassis inventory, PIC detail.
//!
//! Written as column lists like those of the tables, so that names, types, units and meanings stand in one place here too.

use std::sync::Arc;

use super::{
    ChassisInventory, ChassisTransceiver, DeviceFacts, PicPort, SystemInformation, Transceiver,
};
use super::{FiberRule, NameSource, WavelengthRule};
use crate::column::Role::{Label, State, Time};
use crate::column::{Column, Columns, Value};
use crate::port::PortLocation;

/// Members that every object has: who, when, by whom.
macro_rules! origin {
    ($row:ty, $timestamp:expr) => {
        &[
            Column::<$row>::text("device", Label, "Device name in the inventory", |r| {
                r.facts.device.as_str().into()
            })
            .always(),
            Column::<$row>::int64(
                "timestamp",
                "s",
                Time,
                "UTC second at which the reply arrived",
                $timestamp,
            )
            .always(),
            Column::<$row>::int64(
                "run_timestamp",
                "s",
                Time,
                "UTC second at which the run began",
                |r| Value::Integer(r.facts.run_timestamp),
            )
            .always(),
            Column::<$row>::text("runner_name", Label, "Runner that made the run", |r| {
                r.facts.runner_name.as_str().into()
            })
            .always(),
        ]
    };
}

/// Members of an object that stands for a port: its place, and where its name is from.
macro_rules! place {
    () => {
        &[
            Column::int32("fpc", Label, "FPC slot", |r| Some(r.location.fpc).into()),
            Column::int32("pic", Label, "PIC slot", |r| Some(r.location.pic).into()),
            Column::int32("port", Label, "Port number on the PIC", |r| {
                Some(r.location.port).into()
            }),
            Column::text(
                "if_name_source",
                State,
                "device where the device reports an interface there, else derived",
                |r| r.source.as_str().into(),
            ),
        ]
    };
}

/// The document `system_information`.
#[derive(Debug)]
pub struct SystemDocument {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// What it says of itself.
    pub system: SystemInformation,
}

/// Members of `system_information`.
pub const SYSTEM_INFORMATION_COLUMNS: Columns<SystemDocument> = &[
    &[
        Column::text(
            "hostname",
            Label,
            "Name that the device gives itself",
            |r| (&r.system.hostname).into(),
        ),
        Column::text("model", Label, "Hardware model of the device", |r| {
            (&r.system.model).into()
        }),
        Column::text("version", Label, "OS version of the device", |r| {
            (&r.system.version).into()
        }),
        Column::text(
            "serial_number",
            Label,
            "Serial number of the chassis",
            |r| (&r.system.serial_number).into(),
        ),
        Column::text("os_name", Label, "Name of the OS", |r| {
            (&r.system.os_name).into()
        }),
        Column::text(
            "routing_engine",
            Label,
            "Routing engine, node or member that answered",
            |r| (&r.system.routing_engine).into(),
        ),
    ],
    origin!(SystemDocument, |r| Value::Integer(r.system.timestamp)),
];

/// The head of the document `chassis_inventory`.
#[derive(Debug)]
pub struct ChassisDocument {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// Its chassis; the transceivers have objects of their own.
    pub chassis: ChassisInventory,
}

/// Members of `chassis_inventory`, besides `transceivers`.
pub const CHASSIS_INVENTORY_COLUMNS: Columns<ChassisDocument> = &[
    &[
        Column::text(
            "serial_number",
            Label,
            "Serial number of the chassis; its backplane's where it has none",
            |r| (&r.chassis.serial_number).into(),
        ),
        Column::text("description", Label, "Product name of the chassis", |r| {
            (&r.chassis.description).into()
        }),
    ],
    origin!(ChassisDocument, |r| Value::Integer(r.chassis.timestamp)),
];

/// One object of `transceivers` in the document `chassis_inventory`.
#[derive(Debug)]
pub struct TransceiverObject {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// Where the module is plugged in.
    pub location: PortLocation,
    /// The name of the interface there.
    pub if_name: String,
    /// Where that name is from.
    pub source: NameSource,
    /// What the chassis inventory says of it.
    pub chassis: ChassisTransceiver,
    /// The same joined with PIC detail.
    pub module: Arc<Transceiver>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}

/// Members of an object of `transceivers`.
pub const TRANSCEIVER_COLUMNS: Columns<TransceiverObject> = &[
    &[
        Column::<TransceiverObject>::text("if_name", Label, "Interface name at this place", |r| {
            r.if_name.as_str().into()
        })
        .always(),
        Column::text("vendor", Label, "Module vendor, from PIC detail", |r| {
            (&r.module.vendor).into()
        }),
        Column::text(
            "part_number",
            Label,
            "Part number in the chassis inventory; NON-JNPR for a module that is not Juniper's",
            |r| (&r.chassis.part_number).into(),
        ),
        Column::text("serial_number", Label, "Module serial number", |r| {
            (&r.chassis.serial_number).into()
        }),
        Column::text("revision", Label, "Revision of the module", |r| {
            (&r.chassis.revision).into()
        }),
        Column::text("description", Label, "Optic type", |r| {
            (&r.chassis.description).into()
        }),
        Column::text("model_number", Label, "Model number of the module", |r| {
            (&r.chassis.model_number).into()
        }),
        Column::text(
            "routing_engine",
            Label,
            "Routing engine, node or member that answered",
            |r| (&r.chassis.routing_engine).into(),
        ),
    ],
    place!(),
    origin!(TransceiverObject, |r| Value::Integer(r.timestamp)),
];

/// One object of the document `pic_detail`.
#[derive(Debug)]
pub struct PortObject {
    /// The device.
    pub facts: Arc<DeviceFacts>,
    /// Where the port is.
    pub location: PortLocation,
    /// The name of the interface there.
    pub if_name: String,
    /// Where that name is from.
    pub source: NameSource,
    /// What PIC detail says of it.
    pub port: PicPort,
    /// The same joined with the chassis inventory.
    pub module: Arc<Transceiver>,
}

/// Members of an object of `pic_detail`.
pub const PIC_DETAIL_COLUMNS: Columns<PortObject> = &[
    &[
        Column::<PortObject>::text("if_name", Label, "Interface name at this place", |r| {
            r.if_name.as_str().into()
        })
        .always(),
        Column::text("vendor", Label, "Module vendor", |r| {
            (&r.port.vendor).into()
        }),
        Column::text("part_number", Label, "The vendor's part number", |r| {
            (&r.port.part_number).into()
        }),
        Column::text(
            "serial_number",
            Label,
            "Module serial number: the chassis inventory's, else the vendor's",
            |r| (&r.module.serial_number).into(),
        ),
        Column::text(
            "wavelength",
            Label,
            "Wavelength as the device writes it",
            |r| (&r.port.wavelength).into(),
        ),
        Column::float(
            "wavelength_nm",
            "nm",
            Label,
            "Wavelength: the text's, else what part number or medium say",
            |r| r.module.wavelength_nm.into(),
        ),
        Column::text("wavelength_rule", State, WavelengthRule::MEANING, |r| {
            r.module.wavelength_rule.as_str().into()
        }),
        Column::text("fiber_type", Label, "SM, MM or Unknown", |r| {
            r.module.fiber_type.as_str().into()
        }),
        Column::text("fiber_type_rule", State, FiberRule::MEANING, |r| {
            r.module.fiber_type_rule.as_str().into()
        }),
        Column::text("cable_type", Label, "Cable type", |r| {
            (&r.port.cable_type).into()
        }),
        Column::text("firmware_version", Label, "Firmware of the module", |r| {
            (&r.port.firmware_version).into()
        }),
        Column::text("revision", Label, "Juniper's revision of the module", |r| {
            (&r.port.revision).into()
        }),
        Column::text(
            "routing_engine",
            Label,
            "Routing engine, node or member that answered",
            |r| (&r.port.routing_engine).into(),
        ),
    ],
    place!(),
    origin!(PortObject, |r| Value::Integer(r.port.timestamp)),
];
