//! `get-interface-optics-diagnostics-information`: what every module measures.
//!
//! [`interface`] reads one physical interface; [`values`] the powers and currents that stand either in a lane or, for
//! single-lane modules, at module level; [`limits`] flags and thresholds, whose names are built from the same parts.

mod interface;
mod limits;
mod temperature;
mod values;

use crate::note::ReplyNotes;
use crate::parsers::parser::{Arrival, Parser};
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::xml::{Meanings, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "optics_diagnostics",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "interface-information",
    items: &["physical-interface"],
    restart_at: Some("physical-interface"),
};

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let Snapshot { optics, notes, .. } = snapshot;
    let before = optics.len();
    let mut meanings = Meanings::default();
    let mut unread = Unread::default();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let mut book = ReplyNotes {
            rpc: PARSER.name,
            notes,
            unread: &mut unread,
        };
        let read = interface::read(cursor, element, &mut meanings, &mut book)?;
        if let Some(mut interface) = read {
            interface.routing_engine = engine.cloned();
            interface.timestamp = arrival.at;
            optics.push(interface);
        }
        Ok(())
    });
    let outcome = Outcome {
        unread,
        ..outcome.of_named(optics.len() - before)
    };
    if outcome.payload_seen {
        snapshot.arrivals.set(PARSER.name, arrival.at);
    }
    outcome
}
