//! Runs file work on the blocking pool, off the threads that move bytes.

use crate::{Error, Result};

/// Runs work on files on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Defect(format!(
            "a defect of Lanewatch ended the work on a file: {error}"
        ))),
    }
}
