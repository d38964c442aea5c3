//! Options of a sync: concurrency, attempts, replacement and deadline.

use std::time::Instant;

/// Files that may fail in a row because the remote does not answer, before the rest is left for the next time.
pub(super) const FAILURES_IN_A_ROW: usize = 3;

/// How a sync goes about it.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// Files on their way at once, as far as the memory for them goes.
    pub parallel: usize,
    /// How often a request is tried that failed for what may pass.
    pub attempts: u32,
    /// Replaces what is different at the remote, whoever put it there.
    pub replace: bool,
    /// When to leave the rest for the next time.
    pub until: Option<Instant>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            parallel: 16,
            attempts: 4,
            replace: false,
            until: None,
        }
    }
}
