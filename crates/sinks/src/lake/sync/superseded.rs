//! Removes from the remote lake what a compacted file takes the place of, and looks whether a compacted file there has the rows already.
//!
//! Object stores exchange nothing in one step. So the old files go before the new one comes: a reader may miss rows of the hour until that is
//! there, and never sees them twice. A sync that is killed in between leaves them out of the remote lake until the next sync.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::abilities::Lack;
use super::blocking::blocking;
use super::deadline::{answered, time_for};
use super::open_file::OpenFile;
use super::remote::Remote;
use super::retry::retried;
use super::store_error::{StoreError, StoreErrorKind, store_error};
use crate::lake::merged::Merged;
use crate::lake::{LocalFile, layout, local};

/// Objects that are removed at once.
const AT_ONCE: usize = 8;
/// Bytes at the end of an object that most footers fit in.
const FOOTER_BYTES: u64 = 256 * 1024;

/// A file of this disk that is about to go up.
pub(super) struct Superseding<'f> {
    pub(super) lake: &'f Path,
    pub(super) remote: &'f Remote,
    pub(super) file: &'f LocalFile,
    pub(super) source: &'f OpenFile,
    pub(super) attempts: u32,
}

impl Superseding<'_> {
    /// Makes sure that no object will have the same rows. Returns false if the file has just left this disk.
    ///
    /// # Errors
    ///
    /// If an object cannot be removed, or if one that this disk does not know has the rows: then the file must not go up.
    pub(super) async fn make_way(&self) -> Result<bool, StoreError> {
        let Some(folder) = layout::table_folder(&self.file.path) else {
            return Ok(true);
        };
        let is_compacted = layout::is_compacted(&self.file.path);
        let supersedes = &self.source.footer.supersedes;
        // Only a run that is written after its hour can be in a compacted file.
        let end = layout::partition_end(&self.file.path).unwrap_or(0);
        let is_late = self.file.modified_ns >= i128::from(end) * 1_000_000_000;
        if supersedes.is_empty() && !is_compacted && !is_late {
            return Ok(true);
        }
        let there = match self.remote.list(folder, self.attempts).await {
            Ok(there) => Some(there),
            Err(error)
                if [StoreErrorKind::AccessDenied, StoreErrorKind::NotKnown]
                    .contains(&error.kind()) =>
            {
                self.remote.abilities().note(Lack::Listing);
                None
            }
            Err(error) => return Err(error),
        };
        let paths = supersedes.iter().map(|name| format!("{folder}/{name}"));
        let mut old: BTreeSet<String> = paths.collect();
        old.remove(&self.file.path);
        let in_doubt = there.iter().flatten().filter(|(path, _)| {
            **path != self.file.path && layout::is_compacted(path) && !old.contains(*path)
        });
        let in_doubt: Vec<_> = in_doubt
            .map(|(path, object)| (path.clone(), object.size))
            .collect();
        if let Some(there) = &there {
            old.retain(|path| there.contains_key(path));
        }
        let (lake, file) = (self.lake.to_owned(), self.file.clone());
        let looked = blocking(move || {
            // What has this name here comes by itself. A run that is written again removes the compacted file first.
            old.retain(|path| !lake.join(path).exists());
            let in_doubt = in_doubt.into_iter();
            let in_doubt: Vec<_> = in_doubt
                .filter(|(path, _)| !lake.join(path).exists())
                .collect();
            Ok((old, in_doubt, local::is_there_still(&lake, &file)))
        });
        let (old, in_doubt, is_there_still) = looked.await.map_err(StoreError::of_file)?;
        if !is_there_still {
            return Ok(false);
        }
        for (path, size) in in_doubt {
            self.refuse_if_held(&path, size).await?;
        }
        let removed = old.len();
        stream::iter(old)
            .map(|path| self.remove(path))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        if removed > 0 {
            tracing::info!(
                path = self.file.path,
                removed,
                "the remote's files whose rows are in this one are removed"
            );
        }
        Ok(true)
    }

    async fn remove(&self, path: String) -> Result<(), StoreError> {
        let key = self.remote.key(&path)?;
        let place = self.remote.place(&path);
        let removed = retried(self.attempts, async || {
            answered(time_for(0), async {
                match self.remote.store().delete(&key).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(store_error("remove", &place, &error)),
                }
            })
            .await
        });
        removed.await.map_err(|error| match error.kind() {
            // Other files can go up all the same.
            StoreErrorKind::AccessDenied => StoreError::new(
                StoreErrorKind::Refused,
                format!("{error}: its rows are in a compacted file now, which can go up only once the old ones are removed (s3:DeleteObject)"),
            ),
            _ => error,
        })
    }

    /// Refuses if a compacted object that this disk does not have holds rows of the same runs.
    async fn refuse_if_held(&self, path: &str, size: u64) -> Result<(), StoreError> {
        let Some(metadata) = self.footer_of(path, size).await? else {
            return Ok(()); // it has just gone
        };
        let place = self.remote.place(path);
        let theirs = Merged::of(&metadata)
            .map_err(|why| StoreError::new(StoreErrorKind::Refused, format!("{place}: {why}")))?;
        let (Some(theirs), Some(ours)) = (theirs, self.names_of_runs()) else {
            return Ok(());
        };
        match ours.iter().find(|name| theirs.holds(name)) {
            None => Ok(()),
            Some(name) => Err(StoreError::new(
                StoreErrorKind::Refused,
                format!(
                    "{place} has the rows of {name} already, and this disk does not have that file: copy it into the same folder of this lake, \
                     remove {} and replay its run again",
                    self.file.path
                ),
            )),
        }
    }

    /// The names of files, of either part, that held the rows of the file that goes up.
    fn names_of_runs(&self) -> Option<BTreeSet<String>> {
        let own = self.file.path.rsplit('/').next()?;
        let mut names: BTreeSet<String> = match layout::is_compacted(&self.file.path) {
            true => self.source.footer.supersedes.iter().cloned().collect(),
            false => BTreeSet::from([own.to_owned()]),
        };
        let others = names.iter().filter_map(|name| {
            let other = layout::other_part(Path::new(name))?;
            Some(other.to_string_lossy().into_owned())
        });
        let others: Vec<_> = others.collect();
        names.extend(others);
        Some(names)
    }

    /// The footer of an object; none where it is not there.
    async fn footer_of(
        &self,
        path: &str,
        size: u64,
    ) -> Result<Option<ParquetMetaData>, StoreError> {
        let key = self.remote.key(path)?;
        let place = self.remote.place(path);
        let mut length = FOOTER_BYTES.min(size);
        loop {
            let bytes = retried(self.attempts, async || {
                answered(time_for(length), async {
                    let range = size - length..size;
                    match self.remote.store().get_range(&key, range).await {
                        Ok(bytes) => Ok(Some(bytes)),
                        Err(object_store::Error::NotFound { .. }) => Ok(None),
                        Err(error) => Err(store_error("read", &place, &error)),
                    }
                })
                .await
            });
            let Some(bytes) = bytes.await? else {
                return Ok(None);
            };
            let mut reader = ParquetMetaDataReader::new();
            let parsed = reader.try_parse_sized(&bytes, size);
            match parsed.and_then(|()| reader.finish()) {
                Ok(metadata) => return Ok(Some(metadata)),
                Err(ParquetError::NeedMoreData(needed))
                    if u64::try_from(needed)
                        .is_ok_and(|needed| needed > length && needed <= size) =>
                {
                    length = u64::try_from(needed).unwrap_or(size);
                }
                Err(error) => {
                    return Err(StoreError::new(
                        StoreErrorKind::Refused,
                        format!("{place} has no footer that can be read: {error}"),
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use arrow_array::{Int64Array, RecordBatch, StringArray};
    use arrow_schema::{DataType, Field};
    use object_store::ObjectStore;
    use object_store::memory::InMemory;
    use object_store::throttle::{ThrottleConfig, ThrottledStore};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use records::table::{Dataset, Table};

    use super::super::{SyncOptions, SyncOutcome, compare, sync};
    use super::*;
    use crate::RunIdentity;
    use crate::lake::{Compactor, Compression, UncompactedHour, Writer, files};

    fn write(lake: &Path, number: i64, value: i64, is_in_two_parts: bool) {
        let run = RunIdentity {
            runner_name: "a".to_owned(),
            run_id: format!("{number:08x}"),
            run_timestamp: number * 60,
        };
        let devices = ["a", "b"].map(str::to_owned);
        let mut writer = Writer::begin(lake, run, devices, Compression::Snappy).unwrap();
        for device in ["b", "a"] {
            let fields = vec![
                Field::new("device", DataType::Utf8, false),
                Field::new("run", DataType::Int64, false),
                Field::new("value", DataType::Int64, false),
            ];
            let dataset = Arc::new(Dataset::found("fans", fields));
            let columns = vec![
                Arc::new(StringArray::from(vec![device])) as _,
                Arc::new(Int64Array::from(vec![number])) as _,
                Arc::new(Int64Array::from(vec![value])) as _,
            ];
            let batch = RecordBatch::try_new(dataset.schema(), columns).unwrap();
            writer.add(device, vec![Table { dataset, batch }]).unwrap();
            if is_in_two_parts {
                writer.publish_delivered().unwrap();
            }
        }
        writer.finish().unwrap();
    }

    fn compact(lake: &Path) {
        let mut compactor = Compactor::begin(lake, Compression::Snappy).unwrap();
        for hour in UncompactedHour::find(lake, 3600).unwrap() {
            compactor.compact(&hour).unwrap();
        }
    }

    async fn try_sync(lake: &Path, remote: &Remote) -> SyncOutcome {
        let options = SyncOptions::default();
        sync(lake, remote, &options, &|_| ()).await.unwrap()
    }

    /// Syncs, and returns how often each row stands at the remote: run, value.
    async fn synced(lake: &Path, remote: &Remote) -> BTreeMap<(i64, i64), usize> {
        let outcome = try_sync(lake, remote).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        let files = files(lake).unwrap();
        let options = SyncOptions::default();
        let compared = compare(lake, remote, &files, true, &options).await.unwrap();
        assert!(compared.is_complete(), "{compared:?}");
        assert_eq!(names(remote.store()).await.len(), files.len());
        rows(remote.store()).await
    }

    async fn names(store: &dyn ObjectStore) -> Vec<String> {
        let listed = store.list(None).try_collect::<Vec<_>>().await.unwrap();
        let names = listed.into_iter();
        names
            .map(|object| object.location.filename().unwrap().to_owned())
            .collect()
    }

    async fn rows(store: &dyn ObjectStore) -> BTreeMap<(i64, i64), usize> {
        let mut rows = BTreeMap::new();
        for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
            let bytes = store.get(&object.location).await.unwrap();
            let bytes = bytes.bytes().await.unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
            for batch in reader.build().unwrap() {
                let batch = batch.unwrap();
                let [runs, values] = [1, 2].map(|at| {
                    let column = batch.column(at).as_any().downcast_ref::<Int64Array>();
                    column.unwrap().values().to_vec()
                });
                for row in runs.into_iter().zip(values) {
                    *rows.entry(row).or_default() += 1;
                }
            }
        }
        rows
    }

    fn expected(runs: &[(i64, i64)]) -> BTreeMap<(i64, i64), usize> {
        runs.iter().map(|run| (*run, 2)).collect()
    }

    fn remote() -> Remote {
        Remote::of_store(Arc::new(InMemory::new()))
    }

    #[tokio::test]
    async fn the_remote_ends_with_what_this_disk_has_whenever_it_was_synced() {
        // Whether there is a sync after each step.
        for syncs in 0_u32..32 {
            let lake = tempfile::tempdir().unwrap();
            let lake = lake.path();
            let remote = remote();
            let step = async |number: u32| {
                if syncs & (1 << number) != 0 {
                    let rows = synced(lake, &remote).await;
                    assert!(rows.values().all(|count| *count == 2), "{rows:?}");
                }
            };
            write(lake, 0, 0, false);
            write(lake, 1, 0, true);
            step(0).await;
            compact(lake);
            step(1).await;
            write(lake, 2, 0, false);
            step(2).await;
            compact(lake);
            step(3).await;
            write(lake, 1, 7, false);
            step(4).await;
            let now = expected(&[(0, 0), (1, 7), (2, 0)]);
            assert_eq!(synced(lake, &remote).await, now);
            // A state that is lost changes nothing.
            fs::remove_dir_all(lake.join(".lanewatch/sync")).unwrap();
            assert_eq!(synced(lake, &remote).await, now);
            compact(lake);
            assert_eq!(synced(lake, &remote).await, now);
            assert_eq!(files(lake).unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_sync_that_ends_between_removal_and_upload_leaves_rows_out_and_the_next_one_brings_them()
     {
        let lake = tempfile::tempdir().unwrap();
        let lake = lake.path();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let remote = Remote::of_store(store.clone());
        for number in [0, 1] {
            write(lake, number, 0, false);
        }
        synced(lake, &remote).await;
        compact(lake);
        write(lake, 2, 0, false);
        let slow = ThrottleConfig {
            wait_put_per_call: Duration::from_secs(3600),
            ..ThrottleConfig::default()
        };
        let hangs = Remote::of_store(Arc::new(ThrottledStore::new(store, slow)));
        let options = SyncOptions {
            until: Some(Instant::now() + Duration::from_millis(500)),
            ..SyncOptions::default()
        };
        let outcome = sync(lake, &hangs, &options, &|_| ()).await.unwrap();
        assert_eq!((outcome.uploaded, outcome.left), (0, 2), "{outcome:?}");
        assert_eq!(rows(remote.store()).await, expected(&[]));
        let now = expected(&[(0, 0), (1, 0), (2, 0)]);
        assert_eq!(synced(lake, &remote).await, now);
    }

    #[tokio::test]
    async fn files_that_are_not_merged_are_not_synced_again() {
        let lake = tempfile::tempdir().unwrap();
        let remote = remote();
        for number in [0, 1, 70] {
            write(lake.path(), number, 0, false);
        }
        synced(lake.path(), &remote).await;
        compact(lake.path());
        let outcome = try_sync(lake.path(), &remote).await;
        assert_eq!((outcome.uploaded, outcome.already), (1, 0));
    }

    #[tokio::test]
    async fn a_run_that_is_replayed_where_its_hour_was_pruned_is_not_doubled_at_the_remote() {
        for is_compacted_again in [false, true] {
            let lake = tempfile::tempdir().unwrap();
            let lake = lake.path();
            let remote = remote();
            for number in [0, 1] {
                write(lake, number, 0, false);
            }
            compact(lake);
            synced(lake, &remote).await;
            let pruned = files(lake).unwrap().remove(0);
            let bytes = fs::read(pruned.on_disk(lake)).unwrap();
            fs::remove_file(pruned.on_disk(lake)).unwrap();

            // One that is in no compacted file goes up.
            write(lake, 2, 0, false);
            assert!(try_sync(lake, &remote).await.is_complete());
            write(lake, 1, 7, false);
            if is_compacted_again {
                compact(lake);
            }
            let outcome = try_sync(lake, &remote).await;
            assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
            let why = outcome.failed[0].1.to_string();
            assert!(why.contains("_00000001.parquet already"), "{why}");
            assert_eq!(
                rows(remote.store()).await,
                expected(&[(0, 0), (1, 0), (2, 0)])
            );

            if !is_compacted_again {
                // As the message says.
                let replayed = &outcome.failed[0].0;
                fs::remove_file(lake.join(replayed)).unwrap();
                fs::write(pruned.on_disk(lake), bytes).unwrap();
                write(lake, 1, 7, false);
                let now = expected(&[(0, 0), (1, 7), (2, 0)]);
                assert_eq!(synced(lake, &remote).await, now);
            }
        }
    }

    #[tokio::test]
    async fn two_lakes_with_one_remote_leave_each_other_alone() {
        let remote = remote();
        let lakes = [0, 10].map(|first| {
            let lake = tempfile::tempdir().unwrap();
            for number in [first, first + 1] {
                write(lake.path(), number, 0, false);
            }
            lake
        });
        for _ in 0..2 {
            for lake in &lakes {
                assert!(try_sync(lake.path(), &remote).await.is_complete());
                compact(lake.path());
            }
        }
        for lake in &lakes {
            assert!(try_sync(lake.path(), &remote).await.is_complete());
        }
        let now = expected(&[(0, 0), (1, 0), (10, 0), (11, 0)]);
        assert_eq!(rows(remote.store()).await, now);
        assert_eq!(names(remote.store()).await.len(), 2);
    }
}
