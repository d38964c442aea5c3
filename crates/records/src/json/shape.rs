//! What a document of each RPC looks like, and the error for one that looks like none.

use super::named::{interface_of, location, named_objects};
use super::node::{Node, Object};
use super::original::{Dialect, SIGNS, seconds};
use crate::port::PortName;

/// A document that is none of its RPC: nothing of it can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub struct UnknownShape {
    /// What it is, in a few words.
    pub found: String,
    /// What it should have been.
    pub expected: &'static str,
}

impl UnknownShape {
    pub(crate) fn of(found: &Node<'_>, expected: &'static str) -> Self {
        Self {
            found: found.described(),
            expected,
        }
    }
}

pub(crate) const SYSTEM: &str = "an object that names the device (`hostname`, `model`, `version`, or the original's \
    `origin_hostname`, `hardware_model`, `os_version`)";
pub(crate) const CHASSIS: &str =
    "an object with `transceivers`, an object of modules by interface name";
pub(crate) const PIC: &str =
    "an object of modules by interface name, or one with such an object as its `transceivers`";
pub(crate) const OPTICS: &str =
    "an object with the lists `interfaces` and `lanes`, whose objects name their interface";
pub(crate) const STATISTICS: &str = "an object of interfaces by their names, or one with the list `interfaces`, whose objects name theirs";

/// Keys of which a document of the device has one, whoever wrote it.
const OF_DEVICE: [&str; 11] = [
    "hostname",
    "model",
    "version",
    "serial_number",
    "os_name",
    "device",
    "origin_hostname",
    "hardware_model",
    "os_version",
    "device_profile",
    "inventory_instance",
];

/// Keys that the documents of other RPCs have.
const OF_OTHERS: [&str; 3] = ["interfaces", "lanes", "transceivers"];

/// Who wrote a `system_information` document.
pub(crate) fn system_information(document: &Node<'_>) -> Result<Dialect, UnknownShape> {
    let is_other = |object: &Object<'_>| OF_OTHERS.iter().any(|key| object.contains_key(key));
    match document.as_object() {
        Some(object)
            if OF_DEVICE.iter().any(|key| object.contains_key(key)) && !is_other(object) =>
        {
            let signs = ["hardware_model", "os_version"];
            let is_original = signs.iter().any(|key| object.contains_key(key));
            Ok(match is_original {
                true => Dialect::Original,
                false => of_object(object),
            })
        }
        _ => Err(UnknownShape::of(document, SYSTEM)),
    }
}

/// Who wrote a `chassis_inventory` document.
pub(crate) fn chassis_inventory(document: &Node<'_>) -> Result<Dialect, UnknownShape> {
    let unknown = || UnknownShape::of(document, CHASSIS);
    let object = document.as_object().ok_or_else(unknown)?;
    let modules = object.get("transceivers").ok_or_else(unknown)?;
    if !are_modules(modules) {
        return Err(UnknownShape::of(modules, CHASSIS));
    }
    let of_modules = named_objects(modules)
        .first()
        .map_or(Dialect::Documented, |(_, module)| of_object(module));
    Ok(of_object(object).or(of_modules))
}

/// Who wrote a `pic_detail` document, and its modules.
pub(crate) fn pic_detail<'d, 't>(
    document: &'d Node<'t>,
) -> Result<(Dialect, &'d Node<'t>), UnknownShape> {
    if let Some(modules) = document.get("transceivers") {
        // A chassis inventory says less of each module, and calls other things its vendor.
        let is_inventory = ["origin_name", "serial_number"].iter();
        if is_inventory.clone().any(|key| document.get(key).is_some()) {
            return Err(UnknownShape::of(document, PIC));
        }
        return match are_modules(modules) {
            true => Ok((Dialect::Original, modules)),
            false => Err(UnknownShape::of(modules, PIC)),
        };
    }
    let has_objects = !named_objects(document).is_empty();
    let is_empty = document.as_object().is_some_and(Object::is_empty);
    if is_empty || (has_objects && are_modules(document)) {
        let first = named_objects(document);
        let dialect = first
            .first()
            .map_or(Dialect::Documented, |(_, module)| of_object(module));
        Ok((dialect, document))
    } else {
        Err(UnknownShape::of(document, PIC))
    }
}

/// Whether these are modules, each at a place: none at all, or one whose place is known.
fn are_modules(modules: &Node<'_>) -> bool {
    let named = named_objects(modules);
    let is_placed = |(name, module): &(&str, &Object<'_>)| location(name, module).is_some();
    match modules {
        Node::Object(object) => object.is_empty() || named.iter().any(is_placed),
        Node::List(items) => items.is_empty() || named.iter().any(is_placed),
        _ => false,
    }
}

/// Who wrote an object.
pub(crate) fn of_object(object: &Object<'_>) -> Dialect {
    let is_fine = |time: i64| seconds(time) != time;
    let is_original = object.iter().any(|(key, node)| match key {
        "timestamp" => node.as_integer().is_some_and(is_fine),
        _ => SIGNS.contains(&key),
    });
    match is_original {
        true => Dialect::Original,
        false => Dialect::Documented,
    }
}

/// Whether an object, under this key or in a list, is about an interface: it has a port's name, it names one in a list, or it has a
/// key that is known.
pub(crate) fn is_of_interface(
    name: Option<&str>,
    object: &Object<'_>,
    knows: impl Fn(&str) -> bool,
) -> bool {
    let is_port = |name: &str| PortName::parse(name).is_some();
    let own = interface_of(object);
    name.or(own).is_some_and(is_port)
        || own.is_some_and(|own| name.is_none() || is_port(own))
        || object.iter().any(|(key, _)| knows(key))
}
