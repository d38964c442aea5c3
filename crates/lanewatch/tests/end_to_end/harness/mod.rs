//! What the tests stand on: the binary, a simulated fleet, what a run leaves behind, and the outside programs.

mod binary;
mod clock;
mod daemon;
mod fleet;
mod inventory;
mod lake;
mod odd_store;
mod openssh;
pub(crate) mod original_run;
mod parquet_rows;
mod python;
mod run_folder;
mod s3;

pub(crate) use binary::{Ran, lanewatch, panicking, panicking_program, program, run, signal, stop};
pub(crate) use clock::WallClock;
pub(crate) use daemon::Daemon;
pub(crate) use fleet::Fleet;
pub(crate) use inventory::{Host, closed_port, values, write_inventory, write_silent_device};
pub(crate) use lake::{
    RUN, big_parquet, read_back, verify, write_command, write_documents, write_run,
};
pub(crate) use odd_store::{OddStore, Oddity, Request, refusal};
pub(crate) use openssh::{NetconfServer, Setup, SshAgent, generate_key};
pub(crate) use parquet_rows::{Cell, Row, rows_below};
pub(crate) use python::{Python, judge, judge_with};
pub(crate) use run_folder::{RunFolder, assert_nothing_half_written, files_below};
pub(crate) use s3::{
    BUCKET, S3, Wire, give_keys, lanewatch_with_keys, with_keys, write_inventory_with_keys,
    write_profile,
};
