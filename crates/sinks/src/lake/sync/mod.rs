//! Syncs the lake on this disk to a remote one: an object store or a mounted folder.
//!
//! ```text
//!   local files − state (what the remote has, as far as is remembered)
//!       │  oldest partition first
//!       ▼
//!   remote_listing ──absent──► upload (put if absent, or multipart, within the memory budget) ──► state, a line a file
//!     ├──same──────────────────────────────────────────────►
//!     └──different──► replaced if it was ours before and on request, else told as a conflict
//!
//!   compare: local files beside the remote's; what is gone or changed there is in doubt from then on, and is uploaded again
//! ```
//!
//! The lake on this disk is the spool: nothing here makes a run wait, and nothing is removed from it but what
//! [`prune()`] has found to be in the remote lake. The state is a cache: without it the remote is listed, as
//! far down as both have the same folders, and what is there is compared by content. Requests go through object_store; this module is
//! the only one of the crate that opens a socket.
//!
//! **What is verified.** S3 gets each body with its SHA-256, in the signature and as `x-amz-checksum-sha256`, and refuses one
//! that came otherwise; the digest of the whole file goes along as metadata (`x-amz-meta-sha256`) and is what later comparisons
//! use. Other stores are read back and compared byte for byte, through their digest, after each upload.

mod abilities;
mod address;
mod answers;
mod aws;
mod blocking;
mod compare;
mod deadline;
mod driver;
mod http_client;
mod late_part;
mod memory_budget;
mod multipart;
mod object;
mod open_file;
mod options;
mod prune;
mod remote;
mod remote_listing;
mod retry;
mod state;
mod state_handle;
mod store_error;
mod store_error_kind;
mod store_words;
mod superseded;
mod upload;

pub use abilities::Lack;
pub use aws::{AwsKeys, AwsOptions, S3Checksum, S3Encryption};
pub use compare::{Compared, compare};
pub use driver::{SyncOutcome, SyncStep, sync};
pub use options::SyncOptions;
pub use prune::{DiskGuard, Pruned, prune};
pub use remote::Remote;
pub use state::{Backlog, KnownRemotes, backlogs, forget};
pub use store_error::{StoreError, StoreErrorKind};
