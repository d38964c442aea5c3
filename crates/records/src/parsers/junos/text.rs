//! Texts of Junos elements as they go into records.

use std::borrow::Cow;

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
