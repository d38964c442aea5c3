//! What a caller can do about an error of a store, and whom it concerns.

/// What a caller can do about an error of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// No credentials could be had: log in, or configure a source.
    NoCredentials,
    /// The credentials are not accepted: replace or renew them.
    CredentialsRefused,
    /// The credentials do not allow it: grant the right.
    AccessDenied,
    /// There is no such bucket or container: create it, or name another one.
    NoSuchBucket,
    /// The bucket is in another region: name that one.
    WrongRegion,
    /// The clock of this machine is wrong: set it.
    ClockSkew,
    /// The store is asked too often, or has trouble of its own: try again.
    Busy,
    /// Nothing came back, or not in time: try again.
    NoAnswer,
    /// The store received other bytes than were sent: try again.
    Corrupted,
    /// Another writer is at work at the same place: try again later.
    Contended,
    /// The object is not there.
    NotFound,
    /// A file of this machine cannot be read or written.
    LocalFile,
    /// The time for the whole sync is over: the next one goes on.
    Deadline,
    /// The store takes nothing at present: it is full, over its quota, read-only, or its key cannot be used.
    TakesNothing,
    /// What answers is no object store: name another address, or log in to the network.
    NotAStore,
    /// The store does not know this kind of request, or a part of it.
    NotKnown,
    /// The store refuses for a reason that is in the text.
    Refused,
}

/// Whom an error concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// This request, this time.
    Attempt,
    /// This file.
    File,
    /// Every file: trying the next one is in vain.
    Lake,
}

impl StoreErrorKind {
    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Busy | Self::NoAnswer | Self::Corrupted | Self::Contended => Scope::Attempt,
            Self::NotFound | Self::LocalFile | Self::NotKnown | Self::Refused => Scope::File,
            Self::NoCredentials
            | Self::CredentialsRefused
            | Self::AccessDenied
            | Self::NoSuchBucket
            | Self::WrongRegion
            | Self::ClockSkew
            | Self::TakesNothing
            | Self::NotAStore
            | Self::Deadline => Scope::Lake,
        }
    }
}
