//! What a parser is: a name and a function from the text of a reply to records.

use std::borrow::Cow;

use crate::note::{Note, Notes};
use crate::snapshot::Snapshot;
use crate::xml::Outcome;

/// Reads the replies of one RPC.
///
/// It adds what a reply says to the [`Snapshot`] and tells what came of it; it never fails as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// Its name in a catalogue and in run reports: that of the RPC, with `{vendor}/` before it where the vendor is not the
    /// default one.
    pub name: &'static str,
    pub(crate) read: fn(&str, i64, &mut Snapshot) -> Outcome,
}

impl Parser {
    /// Adds what the reply says to the snapshot.
    ///
    /// `reply` is the whole reply, wrappers and all; bytes that are not UTF-8 cost the text they stand in. `arrived` is
    /// the UTC second at which it arrived. The snapshot keeps whatever was complete, also of a damaged reply.
    pub fn parse(&self, reply: &[u8], arrived: i64, snapshot: &mut Snapshot) -> Outcome {
        let text = reply_text(self.name, reply, &mut snapshot.notes);
        (self.read)(&text, arrived, snapshot)
    }
}

/// The reply as text. Bytes that are not UTF-8 cost a note and the text they stand in.
pub(crate) fn reply_text<'r>(rpc: &str, reply: &'r [u8], notes: &mut Notes) -> Cow<'r, str> {
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
                expected: "UTF-8".into(),
            });
            String::from_utf8_lossy(reply)
        }
    }
}
