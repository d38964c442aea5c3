//! Objects of the remote lake and what is known of their content.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use futures_util::StreamExt as _;
use object_store::{Attribute, GetOptions, ObjectMeta};
use sha2::{Digest as _, Sha256};

use super::patience::{answered, retried, time_for};
use super::refusal::{self, Failure};
use super::remote::Remote;
use crate::{Error, Result};

/// The metadata that holds the digest: `x-amz-meta-sha256`.
pub(super) const DIGEST: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("sha256"));

/// An object, and what it says of itself.
#[derive(Debug, Clone)]
pub(super) struct RemoteObject {
    pub(super) size: u64,
    pub(super) e_tag: Option<String>,
    pub(super) version: Option<String>,
}

impl From<ObjectMeta> for RemoteObject {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            size: meta.size,
            e_tag: meta.e_tag,
            version: meta.version,
        }
    }
}

/// How the remote holds a file of this disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// With the same content.
    Same,
    /// With other content.
    Different,
    /// Not at all.
    Absent,
}

/// Whether the remote has this content under this name.
pub(super) async fn holds(
    remote: &Remote,
    path: &str,
    size: u64,
    digest: &str,
    read_back: bool,
    attempts: u32,
) -> std::result::Result<Held, Failure> {
    let Some((object, says)) = retried(attempts, async || head(remote, path).await).await? else {
        return Ok(Held::Absent);
    };
    if object.size != size {
        return Ok(Held::Different);
    }
    let has = match says {
        Some(says) if !read_back => says,
        _ => {
            retried(attempts, async || {
                answered(time_for(size), digest_object(remote, path)).await
            })
            .await?
        }
    };
    Ok(if has == digest {
        Held::Same
    } else {
        Held::Different
    })
}

/// The object and the digest that it was given when it was uploaded, if any.
pub(super) async fn head(
    remote: &Remote,
    path: &str,
) -> std::result::Result<Option<(RemoteObject, Option<String>)>, Failure> {
    let options = GetOptions {
        head: true,
        ..GetOptions::default()
    };
    let key = remote.key(path)?;
    answered(time_for(0), async {
        match remote.store().get_opts(&key, options).await {
            Ok(found) => {
                let digest = found
                    .attributes
                    .get(&DIGEST)
                    .map(|digest| digest.as_ref().to_owned());
                Ok(Some((found.meta.into(), digest)))
            }
            // A HEAD has no body: a bucket that is missing looks the same, and is told by the upload.
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(refusal::failure("look at", &remote.place(path), &error)),
        }
    })
    .await
}

/// The digest of what the remote really has.
pub(super) async fn digest_object(
    remote: &Remote,
    path: &str,
) -> std::result::Result<String, Failure> {
    let failed = |error| refusal::failure("read back", &remote.place(path), &error);
    let found = remote
        .store()
        .get_opts(&remote.key(path)?, GetOptions::default())
        .await
        .map_err(failed)?;
    let (mut bytes, mut digest) = (found.into_stream(), Sha256::new());
    while let Some(chunk) = bytes.next().await {
        digest.update(&chunk.map_err(failed)?);
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// The digest of a file.
pub(super) fn digest_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::on("open", path))?;
    digest_open(&mut file).map_err(Error::on("read", path))
}

/// The digest of an open file, from where it stands.
pub(super) fn digest_open(file: &mut File) -> std::io::Result<String> {
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&digest.finalize())),
            length => digest.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
