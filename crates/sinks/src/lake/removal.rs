//! Removes old files of the lake on this disk, each in the lake's turn.
//!
//! A file is unlinked, so that a reader that has it open reads on. A process that is killed leaves the rest for the next time.

use std::fs;
use std::path::Path;

use super::lake_lock::LakeLock;
use super::local::{self, LocalFile};
use crate::{Error, Result};

/// Removes a file, unless a rerun has taken its place since it was listed: the caller has the lake's lock, so that none does in between.
/// Returns whether it went.
pub(super) fn remove(lake: &Path, file: &LocalFile, _lock: &LakeLock) -> Result<bool> {
    if !local::is_there_still(lake, file) {
        return Ok(false);
    }
    let path = file.on_disk(lake);
    fs::remove_file(&path).map_err(Error::on("remove", &path))?;
    remove_empty_folders(lake, &path);
    Ok(true)
}

/// The folders above a file that are empty now, up to the lake's root. One that is not empty refuses by itself.
fn remove_empty_folders(lake: &Path, file: &Path) {
    for folder in file.ancestors().skip(1) {
        if folder == lake || fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rerun_that_takes_a_files_place_just_before_it_goes_is_kept() {
        let lake = tempfile::tempdir().unwrap();
        let path = lake.path().join("dt=2026-02-03/hr=15/lane-dom/a.parquet");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "compared").unwrap();
        let file = local::files(lake.path()).unwrap().remove(0);

        let lock = LakeLock::acquire(lake.path()).unwrap();
        let (of_thread, compared) = (lake.path().to_owned(), file.clone());
        let removing = thread::spawn(move || {
            let lock = LakeLock::acquire(&of_thread)?;
            remove(&of_thread, &compared, &lock)
        });
        thread::sleep(Duration::from_millis(100)); // in which nothing must happen
        assert!(path.exists(), "it was not its turn");
        fs::write(&path, "written again").unwrap();
        drop(lock);
        assert!(!removing.join().unwrap().unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"written again");

        let file = local::files(lake.path()).unwrap().remove(0);
        let lock = LakeLock::acquire(lake.path()).unwrap();
        assert!(remove(lake.path(), &file, &lock).unwrap());
        assert!(!lake.path().join("dt=2026-02-03").exists());
    }
}
