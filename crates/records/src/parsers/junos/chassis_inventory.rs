//! `get-chassis-inventory`: the chassis' serial number, and every `Xcvr` with the FPC and PIC around it.
//!
//! Modules nest up to five deep and a MIC level may stand between FPC and PIC, so the place of a transceiver is made of
//! the names around it and not of its depth.

use std::sync::Arc;

use super::text::{EepromChanges, given};
use crate::model::{ChassisFpc, ChassisInventory, ChassisTransceiver, OneChassis};
use crate::note::{ReplyNotes, shortened};
use crate::parsers::parser::{Arrival, Parser};
use crate::port::PortLocation;
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::value::index;
use crate::xml::{Cursor, Damage, Element, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "chassis_inventory",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "chassis-inventory",
    items: &["chassis", LINE_CARD],
    restart_at: Some(LINE_CARD),
};

/// A module directly in the chassis, an FPC among them: none holds another, so after damage reading goes on at the next.
const LINE_CARD: &str = "chassis-module";

/// Deeper nesting than any chassis has; it bounds the recursion, whatever a reply holds.
const MAX_DEPTH: usize = 12;

/// What stands for the numbers of a part that is built in and has none of its own. It is the same word for all of them, so
/// it must not stand before a number that PIC detail has.
const NO_NUMBER: &str = "BUILTIN";

/// A transceiver whose place is being put together from the inside out.
struct FoundTransceiver {
    fpc: Option<u32>,
    pic: Option<u32>,
    port: u32,
    transceiver: ChassisTransceiver,
    changes: EepromChanges,
}

/// What has been read of the chassis so far.
#[derive(Default)]
struct Gathered {
    transceivers: Vec<FoundTransceiver>,
    fpcs: Vec<ChassisFpc>,
    backplane: Option<String>,
    /// The names of transceivers that do not tell their port.
    odd_names: Vec<String>,
    /// Texts of the chassis and its FPCs that were not taken as they came.
    changes: EepromChanges,
}

/// What a module says of itself.
#[derive(Default)]
struct ModuleTexts {
    name: String,
    version: Option<String>,
    part_number: Option<String>,
    serial_number: Option<String>,
    description: Option<String>,
    model_number: Option<String>,
}

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let mut gathered = Gathered::default();
    let mut inventory = ChassisInventory {
        timestamp: arrival.at,
        ..ChassisInventory::default()
    };
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let start = (gathered.transceivers.len(), gathered.fpcs.len());
        let mut texts = ModuleTexts::default();
        let whole_chassis = element.name() != LINE_CARD;
        let depth = usize::from(!whole_chassis);
        // Modules that were complete before a reply ends early are kept, so the result is looked at last.
        let result = module(cursor, element, &mut texts, &mut gathered, depth);
        if whole_chassis {
            let mut own =
                |text: Option<String>, field| gathered.changes.read(text.as_deref()?, field);
            let serial_number = own(texts.serial_number, "serial_number");
            let description = own(texts.description, "description");
            inventory.chassis.push(OneChassis {
                serial_number: serial_number.clone(),
                routing_engine: engine.cloned(),
            });
            inventory.serial_number = inventory.serial_number.take().or(serial_number);
            inventory.description = inventory.description.take().or(description);
            if result.is_err() {
                // Reading goes on at the first module of this chassis, and will find them again.
                gathered.transceivers.truncate(start.0);
                gathered.fpcs.truncate(start.1);
            }
        } else if result.is_ok() {
            finish(texts, &mut gathered);
        }
        // What is found after damage is of the chassis in which the damage was.
        let chassis = inventory.chassis.len().saturating_sub(1);
        for item in &mut gathered.transceivers[start.0..] {
            item.transceiver.routing_engine = engine.map(Arc::clone);
            item.transceiver.chassis = chassis;
        }
        for fpc in &mut gathered.fpcs[start.1..] {
            fpc.routing_engine = engine.map(Arc::clone);
            fpc.chassis = chassis;
        }
        result
    });
    inventory.serial_number = inventory.serial_number.or(gathered.backplane);
    inventory.fpcs = gathered.fpcs;
    let mut book = ReplyNotes {
        rpc: PARSER.name,
        notes: &mut snapshot.notes,
        unread: &mut Unread::default(),
    };
    gathered.changes.note(None, &mut book);
    for name in gathered.odd_names {
        book.unreadable("location", &name, "Xcvr and the number of a port");
    }
    for mut item in gathered.transceivers {
        match (item.fpc, item.pic) {
            (Some(fpc), Some(pic)) => {
                item.transceiver.location = Some(PortLocation {
                    fpc,
                    pic,
                    port: item.port,
                })
            }
            _ => book.unreadable(
                "location",
                &format!("Xcvr {}", item.port),
                "an FPC and a PIC around it",
            ),
        }
        item.changes.note(item.transceiver.location, &mut book);
        inventory.transceivers.push(item.transceiver);
    }
    if outcome.payload_seen {
        snapshot.chassis_inventory = Some(inventory);
    }
    outcome
}

