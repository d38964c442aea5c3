//! The program: all of it is in the library, which the benchmark asks as well.

use std::process::ExitCode;

fn main() -> ExitCode {
    lanewatch_query::main()
}
