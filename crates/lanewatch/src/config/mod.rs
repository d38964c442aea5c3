//! What the user wrote, turned into a plan that cannot be wrong.
//!
//! `settings` (how), `inventory` (who) and `catalogue` (what is asked) are read as written; `plan` joins them, checks
//! everything, and either names every mistake at once or holds nothing that must still be looked up. Nothing here opens a socket.

mod access;
mod catalogue;
pub(crate) mod inventory;
mod plan;
pub(crate) mod problem;
mod resolver;
mod secret_names;
mod secrets;
mod settings;
mod shard;
mod snippet;
pub(crate) mod vault;
mod yaml;

pub(crate) use access::NetconfVersion;
pub(crate) use catalogue::{Catalogue, Command, Per, mapping_of_report};
pub(crate) use plan::{DevicePlan, FilterSource, HostKeys, Plan, expand_home};
pub(crate) use problem::{Problem, Problems, did_you_mean};
pub(crate) use settings::{Layers, LogFilter, Settings, Shown, add_to, given};
pub(crate) use shard::Shard;
