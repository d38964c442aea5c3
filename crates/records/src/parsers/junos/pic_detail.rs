//! `get-pic-detail`: the ports of one PIC.
//!
//! The payload is `fpc-information/fpc/pic-detail/port-information/port`, with or without a MIC level. Slots are filled in
//! when the element that holds them ends. `port-speed-information` also has `port` elements; they are not ports here.

use std::sync::Arc;

use super::text::EepromChanges;
use super::unread;
use crate::enrich::fibre::is_mode;
use crate::model::PicPort;
use crate::note::ReplyNotes;
use crate::parsers::parser::{Arrival, Parser};
use crate::port::PortLocation;
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::value::{firmware, index};
use crate::xml::{Cursor, Damage, Element, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "pic_detail",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "fpc-information",
    items: &["fpc", "pic-detail", "port-information", "port"],
    restart_at: Some("fpc"),
};

/// A MIC stands at most once on the way, so a deeper one is damage.
const MAX_MICS: usize = 4;

/// What the reply holds.
#[derive(Default)]
struct Found {
    ports: Vec<FoundPort>,
    unread: Unread,
}

#[derive(Default)]
struct FoundPort {
    fpc: Option<u32>,
    pic: Option<u32>,
    number: Option<u32>,
    port: PicPort,
    changes: EepromChanges,
}

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let mut found = Found::default();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let start = found.ports.len();
        let result = match element.name() {
            "fpc" => fpc(cursor, element, &mut found, 0),
            "pic-detail" => pic(cursor, element, &mut found),
            "port-information" => ports(cursor, element, &mut found),
            _ => port(cursor, element, &mut found),
        };
        for item in &mut found.ports[start..] {
            item.port.routing_engine = engine.cloned();
        }
        result
    });
    let mut unread = found.unread;
    let mut book = ReplyNotes {
        rpc: PARSER.name,
        notes: &mut snapshot.notes,
        unread: &mut unread,
    };
    for item in found.ports {
        let mut port = PicPort {
            timestamp: arrival.at,
            ..item.port
        };
        // A fragment does not say of which PIC it is; whoever asked for it may know.
        let fpc = item.fpc.or(arrival.pic.map(|asked| asked.fpc));
        let pic = item.pic.or(arrival.pic.map(|asked| asked.pic));
        match (fpc, pic, item.number) {
            (Some(fpc), Some(pic), Some(number)) => {
                port.location = Some(PortLocation {
                    fpc,
                    pic,
                    port: number,
                })
            }
            _ => {
                let slots =
                    [fpc, pic, item.number].map(|n| n.map_or("?".to_owned(), |n| n.to_string()));
                book.unreadable(
                    "location",
                    &slots.join("/"),
                    "FPC slot, PIC slot and port number",
                );
            }
        }
        item.changes.note(port.location, &mut book);
        if let Some(mode) = port.fiber_mode.as_deref().filter(|mode| !is_mode(mode)) {
            let first_note = book.notes.len();
            book.unreadable("fiber_type", mode, "single-mode or multi-mode");
            if let Some(PortLocation { fpc, pic, port }) = port.location {
                let place = Arc::from(format!("{fpc}/{pic}/{port}"));
                book.notes.place(first_note, &place);
            }
        }
        snapshot.pic_ports.push(port);
    }
    if outcome.payload_seen {
        snapshot.arrivals.set(PARSER.name, arrival.at);
    }
    Outcome { unread, ..outcome }
}

/// An FPC, or a MIC on it.
fn fpc<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    found: &mut Found,
    mics: usize,
) -> Result<(), Damage> {
    let start = found.ports.len();
    let mut slot = None;
    let result = cursor.each_child(element, |cursor, child| {
        match child.name() {
            "slot" => slot = index(&cursor.text(child)?),
            "pic-detail" => pic(cursor, child, found)?,
            name if name.starts_with("mic") && mics < MAX_MICS => {
                fpc(cursor, child, found, mics + 1)?
            }
            _ => {}
        }
        Ok(())
    });
    if let (Some(slot), 0) = (slot, mics) {
        found.ports[start..]
            .iter_mut()
            .for_each(|item| _ = item.fpc.get_or_insert(slot));
    }
    result
}

