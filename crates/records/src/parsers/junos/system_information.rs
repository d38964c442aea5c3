//! `get-system-information`: one `system-information`; of several, the first that holds anything is kept.

use super::text::{EepromChanges, given};
use crate::model::SystemInformation;
use crate::note::ReplyNotes;
use crate::parsers::parser::{Arrival, Parser};
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::xml::{Cursor, Damage, Element, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "system_information",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "system-information",
    items: &["system-information"],
    restart_at: None,
};

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let mut changes = EepromChanges::default();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let mut system = SystemInformation {
            routing_engine: engine.map(|name| name.to_string()),
            timestamp: arrival.at,
            ..SystemInformation::default()
        };
        let empty = system.clone();
        // Kept also when the element ends early: each of its facts stands alone.
        let result = facts(cursor, element, &mut system, &mut changes);
        if snapshot.system_information.is_none() && system != empty {
            snapshot.system_information = Some(system);
        }
        result
    });
    let mut book = ReplyNotes {
        rpc: PARSER.name,
        notes: &mut snapshot.notes,
        unread: &mut Unread::default(),
    };
    changes.note(None, &mut book);
    outcome
}

fn facts<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    system: &mut SystemInformation,
    changes: &mut EepromChanges,
) -> Result<(), Damage> {
    cursor.each_child(element, |cursor, child| {
        let fact = match child.name() {
            "host-name" => &mut system.hostname,
            "hardware-model" => &mut system.model,
            "os-name" => &mut system.os_name,
            "os-version" => &mut system.version,
            // The only one of these texts that comes from an EEPROM.
            "serial-number" => {
                system.serial_number = changes.read(&cursor.text(child)?, "serial_number");
                return Ok(());
            }
            _ => return Ok(()),
        };
        *fact = given(&cursor.text(child)?);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_routing_engines_the_first_with_data_speaks_for_the_device() {
        let mut snapshot = Snapshot::default();
        let reply = "<rpc-reply><multi-routing-engine-results>\
            <multi-routing-engine-item><re-name>re0</re-name><system-information/></multi-routing-engine-item>\
            <multi-routing-engine-item><re-name>re1</re-name><system-information><host-name>b</host-name>\
            </system-information></multi-routing-engine-item></multi-routing-engine-results></rpc-reply>";
        let outcome = PARSER.parse(reply.as_bytes(), 5, &mut snapshot);
        assert_eq!((outcome.found, outcome.failure()), (2, None));
        let system = snapshot.system_information.unwrap();
        assert_eq!(
            (system.hostname.as_deref(), system.routing_engine.as_deref()),
            (Some("b"), Some("re1"))
        );
    }
}
