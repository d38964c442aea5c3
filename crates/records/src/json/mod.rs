//! The JSON documents of a device: five, and one for each mapping.
//!
//! Every object is written from its column list, so JSON and lake cannot drift apart. A key whose value was not
//! measured is left out: there is no `null`, no 0 in its place, no `"N/A"` and no empty string. Every object carries
//! `device`, `timestamp`, `run_timestamp` and `runner_name`.
//!
//! Keys come in a fixed order: that of the columns, and of the reply for interfaces and lanes; locations sort by FPC, PIC
//! and port.

mod cell;
pub(crate) mod joined;
pub(crate) mod named;
pub mod node;
mod node_parser;
pub mod original;
pub mod read;
pub mod rows;
pub(crate) mod shape;

pub use joined::DocumentError;
pub use node::Node;
pub use node_parser::JsonError;
pub use original::Dialect;
pub use shape::UnknownShape;

use std::borrow::Cow;
use std::sync::Arc;

use crate::column::Value;
use crate::enrich::DeviceRecords;
use crate::json_writer::JsonWriter;
use crate::model::{
    CHASSIS_INVENTORY_COLUMNS, ChassisDocument, ChassisInventory, PIC_DETAIL_COLUMNS, PortObject,
    SYSTEM_INFORMATION_COLUMNS, SystemDocument, SystemInformation, TRANSCEIVER_COLUMNS,
    Transceiver, TransceiverObject,
};
use crate::port::PortLocation;
use crate::tables::{self, DocumentPlace, TABLES};

/// The documents whose replies were there, by RPC name, as pretty-printed JSON.
pub fn documents(records: &DeviceRecords) -> Vec<(Cow<'static, str>, Vec<u8>)> {
    let mut documents = Vec::with_capacity(5 + records.mapped.len());
    if let Some(system) = &records.system_information {
        documents.push((
            "system_information".into(),
            system_information(records, system),
        ));
    }
    if records.chassis_inventory.is_some() {
        documents.push(("chassis_inventory".into(), chassis_inventory(records)));
    }
    if records.arrivals.get("pic_detail").is_some() {
        documents.push(("pic_detail".into(), pic_detail(records)));
    }
    for rpc in tables::documents() {
        if let Some(timestamp) = records.arrivals.get(rpc) {
            documents.push((rpc.into(), of_tables(records, rpc, timestamp)));
        }
    }
    for mapped in &records.mapped {
        let json = crate::mapping::document(&records.facts, mapped);
        documents.push((mapped.mapping.name.to_string().into(), json));
    }
    documents
}

/// The members that every object carries, for objects that are no rows.
fn origin(json: &mut JsonWriter, records: &DeviceRecords, timestamp: i64) {
    json.member("device", records.facts.device.as_str().into());
    json.member("timestamp", Value::Integer(timestamp));
    json.member("run_timestamp", Value::Integer(records.facts.run_timestamp));
    json.member("runner_name", records.facts.runner_name.as_str().into());
}

fn system_information(records: &DeviceRecords, system: &SystemInformation) -> Vec<u8> {
    let document = SystemDocument {
        facts: Arc::clone(&records.facts),
        system: system.clone(),
    };
    let mut json = JsonWriter::default();
    json.row(SYSTEM_INFORMATION_COLUMNS, &document);
    json.finish()
}

fn chassis_inventory(records: &DeviceRecords) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.open('{');
    if let Some(chassis) = &records.chassis_inventory {
        let head = ChassisDocument {
            facts: Arc::clone(&records.facts),
            chassis: ChassisInventory {
                transceivers: Vec::new(),
                fpcs: Vec::new(),
                chassis: Vec::new(),
                serial_number: chassis.serial_number.clone(),
                description: chassis.description.clone(),
                ..*chassis
            },
        };
        json.members(CHASSIS_INVENTORY_COLUMNS, &head);
        json.key("transceivers");
        json.open('{');
        let mut items: Vec<_> = chassis
            .transceivers
            .iter()
            .filter_map(|item| item.location.map(|location| (location, item)))
            .collect();
        items.sort_by_key(|(location, _)| *location);
        // A place has one module: the first that was reported.
        items.dedup_by_key(|(location, _)| *location);
        for (location, item) in items {
            // Only what was joined has this place for certain.
            let Some(module) = module(records, location) else {
                continue;
            };
            let (if_name, source) = records.port_names.name(location);
            let object = TransceiverObject {
                facts: Arc::clone(&records.facts),
                location,
                if_name,
                source,
                chassis: item.clone(),
                module: Arc::clone(module),
                timestamp: chassis.timestamp,
            };
            json.key(&object.if_name);
            json.row(TRANSCEIVER_COLUMNS, &object);
        }
        json.close('}');
    }
    json.close('}');
    json.finish()
}

fn pic_detail(records: &DeviceRecords) -> Vec<u8> {
    let mut json = JsonWriter::default();
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
        let (if_name, source) = records.port_names.name(location);
        let object = PortObject {
            facts: Arc::clone(&records.facts),
            location,
            if_name,
            source,
            port: port.clone(),
            module: Arc::clone(module),
        };
        json.key(&object.if_name);
        json.row(PIC_DETAIL_COLUMNS, &object);
    }
    json.close('}');
    json.finish()
}

/// The document of an RPC whose rows are tables.
fn of_tables(records: &DeviceRecords, rpc: &str, timestamp: i64) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.open('{');
    let of_rpc = || TABLES.iter().filter(|table| table.document.rpc() == rpc);
    if of_rpc().any(|table| matches!(table.document, DocumentPlace::List { .. })) {
        origin(&mut json, records, timestamp);
    }
    for table in of_rpc() {
        table.write_json(&mut json, records);
    }
    json.close('}');
    json.finish()
}

fn module(records: &DeviceRecords, location: PortLocation) -> Option<&Arc<Transceiver>> {
    let at = records
        .transceivers
        .binary_search_by_key(&location, |module| module.location)
        .ok()?;
    Some(&records.transceivers[at])
}
