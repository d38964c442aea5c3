//! Faults of the TCP stream: silence, a slow banner, and a cut after a number of bytes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{Fault, Faults};

/// Reads and discards input until the peer disconnects.
pub(crate) async fn discard_input(mut stream: impl AsyncRead + Unpin) {
    // However it ends, it has ended.
    let _ended = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// A stream with faults in its output. Its input is unchanged.
#[derive(Debug)]
pub(crate) struct FaultyStream<S> {
    stream: S,
    banner: Option<ByteTimer>,
    /// Bytes that may still be sent; `None`: no end.
    left: Option<u64>,
}

/// The timer of a line that is sent byte by byte.
#[derive(Debug)]
struct ByteTimer {
    interval: Duration,
    next: Pin<Box<Sleep>>,
}

impl<S> FaultyStream<S> {
    pub(crate) fn new(stream: S, faults: &Faults) -> Self {
        let banner = faults.size(|fault| match fault {
            Fault::SlowBanner { bytes_per_second } => Some(ByteTimer {
                interval: byte_interval(bytes_per_second),
                next: Box::pin(sleep(Duration::ZERO)),
            }),
            _ => None,
        });
        let left = faults.size(|fault| match fault {
            Fault::Cut { after_bytes } => Some(after_bytes),
            _ => None,
        });
        Self {
            stream,
            banner,
            left,
        }
    }
}

/// The time between two bytes at this rate.
pub(super) fn byte_interval(bytes_per_second: u64) -> Duration {
    Duration::from_secs(1) / u32::try_from(bytes_per_second.max(1)).unwrap_or(u32::MAX)
}

impl<S: AsyncRead + Unpin> AsyncRead for FaultyStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FaultyStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let faulty = &mut *self;
        let mut now = buf;
        if let Some(timer) = &mut faulty.banner {
            ready!(timer.next.as_mut().poll(cx));
            now = now.get(..1).unwrap_or(now);
        }
        if let Some(left) = faulty.left {
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            now = now.get(..left).unwrap_or(now);
            if now.is_empty() && !buf.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        }
        let written = ready!(Pin::new(&mut faulty.stream).poll_write(cx, now))?;
        if let Some(left) = &mut faulty.left {
            *left = left.saturating_sub(u64::try_from(written).unwrap_or(u64::MAX));
        }
        // The banner is one line (RFC 4253, section 4.2); what follows it comes at full speed.
        let is_over = now.get(..written).is_some_and(|sent| sent.contains(&b'\n'));
        match &mut faulty.banner {
            Some(_) if is_over => faulty.banner = None,
            Some(timer) => timer.next = Box::pin(sleep(timer.interval)),
            None => {}
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    /// The output of a stream with these faults for the input `sent`, and the time it took.
    async fn through(faults: &[Fault], sent: &[u8]) -> (Vec<u8>, bool, Duration) {
        let (near, mut far) = duplex(1 << 16);
        let faults = faults.iter().copied().collect();
        let mut faulty = FaultyStream::new(near, &faults);
        let began = Instant::now();
        let is_whole = faulty.write_all(sent).await.is_ok();
        let took = began.elapsed();
        drop(faulty);
        let mut received = Vec::new();
        far.read_to_end(&mut received).await.unwrap();
        (received, is_whole, took)
    }

    #[tokio::test(start_paused = true)]
    async fn the_banner_drops_and_the_rest_flows() {
        let slow = Fault::SlowBanner {
            bytes_per_second: 1,
        };
        let sent = [b"SSH-2.0-x\r\n", &[7; 500][..]].concat();
        let (received, is_whole, took) = through(&[slow], &sent).await;
        assert!(is_whole && received == sent);
        assert_eq!(took.as_secs(), 10, "a second between each two of 11 bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_comes_after_exactly_so_many_bytes_slow_or_not() {
        let cut = Fault::Cut { after_bytes: 4 };
        let slow = Fault::SlowBanner {
            bytes_per_second: 2,
        };
        for faults in [&[cut][..], &[cut, slow]] {
            let (received, is_whole, _) = through(faults, b"SSH-2.0-x\r\n").await;
            assert!(!is_whole);
            assert_eq!(received, b"SSH-");
        }
    }
}
