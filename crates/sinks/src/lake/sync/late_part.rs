//! Removes the late part of a run from the remote lake, when the run was written again as one file a table.
//!
//! It is removed before the new file goes up. A sync that is killed in between leaves rows out of the remote lake until the next sync, and
//! never leaves them there twice.

use std::path::Path;

use object_store::ObjectStoreExt as _;

use super::deadline::{answered, time_for};
use super::object;
use super::remote::Remote;
use super::retry::retried;
use super::store_error::{StoreError, store_error};
use crate::lake::file::FooterPart;
use crate::lake::{LocalFile, layout};

/// The late part that a file of this disk makes redundant, if there is one.
pub(super) struct ReplacedLatePart<'f> {
    pub(super) lake: &'f Path,
    pub(super) remote: &'f Remote,
    pub(super) file: &'f LocalFile,
    pub(super) part: FooterPart,
    pub(super) attempts: u32,
}

impl ReplacedLatePart<'_> {
    /// Removes it. `takes_a_place` says that the remote has other content under the file's name: the run was written before.
    pub(super) async fn remove(&self, takes_a_place: bool) -> Result<(), StoreError> {
        let has_all_rows = match self.part {
            FooterPart::Both => true,
            FooterPart::All => takes_a_place,
            FooterPart::First | FooterPart::Late | FooterPart::Unknown => false,
        };
        let Some(late) = layout::late_part(&self.file.path).filter(|_| has_all_rows) else {
            return Ok(());
        };
        if self.lake.join(&late).exists() {
            return Ok(()); // it is no rest of an earlier write
        }
        retried(self.attempts, async || self.remove_object(&late).await).await
    }

    async fn remove_object(&self, late: &str) -> Result<(), StoreError> {
        if object::head(self.remote, late).await?.is_none() {
            return Ok(());
        }
        let key = self.remote.key(late)?;
        let place = self.remote.place(late);
        answered(time_for(0), async {
            match self.remote.store().delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(store_error("remove", &place, &error)),
            }
        })
        .await?;
        tracing::info!(
            object = place,
            "the run was written again: its late part is removed"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use arrow_array::{Int64Array, RecordBatch, StringArray};
    use arrow_schema::{DataType, Field};
    use futures_util::TryStreamExt as _;
    use object_store::memory::InMemory;
    use records::table::{Dataset, Table};

    use super::super::{SyncOptions, sync};
    use super::*;
    use crate::RunIdentity;
    use crate::lake::{Compression, Writer, files};

    fn begin(lake: &Path) -> Writer {
        let run = RunIdentity {
            runner_name: "a".to_owned(),
            run_id: "0000000a".to_owned(),
            run_timestamp: 0,
        };
        let devices = ["a", "b"].map(str::to_owned);
        Writer::begin(lake, run, devices, Compression::None).unwrap()
    }

    fn add(writer: &mut Writer, device: &str, number: i64) {
        let fields = vec![
            Field::new("device", DataType::Utf8, false),
            Field::new("number", DataType::Int64, false),
        ];
        let dataset = Arc::new(Dataset::found("fans", fields));
        let columns = vec![
            Arc::new(StringArray::from(vec![device])) as _,
            Arc::new(Int64Array::from(vec![number])) as _,
        ];
        let batch = RecordBatch::try_new(dataset.schema(), columns).unwrap();
        writer.add(device, vec![Table { dataset, batch }]).unwrap();
    }

    fn write_in_two_parts(lake: &Path) {
        let mut writer = begin(lake);
        add(&mut writer, "a", 1);
        writer.publish_delivered().unwrap();
        add(&mut writer, "b", 1);
        writer.finish().unwrap();
    }

    fn write_again(lake: &Path, number: i64) {
        let mut writer = begin(lake);
        add(&mut writer, "a", number);
        add(&mut writer, "b", number);
        writer.finish().unwrap();
    }

    async fn synced(lake: &Path, remote: &Remote) -> Vec<String> {
        let options = SyncOptions::default();
        let outcome = sync(lake, remote, &options, &|_| ()).await.unwrap();
        assert!(outcome.is_complete(), "{outcome:?}");
        let mut names: Vec<_> = remote
            .store()
            .list(None)
            .map_ok(|object| object.location.filename().unwrap().to_owned())
            .try_collect()
            .await
            .unwrap();
        names.sort();
        names
    }

    const MAIN: &str = "fans_19700101_000000_a_0000000a.parquet";
    const LATE: &str = "fans_19700101_000000_a_0000000a_late.parquet";

    #[tokio::test]
    async fn a_run_written_again_is_one_file_there_too() {
        let lake = tempfile::tempdir().unwrap();
        let remote = Remote::of_store(Arc::new(InMemory::new()));
        write_in_two_parts(lake.path());
        assert_eq!(synced(lake.path(), &remote).await, [MAIN, LATE]);
        // Nothing of it is synced again.
        assert_eq!(synced(lake.path(), &remote).await, [MAIN, LATE]);
        write_again(lake.path(), 2);
        assert_eq!(synced(lake.path(), &remote).await, [MAIN]);
    }

    #[tokio::test]
    async fn a_late_part_alone_there_goes_too() {
        let lake = tempfile::tempdir().unwrap();
        let remote = Remote::of_store(Arc::new(InMemory::new()));
        write_in_two_parts(lake.path());
        synced(lake.path(), &remote).await;
        let main = files(lake.path()).unwrap().remove(0);
        let key = remote.key(&main.path).unwrap();
        remote.store().delete(&key).await.unwrap();
        write_again(lake.path(), 2);
        fs::remove_dir_all(lake.path().join(".lanewatch/sync")).unwrap();
        assert_eq!(synced(lake.path(), &remote).await, [MAIN]);
    }

    #[tokio::test]
    async fn a_late_part_that_left_this_disk_goes_when_the_run_is_written_again_and_not_before() {
        let lake = tempfile::tempdir().unwrap();
        let remote = Remote::of_store(Arc::new(InMemory::new()));
        write_in_two_parts(lake.path());
        synced(lake.path(), &remote).await;
        // As pruning leaves it.
        let late = files(lake.path()).unwrap().remove(1);
        fs::remove_file(late.on_disk(lake.path())).unwrap();
        assert_eq!(synced(lake.path(), &remote).await, [MAIN, LATE]);
        write_again(lake.path(), 2);
        assert_eq!(synced(lake.path(), &remote).await, [MAIN]);
    }
}
