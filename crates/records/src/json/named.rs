//! Objects that are about an interface or a module: their names, places and texts, in whatever form.

use super::node::{Node, Object};
use crate::port::{PortLocation, PortName};
use crate::value::eeprom;

/// The objects of a document with the interface that each is about: members of an object, or elements of a list.
pub(crate) fn named_objects<'d, 't>(value: &'d Node<'t>) -> Vec<(&'d str, &'d Object<'t>)> {
    match value {
        Node::Object(members) => members
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_object()?)))
            .collect(),
        Node::List(items) => items
            .iter()
            .filter_map(Node::as_object)
            .filter_map(|item| Some((interface_of(item)?, item)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The interface that an object names, under the keys that have been used for it.
pub(crate) fn interface_of<'d>(object: &'d Object<'_>) -> Option<&'d str> {
    let keys = ["if_name", "interface", "interface_name", "name"];
    let names = keys
        .iter()
        .filter_map(|key| object.get(key)?.as_text().map(str::trim));
    names.into_iter().find(|name| !name.is_empty())
}

/// A text that says something.
pub(crate) fn text(object: &Object<'_>, key: &str) -> Option<String> {
    object.get(key)?.as_text().and_then(|text| eeprom(text).0)
}

/// Where a module is: by its numbers, else by the interface's name.
pub(crate) fn location(name: &str, object: &Object<'_>) -> Option<PortLocation> {
    let number = |key: &str| u32::try_from(object.get(key)?.as_integer()?).ok();
    match (number("fpc"), number("pic"), number("port")) {
        (Some(fpc), Some(pic), Some(port)) => Some(PortLocation { fpc, pic, port }),
        _ => PortName::parse(name).map(|name| name.location),
    }
}
