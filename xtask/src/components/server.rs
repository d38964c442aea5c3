//! A server that a registry other than Debian's has, brought once into a folder under the target folder.

use std::path::PathBuf;
use std::process::Command;

use super::Availability;
use crate::process;

/// Which program, and where it lies once it is there.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// What `--version` must say.
    pub(super) version: &'static str,
    pub(super) program: PathBuf,
}

impl Server {
    /// Runs `install` unless the program is there in its version; an error of `install` is a sentence.
    pub(super) fn bring(&self, install: impl FnOnce() -> Result<Command, String>) -> Availability {
        if self.is_there() {
            return Availability::Ready;
        }
        let Self { name, version, .. } = self;
        println!("bringing {name} {version}: {}", self.program.display());
        match install().and_then(|mut command| process::run(&mut command)) {
            Ok(()) if self.is_there() => Availability::Ready,
            Ok(()) => Availability::Missing(format!(
                "{name} is installed but {} does not run.",
                self.program.display()
            )),
            Err(message) => {
                Availability::Missing(format!("{name} could not be installed: {message}."))
            }
        }
    }

    fn is_there(&self) -> bool {
        self.program.is_file()
            && process::capture(Command::new(&self.program).arg("--version"))
                .is_ok_and(|says| says.contains(self.version))
    }
}
