//! Whole syncs to stores in memory that are slow, and from a disk that fails on the way.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{Int32Array, RecordBatch};
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use parquet::arrow::ArrowWriter;

use super::super::store_error::StoreErrorKind;
use super::*;

const HOURS: u64 = 4 * 3600;

/// A lake with so many files.
fn lake(folder: &Path, files: usize) -> PathBuf {
    let lake = folder.join("lake");
    let partition = lake.join("dt=2026-02-03/hr=15/lane-dom");
    fs::create_dir_all(&partition).unwrap();
    let column = Arc::new(Int32Array::from(vec![1, 2, 3])) as _;
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    for number in 0..files {
        let file = File::create(partition.join(format!("{number}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
    lake
}

fn slow(config: ThrottleConfig) -> Remote {
    Remote::of_store(Arc::new(ThrottledStore::new(InMemory::new(), config)))
}

#[tokio::test]
async fn the_time_for_a_sync_bounds_the_first_listing_and_each_upload() {
    let wait = Duration::from_secs(HOURS);
    for config in [
        ThrottleConfig {
            wait_list_with_delimiter_per_call: wait,
            ..ThrottleConfig::default()
        },
        ThrottleConfig {
            wait_put_per_call: wait,
            ..ThrottleConfig::default()
        },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path(), 2);
        let began = Instant::now();
        let options = SyncOptions {
            until: Some(began + Duration::from_millis(700)),
            ..SyncOptions::default()
        };
        let outcome = sync(&lake, &slow(config), &options, &|_| ()).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(20));
        assert_eq!(outcome.left, 2);
        let stopped = outcome.stopped.as_ref().unwrap();
        assert_eq!(stopped.kind(), StoreErrorKind::Deadline);
        assert!(!outcome.is_complete());
    }
}

#[tokio::test]
async fn a_time_that_is_over_before_anything_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path(), 1);
    let options = SyncOptions {
        until: Some(Instant::now()),
        ..SyncOptions::default()
    };
    let remote = slow(ThrottleConfig::default());
    let outcome = sync(&lake, &remote, &options, &|_| ()).await.unwrap();
    // What is done before the clock is looked at is done.
    assert_eq!(outcome.stopped.is_some(), !outcome.is_complete());
}

#[tokio::test]
async fn a_disk_that_fails_after_uploads_leaves_what_was_done_in_the_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path(), 3);
    let aside = folder.path().join("aside");
    let remote = slow(ThrottleConfig::default());
    let fails = |step| {
        // With the first file that is settled, the lake is no folder any more.
        if matches!(step, SyncStep::Settled { .. }) && !aside.exists() {
            fs::rename(&lake, &aside).unwrap();
            fs::write(&lake, "").unwrap();
        }
    };
    let options = SyncOptions {
        parallel: 1,
        ..SyncOptions::default()
    };
    let outcome = sync(&lake, &remote, &options, &fails).await.unwrap();
    assert_eq!(outcome.uploaded, 1, "{outcome:?}");
    let why = outcome.not_listed.as_deref().unwrap();
    assert!(why.contains("cannot list"), "{why}");
    assert!(!outcome.is_complete());
}

#[tokio::test]
async fn everything_is_uploaded_once_and_then_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path(), 5);
    let remote = slow(ThrottleConfig::default());
    for uploaded in [5, 0] {
        let options = SyncOptions::default();
        let outcome = sync(&lake, &remote, &options, &|_| ()).await.unwrap();
        assert_eq!((outcome.uploaded, outcome.is_complete()), (uploaded, true));
    }
}
