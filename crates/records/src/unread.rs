//! Measurements that a reply holds and no parser reads: counted by the name of their element, so that they are not missed.

use std::collections::BTreeMap;

/// The most names kept from one reply.
const MOST_NAMES: usize = 100;

/// The most characters kept of a name.
const LONGEST_NAME: usize = 100;

/// How often each element was met that holds a number and is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread(BTreeMap<String, usize>);

impl Unread {
    /// The names with their counts, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// True when everything was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts an element of this name.
    pub(crate) fn add(&mut self, name: &str) {
        let end = name.char_indices().nth(LONGEST_NAME);
        let name = end.map_or(name, |(end, _)| &name[..end]);
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
        } else if self.0.len() < MOST_NAMES {
            self.0.insert(name.to_owned(), 1);
        }
    }
}
