//! A stream that can be taken away from whoever reads and writes it.
//!
//! The SSH library moves its stream into a task of its own, and that task ends by itself only in some states: one that
//! waits for a peer in the middle of a key exchange, or for a peer that does not read, stays until the peer leaves.
//! So the task gets a [`Socket`], and the [`Owner`] keeps the other end: when the owner is dropped the stream is closed
//! at once, the task's next read or write fails, and the task ends.
//!
//! The socket also sees when the peer's identification line is complete, which the library does not tell, so that the
//! version exchange has a deadline of its own and what was sent in its place can be shown.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// The head of what the peer sends is kept until its identification line is complete, but no more of it than this.
const LONGEST_HEAD: usize = 8 * 1024;

#[derive(Debug)]
struct Shared<S> {
    state: Mutex<State<S>>,
    /// Told when the identification line is there.
    identified: Notify,
}

/// `stream` is `None` once the owner is gone.
#[derive(Debug)]
struct State<S> {
    stream: Option<S>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    received_bytes: u64,
    head: Vec<u8>,
    is_identified: bool,
}

/// The end that is read and written.
#[derive(Debug)]
pub(super) struct Socket<S>(Arc<Shared<S>>);

/// The end that decides how long the stream lives.
#[derive(Debug)]
pub(super) struct Owner<S>(Arc<Shared<S>>);

/// Puts `stream` between the two.
pub(super) fn owned<S>(stream: S) -> (Owner<S>, Socket<S>) {
    let state = Mutex::new(State {
        stream: Some(stream),
        reader: None,
        writer: None,
        received_bytes: 0,
        head: Vec::new(),
        is_identified: false,
    });
    let identified = Notify::new();
    let shared = Arc::new(Shared { state, identified });
    (Owner(shared.clone()), Socket(shared))
}

impl<S> Owner<S> {
    /// How many bytes the peer has sent so far.
    pub(super) fn received_bytes(&self) -> u64 {
        self.0.lock().received_bytes
    }

    /// Waits until the peer has sent a whole SSH identification line.
    pub(super) async fn identified(&self) {
        loop {
            let told = self.0.identified.notified();
            if self.0.lock().is_identified {
                return;
            }
            told.await;
        }
    }

    /// What the peer has sent in place of an identification line.
    pub(super) fn head(&self) -> Vec<u8> {
        self.0.lock().head.clone()
    }
}

impl<S> Drop for Owner<S> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let stream = state.stream.take();
        let waiting = [state.reader.take(), state.writer.take()];
        drop(state);
        drop(stream);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

impl<S> Shared<S> {
    /// A panic under the lock cannot leave the parts at odds with each other, so it is no reason to stop.
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> State<S> {
    /// Counts what has arrived, and says whether it has just completed the identification line.
    fn receive(&mut self, bytes: &[u8]) -> bool {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.received_bytes = self.received_bytes.saturating_add(count);
        if self.is_identified || bytes.is_empty() {
            return false;
        }
        let room = LONGEST_HEAD.saturating_sub(self.head.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        self.head.extend_from_slice(kept);
        let mut lines = self.head.split_inclusive(|byte| *byte == b'\n');
        self.is_identified = lines.any(|line| {
            // `1.99` is a server that speaks 2.0 and older versions too (RFC 4253, section 5.1).
            let is_known = line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-");
            is_known && line.ends_with(b"\n")
        });
        if self.is_identified {
            self.head = Vec::new();
        }
        self.is_identified
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed by us")
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let Some(stream) = state.stream.as_mut() else {
            return Poll::Ready(Err(closed()));
        };
        let before = buf.filled().len();
        let result = Pin::new(stream).poll_read(cx, buf);
        if state.receive(buf.filled().get(before..).unwrap_or_default()) {
            self.0.identified.notify_waiters();
        }
        if result.is_pending() {
            remember(&mut state.reader, cx);
        }
        result
    }
}

/// Keeps the waker of whoever waits, unless it is the one that is kept already.
fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    fn write<T>(
        &self,
        cx: &mut Context<'_>,
        step: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut state = self.0.lock();
        let Some(stream) = state.stream.as_mut() else {
            return Poll::Ready(Err(closed()));
        };
        let result = step(Pin::new(stream), cx);
        if result.is_pending() {
            remember(&mut state.writer, cx);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn a_task_waiting_to_read_ends_with_the_owner() {
        let (near, mut far) = duplex(64);
        let (owner, mut socket) = owned(near);
        far.write_all(b"abc").await.unwrap();
        let task = tokio::spawn(async move {
            let mut bytes = Vec::new();
            socket.read_to_end(&mut bytes).await.map_err(|e| e.kind())
        });
        while owner.received_bytes() < 3 {
            tokio::task::yield_now().await;
        }
        drop(owner);
        assert_eq!(task.await.unwrap(), Err(io::ErrorKind::ConnectionAborted));
        assert_eq!(
            far.read(&mut [0; 8]).await.unwrap(),
            0,
            "the peer sees the end"
        );
    }

    #[tokio::test]
    async fn the_identification_line_is_seen_after_other_lines_and_in_pieces() {
        let (near, mut far) = duplex(64);
        let (owner, mut socket) = owned(near);
        let reading = tokio::spawn(async move {
            let mut bytes = Vec::new();
            drop(socket.read_to_end(&mut bytes).await);
        });
        for piece in ["Welcome SSH-2.0-x\r\n", "SS", "H-2.0-y"] {
            far.write_all(piece.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
        let early = tokio::time::timeout(std::time::Duration::from_millis(10), owner.identified());
        assert!(early.await.is_err());
        assert!(owner.head().starts_with(b"Welcome"));
        far.write_all(b"\n").await.unwrap();
        owner.identified().await;
        drop(owner);
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn a_task_waiting_to_write_ends_with_the_owner() {
        let (near, far) = duplex(4);
        let (owner, mut socket) = owned(near);
        let task = tokio::spawn(async move {
            let written = socket.write_all(b"more than the peer takes").await;
            written.map_err(|e| e.kind())
        });
        tokio::task::yield_now().await;
        drop(owner);
        assert_eq!(task.await.unwrap(), Err(io::ErrorKind::ConnectionAborted));
        drop(far);
    }
}
