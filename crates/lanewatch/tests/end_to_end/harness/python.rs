//! The Python scripts beside these tests, run by the environments that `cargo xtask test` makes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::binary::{Ran, run};

/// Which environment a script runs in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Python {
    /// ncclient, pyarrow and duckdb.
    Readers,
    /// PyEZ.
    PyEz,
    /// ansible-core.
    Ansible,
    /// The readers and Apache Spark.
    Spark,
}

impl Python {
    /// The interpreter: the environments lie in the target folder, two levels above the binary.
    pub(crate) fn interpreter(self) -> PathBuf {
        let target = Path::new(env!("CARGO_BIN_EXE_lanewatch"))
            .ancestors()
            .nth(2)
            .unwrap();
        let folder = match self {
            Self::Readers => "venv",
            Self::PyEz => "venv-pyez",
            Self::Ansible => "venv-ansible",
            Self::Spark => "venv-spark",
        };
        target.join(folder).join("bin/python")
    }
}

/// Runs a script, which judges for itself and exits with 0 if all is well.
#[track_caller]
pub(crate) fn judge(python: Python, script: &str, arguments: &[impl AsRef<OsStr>]) -> Ran {
    judge_with(python, script, arguments, |_| ())
}

/// The same with something done to the command before, to its environment say.
#[track_caller]
pub(crate) fn judge_with(
    python: Python,
    script: &str,
    arguments: &[impl AsRef<OsStr>],
    prepare: impl FnOnce(&mut Command),
) -> Ran {
    let interpreter = python.interpreter();
    assert!(
        interpreter.is_file(),
        "{} is not there: `cargo xtask test` makes it",
        interpreter.display()
    );
    // Cargo runs tests in the folder of their package.
    let script = Path::new("tests/end_to_end/python").join(script);
    // -B: no compiled copies beside the sources.
    let mut command = Command::new(interpreter);
    command.arg("-B").arg(script).args(arguments);
    prepare(&mut command);
    run(&mut command).expect(0)
}
