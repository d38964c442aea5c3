//! What people have told OpenSSH about their hosts: `ssh_config(5)` files and the arguments of `ssh`.
//!
//! ```text
//!   arguments ─► HostOptions ◄─ Config::apply ◄─ ~/.ssh/config, Include …
//!     -o, -J, -F    the first value that is said counts
//! ```
//!
//! Known are the options that decide how a host is reached and trusted: host name, port, user, identities, agent, jump
//! hosts, proxy command, known hosts and their checking, connect timeout, methods of authentication. Options that only
//! matter to terminals and forwarding have no effect and are passed over ([`WITHOUT_EFFECT`]); any other is named in a
//! warning. Lists of algorithms are read for one thing: whether they ask for those that only old servers need.
//!
//! Left out: `Match exec`, `canonical`, `final` and other criteria that need a running session; such blocks do not apply, and
//! a warning says so.

mod arguments;
mod config;
mod options;

pub(super) use arguments::Arguments;
pub(super) use config::{Config, ConfigError};
pub(super) use options::{
    HostKeyChecking, HostOptions, IdentityAgent, JumpSpec, Proxy, expand_path,
};
