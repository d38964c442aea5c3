//! Reads the output of a command on a thread of its own, with a deadline.
//!
//! A command may end and leave a process behind that has its output open. Whoever waits for the end of the output then waits for that
//! process.

use std::io::Read as _;
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use zeroize::Zeroizing;

/// How much of a command's output is read: more is no password.
const MOST_BYTES: u64 = 64 * 1024;

/// The standard output of a command while it runs. What nobody takes is wiped.
pub(crate) struct CommandOutput(Receiver<Option<Zeroizing<Vec<u8>>>>);

/// Why a command's output cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputError {
    /// Reading it failed.
    Unreadable,
    /// It was not closed in time.
    KeptOpen,
}

impl CommandOutput {
    /// Begins to read the output of a command, which was started with a pipe for it.
    pub(crate) fn of(child: &mut Child) -> Self {
        let pipe = child.stdout.take();
        let (sender, receiver) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut text = Zeroizing::new(Vec::new());
            let read = pipe.map(|pipe| pipe.take(MOST_BYTES).read_to_end(&mut text));
            // When the time is over, nobody receives it.
            drop(sender.send(read.is_some_and(|read| read.is_ok()).then_some(text)));
        });
        Self(receiver)
    }

    /// All of the output, if it is complete within the limit.
    pub(crate) fn within(self, limit: Duration) -> Result<Zeroizing<Vec<u8>>, OutputError> {
        match self.0.recv_timeout(limit) {
            Ok(text) => text.ok_or(OutputError::Unreadable),
            Err(_) => Err(OutputError::KeptOpen),
        }
    }
}
