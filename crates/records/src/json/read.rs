//! JSON documents read back into records: ours, and those of the Python scripts that Lanewatch takes over from, in both of their
//! states.
//!
//! Shapes differ with age: objects keyed by interface name, or lists of objects that name their interface. Keys that are
//! not known are left alone; a value of another type counts as absent. What has no shape that is known is refused.

use super::JsonError;
use super::named::{interface_of, location, named_objects, text};
use super::node::{Node, Object};
use super::original::{Dialect, model, our_fiber, seconds};
use super::shape::{self, UnknownShape};
use crate::model::{ChassisInventory, ChassisTransceiver, PicPort, SystemInformation};
use crate::value::firmware;

/// The ports of a `pic_detail` document, and who wrote it.
///
/// # Errors
///
/// A sentence, if it is no such document.
pub fn pic_detail(json: &[u8], arrived: i64) -> Result<(Vec<PicPort>, Dialect), String> {
    let document = Node::parse(json).map_err(|error| format!("it is not JSON: {error}"))?;
    pic_ports(&document, arrived).map_err(|error| error.to_string())
}

/// The ports of a `pic_detail` document that has been read.
pub(crate) fn pic_ports(
    document: &Node<'_>,
    arrived: i64,
) -> Result<(Vec<PicPort>, Dialect), UnknownShape> {
    let (dialect, modules) = shape::pic_detail(document)?;
    let ports = named_objects(modules).into_iter().map(|(name, port)| {
        // Where the document says which rule decided, only the device's own word counts as the device's word.
        let is_own = text(port, "fiber_type_rule").is_none_or(|rule| rule == "fiber_mode");
        let fiber = text(port, "fiber_type").map(|fiber| our_fiber(&fiber).to_owned());
        PicPort {
            location: location(name, port),
            vendor: text(port, "vendor"),
            part_number: text(port, "part_number"),
            serial_number: text(port, "serial_number"),
            firmware_version: text(port, "firmware_version")
                .filter(|text| firmware(text).is_some()),
            revision: first(port, &["revision", "juniper_version"]),
            cable_type: first(port, &["cable_type", "media_type"]),
            fiber_mode: fiber.filter(|_| is_own),
            wavelength: text(port, "wavelength"),
            routing_engine: text(port, "routing_engine").map(|name| name.as_str().into()),
            timestamp: time(port).unwrap_or(arrived),
        }
    });
    let ports = ports.filter(|port| port.location.is_some()).collect();
    Ok((ports, dialect))
}

/// The inventory of a `chassis_inventory` document.
pub(crate) fn chassis_inventory(document: &Node<'_>) -> Result<ChassisInventory, UnknownShape> {
    shape::chassis_inventory(document)?;
    let own = document.as_object();
    let modules = document
        .get("transceivers")
        .map(named_objects)
        .unwrap_or_default();
    Ok(ChassisInventory {
        serial_number: own.and_then(|own| first(own, &["serial_number", "origin_name"])),
        description: own.and_then(|own| text(own, "description")),
        transceivers: modules
            .into_iter()
            .map(|(name, module)| ChassisTransceiver {
                location: location(name, module),
                part_number: text(module, "part_number"),
                serial_number: text(module, "serial_number"),
                revision: text(module, "revision"),
                description: first(module, &["description", "media_type"]),
                model_number: text(module, "model_number"),
                routing_engine: None,
                chassis: 0,
            })
            .collect(),
        fpcs: Vec::new(),
        chassis: Vec::new(),
        timestamp: own.and_then(time).unwrap_or_default(),
    })
}

/// The device of a `system_information` document.
pub(crate) fn system_information(document: &Node<'_>) -> Result<SystemInformation, UnknownShape> {
    shape::system_information(document)?;
    let own = document.as_object();
    let of_device = |keys: &[&str]| own.and_then(|own| first(own, keys));
    let of_profile = || {
        let profile = of_device(&["device_profile"])?;
        Some(model(&profile).into_owned())
    };
    Ok(SystemInformation {
        hostname: of_device(&["hostname", "origin_hostname"]),
        model: of_device(&["model", "hardware_model"]).or_else(of_profile),
        os_name: of_device(&["os_name"]),
        version: of_device(&["version", "os_version"]),
        serial_number: of_device(&["serial_number"]),
        routing_engine: of_device(&["routing_engine"]),
        timestamp: own.and_then(time).unwrap_or_default(),
    })
}

/// The first of these that says something.
fn first(object: &Object<'_>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object, key))
}

/// When the reply came, in UTC seconds.
fn time(object: &Object<'_>) -> Option<i64> {
    object.get("timestamp")?.as_integer().map(seconds)
}

/// An `optics_diagnostics` document; JSON lines of lanes count as one.
///
/// # Errors
///
/// Where the text stops being JSON.
pub fn optics(json: &[u8]) -> Result<Node<'_>, JsonError> {
    let node = Node::parse_lines(json)?;
    let is_lane = |node: &Node<'_>| {
        let object = node.as_object();
        object.is_some_and(|object| object.contains_key("lane") && interface_of(object).is_some())
    };
    Ok(match is_lane(&node) {
        true => Node::List(vec![node]),
        false => node,
    })
}
