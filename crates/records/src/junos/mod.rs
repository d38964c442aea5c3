//! Junos replies: one parser for each RPC, and the list of them.
//!
//! A parser adds what one reply says to the [`Snapshot`] and tells what came of it; it never fails as a whole. To add an
//! RPC: one new file, and two adjacent lines here.

mod chassis_inventory;
mod interface_statistics;
mod optics_diagnostics;
mod pic_detail;
mod system_information;

use std::borrow::Cow;

use crate::model::Snapshot;
use crate::note::{Note, Notes};
use crate::xml::Outcome;

/// The parsers, sorted by name.
pub static PARSERS: &[Parser] = &[
    chassis_inventory::PARSER,
    interface_statistics::PARSER,
    optics_diagnostics::PARSER,
    pic_detail::PARSER,
    system_information::PARSER,
];

/// Reads the replies of one RPC.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// Its name, which is also the RPC's name in a catalogue and in file names.
    pub name: &'static str,
    read: fn(&str, i64, &mut Snapshot) -> Outcome,
}

/// The parser with this name; `juniper/<name>` is accepted too, as existing catalogues write it.
pub fn parser(name: &str) -> Option<&'static Parser> {
    let name = name.strip_prefix("juniper/").unwrap_or(name);
    PARSERS.iter().find(|parser| parser.name == name)
}

impl Parser {
    /// Adds what the reply says to the snapshot.
    ///
    /// `reply` is the whole reply, wrappers and all; bytes that are not UTF-8 cost the text they stand in. `arrived` is
    /// the UTC second at which it arrived. The snapshot keeps whatever was complete, also of a damaged reply.
    pub fn parse(&self, reply: &[u8], arrived: i64, snapshot: &mut Snapshot) -> Outcome {
        let text = text(self.name, reply, &mut snapshot.notes);
        (self.read)(&text, arrived, snapshot)
    }
}

/// The reply as text. Bytes that are not UTF-8 cost a note and the text they stand in.
pub(crate) fn text<'r>(rpc: &str, reply: &'r [u8], notes: &mut Notes) -> Cow<'r, str> {
    // Whole replies are UTF-8 all but always, and the plain check is many times faster than the repairing one.
    match std::str::from_utf8(reply) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            notes.push(Note {
                rpc: rpc.to_owned().into(),
                interface: None,
                lane: None,
                field: "reply".into(),
                found: format!("other bytes at {}", error.valid_up_to()),
                expected: "UTF-8",
            });
            String::from_utf8_lossy(reply)
        }
    }
}

/// The text, unless it is empty.
fn given(text: &str) -> Option<String> {
    if text.is_empty() {
        None
    } else {
        Some(text.to_owned())
    }
}

/// Words that devices repeat on every interface: no need to copy them each time.
const WORDS: [&str; 9] = [
    "up", "down", "FEC91", "FEC119", "FEC74", "FEC108", "FEC134", "FEC161", "NONE",
];

/// The text, unless it is empty; a word that is known is not copied.
fn word(text: Cow<'_, str>) -> Option<Cow<'static, str>> {
    if text.is_empty() {
        return None;
    }
    Some(match WORDS.iter().find(|word| **word == text.as_ref()) {
        Some(word) => Cow::Borrowed(*word),
        None => Cow::Owned(text.into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_name_finds_its_parser() {
        assert!(PARSERS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for known in PARSERS {
            assert_eq!(parser(known.name).unwrap().name, known.name);
            assert_eq!(
                parser(&format!("juniper/{}", known.name)).unwrap().name,
                known.name
            );
        }
        assert!(parser("optics").is_none());
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_their_text_and_nothing_else() {
        let mut snapshot = Snapshot::default();
        let reply = b"<system-information><host-name>caf\xe9</host-name><os-version>1</os-version></system-information>";
        let outcome = parser("system_information")
            .unwrap()
            .parse(reply, 7, &mut snapshot);
        assert!(outcome.complete);
        assert_eq!(
            snapshot.system_information.unwrap().version.as_deref(),
            Some("1")
        );
        assert_eq!(snapshot.notes.len(), 1);
    }
}
