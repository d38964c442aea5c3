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

/// The text, unless it is empty; a word that is known is not copied, and is the same in whatever case it comes.
pub(super) fn word(text: Cow<'_, str>) -> Option<Cow<'static, str>> {
    if text.is_empty() {
        return None;
    }
    let is_word = |word: &&&str| word.eq_ignore_ascii_case(&text);
    Some(match WORDS.iter().find(is_word) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_word_is_the_same_in_whatever_case_it_comes() {
        for (text, found) in [
            ("up", Some("up")),
            ("Down", Some("down")),
            ("fec91", Some("FEC91")),
            ("hw-Down", Some("hw-Down")),
            ("", None),
        ] {
            assert_eq!(word(text.into()).as_deref(), found, "{text}");
        }
    }
}
