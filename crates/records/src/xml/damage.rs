//! Why a reply cannot be read on from some place.

/// Why reading cannot go on from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The text ends inside an element.
    Truncated,
    /// Not well-formed, or an item inside an item of its own kind.
    Malformed(String),
}
