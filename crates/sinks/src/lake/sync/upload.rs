//! One file's way to the remote lake.
//!
//! What is read is the open file, so that a rerun that takes its place meanwhile changes nothing of what goes up. A small file
//! goes in one request that the store refuses if the name is taken; a large one in parts, which become an object in one step
//! at the end, or never.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use object_store::{
    Attributes, MultipartUpload, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    UpdateVersion,
};
use sha2::{Digest as _, Sha256};

use super::object::{self, DIGEST, Held, RemoteObject, digest_open, hexadecimal};
use super::refusal::{self, Failure};
use super::remote::Remote;
use super::state::Entry;
use super::{Options, blocking, patiently, time_for};
use crate::lake::LocalFile;
use crate::lake::check::check_footer;
use crate::lake::local::modified_ns;
use crate::staged::sync_folder;
use crate::{Error, Result};

/// From this size on a file goes in parts.
const IN_PARTS_FROM: u64 = 32 * 1024 * 1024;
/// Bytes of a part: two of them are in memory for each large file on its way.
const PART: usize = 16 * 1024 * 1024;

/// A file that was brought and has other bytes now, while its time stands still: no rerun does that.
pub(super) const CHANGED_HERE: &str = "it has changed on this disk since it was brought, without its size or time: a disk that fails does that; \
                                       the remote's copy is left alone";

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Upload {
    /// It went up, with this digest.
    Uploaded(String),
    /// It took the place of other content.
    Replaced(String),
    /// It was there.
    Already(String),
    /// Something else is there, and stays.
    Conflict,
    /// It is no longer on this disk, or another file has its name now.
    Gone,
    /// It is no whole Parquet file, and stays here: what is wrong with it.
    Damaged(String),
}

/// What stands on this disk under a name.
enum Opened {
    Whole(Source),
    Gone,
    Damaged(String),
}

/// A file to go up, open, with its content if that is small.
struct Source {
    file: File,
    size: u64,
    digest: String,
    small: Option<Vec<u8>>,
}

/// Sees to it that the remote has this file. `there` is what a listing showed under its name, `ours` what we last brought under
/// that name.
pub(super) async fn settle(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    there: Option<RemoteObject>,
    ours: Option<&Entry>,
    options: &Options,
) -> std::result::Result<Upload, Failure> {
    let (path, expected) = (file.on_disk(lake), file.clone());
    let source = blocking(move || open(&path, &expected)).await;
    let source = match source {
        Ok(Opened::Whole(source)) => source,
        Ok(Opened::Gone) => return Ok(Upload::Gone),
        Ok(Opened::Damaged(why)) => return Ok(Upload::Damaged(why)),
        Err(error) => return Err(Failure::of_file(error.to_string())),
    };
    let digest = source.digest.clone();
    if ours.is_some_and(|ours| ours.is_of(file) && ours.digest != digest) {
        return Ok(Upload::Damaged(CHANGED_HERE.to_owned()));
    }
    // A large file goes in many requests, each of which may take as long as a whole small file.
    let within = time_for(source.size);
    let in_doubt = ours.is_some_and(|ours| ours.in_doubt);
    if there.is_none() && ours.is_none() {
        let created = patiently(options.attempts, within, async || {
            create(remote, file, &source).await
        });
        if created.await? {
            return Ok(Upload::Uploaded(digest));
        }
    }
    let held = object::holds(
        remote,
        &file.path,
        source.size,
        &digest,
        in_doubt,
        options.attempts,
    );
    match held.await? {
        Held::Same => Ok(Upload::Already(digest)),
        Held::Absent => {
            // Gone since it was listed, or brought once and removed there since.
            let created = patiently(options.attempts, within, async || {
                create(remote, file, &source).await
            });
            match created.await? {
                true => Ok(Upload::Uploaded(digest)),
                false => Err(Failure::passing(format!(
                    "{} comes and goes: another writer is at work there",
                    remote.place(&file.path)
                ))),
            }
        }
        Held::Different => {
            let Some((object, says)) = object::head(remote, &file.path).await? else {
                return Err(Failure::passing(format!(
                    "{} was removed while it was compared",
                    remote.place(&file.path)
                )));
            };
            // We brought it ourselves: this is a rerun, or it is not any more what it says it is.
            let is_ours =
                says.is_some() && says.as_deref() == ours.map(|ours| ours.digest.as_str());
            if !is_ours && !options.replace {
                return Ok(Upload::Conflict);
            }
            patiently(options.attempts, within, async || {
                replace(remote, file, &source, &object).await
            })
            .await?;
            Ok(Upload::Replaced(digest))
        }
    }
}

/// Opens the file, looks at its footer and takes its digest.
fn open(path: &Path, expected: &LocalFile) -> Result<Opened> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Gone),
        Err(cause) => return Err(Error::on("open", path)(cause)),
    };
    let metadata = file.metadata().map_err(Error::on("look at", path))?;
    if metadata.len() != expected.size || modified_ns(&metadata) != expected.modified_ns {
        return Ok(Opened::Gone);
    }
    // Another program's file may still be growing under its final name, or be no Parquet at all.
    if let Err(damage) = check_footer(&file) {
        return Ok(Opened::Damaged(damage.0));
    }
    file.rewind().map_err(Error::on("read", path))?;
    let read = Error::on("read", path);
    let (small, digest) = if expected.size < IN_PARTS_FROM {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(read)?;
        let digest = hexadecimal(&Sha256::digest(&bytes));
        (Some(bytes), digest)
    } else {
        (None, digest_open(&mut file).map_err(read)?)
    };
    Ok(Opened::Whole(Source {
        file,
        size: expected.size,
        digest,
        small,
    }))
}

