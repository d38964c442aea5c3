//! `cargo xtask compare OLD NEW`: what two builds of the product answer differently.
//!
//! The comparison itself is `xtask/compare_outputs.py`, because it reads the lake with pyarrow, which nobody here wrote.
//! Its head says what is run, compared and masked.

use std::process::{Command, ExitCode};

use crate::components;
use crate::process;
use crate::workspace::Workspace;

/// Runs the comparison with the binaries, and the folder if one is given. Its exit status is 1 where something differs.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    if !(2..=3).contains(&arguments.len()) {
        eprintln!("Usage: cargo xtask compare OLD_BINARY NEW_BINARY [WORK_FOLDER]");
        return ExitCode::from(2);
    }
    let mut arguments = arguments.to_vec();
    if arguments.len() == 2 {
        let work = workspace.target.join("compare");
        arguments.push(work.to_string_lossy().into_owned());
    }
    let compared = components::python_with_clients_and_readers(workspace).and_then(|python| {
        let mut command = Command::new(python);
        command
            .arg("-B")
            .arg(workspace.root.join("xtask/compare_outputs.py"))
            .args(&arguments);
        process::run(&mut command)
    });
    match compared {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
