//! The crate's one error type.
//!
//! It covers what a *user* can get wrong: a filter that cannot mean anything. What a *device* gets wrong is never
//! an error here: it becomes a [`crate::Note`] or a [`crate::DeviceError`], and the rest of the reply is used.

/// What the caller asked for and cannot have; each variant says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The filter holds no name at all. No filter is written by leaving it out.
    #[error(
        "the interface filter {0:?} names no interface: write et-0/0/32,et-0/0/33 or a pattern such as et-0/0/*"
    )]
    EmptyFilter(String),
    /// One entry of the filter holds a character that no interface name and no pattern has.
    #[error(
        "the interface filter entry {entry:?} holds {character:?}: expected an interface name such as et-0/0/32 or \
         a pattern with * and ?"
    )]
    FilterEntry {
        /// The entry as written, trimmed.
        entry: String,
        /// The first character that does not belong.
        character: char,
    },
}
