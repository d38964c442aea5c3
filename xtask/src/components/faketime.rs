//! libfaketime: a clock that jumps for the one program that it is loaded into, from Debian.
//!
//! A link in `tools` under the target folder says where the system keeps it. What is tested under it brings its lake to s3s-fs.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Availability, debian, s3s};
use crate::workspace::Workspace;

const PACKAGE: &str = "libfaketime";
const LIBRARY: &str = "faketime/libfaketime.so.1";

pub(super) fn prepare(workspace: &Workspace) -> Availability {
    match s3s::prepare(workspace) {
        Availability::Ready => {}
        missing @ Availability::Missing(_) => return missing,
    }
    if library().is_none()
        && let Err(message) = debian::install(&[PACKAGE])
    {
        return Availability::Missing(format!("{PACKAGE} could not be installed: {message}."));
    }
    let Some(library) = library() else {
        return Availability::Missing(format!("{PACKAGE} is installed but brings no `{LIBRARY}`."));
    };
    match link(&library, &workspace.target.join("tools/lib")) {
        Ok(()) => Availability::Ready,
        Err(error) => Availability::Missing(format!(
            "no link to {} can be made below {}: {error}.",
            library.display(),
            workspace.target.display()
        )),
    }
}

/// Where the system has it: in the folder of its own architecture, or with all libraries.
fn library() -> Option<PathBuf> {
    let own = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [own.as_str(), "/usr/lib64", "/usr/lib", "/usr/local/lib"]
        .into_iter()
        .map(|folder| Path::new(folder).join(LIBRARY))
        .find(|path| path.is_file())
}

fn link(library: &Path, folder: &Path) -> io::Result<()> {
    let link = folder.join("libfaketime.so.1");
    if fs::read_link(&link).is_ok_and(|there| there == library) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    match fs::remove_file(&link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(library, link)
}
