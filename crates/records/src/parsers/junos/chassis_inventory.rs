//! `get-chassis-inventory`: the chassis' serial number, and every `Xcvr` with the FPC and PIC around it.
//!
//! Modules nest up to five deep and a MIC level may stand between FPC and PIC, so the place of a transceiver is made of
//! the names around it and not of its depth.

use std::sync::Arc;

use super::text::given;
use crate::model::{ChassisInventory, ChassisTransceiver};
use crate::note::ReplyNotes;
use crate::parsers::parser::{Arrival, Parser};
use crate::port::PortLocation;
use crate::snapshot::Snapshot;
use crate::value::{index, label};
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
    let mut found = Vec::new();
    let mut inventory = ChassisInventory {
        timestamp: arrival.at,
        ..ChassisInventory::default()
    };
    let mut backplane = None;
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let start = found.len();
        let mut facts = ModuleTexts::default();
        let whole_chassis = element.name() != LINE_CARD;
        let depth = usize::from(!whole_chassis);
        // Modules that were complete before a reply ends early are kept, so the result is looked at last.
        let result = module(
            cursor,
            element,
            &mut facts,
            &mut found,
            &mut backplane,
            depth,
        );
        for item in &mut found[start..] {
            item.transceiver.routing_engine = engine.map(Arc::clone);
        }
        if whole_chassis {
            inventory.serial_number = inventory.serial_number.take().or(facts.serial_number);
            inventory.description = inventory.description.take().or(facts.description);
            if result.is_err() {
                // Reading goes on at the first module of this chassis, and will find them again.
                found.truncate(start);
            }
        } else if result.is_ok() {
            finish(facts, &mut found, &mut backplane);
        }
        result
    });
    inventory.serial_number = inventory.serial_number.or(backplane);
    let mut book = ReplyNotes {
        rpc: PARSER.name,
        notes: &mut snapshot.notes,
    };
    for mut item in found {
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
    facts: &mut ModuleTexts,
    found: &mut Vec<FoundTransceiver>,
    backplane: &mut Option<String>,
    depth: usize,
) -> Result<(), Damage> {
    let start = found.len();
    let result = cursor.each_child(element, |cursor, child| {
        let fact = match child.name() {
            "name" => {
                let name = cursor.text(child)?;
                if !facts.name.is_empty() && facts.name != *name {
                    return Err(Damage::Malformed(format!(
                        "{name} stands inside another module"
                    )));
                }
                facts.name = name.into_owned();
                return Ok(());
            }
            "version" => &mut facts.version,
            "part-number" => &mut facts.part_number,
            "serial-number" => &mut facts.serial_number,
            "description" => &mut facts.description,
            "model-number" => &mut facts.model_number,
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
                module(cursor, child, &mut inner, found, backplane, depth + 1)?;
                finish(inner, found, backplane);
                return Ok(());
            }
            _ => return Ok(()),
        };
        *fact = given(&cursor.text(child)?);
        Ok(())
    });
    // The slot is filled in when the module ends, so that it does not matter where its name stands.
    if let Some(fpc) = slot(&facts.name, "FPC") {
        found[start..]
            .iter_mut()
            .for_each(|item| _ = item.fpc.get_or_insert(fpc));
    } else if let Some(pic) = slot(&facts.name, "PIC") {
        found[start..]
            .iter_mut()
            .for_each(|item| _ = item.pic.get_or_insert(pic));
    }
    result
}

/// A complete module: a transceiver is kept, a backplane's serial number stands in for the chassis'.
fn finish(facts: ModuleTexts, found: &mut Vec<FoundTransceiver>, backplane: &mut Option<String>) {
    if let Some(port) = slot(&facts.name, "Xcvr") {
        let text = |fact: Option<String>| fact.as_deref().and_then(label).map(str::to_owned);
        let number = |fact| text(fact).filter(|number| !number.eq_ignore_ascii_case(NO_NUMBER));
        let transceiver = ChassisTransceiver {
            location: None,
            part_number: number(facts.part_number),
            serial_number: number(facts.serial_number),
            revision: text(facts.version),
            description: text(facts.description),
            model_number: text(facts.model_number),
            routing_engine: None,
        };
        found.push(FoundTransceiver {
            fpc: None,
            pic: None,
            port,
            transceiver,
        });
    } else if backplane.is_none() && matches!(facts.name.as_str(), "Backplane" | "Midplane") {
        *backplane = facts.serial_number;
    }
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
