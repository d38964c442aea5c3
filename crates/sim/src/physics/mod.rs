//! The physics of a link: block codes, optical lanes, and FEC counters.
//!
//! Everything here is arithmetic on seeds and simulated seconds, without XML, devices or sockets.

pub(crate) mod code;
pub(crate) mod lane;
pub(crate) mod link;
