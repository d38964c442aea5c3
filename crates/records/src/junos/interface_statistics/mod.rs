//! `get-interface-information`: status, speed, traffic, PCS and FEC of every physical interface.
//!
//! Only direct children of a `physical-interface` count: logical interfaces and the IPv6 part of the traffic repeat the
//! same names. [`fec`] and [`histogram`] read what has several spellings and shapes.

mod fec;
mod histogram;

use std::sync::Arc;

use super::{Parser, given, word};
use crate::model::{InterfaceStatistics, Snapshot, Traffic};
use crate::note::Notebook;
use crate::value::{Reading, counter, speed};
use crate::xml::{Cursor, Damage, Element, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "interface_statistics",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "interface-information",
    items: &["physical-interface"],
    restart_at: Some("physical-interface"),
};

/// Stands beside the FEC statistics, or in them.
const HISTOGRAM: &str = "ethernet-fechistogram-statistics";

fn read(reply: &str, arrived: i64, snapshot: &mut Snapshot) -> Outcome {
    let Snapshot {
        statistics, notes, ..
    } = snapshot;
    let before = statistics.len();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let mut book = Notebook {
            rpc: PARSER.name,
            notes,
        };
        if let Some(mut interface) = interface(cursor, element, &mut book)? {
            interface.routing_engine = engine.cloned();
            interface.timestamp = arrived;
            statistics.push(interface);
        }
        Ok(())
    });
    let outcome = outcome.of_named(statistics.len() - before);
    if outcome.payload_seen {
        snapshot.arrivals.interface_statistics = Some(arrived);
    }
    outcome
}

fn interface<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    notes: &mut Notebook<'_>,
) -> Result<Option<InterfaceStatistics>, Damage> {
    let first_note = notes.notes.len();
    let mut name: Option<Arc<str>> = None;
    let (mut description, mut admin_status, mut oper_status) = (None, None, None);
    let (mut speed_bps, mut flapped_seconds) = (None, None);
    let (mut bit_error, mut errored_blocks) = (None, None);
    let mut traffic = Traffic::default();
    let mut fec = fec::Sent::default();
    let mut histogram = histogram::Sent::default();
    cursor.each_child(element, |cursor, child| {
        match child.name() {
            "name" => {
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
            "description" => description = given(&cursor.text(child)?),
            "admin-status" => admin_status = word(cursor.text(child)?),
            "oper-status" => oper_status = word(cursor.text(child)?),
            "speed" => {
                let text = cursor.text(child)?;
                let reading = speed(&text);
                if reading == Reading::Invalid {
                    notes.unreadable("speed_bps", &text, "a speed such as 100Gbps");
                }
                speed_bps = reading.value();
            }
            "interface-flapped" => flapped_seconds = flapped(cursor, child, notes)?,
            "traffic-statistics" => read_traffic(cursor, child, &mut traffic, notes)?,
            "ethernet-pcs-statistics" => cursor.each_child(child, |cursor, leaf| {
                match leaf.name() {
                    "bit-error-seconds" => {
                        bit_error = count(cursor, leaf, "pcs_bit_error_seconds", notes)?
                    }
                    "errored-blocks-seconds" => {
                        errored_blocks = count(cursor, leaf, "pcs_errored_blocks_seconds", notes)?;
                    }
                    _ => {}
                }
                Ok(())
            })?,
            "ethernet-fec-statistics" | "ethernet-fec-mode" => {
                cursor.each_child(child, |cursor, leaf| {
                    if leaf.name() == HISTOGRAM {
                        histogram.read_container(cursor, leaf, notes)?;
                    } else if !fec.read(cursor, leaf, notes)? {
                        histogram.read_flat(cursor, leaf, notes)?;
                    }
                    Ok(())
                })?
            }
            HISTOGRAM => histogram.read_container(cursor, child, notes)?,
            "physical-interface" => {
                return Err(Damage::Malformed(
                    "a physical-interface inside another".to_owned(),
                ));
            }
            // The mode of the optic's own FEC, which is another one.
            "fec-mode" => {}
            _ => {
                if !fec.read(cursor, child, notes)? {
                    histogram.read_flat(cursor, child, notes)?;
                }
            }
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
    notes: &mut Notebook<'_>,
) -> Result<Option<i64>, Damage> {
    Ok(counted(cursor, element, field, notes)?.value())
}

/// A count, or why there is none.
fn counted<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut Notebook<'_>,
) -> Result<Reading<i64>, Damage> {
    let text = cursor.text(element)?;
    let reading = counter(&text);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, "a whole number of at most 63 bits");
    }
    Ok(reading)
}

fn read_traffic<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    traffic: &mut Traffic,
    notes: &mut Notebook<'_>,
) -> Result<(), Damage> {
    cursor.each_child(element, |cursor, child| {
        let (slot, field) = match child.name() {
            "input-bps" => (&mut traffic.input_bps, "input_bps"),
            "output-bps" => (&mut traffic.output_bps, "output_bps"),
            "input-pps" => (&mut traffic.input_pps, "input_pps"),
            "output-pps" => (&mut traffic.output_pps, "output_pps"),
            "input-bytes" => (&mut traffic.input_bytes, "input_bytes"),
            "output-bytes" => (&mut traffic.output_bytes, "output_bytes"),
            "input-packets" => (&mut traffic.input_packets, "input_packets"),
            "output-packets" => (&mut traffic.output_packets, "output_packets"),
            _ => return Ok(()),
        };
        *slot = count(cursor, child, field, notes)?;
        Ok(())
    })
}

/// Seconds since the last flap, from the `seconds` attribute. An interface that never flapped sends "Never" with 0 there,
/// which would read as "just now".
fn flapped<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    notes: &mut Notebook<'_>,
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