/// Brings a file whose name should be free; false if it is not.
async fn create(
    remote: &Remote,
    file: &LocalFile,
    source: &Source,
) -> std::result::Result<bool, Failure> {
    if source.small.is_none() {
        // Parts become an object under whatever name: that it is free is looked at just before.
        if object::head(remote, &file.path).await?.is_some() {
            return Ok(false);
        }
        in_parts(remote, file, source).await?;
        return Ok(true);
    }
    let place = remote.place(&file.path);
    match put(remote, file, source, PutMode::Create).await {
        Ok(()) => {}
        Err(
            object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. },
        ) => {
            return Ok(false);
        }
        // A store that knows no condition: looking first is the next best.
        Err(object_store::Error::NotImplemented { .. }) => {
            if object::head(remote, &file.path).await?.is_some() {
                return Ok(false);
            }
            put(remote, file, source, PutMode::Overwrite)
                .await
                .map_err(|error| refusal::failure("write", &place, &error))?;
        }
        Err(error) => return Err(refusal::failure("write", &place, &error)),
    }
    if !remote.checks_digests() {
        confirm(remote, file, source).await?;
    }
    Ok(true)
}

/// Puts a file in the place of an object, if that is still the one that was looked at.
async fn replace(
    remote: &Remote,
    file: &LocalFile,
    source: &Source,
    there: &RemoteObject,
) -> std::result::Result<(), Failure> {
    if source.small.is_none() {
        return in_parts(remote, file, source).await;
    }
    let same = PutMode::Update(UpdateVersion {
        e_tag: there.e_tag.clone(),
        version: there.version.clone(),
    });
    let put_if_same = put(remote, file, source, same).await;
    let done = match put_if_same {
        Err(object_store::Error::NotImplemented { .. }) => {
            put(remote, file, source, PutMode::Overwrite).await
        }
        done => done,
    };
    done.map_err(|error| refusal::failure("replace", &remote.place(&file.path), &error))?;
    confirm(remote, file, source).await
}

async fn put(
    remote: &Remote,
    file: &LocalFile,
    source: &Source,
    mode: PutMode,
) -> object_store::Result<()> {
    let bytes = source.small.clone().unwrap_or_default();
    let options = PutOptions {
        mode,
        attributes: attributes(remote, source),
        ..PutOptions::default()
    };
    let key = remote.key_or_error(&file.path)?;
    remote
        .store()
        .put_opts(&key, PutPayload::from(bytes), options)
        .await
        .map(drop)
}

fn attributes(remote: &Remote, source: &Source) -> Attributes {
    let mut attributes = Attributes::new();
    if remote.keeps_metadata() {
        attributes.insert(DIGEST, source.digest.clone().into());
    }
    attributes
}

/// Sends a large file in parts. Given up on the way, nothing has its name.
async fn in_parts(
    remote: &Remote,
    file: &LocalFile,
    source: &Source,
) -> std::result::Result<(), Failure> {
    let failed = |error| refusal::failure("write", &remote.place(&file.path), &error);
    let options = PutMultipartOptions {
        attributes: attributes(remote, source),
        ..PutMultipartOptions::default()
    };
    let key = remote.key(&file.path)?;
    let upload = remote.store().put_multipart_opts(&key, options).await;
    let mut upload = upload.map_err(failed)?;
    match send_parts(upload.as_mut(), source).await {
        Ok(()) => confirm(remote, file, source).await,
        Err(sent) => {
            // What was sent costs until it is aborted; a store that is gone cannot be told.
            upload.abort().await.ok();
            Err(match sent {
                Sent::Store(error) => failed(error),
                Sent::Disk(cause) => {
                    Failure::of_file(format!("cannot read {}: {cause}", file.path))
                }
            })
        }
    }
}

/// Who failed while parts were sent.
enum Sent {
    Store(object_store::Error),
    Disk(io::Error),
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    source: &Source,
) -> std::result::Result<(), Sent> {
    let mut left = source.size;
    let mut at = 0_u64;
    while left > 0 {
        let length = left.min(PART as u64);
        let file = source.file.try_clone().map_err(Sent::Disk)?;
        let part = blocking(move || {
            read_at(file, at, length).map_err(Error::on("read", Path::new("a part")))
        });
        let part = part
            .await
            .map_err(|error| Sent::Disk(io::Error::other(error)))?;
        at += length;
        left -= length;
        upload
            .put_part(PutPayload::from(part))
            .await
            .map_err(Sent::Store)?;
    }
    upload.complete().await.map(drop).map_err(Sent::Store)
}

fn read_at(mut file: File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(io::SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Makes sure that the store has what was sent: by its own word where it checks digests, else by reading it back.
async fn confirm(
    remote: &Remote,
    file: &LocalFile,
    source: &Source,
) -> std::result::Result<(), Failure> {
    if let Some(path) = remote.file_of(&file.path) {
        let synced = blocking(move || {
            let opened = File::open(&path).and_then(|file| file.sync_all());
            opened.map_err(Error::on("sync", &path))?;
            path.parent().map_or(Ok(()), sync_folder)
        });
        synced
            .await
            .map_err(|error| Failure::of_file(error.to_string()))?;
    }
    let read_back = !remote.checks_digests();
    let held = object::holds(
        remote,
        &file.path,
        source.size,
        &source.digest,
        read_back,
        4,
    )
    .await?;
    match held {
        Held::Same => Ok(()),
        Held::Different | Held::Absent => Err(Failure::passing(format!(
            "{} is not what was sent there",
            remote.place(&file.path)
        ))),
    }
}
