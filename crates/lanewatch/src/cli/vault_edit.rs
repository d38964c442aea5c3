//! `lanewatch vault edit` and `create`: a person's editor works on the decrypted text, in a file that only the person can read and that
//! goes away afterwards.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use inventory::vault::{Vault, files};
use zeroize::Zeroizing;

use super::{signals, usage};

/// The editor where neither VISUAL nor EDITOR names one.
const EDITOR: &str = "vi";
/// Read, write and enter for the owner, nothing for anybody else.
const OWNER_ONLY: u32 = 0o700;

/// Has the text of a vaulted file edited, and encrypts it again under the password that opened it. Nothing is written where the text is
/// what it was; the answer says whether something was.
pub(super) fn edit(vault: &Vault, file: &Path, sealed: &str, plain: &[u8]) -> anyhow::Result<bool> {
    let edited = in_editor(file, plain)?;
    if edited.as_slice() == plain {
        return Ok(false);
    }
    let text = vault.encrypt_like(sealed, &edited).map_err(usage)?;
    files::replace(file, text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(true)
}

/// The text that the editor leaves.
pub(super) fn in_editor(file: &Path, plain: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // A signal that ended us here would leave the decrypted copy behind; the editor has it too and may end.
    let _held = signals::held().context("cannot hold signals while the editor runs")?;
    let folder = PrivateFolder::new()?;
    // The ending tells the editor what kind of text it is.
    let name = file.file_name().unwrap_or(OsStr::new("vault.yml"));
    let copy = folder.0.join(name);
    files::write_private(&copy, plain)
        .with_context(|| format!("cannot write {}", copy.display()))?;
    let named = ["VISUAL", "EDITOR"].map(std::env::var_os);
    let editor = named
        .into_iter()
        .flatten()
        .find(|editor| !editor.is_empty());
    let editor = editor.unwrap_or_else(|| EDITOR.into());
    let shown = editor.to_string_lossy().into_owned();
    // It may have arguments: `code --wait`.
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg("exec $LANEWATCH_EDITOR \"$1\"")
        .arg("sh")
        .arg(&copy);
    command.env("LANEWATCH_EDITOR", &editor);
    let status = command
        .status()
        .with_context(|| format!("the editor `{shown}` cannot be run"))?;
    if !status.success() {
        return Err(usage(format!(
            "the editor `{shown}` ended with {status}: nothing was written; EDITOR names another"
        ))
        .into());
    }
    files::read(&copy).with_context(|| format!("cannot read {} again", copy.display()))
}

/// A folder that only its owner can enter, in memory where the system has such a place. It goes away with what is in it.
struct PrivateFolder(PathBuf);

impl PrivateFolder {
    fn new() -> anyhow::Result<Self> {
        let in_memory = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = in_memory.into_iter().chain([PathBuf::from("/dev/shm")]);
        let place = places.into_iter().find(|place| is_usable(place));
        let place = place.unwrap_or_else(std::env::temp_dir);
        let folder = place.join(format!("lanewatch-vault-{:016x}", rand::random::<u64>()));
        DirBuilder::new()
            .mode(OWNER_ONLY)
            .create(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }
}

/// Whether a folder can be made in it.
fn is_usable(place: &Path) -> bool {
    let probe = place.join(format!(".lanewatch-{:016x}", rand::random::<u64>()));
    let is_made = place.is_absolute() && DirBuilder::new().mode(OWNER_ONLY).create(&probe).is_ok();
    is_made && fs::remove_dir(&probe).is_ok()
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "cannot remove the decrypted copy");
        }
    }
}
