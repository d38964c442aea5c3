//! A stream that can be closed from outside the task that uses it.
//!
//! The SSH library moves its stream into a task of its own, and that task ends by itself only in some states. A task that waits
//! in the middle of a key exchange, or for a peer that does not read, stays until the peer leaves. So the task gets a
//! [`Socket`], and the [`SocketGuard`] keeps the other end. When the guard is dropped, the stream is closed at once, the task's
//! next read or write fails, and the task ends.
//!
//! The socket also detects the end of the peer's identification line, which the library does not report. So the version exchange
//! has a deadline of its own, and an error can show what was sent instead.
//!
//! It also reads ahead. The library reads the length of a packet and then the rest, each with a system call, although both have
//! usually arrived together.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are kept of what the peer sends before its identification line is complete.
const LONGEST_PREAMBLE: usize = 8 * 1024;

/// A smaller read takes up to so many bytes from the stream. Most packets of a login are far smaller, and the
/// body of a large one is read directly into the caller's buffer.
const READ_AHEAD: usize = 4 * 1024;

type Shared<S> = Mutex<State<S>>;

/// `stream` is `None` once the guard is gone.
#[derive(Debug)]
struct State<S> {
    stream: Option<S>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The waker of the task that waits for the identification line.
    identification_waker: Option<Waker>,
    received_bytes: u64,
    /// Bytes read ahead. Holds no memory while it is empty, because idle sessions are many.
    read_ahead: Vec<u8>,
    /// How many bytes of `read_ahead` were returned.
    read_ahead_used: usize,
    preamble: Vec<u8>,
    identification: Option<Identification>,
}

/// The version of an SSH server's identification line (RFC 4253, section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identification {
    /// SSH 2.
    Known,
    /// Another version; the line.
    Foreign(Box<str>),
}

/// The stream for the SSH library.
#[derive(Debug)]
pub(super) struct Socket<S>(Arc<Shared<S>>);

/// Closes the stream on drop.
#[derive(Debug)]
pub(super) struct SocketGuard<S>(Arc<Shared<S>>);

/// Splits `stream` into its user and its guard.
pub(super) fn guarded<S>(stream: S) -> (SocketGuard<S>, Socket<S>) {
    let state = Mutex::new(State {
        stream: Some(stream),
        reader: None,
        writer: None,
        identification_waker: None,
        received_bytes: 0,
        read_ahead: Vec::new(),
        read_ahead_used: 0,
        preamble: Vec::new(),
        identification: None,
    });
    let shared = Arc::new(state);
    (SocketGuard(shared.clone()), Socket(shared))
}

impl<S> SocketGuard<S> {
    /// How many bytes the peer has sent so far.
    pub(super) fn received_bytes(&self) -> u64 {
        lock(&self.0).received_bytes
    }

    /// Waits until the peer has sent a whole SSH identification line. The SSH library takes a line of another version for one
    /// of the lines that may come before.
    pub(super) async fn identified(&self) -> Identification {
        poll_fn(|cx| {
            let mut state = lock(&self.0);
            if let Some(identification) = &state.identification {
                return Poll::Ready(identification.clone());
            }
            remember(&mut state.identification_waker, cx);
            Poll::Pending
        })
        .await
    }

    /// The same without waiting.
    pub(super) fn identification(&self) -> Option<Identification> {
        lock(&self.0).identification.clone()
    }

    /// What the peer has sent before an identification line.
    pub(super) fn preamble(&self) -> Vec<u8> {
        lock(&self.0).preamble.clone()
    }
}

