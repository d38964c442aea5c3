//! What light and silicon do: block codes, lanes, and the counters that a link keeps.
//!
//! Everything here is arithmetic on seeds and simulated seconds; nothing knows XML, devices or sockets.

pub(crate) mod code;
pub(crate) mod lane;
pub(crate) mod link;
