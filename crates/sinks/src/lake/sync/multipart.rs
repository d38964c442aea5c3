//! Multipart upload of a large file: its parts become an object in one step at the end, or never.
//!
//! Each request has a limit of its own. One for all of them would have to be as long as the whole file takes on a slow line, and a
//! store that forgets the first small request would cost that.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::Path;
use std::time::Duration;

use object_store::{Attributes, MultipartUpload, ObjectStore, PutMultipartOptions, PutPayload};

use super::blocking::blocking;
use super::deadline::{answered, time_for};
use super::object;
use super::open_file::OpenFile;
use super::remote::Remote;
use super::store_error::{StoreError, store_error};
use crate::Error;

/// Bytes of a part. S3 takes no less than 5 MiB.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// S3 takes no more parts of one object.
const MOST_PARTS: u64 = 10_000;
/// How long a store may take to put the parts together: S3 takes minutes for very many.
const COMPLETE_WITHIN: Duration = Duration::from_secs(180);

/// Bytes of each part of a file of this size but the last one. One part of a file is in memory at a time.
pub(super) fn part_bytes(size: u64) -> u64 {
    PART_BYTES.max(size.div_ceil(MOST_PARTS))
}

/// Sends a file in parts. Given up on the way, nothing has its name.
pub(super) async fn send(
    remote: &Remote,
    store: &dyn ObjectStore,
    path: &str,
    source: &OpenFile,
    attributes: Attributes,
) -> Result<(), StoreError> {
    let failed = |error| store_error("write", &remote.place(path), &error);
    let options = PutMultipartOptions {
        attributes,
        ..PutMultipartOptions::default()
    };
    let key = remote.key(path)?;
    let mut upload = answered(time_for(0), async {
        let begun = store.put_multipart_opts(&key, options).await;
        begun.map_err(failed)
    })
    .await?;
    let sent = send_all(upload.as_mut(), path, source, &failed).await;
    if sent.is_err() {
        // What was sent costs until it is aborted; a store that is gone cannot be told.
        tokio::time::timeout(time_for(0), upload.abort()).await.ok();
    }
    sent
}

async fn send_all(
    upload: &mut dyn MultipartUpload,
    path: &str,
    source: &OpenFile,
    failed: &impl Fn(object_store::Error) -> StoreError,
) -> Result<(), StoreError> {
    let mut at = 0;
    while at < source.size {
        let length = part_bytes(source.size).min(source.size - at);
        let unreadable = |error: &dyn std::fmt::Display| {
            StoreError::of_file(format!("cannot read {path}: {error}"))
        };
        let file = source
            .file
            .try_clone()
            .map_err(|error| unreadable(&error))?;
        let part = blocking(move || {
            read_at(file, at, length).map_err(Error::on("read", Path::new("a part")))
        });
        let part = part.await.map_err(|error| unreadable(&error))?;
        answered(time_for(length), async {
            let put = upload.put_part(part).await;
            put.map_err(failed)
        })
        .await?;
        at += length;
    }
    answered(COMPLETE_WITHIN, async {
        upload.complete().await.map(drop).map_err(failed)
    })
    .await
}

fn read_at(mut file: File, at: u64, length: u64) -> io::Result<PutPayload> {
    file.seek(io::SeekFrom::Start(at))?;
    object::content(&mut file, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_large_as_the_store_wants_them_and_no_more_than_it_takes() {
        const MIB: u64 = 1024 * 1024;
        assert_eq!(part_bytes(40 * MIB), 8 * MIB);
        let huge = 1024 * 1024 * MIB;
        assert!(huge.div_ceil(part_bytes(huge)) <= MOST_PARTS);
    }
}