impl<S> Drop for SocketGuard<S> {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        let stream = state.stream.take();
        let waiting = [state.reader.take(), state.writer.take()];
        drop(state);
        drop(stream);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Ignores a poisoned lock: a panic cannot leave the fields inconsistent.
fn lock<S>(shared: &Shared<S>) -> MutexGuard<'_, State<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S> State<S> {
    /// Counts received bytes, and returns whether they completed the identification line.
    fn receive(&mut self, bytes: &[u8]) -> bool {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.received_bytes = self.received_bytes.saturating_add(count);
        if self.identification.is_some() || bytes.is_empty() {
            return false;
        }
        let room = LONGEST_PREAMBLE.saturating_sub(self.preamble.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        self.preamble.extend_from_slice(kept);
        let mut lines = self.preamble.split_inclusive(|byte| *byte == b'\n');
        self.identification = lines.find_map(|line| {
            if !line.starts_with(b"SSH-") || !line.ends_with(b"\n") {
                return None;
            }
            // `1.99` is a server that speaks 2.0 and older versions too (RFC 4253, section 5.1).
            let is_known = line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-");
            Some(match is_known {
                true => Identification::Known,
                false => Identification::Foreign(String::from_utf8_lossy(line).trim().into()),
            })
        });
        if self.identification.is_some() {
            self.preamble = Vec::new();
        }
        self.identification.is_some()
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
        let mut state = lock(&self.0);
        let state = &mut *state;
        let Some(stream) = state.stream.as_mut() else {
            return Poll::Ready(Err(closed()));
        };
        if !state.read_ahead.is_empty() {
            give(&mut state.read_ahead, &mut state.read_ahead_used, buf);
            return Poll::Ready(Ok(()));
        }
        let is_identified;
        let result;
        if buf.remaining() < READ_AHEAD {
            let mut space = [MaybeUninit::uninit(); READ_AHEAD];
            let mut taken = ReadBuf::uninit(&mut space);
            result = Pin::new(stream).poll_read(cx, &mut taken);
            is_identified = state.receive(taken.filled());
            let wanted = buf.remaining().min(taken.filled().len());
            let (now, later) = taken.filled().split_at(wanted);
            buf.put_slice(now);
            state.read_ahead.extend_from_slice(later);
        } else {
            let before = buf.filled().len();
            result = Pin::new(stream).poll_read(cx, buf);
            is_identified = state.receive(buf.filled().get(before..).unwrap_or_default());
        }
        if is_identified && let Some(identification_waker) = state.identification_waker.take() {
            // Usually the waiting task is the one that reads, and needs no wake-up.
            if !identification_waker.will_wake(cx.waker()) {
                identification_waker.wake();
            }
        }
        if result.is_pending() {
            remember(&mut state.reader, cx);
        }
        result
    }
}

/// Copies as many bytes as fit into `buf`.
fn give(read_ahead: &mut Vec<u8>, read_ahead_used: &mut usize, buf: &mut ReadBuf<'_>) {
    let rest = read_ahead.get(*read_ahead_used..).unwrap_or_default();
    let now = rest.get(..buf.remaining()).unwrap_or(rest);
    buf.put_slice(now);
    *read_ahead_used += now.len();
    if *read_ahead_used >= read_ahead.len() {
        (*read_ahead, *read_ahead_used) = (Vec::new(), 0);
    }
}

/// Stores the waker of the current task.
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
        let mut state = lock(&self.0);
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
        let (guard, mut socket) = guarded(near);
        far.write_all(b"abc").await.unwrap();
        let task = tokio::spawn(async move {
            let mut bytes = Vec::new();
            socket.read_to_end(&mut bytes).await.map_err(|e| e.kind())
        });
        while guard.received_bytes() < 3 {
            tokio::task::yield_now().await;
        }
        drop(guard);
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
        let (guard, mut socket) = guarded(near);
        let reading = tokio::spawn(async move {
            let mut bytes = Vec::new();
            drop(socket.read_to_end(&mut bytes).await);
        });
        for piece in ["Welcome SSH-2.0-x\r\n", "SS", "H-2.0-y"] {
            far.write_all(piece.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
        let early = tokio::time::timeout(std::time::Duration::from_millis(10), guard.identified());
        assert!(early.await.is_err());
        assert!(guard.preamble().starts_with(b"Welcome"));
        far.write_all(b"\n").await.unwrap();
        assert_eq!(guard.identified().await, Identification::Known);
        drop(guard);
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_read_ahead_comes_in_order_and_keeps_no_memory() {
        let (near, mut far) = duplex(64 * 1024);
        let (guard, mut socket) = guarded(near);
        let sent: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        let sending = sent.clone();
        let task = tokio::spawn(async move { far.write_all(&sending).await.map(|()| far) });
        let mut received = Vec::new();
        // As the SSH library reads: lengths, and then what is that long.
        for length in [4, 1_000, 4, 60_000, 1, 4_095, 4_096, 4_097, 6_703] {
            let mut piece = vec![0; length];
            socket.read_exact(&mut piece).await.unwrap();
            received.extend(piece);
        }
        assert_eq!(received, sent);
        assert_eq!(guard.received_bytes(), 80_000);
        assert_eq!(lock(&guard.0).read_ahead.capacity(), 0);
        drop(task.await.unwrap().unwrap());
        assert_eq!(socket.read(&mut [0; 4]).await.unwrap(), 0, "the end");
    }

    #[tokio::test]
    async fn a_task_waiting_to_write_ends_with_the_owner() {
        let (near, far) = duplex(4);
        let (guard, mut socket) = guarded(near);
        let task = tokio::spawn(async move {
            let written = socket.write_all(b"more than the peer takes").await;
            written.map_err(|e| e.kind())
        });
        tokio::task::yield_now().await;
        drop(guard);
        assert_eq!(task.await.unwrap(), Err(io::ErrorKind::ConnectionAborted));
        drop(far);
    }
}
