//! Lanewatch: the health of every optical lane in a fleet.
//!
//! ```text
//!  config    what the user wrote ─► a Plan that cannot be wrong
//!  runner    Plan ─► devices ─► documents, lake, report      (the only clock; the only place where a reply meets a parser)
//!  findings  records ─► the lanes that look bad, and why
//!  view      report ─► what a person sees
//!  cli       one file a command
//! ```

mod cli;
mod config;
mod findings;
mod runner;
mod view;

fn main() -> std::process::ExitCode {
    cli::main()
}
