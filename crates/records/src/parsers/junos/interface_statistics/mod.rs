//! `get-interface-information`: status, speed, traffic, PCS and FEC of every physical interface.
//!
//! Only direct children of a `physical-interface` count: logical interfaces and the IPv6 part of the traffic repeat the
//! same names. [`fec`] and [`histogram`] read what has several spellings and shapes.

mod elements;
mod fec;
mod histogram;
mod optic_fec;

use std::sync::Arc;

use elements::{COUNTERS, FecElement, StatisticsElement, counted};

use crate::model::{InterfaceStatistics, OpticFec, Traffic};
use crate::note::ReplyNotes;
use crate::parsers::junos::text::{given, word};
use crate::parsers::junos::unread;
use crate::parsers::parser::{Arrival, Parser};
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::value::{Reading, counter, speed};
use crate::xml::{Cursor, Damage, Element, Meanings, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "interface_statistics",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "interface-information",
    items: &["physical-interface"],
    restart_at: Some("physical-interface"),
};

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let Snapshot {
        statistics, notes, ..
    } = snapshot;
    let before = statistics.len();
    let mut meanings = Meanings::default();
    let mut unread = Unread::default();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let mut book = ReplyNotes {
            rpc: PARSER.name,
            notes,
            unread: &mut unread,
        };
        if let Some(mut interface) = interface(cursor, element, &mut meanings, &mut book)? {
            interface.routing_engine = engine.cloned();
            interface.timestamp = arrival.at;
            statistics.push(interface);
        }
        Ok(())
    });
    let outcome = Outcome {
        unread,
        ..outcome.of_named(statistics.len() - before)
    };
    if outcome.payload_seen {
        snapshot.arrivals.set(PARSER.name, arrival.at);
    }
    outcome
}

fn interface<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    meanings: &mut Meanings<StatisticsElement>,
    notes: &mut ReplyNotes<'_>,
) -> Result<Option<InterfaceStatistics>, Damage> {
    let first_note = notes.notes.len();
    let mut name: Option<Arc<str>> = None;
    let (mut description, mut admin_status, mut oper_status) = (None, None, None);
    let (mut speed_bps, mut flapped_seconds) = (None, None);
    let (mut bit_error, mut errored_blocks) = (None, None);
    let mut traffic = Traffic::default();
    let mut fec = fec::SentFec::default();
    let mut histogram = histogram::SentHistogram::default();
    let mut optic_fec = OpticFec::default();
    cursor.each_child(element, |cursor, child| {
        match child.meaning(meanings, StatisticsElement::of) {
            StatisticsElement::Name => {
                let text = cursor.text(child)?;
                if name.as_deref().is_some_and(|name| *name != *text) {
                    return Err(Damage::Malformed(format!(
                        "{text} stands inside another interface"
                    )));
                }
                name = if text.is_empty() {
                    None
                } else {
                    Some(Arc::from(&*text))
                };
            }
            StatisticsElement::Description => description = given(&cursor.text(child)?),
            StatisticsElement::AdminStatus => admin_status = word(cursor.text(child)?),
            StatisticsElement::OperStatus => oper_status = word(cursor.text(child)?),
            StatisticsElement::Speed => {
                let text = cursor.text(child)?;
                let reading = speed(&text);
                if reading == Reading::Invalid {
                    notes.unreadable("speed_bps", &text, "a speed such as 100Gbps");
                }
                speed_bps = reading.value();
            }
            StatisticsElement::Flapped => flapped_seconds = flapped(cursor, child, notes)?,
            StatisticsElement::Traffic => cursor.each_child(child, |cursor, leaf| {
                if let StatisticsElement::Counter(at) =
                    leaf.meaning(meanings, StatisticsElement::of)
                {
                    let (_, field, slot) = COUNTERS[at];
                    *slot(&mut traffic) = count(cursor, leaf, field, notes)?;
                }
                Ok(())
            })?,
            StatisticsElement::Pcs => cursor.each_child(child, |cursor, leaf| {
                match leaf.meaning(meanings, StatisticsElement::of) {
                    StatisticsElement::PcsBitErrors => {
                        bit_error = count(cursor, leaf, "pcs_bit_error_seconds", notes)?
                    }
                    StatisticsElement::PcsErroredBlocks => {
                        errored_blocks = count(cursor, leaf, "pcs_errored_blocks_seconds", notes)?;
                    }
                    _ => unread::count(notes.unread, cursor, leaf)?,
                }
                Ok(())
            })?,
            StatisticsElement::FecStatistics => cursor.each_child(child, |cursor, leaf| {
                match leaf.meaning(meanings, StatisticsElement::of) {
                    StatisticsElement::HistogramStatistics => {
                        histogram.read_container(cursor, leaf, meanings, notes)?;
                    }
                    StatisticsElement::SomeFecMode => {
                        fec.read(FecElement::Mode, cursor, leaf, notes)?
                    }
                    StatisticsElement::Fec(name) => fec.read(name, cursor, leaf, notes)?,
                    StatisticsElement::Histogram(name) => {
                        histogram.read(name, cursor, leaf, notes)?
                    }
                    StatisticsElement::NotRead if leaf.name().starts_with("fec_codeword") => {}
                    _ => unread::count(notes.unread, cursor, leaf)?,
                }
                Ok(())
            })?,
            StatisticsElement::HistogramStatistics => {
                histogram.read_container(cursor, child, meanings, notes)?
            }
            StatisticsElement::Fec(name) => fec.read(name, cursor, child, notes)?,
            StatisticsElement::Histogram(name) => histogram.read(name, cursor, child, notes)?,
            // Beside the statistics it is the mode of the optic's own FEC.
            StatisticsElement::SomeFecMode => optic_fec.mode = given(&cursor.text(child)?),
            StatisticsElement::OpticFecMode => cursor.each_child(child, |cursor, leaf| {
                if leaf.name() == "fec-mode" {
                    optic_fec.mode = given(&cursor.text(leaf)?);
                    return Ok(());
                }
                unread::count(notes.unread, cursor, leaf)
            })?,
            StatisticsElement::OpticFecStatistics => {
                optic_fec::read(&mut optic_fec, cursor, child, notes)?;
            }
            StatisticsElement::Unknown => unread::count(notes.unread, cursor, child)?,
            StatisticsElement::Interface => {
                return Err(Damage::Malformed(
                    "a physical-interface inside another".to_owned(),
                ));
            }
            _ => {}
        }
        Ok(())
    })?;
    let Some(name) = name else {
        notes.unreadable(
            "name",
            "a physical-interface without a name",
            "an interface name",
        );
        return Ok(None);
    };
    let (histogram, histogram_state) = histogram.finish(notes);
    notes.notes.place(first_note, &name);
    Ok(Some(InterfaceStatistics {
        name,
        routing_engine: None,
        description,
        admin_status,
        oper_status,
        speed_bps,
        flapped_seconds,
        traffic,
        pcs_bit_error_seconds: bit_error,
        pcs_errored_blocks_seconds: errored_blocks,
        fec: fec.finish(),
        optic_fec,
        histogram,
        histogram_state,
        timestamp: 0,
    }))
}

