//! The link `latest`: it points at the newest run that delivered anything.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::delivery::Delivery;
use super::{REPORT_FILE, RunFolder};
use crate::{Error, Result};

/// The name of the link.
const LATEST: &str = "latest";
/// The length of `YYYYMMDD_HHMMSS`.
pub(super) const STAMP_LENGTH: usize = 15;
/// The same as a form to read it by.
pub(super) const STAMP: &str = "%Y%m%d_%H%M%S";

impl RunFolder {
    /// Points `output_dir/latest` at this run, unless no device delivered in it or the link points at a later run that is there.
    /// Returns whether it points here now.
    ///
    /// If no device delivered and the link points at nothing, it is pointed at the newest run of any runner that delivered.
    ///
    /// # Errors
    ///
    /// If the link cannot be made; whatever had the name has it still.
    pub fn publish_latest(&self, output_dir: &Path) -> Result<bool> {
        let points_at = target(output_dir);
        if Delivery::of_run(&self.path) == Delivery::Nothing {
            if leads_nowhere(output_dir)
                && let Some(newest) = newest_that_delivered(output_dir)?
            {
                point_at(output_dir, &newest)?;
            }
            return Ok(false);
        }
        let name = self.path.file_name().unwrap_or_default();
        let is_later_run = points_at
            .as_ref()
            .is_some_and(|there| is_run(there) && there.as_os_str() > name);
        if is_later_run && !leads_nowhere(output_dir) {
            return Ok(false);
        }
        point_at(output_dir, Path::new(name))?;
        Ok(true)
    }
}

/// What the link points at, as it is written there; none if there is no link.
pub(super) fn target(output_dir: &Path) -> Option<PathBuf> {
    fs::read_link(output_dir.join(LATEST)).ok()
}

/// Whether there is nothing of that name, or a link to no folder. A folder of that name is somebody else's.
fn leads_nowhere(output_dir: &Path) -> bool {
    let link = output_dir.join(LATEST);
    match fs::symlink_metadata(&link) {
        Ok(found) => found.is_symlink() && !link.is_dir(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The name of the newest run of any runner that has ended and delivered.
fn newest_that_delivered(output_dir: &Path) -> Result<Option<PathBuf>> {
    let mut names = Vec::<OsString>::new();
    for entry in fs::read_dir(output_dir).map_err(Error::on("list", output_dir))? {
        names.push(entry.map_err(Error::on("list", output_dir))?.file_name());
    }
    names.sort();
    let mut names = names.into_iter().rev().map(PathBuf::from);
    Ok(names.find(|name| {
        let folder = output_dir.join(name);
        is_run(name)
            && folder.join(REPORT_FILE).is_file()
            && Delivery::of_run(&folder) != Delivery::Nothing
    }))
}

/// Makes the link, in one step.
fn point_at(output_dir: &Path, name: &Path) -> Result<()> {
    let link = output_dir.join(LATEST);
    let staging = output_dir.join(format!(".{LATEST}.{}.tmp", name.to_string_lossy()));
    drop(fs::remove_file(&staging)); // of a run that was killed between the two steps
    std::os::unix::fs::symlink(name, &staging).map_err(Error::on("create the link", &staging))?;
    fs::rename(&staging, &link).map_err(|cause| {
        drop(fs::remove_file(&staging));
        Error::on("put in place the link", &link)(cause)
    })
}

/// Whether this is the name of a run's folder.
fn is_run(name: &Path) -> bool {
    let name = name.to_str();
    name.and_then(|name| name.get(..STAMP_LENGTH))
        .is_some_and(is_stamp)
}

/// Whether this is `YYYYMMDD_HHMMSS`.
pub(super) fn is_stamp(text: &str) -> bool {
    text.len() == STAMP_LENGTH
        && text.bytes().enumerate().all(|(at, byte)| {
            if at == 8 {
                byte == b'_'
            } else {
                byte.is_ascii_digit()
            }
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{DELIVERED, NOT_IN_THE_LAKE, NOTHING, listing, run, runs};
    use super::*;

    #[test]
    fn latest_is_the_newest_run_that_delivered_anything() {
        let output = tempfile::tempdir().unwrap();
        let all = runs(output.path(), &[DELIVERED, NOTHING, NOT_IN_THE_LAKE]);
        let points_at = || fs::read_link(output.path().join("latest")).unwrap();
        for (at, moves) in [(0, true), (1, false)] {
            assert_eq!(all[at].publish_latest(output.path()).unwrap(), moves);
            assert_eq!(points_at(), Path::new("19700101_000000_a"));
        }
        // Its documents are here, whatever became of its rows.
        assert!(all[2].publish_latest(output.path()).unwrap());
        assert_eq!(points_at(), Path::new("19700101_000002_a"));
    }

    #[test]
    fn a_link_to_a_run_that_is_gone_is_mended_by_a_run_in_which_nothing_was_delivered() {
        let output = tempfile::tempdir().unwrap();
        let all = runs(
            output.path(),
            &[DELIVERED, DELIVERED, NOTHING, DELIVERED, NOTHING],
        );
        RunFolder::create(output.path(), &run("b", 9)).unwrap(); // at work
        all[3].publish_latest(output.path()).unwrap();
        fs::remove_dir_all(all[3].path()).unwrap();
        assert!(!all[4].publish_latest(output.path()).unwrap());
        let points_at = || target(output.path()).unwrap();
        assert_eq!(points_at(), Path::new("19700101_000001_a"));
        fs::remove_file(output.path().join("latest")).unwrap();
        assert!(!all[4].publish_latest(output.path()).unwrap());
        assert_eq!(points_at(), Path::new("19700101_000001_a"));
    }

    #[test]
    fn latest_never_goes_back() {
        let output = tempfile::tempdir().unwrap();
        let early = RunFolder::create(output.path(), &run("a", 1_770_132_645)).unwrap();
        let late = RunFolder::create(output.path(), &run("b", 1_770_132_646)).unwrap();
        late.publish_latest(output.path()).unwrap();
        early.publish_latest(output.path()).unwrap();
        assert_eq!(
            fs::read_link(output.path().join("latest")).unwrap(),
            Path::new("20260203_153046_b")
        );
    }

    #[test]
    fn latest_does_not_stay_on_a_run_that_is_gone() {
        let output = tempfile::tempdir().unwrap();
        let link = output.path().join("latest");
        for target in ["20990101_000000_a", "zz-mine"] {
            fs::remove_file(&link).ok();
            std::os::unix::fs::symlink(target, &link).unwrap();
            let folder = RunFolder::at(&output.path().join("20260203_153045_a")).unwrap();
            assert!(folder.publish_latest(output.path()).unwrap());
            let points_at = fs::read_link(&link).unwrap();
            assert_eq!(points_at, Path::new("20260203_153045_a"));
        }
    }

    #[test]
    fn a_latest_that_is_a_folder_is_an_error_that_leaves_nothing_behind() {
        let output = tempfile::tempdir().unwrap();
        fs::create_dir_all(output.path().join("latest/mine")).unwrap();
        let folder = RunFolder::create(output.path(), &run("a", 0)).unwrap();
        let error = folder.publish_latest(output.path()).unwrap_err();
        assert!(error.to_string().contains("latest"), "{error}");
        assert_eq!(listing(output.path()), ["19700101_000000_a", "latest"]);
    }
}
