//! What a store turned out not to know, and what is done in its place.
//!
//! S3 has many dialects. What a store refuses as unknown is left out from then on, for as long as the [`Remote`](super::Remote) lives,
//! and told once.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that a store does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lack {
    /// `If-None-Match` and `If-Match`.
    Conditions,
    /// `x-amz-checksum-sha256`.
    Checksums,
    /// Uploads in parts.
    Multipart,
    /// HEAD of an object.
    Head,
    /// Listings, or the right to have them.
    Listing,
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Conditions => {
                "the store takes no conditions (If-None-Match): each name is looked at just before it is written, so that no other \
                 writer may be at work there"
            }
            Self::Checksums => {
                "the store takes no checksums (x-amz-checksum-sha256): the digest in the signature covers what is sent; \
                 `--s3-checksum off` sends none from the start"
            }
            Self::Multipart => "the store takes no uploads in parts: large files go in one request",
            Self::Head => "the store answers no HEAD: the first byte of an object is asked for instead",
            Self::Listing => {
                "the store gives no listing (s3:ListBucket): what is there already is found when an upload is refused"
            }
        })
    }
}

/// What a store was found to lack so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Abilities(Arc<Mutex<BTreeSet<Lack>>>);

impl Abilities {
    pub(super) fn lack(&self, what: Lack) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&what)
    }

    pub(super) fn note(&self, lack: Lack) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert(lack) {
            tracing::warn!(%lack, "the store lacks something");
        }
    }

    /// All that is known, each once.
    pub(super) fn lacking(&self) -> Vec<Lack> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().copied().collect()
    }
}
