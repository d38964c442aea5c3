//! Objects of the remote lake: their metadata, and digests of their content.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use futures_util::StreamExt as _;
use object_store::{Attribute, GetOptions, GetRange, PutPayload, PutPayloadMut};
use sha2::{Digest as _, Sha256};

use super::abilities::Lack;
use super::deadline::{answered, time_for};
use super::remote::{Remote, RemoteObject};
use super::retry::retried;
use super::store_error::{StoreError, StoreErrorKind, store_error};
use crate::{Error, Result};

/// The metadata that holds the digest: `x-amz-meta-sha256`.
pub(super) const DIGEST: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("sha256"));

/// What the remote has under the name of a file of this disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RemoteState {
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
) -> std::result::Result<RemoteState, StoreError> {
    let Some((object, says)) = retried(attempts, async || head(remote, path).await).await? else {
        return Ok(RemoteState::Absent);
    };
    if object.size != size {
        return Ok(RemoteState::Different);
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
        RemoteState::Same
    } else {
        RemoteState::Different
    })
}

/// The object and the digest that it was given when it was uploaded, if any.
pub(super) async fn head(
    remote: &Remote,
    path: &str,
) -> std::result::Result<Option<(RemoteObject, Option<String>)>, StoreError> {
    if !remote.abilities().lack(Lack::Head) {
        match look(remote, path, true).await {
            Err(error) if error.kind() == StoreErrorKind::NotKnown => {}
            looked => return looked,
        }
    }
    let looked = look(remote, path, false).await?;
    remote.abilities().note(Lack::Head);
    Ok(looked)
}

/// Asks for an object without its content: with a HEAD, or for its first byte.
async fn look(
    remote: &Remote,
    path: &str,
    with_head: bool,
) -> std::result::Result<Option<(RemoteObject, Option<String>)>, StoreError> {
    let options = GetOptions {
        head: with_head,
        range: (!with_head).then_some(GetRange::Bounded(0..1)),
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
            Err(error) => Err(store_error("look at", &remote.place(path), &error)),
        }
    })
    .await
}

/// The digest of what the remote really has.
pub(super) async fn digest_object(
    remote: &Remote,
    path: &str,
) -> std::result::Result<String, StoreError> {
    let failed = |error| store_error("read back", &remote.place(path), &error);
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

/// Bytes of a piece in which a file's content is in memory. The allocator keeps large pieces for the thread that had them once they
/// are free, each thread its own; it gives back small ones.
const PIECE_BYTES: usize = 256 * 1024;

/// So many bytes of an open file, from where it stands, to be sent.
///
/// # Errors
///
/// As reading; a file that ends before is one too.
pub(super) fn content(file: &mut File, bytes: u64) -> io::Result<PutPayload> {
    let mut pieces = PutPayloadMut::new().with_block_size(PIECE_BYTES);
    let mut buffer = vec![0; PIECE_BYTES];
    let mut left = bytes;
    while left > 0 {
        let wanted = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        file.read_exact(room)?;
        pieces.extend_from_slice(room);
        left -= room.len() as u64;
    }
    Ok(pieces.freeze())
}

/// The digest of what is sent.
pub(super) fn digest_content(content: &PutPayload) -> String {
    let mut digest = Sha256::new();
    content.iter().for_each(|piece| digest.update(piece));
    hexadecimal(&digest.finalize())
}

/// The digest of an open file, from where it stands.
pub(super) fn digest_open(file: &mut File) -> io::Result<String> {
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

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    #[test]
    fn what_is_sent_is_what_stands_in_the_file_and_never_less() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        file.write_all(&bytes).unwrap();
        for (at, length) in [(0, bytes.len()), (4, 300_000), (262_144, 262_144), (7, 0)] {
            file.seek(io::SeekFrom::Start(at)).unwrap();
            let sent = content(&mut file, length as u64).unwrap();
            let from = usize::try_from(at).unwrap();
            let expected = &bytes[from..from + length];
            assert!(sent.iter().flatten().eq(expected));
            assert_eq!(
                digest_content(&sent),
                hexadecimal(&Sha256::digest(expected))
            );
        }
        file.seek(io::SeekFrom::Start(5)).unwrap();
        assert!(
            content(&mut file, bytes.len() as u64).is_err(),
            "it ends before"
        );
    }
}
