//! How a device is reached and logged in to: variables, options and OpenSSH's configuration, joined into a target.
//!
//! ```text
//!   variables of the host ─► arguments in ansible_ssh_*_args ─► options ─► ~/.ssh/config ─► defaults
//!                            the first that says something counts
//! ```
//!
//! `context` holds what all hosts share, `credentials` and `login_methods` answer how to log in, `route` how to get there,
//! and `target` puts the answers together. Left out: what is done on the way ([`netconf::ssh`]).

mod address;
mod context;
mod credentials;
mod login_methods;
mod route;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use context::{ADDRESS, Access, HONOURED, PORT, USER};
pub use target::NetconfVersion;
pub(crate) use target::from_vault;
