//! Records why a connection ended: the peer's message, its error output, or the system's error.

use std::sync::{Arc, OnceLock};

/// The reason, set at most once and shared by all who report it.
#[derive(Debug, Clone, Default)]
pub(super) struct DisconnectReason(Arc<OnceLock<Reason>>);

#[derive(Debug)]
struct Reason {
    text: Box<str>,
    is_network_failure: bool,
}

impl DisconnectReason {
    /// Sets a reason that the peer sent. Blank text is ignored.
    pub(super) fn set_by_peer(&self, text: &str) {
        self.set(text, false);
    }

    /// Sets an error below SSH, or the loss of the peer.
    pub(super) fn set_by_network(&self, text: &str) {
        self.set(text, true);
    }

    fn set(&self, text: &str, is_network_failure: bool) {
        let text = text.trim();
        if !text.is_empty() {
            self.0.get_or_init(|| Reason {
                text: text.into(),
                is_network_failure,
            });
        }
    }

    /// The reason, if one was set.
    pub(super) fn get(&self) -> Option<Box<str>> {
        self.0.get().map(|reason| reason.text.clone())
    }

    /// Whether the network failed, rather than the peer closing the connection.
    pub(super) fn is_network_failure(&self) -> bool {
        self.0.get().is_some_and(|reason| reason.is_network_failure)
    }
}
