//! What the tests stand on: the binary, a simulated fleet, what a run leaves behind, and the outside programs.

mod binary;
mod fleet;
mod inventory;
mod openssh;
mod python;
mod run_folder;

pub(crate) use binary::{Ran, lanewatch, program, run};
pub(crate) use fleet::Fleet;
pub(crate) use inventory::{Host, closed_port, values, write_inventory};
pub(crate) use openssh::NetconfServer;
pub(crate) use python::{Python, judge};
pub(crate) use run_folder::{RunFolder, assert_nothing_half_written, files_below};
