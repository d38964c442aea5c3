//! The lock on the state folder: one daemon at a time.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::error::{Error, Result};

const LOCK_FILE: &str = "serve.lock";

/// The lock, released when the value is dropped or the process ends. The file stays.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

impl StateLock {
    /// Takes the state folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// Another daemon has it, or it cannot be written.
    pub fn take(folder: &Path) -> Result<Self> {
        let unusable = |source| Error::State {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(folder.join(LOCK_FILE))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Held {
                    folder: folder.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // The lock decides. The number is for people.
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // A holder that has not written its number yet is nameless.
    file.read_to_string(&mut text).ok();
    match text.trim().parse::<u32>() {
        Ok(process) => format!("another `lanewatch serve` (process {process})"),
        Err(_) => "another `lanewatch serve`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_has_the_folder_and_has_it_once_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = StateLock::take(&state).unwrap();
        let refused = StateLock::take(&state).unwrap_err().to_string();
        let process = format!("(process {})", std::process::id());
        assert!(refused.contains(&process), "{refused}");
        assert!(refused.contains("--state-dir"), "{refused}");
        drop(first);
        StateLock::take(&state).unwrap();
    }
}
