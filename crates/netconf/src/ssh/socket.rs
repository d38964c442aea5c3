//! A stream that can be taken away from whoever reads and writes it.
//!
//! The SSH library moves its stream into a task of its own, and that task ends by itself only in some states: one that
//! waits for a peer in the middle of a key exchange, or for a peer that does not read, stays until the peer leaves.
//! So the task gets a [`Socket`], and the [`Owner`] keeps the other end: when the owner is dropped the stream is closed
//! at once, the task's next read or write fails, and the task ends.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is shared: `stream` is `None` once the owner is gone.
#[derive(Debug)]
struct Shared<S> {
    stream: Option<S>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    received_bytes: u64,
}

/// The end that is read and written.
#[derive(Debug)]
pub(super) struct Socket<S>(Arc<Mutex<Shared<S>>>);

/// The end that decides how long the stream lives.
#[derive(Debug)]
pub(super) struct Owner<S>(Arc<Mutex<Shared<S>>>);

/// Puts `stream` between the two.
pub(super) fn owned<S>(stream: S) -> (Owner<S>, Socket<S>) {
    let shared = Arc::new(Mutex::new(Shared {
        stream: Some(stream),
        reader: None,
        writer: None,
        received_bytes: 0,
    }));
    (Owner(shared.clone()), Socket(shared))
}

impl<S> Owner<S> {
    /// How many bytes the peer has sent so far.
    pub(super) fn received_bytes(&self) -> u64 {
        lock(&self.0).received_bytes
    }
}

impl<S> Drop for Owner<S> {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        let stream = shared.stream.take();
        let waiting = [shared.reader.take(), shared.writer.take()];
        drop(shared);
        drop(stream);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

/// A panic under the lock cannot leave the parts at odds with each other, so it is no reason to stop.
fn lock<S>(shared: &Mutex<Shared<S>>) -> MutexGuard<'_, Shared<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut shared = lock(&self.0);
        let Some(stream) = shared.stream.as_mut() else {
            return Poll::Ready(Err(closed()));
        };
        let before = buf.filled().len();
        let result = Pin::new(stream).poll_read(cx, buf);
        let read = buf.filled().len().saturating_sub(before);
        shared.received_bytes = shared
            .received_bytes
            .saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if result.is_pending() {
            shared.reader = Some(cx.waker().clone());
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    fn write<T>(
        &self,
        cx: &mut Context<'_>,
        step: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut shared = lock(&self.0);
        let Some(stream) = shared.stream.as_mut() else {
            return Poll::Ready(Err(closed()));
        };
        let result = step(Pin::new(stream), cx);
        if result.is_pending() {
            shared.writer = Some(cx.waker().clone());
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
