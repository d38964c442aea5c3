//! The five JSON documents of a device.
//!
//! Rows of tables are written from their column lists, so JSON and lake cannot drift apart. A key whose value was not
//! measured is left out: there is no `null`, no 0 in its place, no `"N/A"` and no empty string. Every object carries
//! `device`, `timestamp`, `run_timestamp` and `runner_name`.
//!
//! Keys come in a fixed order: that of the columns, and of the reply for interfaces and lanes; locations sort by FPC, PIC
//! and port.

mod writer;

use crate::enrich::DeviceRecords;
use crate::model::{
    INTERFACE_COUNTERS_COLUMNS, INTERFACE_DOM_COLUMNS, LANE_DOM_COLUMNS, SystemInformation,
    Transceiver,
};
use crate::port::PortLocation;
use crate::table::{Columns, Value};
use writer::Writer;

/// The documents whose replies were there, by RPC name, as pretty-printed JSON.
pub fn documents(records: &DeviceRecords) -> Vec<(&'static str, Vec<u8>)> {
    let mut documents = Vec::with_capacity(5);
    if let Some(system) = &records.system_information {
        documents.push(("system_information", system_information(records, system)));
    }
    if records.chassis_inventory.is_some() {
        documents.push(("chassis_inventory", chassis_inventory(records)));
    }
    if records.arrivals.pic_detail.is_some() {
        documents.push(("pic_detail", pic_detail(records)));
    }
    if let Some(timestamp) = records.arrivals.optics_diagnostics {
        documents.push(("optics_diagnostics", optics_diagnostics(records, timestamp)));
    }
    if records.arrivals.interface_statistics.is_some() {
        documents.push(("interface_statistics", interface_statistics(records)));
    }
    documents
}

/// An object whose members are the columns of a row that hold something.
fn row<R>(json: &mut Writer, columns: Columns<R>, row: &R) {
    json.open('{');
    for column in columns.iter().copied().flatten() {
        json.member(column.name, (column.get)(row));
    }
    json.close('}');
}

/// The members that every object carries, for objects that are no rows.
fn origin(json: &mut Writer, records: &DeviceRecords, timestamp: i64) {
    json.member("device", records.facts.device.as_str().into());
    json.member("timestamp", Value::Integer(timestamp));
    json.member("run_timestamp", Value::Integer(records.facts.run_timestamp));
    json.member("runner_name", records.facts.runner_name.as_str().into());
}

fn system_information(records: &DeviceRecords, system: &SystemInformation) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    json.member("hostname", (&system.hostname).into());
    json.member("model", (&system.model).into());
    json.member("version", (&system.version).into());
    json.member("serial_number", (&system.serial_number).into());
    json.member("os_name", (&system.os_name).into());
    json.member("routing_engine", (&system.routing_engine).into());
    origin(&mut json, records, system.timestamp);
    json.close('}');
    json.finish()
}

fn chassis_inventory(records: &DeviceRecords) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    if let Some(chassis) = &records.chassis_inventory {
        json.member("serial_number", (&chassis.serial_number).into());
        json.member("description", (&chassis.description).into());
        origin(&mut json, records, chassis.timestamp);
        json.key("transceivers");
        json.open('{');
        let mut written = Vec::new();
        let mut items: Vec<_> = chassis
            .transceivers
            .iter()
            .filter_map(|item| item.location.map(|location| (location, item)))
            .collect();
        items.sort_by_key(|(location, _)| *location);
        for (location, item) in items {
            // Only what was joined has this place for certain, and a place has one module.
            let Some(module) = module(records, location) else {
                continue;
            };
            if written.contains(&location) {
                continue;
            }
            written.push(location);
            let source = named(&mut json, records, location);
            json.member("vendor", (&module.vendor).into());
            json.member("part_number", (&item.part_number).into());
            json.member("serial_number", (&item.serial_number).into());
            json.member("revision", (&item.revision).into());
            json.member("description", (&item.description).into());
            json.member("model_number", (&item.model_number).into());
            json.member("routing_engine", (&item.routing_engine).into());
            place(&mut json, location, source);
            origin(&mut json, records, chassis.timestamp);
            json.close('}');
        }
        json.close('}');
    }
    json.close('}');
    json.finish()
}

fn pic_detail(records: &DeviceRecords) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    let mut ports: Vec<_> = records
        .pic_ports
        .iter()
        .filter_map(|port| port.location.map(|location| (location, port)))
        .collect();
    ports.sort_by_key(|(location, _)| *location);
    ports.dedup_by_key(|(location, _)| *location);
    for (location, port) in ports {
        let Some(module) = module(records, location) else {
            continue;
        };
        let source = named(&mut json, records, location);
        json.member("vendor", (&port.vendor).into());
        json.member("part_number", (&port.part_number).into());
        json.member("serial_number", (&module.serial_number).into());
        json.member("wavelength", (&port.wavelength).into());
        json.member("wavelength_nm", module.wavelength_nm.into());
        json.member("wavelength_rule", module.wavelength_rule.as_str().into());
        json.member("fiber_type", module.fiber_type.as_str().into());
        json.member("fiber_type_rule", module.fiber_type_rule.as_str().into());
        json.member("cable_type", (&port.cable_type).into());
        json.member("firmware_version", (&port.firmware_version).into());
        json.member("revision", (&port.revision).into());
        json.member("routing_engine", (&port.routing_engine).into());
        place(&mut json, location, source);
        origin(&mut json, records, port.timestamp);
        json.close('}');
    }
    json.close('}');
    json.finish()
}

fn optics_diagnostics(records: &DeviceRecords, timestamp: i64) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    origin(&mut json, records, timestamp);
    json.key("interfaces");
    json.open('[');
    for interface in &records.interfaces {
        json.element();
        row(&mut json, INTERFACE_DOM_COLUMNS, interface);
    }
    json.close(']');
    json.key("lanes");
    json.open('[');
    for lane in &records.lanes {
        json.element();
        row(&mut json, LANE_DOM_COLUMNS, lane);
    }
    json.close(']');
    json.close('}');
    json.finish()
}

fn interface_statistics(records: &DeviceRecords) -> Vec<u8> {
    let mut json = Writer::default();
    json.open('{');
    for interface in &records.counters {
        json.key(&interface.statistics.name);
        row(&mut json, INTERFACE_COUNTERS_COLUMNS, interface);
    }
    json.close('}');
    json.finish()
}

fn module(records: &DeviceRecords, location: PortLocation) -> Option<&Transceiver> {
    let at = records
        .transceivers
        .binary_search_by_key(&location, |module| module.location)
        .ok()?;
    Some(&records.transceivers[at])
}

/// Opens the object of a location, under the name that the device uses; gives the word that says where the name is from.
fn named(json: &mut Writer, records: &DeviceRecords, location: PortLocation) -> &'static str {
    let (name, source) = records.port_names.name(location);
    json.key(&name);
    json.open('{');
    json.member("if_name", name.as_str().into());
    source.as_str()
}

fn place(json: &mut Writer, location: PortLocation, source: &'static str) {
    json.member("fpc", Some(location.fpc).into());
    json.member("pic", Some(location.pic).into());
    json.member("port", Some(location.port).into());
    json.member("if_name_source", source.into());
}
