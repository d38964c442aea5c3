//! Why a connection ended, from whoever heard first: the peer's words, its error output, or the system's.

use std::sync::{Arc, OnceLock};

/// Written once, read by whoever has to explain the end.
#[derive(Debug, Clone, Default)]
pub(super) struct LastWords(Arc<OnceLock<Words>>);

#[derive(Debug)]
struct Words {
    text: Box<str>,
    is_fault_of_network: bool,
}

impl LastWords {
    /// The peer said so. Blank words say nothing.
    pub(super) fn said(&self, text: &str) {
        self.set(text, false);
    }

    /// The connection failed below SSH, or the peer was not heard any more.
    pub(super) fn failed(&self, text: &str) {
        self.set(text, true);
    }

    fn set(&self, text: &str, is_fault_of_network: bool) {
        let text = text.trim();
        if !text.is_empty() {
            self.0.get_or_init(|| Words {
                text: text.into(),
                is_fault_of_network,
            });
        }
    }

    /// The words, if anybody had any.
    pub(super) fn get(&self) -> Option<Box<str>> {
        self.0.get().map(|words| words.text.clone())
    }

    /// Whether the connection was lost rather than ended.
    pub(super) fn is_fault_of_network(&self) -> bool {
        self.0.get().is_some_and(|words| words.is_fault_of_network)
    }
}
