//! The program as a new user runs it: the built binary, real sockets, real files.
//!
//! Most tests need nothing but the binary, whose simulator stands where the devices stand. Those in `with_…` are judged by a
//! program that nobody here wrote; they are ignored by a plain `cargo test` and run by `cargo xtask test`, which brings that
//! program in. All of them are one test binary, so that the harness is linked once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails; clippy knows this of test functions only, not of what they stand on"
)]

mod alert_rules;
mod backfill;
mod bad_input;
mod broken;
mod check;
mod collect;
mod compact;
mod credentials;
mod demo;
mod faults;
mod harness;
mod inventory;
mod lake;
mod log;
mod mappings;
mod metrics;
mod odd_stores;
mod original;
mod plan;
mod push;
mod query;
mod record;
mod replay;
mod saved_replies;
mod secrets;
mod serve;
mod settings;
mod shell;
mod signals;
mod sim;
mod vault;
mod with_ansible;
mod with_azurite;
mod with_faketime;
mod with_netconfd;
mod with_prometheus;
mod with_python;
mod with_query;
mod with_s3;
mod with_spark;
