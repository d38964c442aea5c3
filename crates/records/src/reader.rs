//! Who reads the reply of an RPC: a built-in parser, or a mapping that a catalogue holds.

use std::sync::Arc;

use crate::mapping::{self, Mapping};
use crate::parsers::{Arrival, Parser, reply_text};
use crate::snapshot::Snapshot;
use crate::xml::Outcome;

/// Reads the replies of one RPC.
#[derive(Debug, Clone)]
pub enum ReplyReader {
    /// One of the parsers of [`VENDORS`](crate::parsers::VENDORS).
    BuiltIn(&'static Parser),
    /// Made of a catalogue's entry.
    Mapping(Arc<Mapping>),
}

impl ReplyReader {
    /// The name that it has in run reports.
    pub fn name(&self) -> &str {
        match self {
            Self::BuiltIn(parser) => parser.name,
            Self::Mapping(mapping) => &mapping.name,
        }
    }

    /// Adds what the reply says to the snapshot: see [`Parser::parse`].
    pub fn parse(
        &self,
        reply: &[u8],
        arrival: impl Into<Arrival>,
        snapshot: &mut Snapshot,
    ) -> Outcome {
        let arrival = arrival.into();
        match self {
            Self::BuiltIn(parser) => parser.parse(reply, arrival, snapshot),
            Self::Mapping(mapping) => {
                let Snapshot { mapped, notes, .. } = snapshot;
                let text = reply_text(&mapping.name, reply, notes);
                mapping::read(mapping, &text, arrival.at, mapped, notes)
            }
        }
    }
}
