//! One module for each location, of chassis inventory and PIC detail.
//!
//! PIC detail wins for vendor facts (vendor, part number, revision), the chassis inventory for the serial number. What a
//! member says of a slot that is not known to be its own is not joined: it would describe other ports.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::ModuleFacts;
use super::fibre::fibre;
use super::members::Members;
use crate::model::{ChassisInventory, ChassisTransceiver, PicPort, Transceiver};
use crate::note::{Note, Notes};
use crate::port::PortLocation;

/// Modules by location.
pub(crate) type Transceivers = BTreeMap<PortLocation, Arc<Transceiver>>;

pub(crate) fn transceivers(
    chassis: Option<&ChassisInventory>,
    ports: &[PicPort],
    members: &Members,
    notes: &mut Notes,
) -> Transceivers {
    type Parts<'p> = (Option<&'p ChassisTransceiver>, Option<&'p PicPort>);
    let mut parts: BTreeMap<PortLocation, Parts<'_>> = BTreeMap::new();
    let mut leave_out =
        |location: PortLocation, field: &'static str, found: String, expected: &'static str| {
            let PortLocation { fpc, pic, port } = location;
            let found = format!("{found} at {fpc}/{pic}/{port}");
            notes.push(Note {
                rpc: "join".into(),
                interface: None,
                lane: None,
                field: field.into(),
                found,
                expected: expected.into(),
            });
        };
    for item in chassis.map_or(&[][..], |chassis| &chassis.transceivers) {
        let Some(location) = item.location else {
            continue;
        };
        let engine = item.routing_engine.as_deref();
        if !members.holds(engine, item.chassis, location.fpc) {
            leave_out(
                location,
                "transceivers",
                format!("a module of {}", engine.unwrap_or("another chassis")),
                "modules of the first node",
            );
            continue;
        }
        let part = parts.entry(location).or_default();
        if part.0.is_some() {
            leave_out(
                location,
                "transceivers",
                "a second module".to_owned(),
                "one module a port",
            );
        } else {
            part.0 = Some(item);
        }
    }
    for port in ports {
        let Some(location) = port.location else {
            continue;
        };
        let engine = port.routing_engine.as_deref();
        if !members.speaks_for(engine, location.fpc) {
            leave_out(
                location,
                "pic_detail",
                format!("a port of {}", engine.unwrap_or_default()),
                "ports of the first node",
            );
            continue;
        }
        let part = parts.entry(location).or_default();
        if part.1.is_some() {
            leave_out(
                location,
                "pic_detail",
                "a second port".to_owned(),
                "every port once",
            );
        } else {
            part.1 = Some(port);
        }
    }
    parts
        .into_iter()
        .map(|(location, (chassis, port))| (location, Arc::new(one(location, chassis, port))))
        .collect()
}

fn one(
    location: PortLocation,
    chassis: Option<&ChassisTransceiver>,
    port: Option<&PicPort>,
) -> Transceiver {
    fn first(a: Option<&String>, b: Option<&String>) -> Option<String> {
        a.or(b).cloned()
    }
    let from_chassis = |get: fn(&ChassisTransceiver) -> Option<&String>| chassis.and_then(get);
    let from_port = |get: fn(&PicPort) -> Option<&String>| port.and_then(get);
    let chassis_part_number = from_chassis(|c| c.part_number.as_ref());
    let description = from_chassis(|c| c.description.as_ref());
    let wavelength = from_port(|p| p.wavelength.as_ref());
    let cable_type = from_port(|p| p.cable_type.as_ref());
    let vendor_part_number = from_port(|p| p.part_number.as_ref());
    let facts = ModuleFacts {
        fiber_mode: from_port(|p| p.fiber_mode.as_ref()).map(String::as_str),
        cable_type: cable_type.map(String::as_str),
        wavelength: wavelength.map(String::as_str),
        vendor_part_number: vendor_part_number.map(String::as_str),
        chassis_part_number: chassis_part_number.map(String::as_str),
        description: description.map(String::as_str),
    };
    let (fiber_type, fiber_type_rule) = fibre(&facts);
    let (wavelength_nm, wavelength_rule) = super::wavelength::wavelength(&facts);
    Transceiver {
        location,
        vendor: from_port(|p| p.vendor.as_ref()).cloned(),
        part_number: first(vendor_part_number, chassis_part_number),
        chassis_part_number: chassis_part_number.cloned(),
        serial_number: first(
            from_chassis(|c| c.serial_number.as_ref()),
            from_port(|p| p.serial_number.as_ref()),
        ),
        firmware_version: from_port(|p| p.firmware_version.as_ref()).cloned(),
        revision: first(
            from_port(|p| p.revision.as_ref()),
            from_chassis(|c| c.revision.as_ref()),
        ),
        description: description.cloned(),
        cable_type: cable_type.cloned(),
        wavelength_nm,
        wavelength_rule,
        wavelength: wavelength.cloned(),
        fiber_type,
        fiber_type_rule,
        is_copper: facts.is_copper(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCATION: PortLocation = PortLocation {
        fpc: 0,
        pic: 0,
        port: 3,
    };

    fn chassis(routing_engine: Option<&str>) -> ChassisInventory {
        let module = ChassisTransceiver {
            location: Some(LOCATION),
            part_number: Some("740-061405".to_owned()),
            serial_number: Some("CHASSIS".to_owned()),
            revision: Some("REV 02".to_owned()),
            routing_engine: routing_engine.map(Arc::from),
            ..ChassisTransceiver::default()
        };
        ChassisInventory {
            transceivers: vec![module],
            ..ChassisInventory::default()
        }
    }

    #[test]
    fn pic_detail_wins_for_vendor_facts_and_the_chassis_for_the_serial_number() {
        let port = PicPort {
            location: Some(LOCATION),
            vendor: Some("OEM".to_owned()),
            part_number: Some("TR-100".to_owned()),
            serial_number: Some("VENDOR".to_owned()),
            ..PicPort::default()
        };
        let mut notes = Notes::default();
        let joined = transceivers(
            Some(&chassis(None)),
            &[port.clone(), port],
            &Members::default(),
            &mut notes,
        );
        let module = &joined[&LOCATION];
        assert_eq!(module.vendor.as_deref(), Some("OEM"));
        assert_eq!(module.part_number.as_deref(), Some("TR-100"));
        assert_eq!(module.chassis_part_number.as_deref(), Some("740-061405"));
        assert_eq!(module.serial_number.as_deref(), Some("CHASSIS"));
        assert_eq!(module.revision.as_deref(), Some("REV 02"));
        assert_eq!(notes.len(), 1, "the second port at the same place is noted");
    }

    #[test]
    fn another_nodes_modules_are_not_joined_to_this_nodes_ports() {
        let mut notes = Notes::default();
        assert!(
            transceivers(
                Some(&chassis(Some("node1"))),
                &[],
                &Members::default(),
                &mut notes
            )
            .is_empty()
        );
        assert_eq!(notes.len(), 1);
        assert_eq!(
            transceivers(
                Some(&chassis(Some("re1"))),
                &[],
                &Members::default(),
                &mut notes
            )
            .len(),
            1
        );
    }
}
