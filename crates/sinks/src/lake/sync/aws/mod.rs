//! Access to S3: options, the shared AWS configuration files, and credentials that are renewed before they end.
//!
//! What Amazon's protocols ask for (STS, SSO, the metadata services) is `reqsign`'s, sent over object_store's HTTP client.

mod credentials;
mod environment;
mod options;
mod shared_config;
mod source;
mod transport;

pub(super) use credentials::Credentials;
pub(super) use options::BucketOptions;
pub(super) use options::S3Access;
pub use options::{AwsOptions, S3Checksum, S3Encryption};
pub use source::AwsKeys;
