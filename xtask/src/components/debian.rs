//! Programs that come as Debian packages.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::process;

/// Whether this process may install packages and create users.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|of_us| of_us.uid() == 0)
}

/// Where a program lies: on the search path, or among the system's programs that an ordinary user's path leaves out.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/bin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Installs packages. The lists are fetched first: on a bare machine there are none, and stale ones name files that are
/// gone.
pub(super) fn install(packages: &[&str]) -> Result<(), String> {
    let wanted = packages.join(" ");
    if !is_root() {
        return Err(format!("not root: run `sudo apt-get install {wanted}`"));
    }
    if program("apt-get").is_none() {
        return Err(format!("there is no apt-get here to install {wanted} with"));
    }
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt_get().args(["update", "--quiet=2"]))?;
    process::run(
        apt_get()
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
            .args(packages),
    )
}
