//! What a parser is: a name and a function from the text of a reply to records.

use std::borrow::Cow;

use crate::note::{Note, Notes};
use crate::reply_name::PicSlots;
use crate::snapshot::Snapshot;
use crate::xml::Outcome;

/// What is known of a reply besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// UTC second at which it arrived.
    pub at: i64,
    /// The PIC that it was asked of, for replies that do not say it themselves.
    pub pic: Option<PicSlots>,
}

impl From<i64> for Arrival {
    /// A reply that arrived at this UTC second.
    fn from(at: i64) -> Self {
        Self { at, pic: None }
    }
}

/// Reads the replies of one RPC.
///
/// It adds what a reply says to the [`Snapshot`] and tells what came of it; it never fails as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// Its name in a catalogue and in run reports: that of the RPC, with `{vendor}/` before it where the vendor is not the
    /// default one.
    pub name: &'static str,
    pub(crate) read: fn(&str, Arrival, &mut Snapshot) -> Outcome,
}

impl Parser {
    /// Adds what the reply says to the snapshot.
    ///
    /// `reply` is the whole reply, wrappers and all; bytes that are not UTF-8 cost the text they stand in. `arrival` is
    /// when it arrived, and of which PIC it is. The snapshot keeps whatever was complete, also of a damaged reply.
    pub fn parse(
        &self,
        reply: &[u8],
        arrival: impl Into<Arrival>,
        snapshot: &mut Snapshot,
    ) -> Outcome {
        let text = reply_text(self.name, reply, &mut snapshot.notes);
        (self.read)(&text, arrival.into(), snapshot)
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
