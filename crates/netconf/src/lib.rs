//! A NETCONF client over SSH: bytes on one side, replies on the other.
//!
//! ```text
//!   ssh::connect ─► Session::start ─► Session::request ─► Reply ─► Session::close
//!    TCP, host key,   hello both ways,   one operation      bytes as sent,
//!    login            framing agreed     at a time          typed errors
//! ```
//!
//! It carries operations and answers and understands neither: no element of any vendor is named here. In the order in
//! which a session uses them:
//!
//! - [`ssh`] gets from an address and credentials to a stream, and checks host keys;
//! - [`session`] speaks over that stream, or over any other;
//! - [`hello`] and [`framing`] are what the two sides agree on first;
//! - [`message`] is what they say then;
//! - [`server`] is the answering half, for simulators;
//! - [`options`] and [`error`] go with all of them.
//!
//! Every step has a deadline, every reply a limit, and a [`Connection`](ssh::Connection) that is dropped leaves neither
//! a task nor a file descriptor.
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

pub mod error;
pub mod framing;
pub mod hello;
pub mod message;
pub mod options;
pub mod server;
pub mod session;
pub mod ssh;
mod text;

pub use error::{Error, Phase, Step};
pub use framing::{Framing, FramingError};
pub use hello::Hello;
pub use message::{Reply, RpcError, Severity};
pub use options::{Keepalive, Options, Timeouts};
pub use session::Session;
