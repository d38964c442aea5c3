//! The state of a sync for async code: every access to its file is on the blocking pool.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::blocking::blocking;
use super::state::State;
use crate::Result;

/// A state that is open. Clones are the same state.
#[derive(Debug, Clone)]
pub(super) struct StateHandle(Arc<Mutex<State>>);

impl StateHandle {
    /// Reads the state of a lake and a remote, or begins one.
    pub(super) async fn open(lake: &Path, url: &str) -> Result<Self> {
        let (lake, url) = (lake.to_owned(), url.to_owned());
        let state = blocking(move || State::open(&lake, &url)).await?;
        Ok(Self(Arc::new(Mutex::new(state))))
    }

    /// Works on the state.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T> {
        let state = self.0.clone();
        let work = move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(work(&mut state))
        };
        blocking(work).await
    }
}
