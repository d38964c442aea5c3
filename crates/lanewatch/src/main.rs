//! Lanewatch: the health of every optical lane in a fleet.
//!
//! ```text
//!  config    what the user wrote ─► a Plan that cannot be wrong
//!  runner    Plan ─► devices ─► documents, lake, report      (the only clock; the only place where a reply meets a parser)
//!  findings  records ─► the lanes that look bad, and why
//!  view      report ─► what a person sees
//!  cli       one file a command
//!  defect    what is said when one of these is wrong
//! ```

mod cli;
mod config;
mod defect;
mod findings;
mod runner;
mod view;

fn main() -> std::process::ExitCode {
    defect::leave_no_core();
    defect::tell();
    cli::main()
}
