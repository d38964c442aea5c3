//! What can go wrong in this crate.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why series were not encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The compressor refused a request: a defect of ours.
    #[error("cannot compress a remote-write request: {0}")]
    Compress(snap::Error),
}
