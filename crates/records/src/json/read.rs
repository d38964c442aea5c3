//! JSON documents read back into records: ours, and those of the Python scripts that Lanewatch takes over from.
//!
//! Shapes differ with age: objects keyed by interface name, or lists of objects that name their interface. Keys that are
//! not known are left alone; a value of another type counts as absent.

use serde_json::{Map, Value};

use crate::model::{ChassisInventory, ChassisTransceiver, PicPort, SystemInformation};
use crate::port::{PortLocation, PortName};
use crate::value::{eeprom, firmware};

/// The ports of a `pic_detail` document.
///
/// # Errors
///
/// A sentence, if it is no such document.
pub fn pic_detail(json: &[u8], arrived: i64) -> Result<Vec<PicPort>, String> {
    let document: Value =
        serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
    Ok(pic_ports(&document, arrived))
}

/// The ports of a `pic_detail` document that has been read.
pub(crate) fn pic_ports(document: &Value, arrived: i64) -> Vec<PicPort> {
    let ports = named_objects(document).into_iter().map(|(name, port)| {
        // Where the document says which rule decided, only the device's own word counts as the device's word.
        let is_own = text(port, "fiber_type_rule").is_none_or(|rule| rule == "fiber_mode");
        PicPort {
            location: location(name, port),
            vendor: text(port, "vendor"),
            part_number: text(port, "part_number"),
            serial_number: text(port, "serial_number"),
            firmware_version: text(port, "firmware_version")
                .filter(|text| firmware(text).is_some()),
            revision: text(port, "revision"),
            cable_type: text(port, "cable_type"),
            fiber_mode: text(port, "fiber_type").filter(|_| is_own),
            wavelength: text(port, "wavelength"),
            routing_engine: text(port, "routing_engine").map(|name| name.as_str().into()),
            timestamp: port
                .get("timestamp")
                .and_then(Value::as_i64)
                .unwrap_or(arrived),
        }
    });
    ports.filter(|port| port.location.is_some()).collect()
}

/// The inventory of a `chassis_inventory` document.
pub(crate) fn chassis_inventory(document: &Value) -> ChassisInventory {
    let own = document.as_object();
    let of_chassis = |key| own.and_then(|own| text(own, key));
    let modules = document
        .get("transceivers")
        .map(named_objects)
        .unwrap_or_default();
    ChassisInventory {
        serial_number: of_chassis("serial_number"),
        description: of_chassis("description"),
        transceivers: modules
            .into_iter()
            .map(|(name, module)| ChassisTransceiver {
                location: location(name, module),
                part_number: text(module, "part_number"),
                serial_number: text(module, "serial_number"),
                revision: text(module, "revision"),
                description: text(module, "description"),
                model_number: text(module, "model_number"),
                routing_engine: None,
            })
            .collect(),
        fpcs: Vec::new(),
        timestamp: document
            .get("timestamp")
            .and_then(Value::as_i64)
            .unwrap_or_default(),
    }
}

/// The device of a `system_information` document.
pub(crate) fn system_information(document: &Value) -> SystemInformation {
    let own = document.as_object();
    let of_device = |key| own.and_then(|own| text(own, key));
    SystemInformation {
        hostname: of_device("hostname"),
        model: of_device("model"),
        os_name: of_device("os_name"),
        version: of_device("version"),
        serial_number: of_device("serial_number"),
        routing_engine: of_device("routing_engine"),
        timestamp: document
            .get("timestamp")
            .and_then(Value::as_i64)
            .unwrap_or_default(),
    }
}

/// The objects of a document with the interface that each is about: members of an object, or elements of a list.
pub(crate) fn named_objects(value: &Value) -> Vec<(&str, &Map<String, Value>)> {
    match value {
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_object()?)))
            .collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_object)
            .filter_map(|item| Some((interface_of(item)?, item)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The interface that an object names, under the keys that have been used for it.
pub(crate) fn interface_of(object: &Map<String, Value>) -> Option<&str> {
    let keys = ["if_name", "interface", "interface_name", "name"];
    keys.iter().find_map(|key| object.get(*key)?.as_str())
}

/// A text that says something.
pub(crate) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().and_then(|text| eeprom(text).0)
}

/// Where a module is: by its numbers, else by the interface's name.
pub(crate) fn location(name: &str, object: &Map<String, Value>) -> Option<PortLocation> {
    let number = |key: &str| {
        let value = object.get(key)?;
        let number = value
            .as_u64()
            .or_else(|| value.as_str()?.trim().parse().ok())?;
        u32::try_from(number).ok()
    };
    match (number("fpc"), number("pic"), number("port")) {
        (Some(fpc), Some(pic), Some(port)) => Some(PortLocation { fpc, pic, port }),
        _ => PortName::parse(name).map(|name| name.location),
    }
}