fn pic<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    found: &mut Found,
) -> Result<(), Damage> {
    let start = found.ports.len();
    let (mut fpc_slot, mut pic_slot) = (None, None);
    let result = cursor.each_child(element, |cursor, child| {
        match child.name() {
            "slot" => fpc_slot = index(&cursor.text(child)?),
            "pic-slot" => pic_slot = index(&cursor.text(child)?),
            "port-information" => ports(cursor, child, found)?,
            _ => {}
        }
        Ok(())
    });
    for item in &mut found.ports[start..] {
        item.fpc = fpc_slot;
        item.pic = pic_slot;
    }
    result
}

fn ports<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    found: &mut Found,
) -> Result<(), Damage> {
    cursor.each_child(element, |cursor, child| {
        if child.name() == "port" {
            port(cursor, child, found)
        } else {
            Ok(())
        }
    })
}

fn port<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    found: &mut Found,
) -> Result<(), Damage> {
    let mut item = FoundPort::default();
    cursor.each_child(element, |cursor, child| {
        let name = child.name();
        // The same facts under two families of names: sfp-… as devices send them, xcvr-… as other programs expect.
        let (slot, field) = match name
            .strip_prefix("sfp-")
            .or_else(|| name.strip_prefix("xcvr-"))
            .unwrap_or(name)
        {
            "port-number" => {
                item.number = index(&cursor.text(child)?);
                return Ok(());
            }
            "vendor-name" | "vendor" => (&mut item.port.vendor, "vendor"),
            "vendor-pno" | "vendor-part-number" | "vendor-pn" => {
                (&mut item.port.part_number, "part_number")
            }
            "vendor-sn" | "vendor-sno" | "vendor-serial-number" => {
                (&mut item.port.serial_number, "serial_number")
            }
            "vendor-fw-ver" | "vendor-firmware-version" => {
                (&mut item.port.firmware_version, "firmware_version")
            }
            "jnpr-ver" => (&mut item.port.revision, "revision"),
            "cable-type" => (&mut item.port.cable_type, "cable_type"),
            "fiber-mode" | "fiber-type" => (&mut item.port.fiber_mode, "fiber_type"),
            "wavelength" => (&mut item.port.wavelength, "wavelength"),
            _ => return unread::count(&mut found.unread, cursor, child),
        };
        let text = cursor.text(child)?;
        *slot = item.changes.read(&text, field);
        if field == "firmware_version" {
            *slot = slot.take().filter(|text| firmware(text).is_some());
        }
        Ok(())
    })?;
    // Without a number and without a fact there is nothing to keep.
    if item.number.is_some() || item.port != PicPort::default() {
        found.ports.push(item);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ports_of_port_information_count_and_a_mic_may_stand_between() {
        let mut snapshot = Snapshot::default();
        let outcome = PARSER.parse(
            b"<fpc-information><fpc><mic><mic-slot>1</mic-slot><pic-detail><port-speed-information><port>\
              <port-number>9</port-number></port></port-speed-information><port-information><port>\
              <port-number>4</port-number><xcvr-vendor>OEM   </xcvr-vendor><wavelength>n/a</wavelength></port>\
              </port-information><pic-slot>2</pic-slot></pic-detail></mic><slot>3</slot></fpc></fpc-information>",
            1,
            &mut snapshot,
        );
        assert_eq!(outcome.failure(), None);
        let expected = PicPort {
            location: Some(PortLocation {
                fpc: 3,
                pic: 2,
                port: 4,
            }),
            vendor: Some("OEM".to_owned()),
            timestamp: 1,
            ..PicPort::default()
        };
        assert_eq!(snapshot.pic_ports, [expected]);
    }
}
