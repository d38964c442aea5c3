//! Notes: what could not be used, where it stood, what was found there and what was expected.
//!
//! A damaged value costs a note and a null, never the lane; a damaged lane costs a note, never the interface. Notes
//! go into the run report. They are bounded in number and in length, because a reply is written by a stranger.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::unread::Unread;

/// The most notes kept for one device and run; what comes after is only counted.
pub const MAX_NOTES: usize = 1000;
/// The most characters of a device's text that a note repeats.
const MAX_FOUND: usize = 120;

/// One thing that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The RPC whose reply held it, by its parser's or mapping's name; `join` for what only shows when replies meet.
    pub rpc: Cow<'static, str>,
    /// The interface, when the place was known; for a mapping, the key of the item.
    pub interface: Option<Arc<str>>,
    /// The lane, by the device's index.
    pub lane: Option<u32>,
    /// The field, by the name it has in JSON and in the lake.
    pub field: Cow<'static, str>,
    /// The device's own text, shortened.
    pub found: String,
    /// What would have been readable.
    pub expected: Cow<'static, str>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rpc)?;
        if let Some(interface) = &self.interface {
            write!(f, ": {interface}")?;
        }
        if let Some(lane) = self.lane {
            write!(f, " lane {lane}")?;
        }
        write!(
            f,
            ": {}: found {:?}, expected {}",
            self.field, self.found, self.expected
        )
    }
}

/// A bounded list of notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    kept: Vec<Note>,
    dropped: usize,
}

impl Notes {
    /// Adds a note, or counts it when there are [`MAX_NOTES`] already.
    pub fn push(&mut self, note: Note) {
        if self.kept.len() < MAX_NOTES {
            self.kept.push(note);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds a note, if there is one.
    pub(crate) fn push_some(&mut self, note: Option<Note>) {
        if let Some(note) = note {
            self.push(note);
        }
    }

    /// The notes kept, in the order in which they were made.
    pub fn as_slice(&self) -> &[Note] {
        &self.kept
    }

    /// How many notes came after the bound and were not kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// True when nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many notes are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Says of every note from the `start`th on that it belongs to this interface: an interface's name is known
    /// for certain only once the interface has been read.
    pub(crate) fn place(&mut self, start: usize, interface: &Arc<str>) {
        for note in self.kept.iter_mut().skip(start) {
            note.interface = Some(Arc::clone(interface));
        }
    }

    /// The same for the lane.
    pub(crate) fn place_lane(&mut self, start: usize, lane: u32) {
        for note in self.kept.iter_mut().skip(start) {
            note.lane = Some(lane);
        }
    }
}

impl<'a> IntoIterator for &'a Notes {
    type Item = &'a Note;
    type IntoIter = std::slice::Iter<'a, Note>;
    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}

/// The start of a device's text, for a note or a message.
pub(crate) fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX_FOUND) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The notes of one RPC while its reply is being read.
#[derive(Debug)]
pub(crate) struct ReplyNotes<'n> {
    pub(crate) rpc: &'static str,
    pub(crate) notes: &'n mut Notes,
    pub(crate) unread: &'n mut Unread,
}

impl ReplyNotes<'_> {
    /// Notes a text that could not be read; interface and lane are placed later.
    pub(crate) fn unreadable(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        found: &str,
        expected: &'static str,
    ) {
        self.notes.push(Note {
            rpc: self.rpc.into(),
            interface: None,
            lane: None,
            field: field.into(),
            found: shortened(found),
            expected: expected.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_full_of_rubbish_cannot_fill_the_memory_with_notes() {
        let mut notes = Notes::default();
        let mut book = ReplyNotes {
            rpc: "x",
            notes: &mut notes,
            unread: &mut Unread::default(),
        };
        for _ in 0..MAX_NOTES + 5 {
            book.unreadable("f", &"é".repeat(10_000), "a number");
        }
        assert_eq!((notes.len(), notes.dropped()), (MAX_NOTES, 5));
        assert_eq!(notes.as_slice()[0].found.chars().count(), MAX_FOUND + 1);
    }
}