/// A counter; a text that cannot be read costs a note.
fn count<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Result<Option<i64>, Damage> {
    Ok(counted(cursor, element, field, notes)?.value())
}

/// Seconds since the last flap, from the `seconds` attribute. An interface that never flapped sends "Never" with 0 there,
/// which would read as "just now".
fn flapped<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    notes: &mut ReplyNotes<'_>,
) -> Result<Option<i64>, Damage> {
    let text = cursor.text(element)?;
    if text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    let Some(seconds) = element.attribute("seconds") else {
        return Ok(None);
    };
    let reading = counter(&seconds);
    if reading == Reading::Invalid {
        notes.unreadable("interface_flapped_seconds", &seconds, "a number of seconds");
    }
    Ok(reading.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(children: &str) -> (InterfaceStatistics, usize) {
        let reply =
            format!("<physical-interface><name>et-0/0/1</name>{children}</physical-interface>");
        let mut snapshot = Snapshot::default();
        PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
        (snapshot.statistics.remove(0), snapshot.notes.len())
    }

    #[test]
    fn counters_of_logical_interfaces_and_of_ipv6_do_not_leak_in() {
        let (interface, _) = one(
            "<traffic-statistics><input-bytes>917670462</input-bytes><ipv6-transit-statistics><input-bytes>0</input-bytes>\
             </ipv6-transit-statistics></traffic-statistics><logical-interface><name>et-0/0/1.0</name><description>no\
             </description><traffic-statistics><input-bytes>5</input-bytes></traffic-statistics></logical-interface>",
        );
        assert_eq!(interface.traffic.input_bytes, Some(917_670_462));
        assert_eq!(
            (&*interface.name, interface.description),
            ("et-0/0/1", None)
        );
    }

    #[test]
    fn an_interface_that_never_flapped_did_not_flap_just_now() {
        let seconds = |xml| one(xml).0.flapped_seconds;
        assert_eq!(
            seconds("<interface-flapped seconds=\"0\">Never</interface-flapped>"),
            None
        );
        assert_eq!(
            seconds("<interface-flapped j:seconds=\"2185\">2018-08-13</interface-flapped>"),
            Some(2185)
        );
    }

    #[test]
    fn a_damaged_value_costs_a_note_and_nothing_else() {
        let (interface, notes) = one("<speed>fast</speed><oper-status>up</oper-status>");
        assert_eq!(
            (interface.speed_bps, interface.oper_status.as_deref(), notes),
            (None, Some("up"), 1)
        );
    }
}
