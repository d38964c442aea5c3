//! Reads Ansible inventories: YAML 1.1, INI and JSON files, group and host variables, vaults and templates.
//!
//! ```text
//!  problem            a mistake with its file, line and hint; `snippet` shows the line without its secrets
//!  yaml               a YAML 1.1 document as nodes that know their line
//!  vault              Ansible Vault: values and files encrypted under a password
//!  ansible            sources → groups → layers of variables → resolved values
//!  password_sources   passwords that a command, a file or the keyring holds
//!  secret_names       names and texts that hold a secret
//! ```
//!
//! Text goes in, hosts come out. Nothing here opens a socket or knows what a host is.
//!
//! # Example
//!
//! ```
//! use inventory::{Inventory, Sources};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("lab.yaml");
//! std::fs::write(&file, "all: {hosts: {leaf-01: {ansible_host: 192.0.2.11, rack: 7}}}")?;
//!
//! let inventory = Inventory::read(&Sources { inventories: vec![file], ..Sources::default() })?;
//! for host in inventory.hosts() {
//!     println!("{}: {} variables", host.name(), host.variables().len());
//! }
//! # Ok(())
//! # }
//! ```

mod ansible;
mod command_output;
mod home;
mod password_sources;
mod problem;
mod secret_names;
mod snippet;
pub mod vault;
pub mod yaml;

pub use ansible::{Host, Inventory, Resolved, SetBy, Sources, Variable};
pub use home::expand_home;
pub use password_sources::{PasswordSource, PasswordSources};
pub use problem::{Problem, Problems, did_you_mean, nearest};
pub use secret_names::{SECRET, is_secret_name, tells_secret};
