//! Takes the rows of a run out of compacted files, when the run is written again.
//!
//! The other runs' row groups are copied as they stand into a new compacted file. It takes the place of the old one in the same commit that
//! publishes the run's own files, so that each row is there once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::active_writers::active_writers;
use super::file::Compression;
use super::lake_lock::LakeLock;
use super::layout;
use super::local::{self, LocalFile};
use super::merged::{self, CompactedFile, Merged};
use super::merging_file::{MergingFile, Source, common_order, common_schema};
use crate::{Error, Result};

/// A compacted file with rows of a run that is written again.
#[derive(Debug)]
pub(super) struct Holder {
    /// Below the lake's root.
    pub(super) path: PathBuf,
    merged: Merged,
    /// As it was when its list was read.
    seen: LocalFile,
    /// The names of the run's files, as the list has them.
    taken_out: BTreeSet<String>,
    /// The name of the run's file that comes now.
    comes: String,
}

/// The compacted files with rows of the run and table that `target`, below the lake's root, is a file of.
///
/// # Errors
///
/// If the list of one cannot be read: nobody can say then whether the run's rows are in it.
pub(super) fn holders(lake: &Path, target: &Path) -> Result<Vec<Holder>> {
    let Some(folder) = target.parent() else {
        return Ok(Vec::new());
    };
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let other = layout::other_part(target);
    let wanted: BTreeSet<_> = other
        .iter()
        .map(PathBuf::as_path)
        .chain([target])
        .map(name)
        .collect();
    let mut found = Vec::new();
    for CompactedFile { path, merged } in merged::in_folder(lake, folder)? {
        let of_run = wanted.iter().filter(|name| merged.holds(name));
        let taken_out: BTreeSet<_> = of_run.cloned().collect();
        if taken_out.is_empty() {
            continue;
        }
        found.push(Holder {
            seen: LocalFile::look(lake, &path)?,
            path,
            merged,
            taken_out,
            comes: name(target),
        });
    }
    Ok(found)
}

impl Holder {
    /// Whether both parts of the run are in it.
    pub(super) fn holds_other_part(&self) -> bool {
        self.taken_out.iter().any(|name| *name != self.comes)
    }

    /// The compacted files that hold, or held, rows of the run: they must not stand beside the run's own file at a remote.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let earlier = self.merged.replaces.iter().cloned();
        earlier.chain([self.name()])
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn folder(&self) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.to_string_lossy().into_owned()
    }

    /// Writes the rows of all other runs to a staged file. Returns its place below the lake's root; none where no other run is in it.
    pub(super) fn write_rest(
        &self,
        lake: &Path,
        staged: &Path,
        compression: Compression,
    ) -> Result<Option<PathBuf>> {
        let (path, folder) = (lake.join(&self.path), self.folder());
        let unreadable = |why: String| Error::on("read", &path)(std::io::Error::other(why));
        let is_left = |name: &str| !self.taken_out.contains(name);
        if !self.merged.files.iter().any(|file| is_left(&file.file)) {
            return Ok(None);
        }
        let name = layout::compacted_name(&folder)
            .ok_or_else(|| Error::Defect(format!("{folder} is no folder of an hour")))?;
        let table = folder.rsplit('/').next().unwrap_or_default();
        let source = [Source::open(path.clone()).map_err(|damage| unreadable(damage.0))?];
        let schema = common_schema(&source).map_err(|(_, damage)| unreadable(damage.0))?;
        let order = common_order(&source, &schema);
        let mut rest = MergingFile::create(staged.to_owned(), table, schema, order, compression)?;
        let [source] = source;
        let mut merged = Merged {
            files: Vec::new(),
            replaces: self.names().collect(),
        };
        for (file, groups) in self.merged.with_row_groups() {
            if is_left(&file.file) {
                let row_groups = rest.take(&source, groups)?;
                let file = merged::MergedFile {
                    row_groups,
                    ..file.clone()
                };
                merged.files.push(file);
            }
        }
        // The other part of the run does not come again.
        let gone = self.taken_out.iter().filter(|name| **name != self.comes);
        merged.replaces.extend(gone.cloned());
        rest.complete(merged.pairs())?;
        Ok(Some(Path::new(&folder).join(name)))
    }

    /// Whether everything is as it was when this was prepared. The caller has the lake's lock.
    ///
    /// # Errors
    ///
    /// [`Error::ChangedMeanwhile`] if not.
    pub(super) fn check(&self, lake: &Path, own: &Path, lock: &LakeLock) -> Result<()> {
        let changed = || Error::ChangedMeanwhile {
            path: lake.join(&self.path),
        };
        let is_decided = active_writers(lake, &self.folder(), own, lock)?
            .iter()
            .any(|other| other.is_decided);
        if is_decided || !local::is_there_still(lake, &self.seen) {
            return Err(changed());
        }
        Ok(())
    }
}