fn module<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    texts: &mut ModuleTexts,
    gathered: &mut Gathered,
    depth: usize,
) -> Result<(), Damage> {
    let start = gathered.transceivers.len();
    let result = cursor.each_child(element, |cursor, child| {
        let slot = match child.name() {
            "name" => {
                let name = cursor.text(child)?;
                if !texts.name.is_empty() && texts.name != *name {
                    return Err(Damage::Malformed(format!(
                        "{name} stands inside another module"
                    )));
                }
                texts.name = name.into_owned();
                return Ok(());
            }
            "version" => &mut texts.version,
            "part-number" => &mut texts.part_number,
            "serial-number" => &mut texts.serial_number,
            "description" => &mut texts.description,
            "model-number" => &mut texts.model_number,
            name if name.starts_with("chassis-") && name.ends_with("-module") => {
                if depth > 0 && name == LINE_CARD {
                    return Err(Damage::Malformed(
                        "a chassis-module inside another".to_owned(),
                    ));
                }
                if depth >= MAX_DEPTH {
                    return Err(Damage::Malformed(
                        "modules are nested deeper than any chassis".to_owned(),
                    ));
                }
                let mut inner = ModuleTexts::default();
                module(cursor, child, &mut inner, gathered, depth + 1)?;
                finish(inner, gathered);
                return Ok(());
            }
            _ => return Ok(()),
        };
        *slot = given(&cursor.text(child)?);
        Ok(())
    });
    // The slot is filled in when the module ends, so that it does not matter where its name stands.
    let inside = &mut gathered.transceivers[start..];
    if let Some(fpc) = slot(&texts.name, "FPC") {
        inside
            .iter_mut()
            .for_each(|item| _ = item.fpc.get_or_insert(fpc));
    } else if let Some(pic) = slot(&texts.name, "PIC") {
        inside
            .iter_mut()
            .for_each(|item| _ = item.pic.get_or_insert(pic));
    }
    result
}

/// A complete module: a transceiver and an FPC are kept, a backplane's serial number stands in for the chassis'.
fn finish(texts: ModuleTexts, gathered: &mut Gathered) {
    if let Some(port) = slot(&texts.name, "Xcvr") {
        let mut changes = EepromChanges::default();
        let mut text = |text: Option<String>, field| changes.read(text.as_deref()?, field);
        let is_number = |number: &String| !number.eq_ignore_ascii_case(NO_NUMBER);
        let transceiver = ChassisTransceiver {
            location: None,
            part_number: text(texts.part_number, "part_number").filter(is_number),
            serial_number: text(texts.serial_number, "serial_number").filter(is_number),
            revision: text(texts.version, "revision"),
            description: text(texts.description, "description"),
            model_number: text(texts.model_number, "model_number"),
            routing_engine: None,
            chassis: 0,
        };
        gathered.transceivers.push(FoundTransceiver {
            fpc: None,
            pic: None,
            port,
            transceiver,
            changes,
        });
    } else if names_a_transceiver(&texts.name) {
        gathered.odd_names.push(shortened(&texts.name));
    } else if let Some(slot) = slot(&texts.name, "FPC") {
        let serial_number = texts.serial_number.as_deref();
        gathered.fpcs.push(ChassisFpc {
            slot,
            serial_number: serial_number
                .and_then(|text| gathered.changes.read(text, "serial_number"))
                .filter(|number| !number.eq_ignore_ascii_case(NO_NUMBER)),
            routing_engine: None,
            chassis: 0,
        });
    } else if gathered.backplane.is_none()
        && matches!(texts.name.as_str(), "Backplane" | "Midplane")
    {
        let serial_number = texts.serial_number.as_deref();
        gathered.backplane =
            serial_number.and_then(|text| gathered.changes.read(text, "serial_number"));
    }
}

