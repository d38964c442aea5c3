//! From an address and credentials to a NETCONF session over SSH (RFC 6242).
//!
//! ```text
//!   connect ── host_keys::read ─► dial ─► key exchange ─► authentication ─► subsystem, hello ─► Connection
//!                known_hosts       TCP     host key check   each method once     Session::start
//! ```
//!
//! [`connect`] takes the steps in that order, each within its deadline. The SSH library runs the transport in one task
//! of its own; [`socket`] makes sure that this task and its file descriptor end with the [`Connection`], in whatever
//! state either is. Host keys are checked unless [`HostKeyPolicy::Off`] says otherwise.
//!
//! Left out: jump hosts, agents, keyboard-interactive, and algorithms that need SHA-1.

mod authentication;
mod connection;
mod host_keys;
mod known_hosts;
mod preferences;
mod socket;
mod subsystem;
mod target;

pub use authentication::{Attempt, AttemptOutcome, Credentials, Method};
pub use connection::{Connection, connect};
pub use host_keys::{HostKeyError, HostKeyPolicy};
pub use target::{Endpoint, Target};
