//! Opens a file for upload: checks that it is whole, takes its digest, and reads its content if that is small.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::Path;

use object_store::PutPayload;

use super::object::{self, digest_open};
use super::store_error::StoreError;
use crate::lake::LocalFile;
use crate::lake::check::{Footer, check_footer};
use crate::lake::local::modified_ns;
use crate::{Error, Result};

/// From this size on (bytes) a file goes in parts.
pub(super) const IN_PARTS_FROM: u64 = 32 * 1024 * 1024;

/// What stands on this disk under a name.
pub(super) enum Opened {
    Whole(OpenFile),
    Gone,
    Damaged(String),
}

/// A file to go up, open, with its content if that is small.
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) digest: String,
    pub(super) small: Option<PutPayload>,
    pub(super) footer: Footer,
}

impl OpenFile {
    /// The open file again, which stands where this one does.
    pub(super) fn clone_file(&self) -> std::result::Result<File, StoreError> {
        self.file.try_clone().map_err(StoreError::of_file)
    }
}

/// Opens the file, looks at its footer and takes its digest.
pub(super) fn open(path: &Path, expected: &LocalFile) -> Result<Opened> {
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
    let footer = match check_footer(&file) {
        Ok(footer) => footer,
        Err(damage) => return Ok(Opened::Damaged(damage.0)),
    };
    file.rewind().map_err(Error::on("read", path))?;
    let read = Error::on("read", path);
    let (small, digest) = if expected.size < IN_PARTS_FROM {
        let content = object::content(&mut file, expected.size).map_err(read)?;
        let digest = object::digest_content(&content);
        (Some(content), digest)
    } else {
        (None, digest_open(&mut file).map_err(read)?)
    };
    Ok(Opened::Whole(OpenFile {
        file,
        size: expected.size,
        digest,
        small,
        footer,
    }))
}