/// `Xcvr` and what stands behind it, in whatever case.
fn names_a_transceiver(name: &str) -> bool {
    let kind = name.get(.."xcvr".len());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("xcvr"))
}

/// The number in `FPC 0`, `PIC 1`, `Xcvr 19`.
fn slot(name: &str, kind: &str) -> Option<u32> {
    let rest = name.strip_prefix(kind)?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    index(rest.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(modules: &str) -> (ChassisInventory, Snapshot) {
        let reply = format!(
            "<chassis-inventory><chassis><name>Chassis</name>{modules}</chassis></chassis-inventory>"
        );
        let mut snapshot = Snapshot::default();
        PARSER.parse(reply.as_bytes(), 1, &mut snapshot);
        (snapshot.chassis_inventory.take().unwrap(), snapshot)
    }

    #[test]
    fn a_mic_between_fpc_and_pic_does_not_move_the_port() {
        let (inventory, _) = inventory(
            "<chassis-module><name>FPC 2</name><chassis-sub-module><name>MIC 1</name><chassis-sub-sub-module>\
             <name>PIC 3</name><chassis-sub-sub-sub-module><name>Xcvr 5</name><serial-number>S</serial-number>\
             </chassis-sub-sub-sub-module></chassis-sub-sub-module></chassis-sub-module></chassis-module>",
        );
        assert_eq!(
            inventory.transceivers[0].location,
            Some(PortLocation {
                fpc: 2,
                pic: 3,
                port: 5
            })
        );
        assert_eq!(inventory.pics_with_transceivers(), [(2, 3)]);
    }

    #[test]
    fn a_built_in_transceiver_has_no_numbers_of_its_own() {
        let (inventory, _) = inventory(
            "<chassis-module><name>FPC 0</name><chassis-sub-module><name>PIC 0</name><chassis-sub-sub-module>\
             <name>Xcvr 3</name><part-number>BUILTIN</part-number><serial-number>BUILTIN</serial-number>\
             <description>1x G SFP</description></chassis-sub-sub-module></chassis-sub-module></chassis-module>",
        );
        let module = &inventory.transceivers[0];
        assert_eq!((&module.part_number, &module.serial_number), (&None, &None));
        assert_eq!(module.description.as_deref(), Some("1x G SFP"));
    }

    #[test]
    fn a_transceiver_without_a_place_is_kept_and_noted() {
        let (inventory, snapshot) = inventory(
            "<chassis-module><name>Xcvr 5</name><serial-number>S</serial-number></chassis-module>",
        );
        assert_eq!(inventory.transceivers[0].location, None);
        assert_eq!(snapshot.notes.len(), 1);
    }

    #[test]
    fn a_transceiver_whose_name_tells_no_port_is_noted() {
        for name in ["Xcvr 0/1", "Xcvr 1:0", "Xcvr2", "xcvr", "XCVR 3"] {
            let (inventory, snapshot) = inventory(&format!(
                "<chassis-module><name>FPC 0</name><chassis-sub-module><name>PIC 0</name><chassis-sub-sub-module>\
                 <name>{name}</name><serial-number>S</serial-number></chassis-sub-sub-module></chassis-sub-module>\
                 </chassis-module>"
            ));
            assert_eq!(inventory.transceivers, [], "{name}");
            assert_eq!(snapshot.notes.as_slice()[0].found, name);
        }
    }

    #[test]
    fn a_backplane_stands_in_for_a_chassis_without_a_serial_number() {
        let (inventory, _) = inventory(
            "<chassis-module><name>Backplane</name><serial-number>123</serial-number></chassis-module>",
        );
        assert_eq!(inventory.serial_number.as_deref(), Some("123"));
    }

    #[test]
    fn endless_nesting_is_damage_not_a_stack_overflow() {
        let mut snapshot = Snapshot::default();
        let reply = format!("<chassis>{}", "<chassis-sub-module>".repeat(100_000));
        assert!(
            PARSER
                .parse(reply.as_bytes(), 1, &mut snapshot)
                .failure()
                .is_some()
        );
    }
}
