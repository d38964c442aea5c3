//! A NETCONF client over SSH. It sends operations and returns replies as bytes.
//!
//! ```text
//!   ssh::connect ─► Session::start ─► Session::request ─► Reply ─► Session::close
//!    TCP, host key,   hello both ways,   one operation      bytes as sent,
//!    login            framing agreed     at a time          typed errors
//! ```
//!
//! The crate does not interpret operations or replies, and no vendor's element is named here. The modules, in the order in
//! which a session uses them:
//!
//! - [`ssh`]: opens a byte stream from an address and credentials, and checks host keys;
//! - [`session`]: a NETCONF session over that stream, or over any other;
//! - [`hello`] and [`framing`]: what both sides agree on first;
//! - [`message`]: requests, replies and `<rpc-error>`s;
//! - [`server`]: the server side of a session, for simulators;
//! - [`options`] and [`error`]: settings and errors of all of them.
//!
//! Every step has a deadline and every reply a size limit. A dropped [`Connection`](ssh::Connection) leaves neither a task nor
//! a file descriptor.
//!
//! Connections and requests are `tracing` spans: `connection` with the field `peer`, and `rpc` with the fields `peer` and
//! `operation`. Events below them are at level `debug`, those of the framing at level `trace`. No event holds a secret or the
//! text of a reply.
//!
//! ```no_run
//! use netconf::{Options, ssh};
//!
//! # async fn run() -> Result<(), netconf::Error> {
//! let endpoint = ssh::Endpoint {
//!     host: "r1.example.net".to_owned(),
//!     port: 830,
//! };
//! let credentials = ssh::Credentials {
//!     user: "telemetry".to_owned(),
//!     methods: vec![ssh::Method::KeyFile {
//!         path: "keys/id_ed25519".into(),
//!         passphrase: None,
//!     }],
//! };
//! let host_keys = ssh::HostKeyPolicy::Strict {
//!     known_hosts: "keys/known_hosts".into(),
//! };
//! let target = ssh::Target::new(endpoint, credentials, host_keys);
//! let mut connection = ssh::connect(&target, &Options::default()).await?;
//! let reply = connection.request("<get/>").await?;
//! for error in &reply.errors {
//!     eprintln!("{}: {error}", target.endpoint);
//! }
//! println!("{} bytes after {:?}", reply.bytes.len(), reply.elapsed);
//! connection.close().await
//! # }
//! ```

mod early_bytes;
pub mod error;
pub mod framing;
pub mod hello;
pub mod message;
pub mod options;
pub mod server;
pub mod session;
pub mod ssh;
mod text;

pub use error::{Error, Phase, SessionStep};
pub use framing::{Framing, FramingError};
pub use hello::Hello;
pub use message::{Reply, RpcError, Severity};
pub use options::{Keepalive, Options, Timeouts};
pub use session::Session;
