//! Uploads one file, unless the remote has it already.
//!
//! What is read is the open file, so that a rerun that takes its place meanwhile changes nothing of what goes up. A small file
//! goes in one request that the store refuses if the name is taken; a large one as a [`multipart`] upload.

use std::fs::File;
use std::io::Seek as _;
use std::path::Path;

use object_store::{
    Attributes, Error as ObjectError, ObjectStore, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::abilities::Lack;
use super::blocking::blocking;
use super::deadline::{answered, time_for};
use super::late_part::ReplacedLatePart;
use super::multipart;
use super::object::{self, DIGEST, RemoteState};
use super::open_file::{IN_PARTS_FROM, OpenFile, Opened, open};
use super::options::SyncOptions;
use super::remote::{Remote, RemoteObject};
use super::retry::retried;
use super::state::Entry;
use super::store_error::{StoreError, StoreErrorKind, store_error};
use super::superseded::Superseding;
use crate::Error;
use crate::atomic_file::sync_folder;
use crate::lake::LocalFile;

/// Bytes of a file that are in memory while it goes up.
pub(super) fn bytes_in_memory(size: u64) -> u64 {
    if size < IN_PARTS_FROM {
        size
    } else {
        multipart::part_bytes(size)
    }
}

/// Bytes of a file that goes in one request at most, where the store takes no parts: they are all in memory.
const MOST_AT_ONCE: u64 = 256 * 1024 * 1024;

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

/// Makes sure that the remote has this file. `there` is what a listing showed under its name, `ours` what we last brought under
/// that name.
pub(super) async fn settle(
    lake: &Path,
    remote: &Remote,
    file: &LocalFile,
    there: Option<RemoteObject>,
    ours: Option<&Entry>,
    options: &SyncOptions,
) -> Result<Upload, StoreError> {
    let (path, expected) = (file.on_disk(lake), file.clone());
    let source = blocking(move || open(&path, &expected)).await;
    let source = match source {
        Ok(Opened::Whole(source)) => source,
        Ok(Opened::Gone) => return Ok(Upload::Gone),
        Ok(Opened::Damaged(why)) => return Ok(Upload::Damaged(why)),
        Err(error) => return Err(StoreError::of_file(error)),
    };
    let digest = source.digest.clone();
    if ours.is_some_and(|ours| ours.is_of(file) && ours.digest != digest) {
        return Ok(Upload::Damaged(CHANGED_HERE.to_owned()));
    }
    let superseding = Superseding {
        lake,
        remote,
        file,
        source: &source,
        attempts: options.attempts,
    };
    if !superseding.make_way().await? {
        return Ok(Upload::Gone);
    }
    let in_doubt = ours.is_some_and(|ours| ours.in_doubt);
    let replaced_late_part = ReplacedLatePart {
        lake,
        remote,
        file,
        part: source.footer.part,
        attempts: options.attempts,
    };
    if there.is_none() && ours.is_none() {
        replaced_late_part.remove(false).await?;
        let created = retried(options.attempts, async || {
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
        RemoteState::Same => Ok(Upload::Already(digest)),
        RemoteState::Absent => {
            // Gone since it was listed, or brought once and removed there since.
            replaced_late_part.remove(false).await?;
            let created = retried(options.attempts, async || {
                create(remote, file, &source).await
            });
            match created.await? {
                true => Ok(Upload::Uploaded(digest)),
                false => Err(StoreError::new(
                    StoreErrorKind::Contended,
                    format!(
                        "{} comes and goes: another writer is at work there",
                        remote.place(&file.path)
                    ),
                )),
            }
        }
        RemoteState::Different => {
            let Some((object, says)) = object::head(remote, &file.path).await? else {
                return Err(StoreError::new(
                    StoreErrorKind::Contended,
                    format!(
                        "{} was removed while it was compared",
                        remote.place(&file.path)
                    ),
                ));
            };
            // We brought it ourselves: this is a rerun, or it is not any more what it says it is.
            let is_ours =
                says.is_some() && says.as_deref() == ours.map(|ours| ours.digest.as_str());
            if !is_ours && !options.replace {
                return Ok(Upload::Conflict);
            }
            replaced_late_part.remove(true).await?;
            retried(options.attempts, async || {
                replace(remote, file, &source, &object).await
            })
            .await?;
            Ok(Upload::Replaced(digest))
        }
    }
}

/// Brings a file whose name should be free; false if it is not.
async fn create(remote: &Remote, file: &LocalFile, source: &OpenFile) -> Result<bool, StoreError> {
    let Some(content) = &source.small else {
        // Parts become an object under whatever name: that it is free is looked at just before.
        if object::head(remote, &file.path).await?.is_some() {
            return Ok(false);
        }
        send_in_parts(remote, file, source).await?;
        return Ok(true);
    };
    match put(remote, file, source, content, PutMode::Create).await? {
        Put::Done => {}
        Put::Refused => return Ok(false),
        // Looking first is the next best.
        Put::KnowsNoCondition => {
            if object::head(remote, &file.path).await?.is_some() {
                return Ok(false);
            }
            put(remote, file, source, content, PutMode::Overwrite).await?;
            note_lack_of_conditions(remote);
        }
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
    source: &OpenFile,
    there: &RemoteObject,
) -> Result<(), StoreError> {
    let Some(content) = &source.small else {
        return send_in_parts(remote, file, source).await;
    };
    let same = PutMode::Update(UpdateVersion {
        e_tag: there.e_tag.clone(),
        version: there.version.clone(),
    });
    match put(remote, file, source, content, same).await? {
        Put::Done => {}
        Put::Refused => {
            return Err(StoreError::new(
                StoreErrorKind::Refused,
                format!(
                    "{} was changed while it was compared: another writer is at work there",
                    remote.place(&file.path)
                ),
            ));
        }
        Put::KnowsNoCondition => {
            put(remote, file, source, content, PutMode::Overwrite).await?;
            note_lack_of_conditions(remote);
        }
    }
    confirm(remote, file, source).await
}

/// What a store did with a small file.
enum Put {
    Done,
    /// What is there is not what the condition says.
    Refused,
    /// The store takes no such condition.
    KnowsNoCondition,
}

/// Of S3: other stores are known to take them, and a folder is known to take only one of the two.
fn note_lack_of_conditions(remote: &Remote) {
    if remote.checks_digests() {
        remote.abilities().note(Lack::Conditions);
    }
}

/// Puts a small file, without what the store was found not to know. What that is it says, or it is found by leaving it out.
async fn put(
    remote: &Remote,
    file: &LocalFile,
    source: &OpenFile,
    content: &PutPayload,
    mode: PutMode,
) -> Result<Put, StoreError> {
    let is_conditional = !matches!(mode, PutMode::Overwrite);
    if is_conditional && remote.abilities().lack(Lack::Conditions) {
        return Ok(Put::KnowsNoCondition);
    }
    let without_checksums = remote.store_without_checksums();
    let put = put_to(remote.store(), remote, file, source, content, mode.clone());
    let error = match put.await {
        Err(error) if error.kind() == StoreErrorKind::NotKnown => error,
        done => return done,
    };
    if error.lack() != Some(Lack::Conditions)
        && let Some(plain) = without_checksums
    {
        match put_to(plain, remote, file, source, content, mode).await {
            Err(again) if again.kind() == StoreErrorKind::NotKnown => {}
            done => {
                if done.is_ok() {
                    remote.abilities().note(Lack::Checksums);
                }
                return done;
            }
        }
    }
    match is_conditional {
        true => Ok(Put::KnowsNoCondition),
        false => Err(error),
    }
}

async fn put_to(
    store: &dyn ObjectStore,
    remote: &Remote,
    file: &LocalFile,
    source: &OpenFile,
    content: &PutPayload,
    mode: PutMode,
) -> Result<Put, StoreError> {
    let options = PutOptions {
        mode,
        attributes: attributes(remote, source),
        ..PutOptions::default()
    };
    let key = remote.key(&file.path)?;
    answered(time_for(source.size), async {
        let put = store.put_opts(&key, content.clone(), options);
        match put.await {
            Ok(_) => Ok(Put::Done),
            Err(ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. }) => {
                Ok(Put::Refused)
            }
            Err(ObjectError::NotImplemented { .. }) => Ok(Put::KnowsNoCondition),
            Err(error) => Err(store_error("write", &remote.place(&file.path), &error)),
        }
    })
    .await
}

fn attributes(remote: &Remote, source: &OpenFile) -> Attributes {
    let mut attributes = Attributes::new();
    if remote.keeps_metadata() {
        attributes.insert(DIGEST, source.digest.clone().into());
    }
    attributes
}

async fn send_in_parts(
    remote: &Remote,
    file: &LocalFile,
    source: &OpenFile,
) -> Result<(), StoreError> {
    let attributes = || attributes(remote, source);
    if !remote.abilities().lack(Lack::Multipart) {
        let without_checksums = remote.store_without_checksums();
        let sent = multipart::send(remote, remote.store(), &file.path, source, attributes());
        let error = match sent.await {
            Ok(()) => return confirm(remote, file, source).await,
            Err(error) => error,
        };
        let is_unknown = [StoreErrorKind::NotKnown, StoreErrorKind::TakesNothing];
        if !is_unknown.contains(&error.kind()) || source.size > MOST_AT_ONCE {
            return Err(error);
        }
        if let Some(plain) = without_checksums
            && multipart::send(remote, plain, &file.path, source, attributes())
                .await
                .is_ok()
        {
            remote.abilities().note(Lack::Checksums);
            return confirm(remote, file, source).await;
        }
    }
    let (mut opened, size, path) = (source.clone_file()?, source.size, file.path.clone());
    let content = blocking(move || {
        opened
            .rewind()
            .map_err(Error::on("read", Path::new(&path)))?;
        object::content(&mut opened, size).map_err(Error::on("read", Path::new(&path)))
    });
    let content = content.await.map_err(StoreError::of_file)?;
    put(remote, file, source, &content, PutMode::Overwrite).await?;
    remote.abilities().note(Lack::Multipart);
    confirm(remote, file, source).await
}

/// Makes sure that the store has what was sent: by its own word where it checks digests, else by reading it back.
async fn confirm(remote: &Remote, file: &LocalFile, source: &OpenFile) -> Result<(), StoreError> {
    if let Some(path) = remote.file_of(&file.path) {
        let synced = blocking(move || {
            let opened = File::open(&path).and_then(|file| file.sync_all());
            opened.map_err(Error::on("sync", &path))?;
            path.parent().map_or(Ok(()), sync_folder)
        });
        synced.await.map_err(StoreError::of_file)?;
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
        RemoteState::Same => Ok(()),
        RemoteState::Different | RemoteState::Absent => Err(StoreError::new(
            StoreErrorKind::Corrupted,
            format!("{} is not what was sent there", remote.place(&file.path)),
        )),
    }
}
