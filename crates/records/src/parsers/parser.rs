//! What a parser is: a name and a function from the text of a reply to records.

use std::borrow::Cow;

use crate::note::{Note, Notes, shortened};
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

/// The reply as text. Bytes that are not UTF-8 cost a note and the text they stand in, and so does a line before the root that
/// would not be read as text. A file that was saved as UTF-16, as PowerShell does, is read as such.
pub(crate) fn reply_text<'r>(rpc: &str, reply: &'r [u8], notes: &mut Notes) -> Cow<'r, str> {
    let mut note = |found: String, expected: &'static str| {
        notes.push(Note {
            rpc: rpc.to_owned().into(),
            interface: None,
            lane: None,
            field: "reply".into(),
            found,
            expected: expected.into(),
        });
    };
    let text = match utf_16(reply) {
        Some(text) => Cow::Owned(text),
        // Whole replies are UTF-8 all but always, and the plain check is many times faster than the repairing one.
        None => match std::str::from_utf8(reply) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => {
                let found = format!("other bytes at {}", error.valid_up_to());
                note(found, "UTF-8");
                String::from_utf8_lossy(reply)
            }
        },
    };
    let length = noise_before(&text);
    if length == 0 {
        return text;
    }
    let noise = text.get(..length).unwrap_or_default();
    note(
        shortened(noise.trim()),
        "nothing before rpc-reply: it was passed over",
    );
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(length..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(length..).unwrap_or_default().to_owned()),
    }
}

/// How far into a reply its root may be searched.
const LONGEST_NOISE: usize = 8192;

/// How long the text is that stands before `rpc-reply` and holds a `<` that begins no tag; 0 where there is none. A declaration, a
/// comment, plain text and elements around the reply are no noise.
fn noise_before(reply: &str) -> usize {
    const ROOT: &str = "rpc-reply";
    let head = reply
        .get(..reply.floor_char_boundary(LONGEST_NOISE))
        .unwrap_or(reply);
    let is_prefix = |text: &str| {
        text.strip_suffix(':').is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    let Some(at) = head.find(ROOT) else {
        return 0;
    };
    let Some((noise, prefix)) = head.get(..at).and_then(|before| before.rsplit_once('<')) else {
        return 0;
    };
    let mut tags = noise.split('<').skip(1);
    let is_tag = |tag: &str| tag.starts_with(|c: char| "?!/_".contains(c) || c.is_alphabetic());
    let is_noise = tags.any(|tag| !is_tag(tag));
    match is_noise && (prefix.is_empty() || is_prefix(prefix)) {
        true => noise.len(),
        false => 0,
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
    fn what_stands_before_the_root_and_holds_a_bracket_is_passed_over() {
        for (before, length) in [
            ("", 0),
            ("<?xml version=\"1.0\"?>\n<!-- a comment -->", 0),
            ("user@leaf-01> show interfaces | display xml\n", 0),
            ("\u{7}% a < b & c\n", 13),
            ("<<< Authorised users only >>>\n", 30),
            ("<session><hello>x</hello>]]>]]>", 0),
        ] {
            for root in ["<rpc-reply>", "<nc:rpc-reply xmlns:nc=\"x\">"] {
                assert_eq!(
                    noise_before(&format!("{before}{root}</x>")),
                    length,
                    "{before}"
                );
            }
        }
        for none in [
            "<interface-information/>",
            "a < b rpc-reply",
            "a < <b c=\"rpc-reply\"/>",
        ] {
            assert_eq!(noise_before(none), 0, "{none}");
        }
    }

    #[test]
    fn a_line_before_the_root_costs_a_note_and_nothing_else() {
        let mut notes = Notes::default();
        let bytes = b"\xe9t\xe9 <<banner>> & co\n<rpc-reply/>";
        let found = reply_text("optics_diagnostics", bytes, &mut notes);
        assert_eq!(found, "<rpc-reply/>");
        assert_eq!(notes.len(), 2, "what is not UTF-8, and the line");
    }

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
