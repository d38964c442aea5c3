//! Texts of Junos elements as they go into records.

use std::borrow::Cow;
use std::sync::Arc;

use crate::note::{Note, ReplyNotes, shortened};
use crate::port::PortLocation;
use crate::value::eeprom;

/// The text, unless it is empty.
pub(super) fn given(text: &str) -> Option<String> {
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
pub(super) fn word(text: Cow<'_, str>) -> Option<Cow<'static, str>> {
    if text.is_empty() {
        return None;
    }
    Some(match WORDS.iter().find(|word| **word == text.as_ref()) {
        Some(word) => Cow::Borrowed(*word),
        None => Cow::Owned(text.into_owned()),
    })
}

/// The texts of a module's EEPROM that were not taken as they came, until the module's place is known.
#[derive(Debug, Default, PartialEq)]
pub(super) struct EepromChanges(Vec<(&'static str, String)>);

impl EepromChanges {
    /// The text without control characters and padding; `None` when nothing is left, or when it says that there is none.
    pub(super) fn read(&mut self, text: &str, field: &'static str) -> Option<String> {
        let (clean, is_changed) = eeprom(text);
        if is_changed {
            self.0
                .push((field, shortened(&text.escape_debug().to_string())));
        }
        clean
    }

    /// Notes each of them, with its port.
    pub(super) fn note(self, location: Option<PortLocation>, notes: &mut ReplyNotes<'_>) {
        let place = location.map(|place| {
            let PortLocation { fpc, pic, port } = place;
            Arc::from(format!("{fpc}/{pic}/{port}"))
        });
        for (field, found) in self.0 {
            notes.notes.push(Note {
                rpc: notes.rpc.into(),
                interface: place.clone(),
                lane: None,
                field: field.into(),
                found,
                expected: "text without control characters, padding and bytes that are not UTF-8"
                    .into(),
            });
        }
    }
}