/// Whether the holders of a target are still those that were found before. The caller has the lake's lock.
///
/// # Errors
///
/// [`Error::ChangedMeanwhile`] if not, or that of [`holders`].
pub(super) fn check_holders<'h>(
    lake: &Path,
    target: &Path,
    before: impl Iterator<Item = &'h Holder>,
) -> Result<()> {
    let now: BTreeSet<_> = holders(lake, target)?
        .into_iter()
        .map(|holder| holder.path)
        .collect();
    let before: BTreeSet<_> = before.map(|holder| holder.path.clone()).collect();
    if now.is_subset(&before) {
        return Ok(());
    }
    Err(Error::ChangedMeanwhile {
        path: lake.join(target),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use arrow_array::{Int64Array, RecordBatch, StringArray};
    use arrow_schema::{DataType, Field};
    use records::table::{Dataset, Table};

    use super::super::{Compactor, UncompactedHour, Writer, files, rows_in};
    use super::*;
    use crate::RunIdentity;

    fn writer(lake: &Path, number: i64) -> Writer {
        let run = RunIdentity {
            runner_name: "a".to_owned(),
            run_id: format!("{number:08x}"),
            run_timestamp: number * 60,
        };
        let mut writer = Writer::begin(lake, run, ["a".to_owned()], Compression::Snappy).unwrap();
        let fields = vec![
            Field::new("device", DataType::Utf8, false),
            Field::new("run", DataType::Int64, false),
        ];
        let dataset = Arc::new(Dataset::found("fans", fields));
        let columns = vec![
            Arc::new(StringArray::from(vec!["a"])) as _,
            Arc::new(Int64Array::from(vec![number])) as _,
        ];
        let batch = RecordBatch::try_new(dataset.schema(), columns).unwrap();
        writer.add("a", vec![Table { dataset, batch }]).unwrap();
        writer
    }

    fn target(number: i64) -> PathBuf {
        let name = format!("fans_19700101_000{number}00_a_{number:08x}.parquet");
        Path::new("dt=1970-01-01/hr=00/fans").join(name)
    }

    /// A lake with a compacted hour of three runs.
    fn lake() -> tempfile::TempDir {
        let lake = tempfile::tempdir().unwrap();
        for number in 0..3 {
            writer(lake.path(), number).finish().unwrap();
        }
        let mut compactor = Compactor::begin(lake.path(), Compression::Snappy).unwrap();
        for hour in UncompactedHour::find(lake.path(), 3600).unwrap() {
            compactor.compact(&hour).unwrap();
        }
        lake
    }

    fn rows(lake: &Path) -> u64 {
        let files = files(lake).unwrap().into_iter();
        files
            .map(|file| rows_in(&file.on_disk(lake)).unwrap())
            .sum()
    }

    #[test]
    fn of_two_runs_that_are_written_again_at_once_the_second_commits_nothing() {
        let lake = lake();
        let lake = lake.path();
        let prepared = holders(lake, &target(0)).unwrap();
        assert_eq!(prepared.len(), 1);
        let check = || {
            let lock = LakeLock::acquire(lake).unwrap();
            prepared[0].check(lake, Path::new("own"), &lock)?;
            check_holders(lake, &target(0), prepared.iter())
        };
        check().unwrap();
        writer(lake, 1).finish().unwrap();
        let error = check().unwrap_err();
        assert!(error.to_string().contains("try again"), "{error}");
        assert_eq!(rows(lake), 3);
    }

    #[test]
    fn a_commit_of_another_run_that_is_decided_and_not_carried_out_comes_first() {
        let lake = lake();
        let lake = lake.path();
        let prepared = holders(lake, &target(0)).unwrap();
        let other = lake.join(".lanewatch/writing/19700101_000100_a_00000001.7-00000000");
        fs::create_dir(&other).unwrap();
        let folder = "dt=1970-01-01/hr=00/fans";
        let marker = serde_json::json!({"moves": [], "removes": [format!("{folder}/x.parquet")]});
        fs::write(other.join("publish.json"), marker.to_string()).unwrap();
        let lock = LakeLock::acquire(lake).unwrap();
        let own = Path::new("own");
        let checked = prepared[0].check(lake, own, &lock);
        assert!(
            matches!(checked, Err(Error::ChangedMeanwhile { .. })),
            "{checked:?}"
        );
        prepared[0].check(lake, &other, &lock).unwrap();
    }

    #[test]
    fn a_list_that_cannot_be_read_keeps_a_run_from_being_written_again_and_a_new_one_goes_on() {
        let lake = lake();
        let lake = lake.path();
        let compacted = files(lake).unwrap()[0].on_disk(lake);
        fs::write(&compacted, "no parquet").unwrap();
        let failed = writer(lake, 0).finish().unwrap_err();
        assert!(failed.to_string().contains("compacted"), "{failed}");
        let run = RunIdentity {
            runner_name: "a".to_owned(),
            run_id: "0000000f".to_owned(),
            run_timestamp: 15 * 60,
        };
        let devices = ["a".to_owned()];
        Writer::begin_new(lake, run, devices, Compression::Snappy)
            .unwrap()
            .finish()
            .unwrap();
    }
}
