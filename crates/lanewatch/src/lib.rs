//! Lanewatch: the health of every optical lane in a fleet.
//!
//! ```text
//!  cli        one file a command
//!  settings   what the user asked for: flags, environment, lanewatch.toml
//!  view       plans, reports and findings as a person reads them
//! ```
//!
//! The binary wires the libraries together, prints and exits. What it does is in the crates `collector`, `sinks` and `inventory`.

mod cli;
mod settings;
mod view;

use collector::panic_report;

/// Runs the command line of this process.
pub fn main() -> std::process::ExitCode {
    panic_report::leave_no_core();
    panic_report::tell();
    cli::main()
}
