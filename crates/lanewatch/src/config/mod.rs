//! What the user wrote, turned into a plan that cannot be wrong.
//!
//! `inventory` (who) and `catalogue` (what is asked) are read as written; `plan` joins them with the settings, checks
//! everything, and either names every mistake at once or holds nothing that must still be looked up. Nothing here opens a socket.

mod catalogue;
mod inventory;
mod plan;
mod problem;
mod yaml;

pub(crate) use catalogue::{Catalogue, Command, Per};
pub(crate) use plan::{DevicePlan, HostKeys, Plan, Settings};
pub(crate) use problem::{Problem, Problems};
