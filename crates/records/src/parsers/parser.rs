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

/// The reply as text. Bytes that are not UTF-8 cost a note and the text they stand in. A file that was saved as UTF-16, as
/// PowerShell does, is read as such.
pub(crate) fn reply_text<'r>(rpc: &str, reply: &'r [u8], notes: &mut Notes) -> Cow<'r, str> {
    if let Some(text) = utf_16(reply) {
        return Cow::Owned(text);
    }
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

/// The text of a file in UTF-16, which begins with its mark.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, _) = bytes.get(2..)?.as_chunks::<2>();
    let units = pairs.iter().copied().map(unit);
    let decoded = char::decode_utf16(units);
    Some(
        decoded
            .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_was_saved_as_utf_16_is_read_as_utf_8_is() {
        let text = "\u{feff}<name>et-0/0/1</name>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let mut notes = Notes::default();
            let found = reply_text("optics_diagnostics", &bytes, &mut notes);
            assert_eq!(found, "<name>et-0/0/1</name>");
            assert!(notes.is_empty());
        }
        let mut notes = Notes::default();
        reply_text("optics_diagnostics", b"\xff\xfe\x00", &mut notes);
        reply_text("optics_diagnostics", b"\xff", &mut notes);
        assert_eq!(notes.len(), 1, "no mark, no UTF-8");
    }
}
