//! Opens NETCONF sessions over SSH (RFC 6242).
//!
//! ```text
//!   Connector::connect ── host_keys ─► transport ───► login ──────────────────► channel, hello ─► Connection
//!                          known_hosts   TCP, jump,     version and key exchange,   Session::start
//!                                        command        host key, authentication
//! ```
//!
//! [`Connector::connect`] takes the steps in that order, each within its deadline. The SSH library runs the transport in a
//! task of its own. [`socket`] makes sure that this task and its file descriptor end with the [`Connection`]. Host keys are
//! checked unless [`HostKeyPolicy::Off`] says otherwise. A refused credential is not sent to the same device again.
//!
//! Certificates of hosts and users, GSSAPI, port forwarding and shells are not supported.

mod agent;
mod algorithms;
mod authentication;
mod channel;
mod connection;
mod connector;
pub(crate) mod credentials;
mod disconnect_reason;
mod endpoint;
pub(crate) mod host_key_error;
mod host_keys;
mod jump;
mod key_file;
mod known_hosts;
mod login;
mod proxy_command;
mod questions;
mod refused_credentials;
mod resolver;
mod shared;
mod socket;
mod target;
mod transport;

pub use connection::Connection;
pub use connector::{Connector, connect};
pub use credentials::{Attempt, AttemptOutcome, Credentials, Method};
pub use endpoint::Endpoint;
pub use host_key_error::HostKeyError;
pub use host_keys::{HostKeyPolicy, KnownHosts};
#[doc(hidden)]
pub use known_hosts::known_hosts_lines;
pub use known_hosts::matches_pattern as matches_host_pattern;
pub use target::{Hop, Route, Target};
