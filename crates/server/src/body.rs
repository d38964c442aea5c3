//! The body of an answer: a text, or series that are encoded while they are sent.
//!
//! The encoder runs in a thread of its own and waits while the client is slow: at most a few pieces are in memory. A body that does not
//! come to its end breaks the connection, so that no client takes half of the series for all of them.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::{Frame, SizeHint};
use metrics::FleetSeries;
use metrics::encode::{openmetrics, text};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::negotiation::Form;

/// Pieces that wait for the client.
const WAITING_PIECES: usize = 4;

/// What is sent after the headers.
#[derive(Debug)]
pub(crate) enum Body {
    /// A text, until it is taken.
    Whole(Option<Bytes>),
    /// Pieces as they are encoded.
    Streamed(mpsc::Receiver<Piece>),
    /// Everything is sent.
    Sent,
}

/// What the encoder hands over.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// That was all.
    End,
}

impl Body {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::Sent
    }

    /// Encodes the series while they are sent. The permit is held until they are encoded.
    pub(crate) fn of(
        series: FleetSeries,
        form: Form,
        gzip: bool,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_PIECES);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let sent = encode(&series, form, gzip, Sender(sender.clone()));
            // A client that is gone needs no end.
            if sent.is_ok() {
                sender.blocking_send(Piece::End).ok();
            }
        });
        Self::Streamed(receiver)
    }
}

impl From<Vec<u8>> for Body {
    fn from(text: Vec<u8>) -> Self {
        Self::Whole(Some(Bytes::from(text)))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match &mut *self {
            Self::Sent => return Poll::Ready(None),
            Self::Whole(text) => {
                let text = text.take().filter(|text| !text.is_empty());
                return Poll::Ready(text.map(|text| Ok(Frame::data(text))));
            }
            Self::Streamed(pieces) => match pieces.poll_recv(context) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        match piece {
            Some(Piece::Bytes(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Piece::End) => {
                *self = Self::Sent;
                Poll::Ready(None)
            }
            None => Poll::Ready(Some(Err(io::Error::other("the encoder did not end")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Sent => true,
            Self::Whole(text) => text.as_ref().is_none_or(Bytes::is_empty),
            Self::Streamed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Sent => SizeHint::with_exact(0),
            Self::Whole(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
            Self::Streamed(_) => SizeHint::default(),
        }
    }
}

/// Writes into the queue, and waits where it is full.
struct Sender(mpsc::Sender<Piece>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Piece::Bytes(Bytes::copy_from_slice(bytes));
        let sent = self.0.blocking_send(piece);
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encodes the series.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn encode<W: Write>(
    series: &FleetSeries,
    form: Form,
    gzip: bool,
    out: W,
) -> io::Result<W> {
    if !gzip {
        return encode_plain(series, form, out);
    }
    let out = io::BufWriter::with_capacity(32 * 1024, out);
    let encoder = GzEncoder::new(out, Compression::fast());
    let out = encode_plain(series, form, encoder)?.finish()?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

fn encode_plain<W: Write>(series: &FleetSeries, form: Form, out: W) -> io::Result<W> {
    match form {
        Form::Text => {
            let mut encoder = text::Encoder::new(out);
            series.for_each_series(|series| encoder.series(series))?;
            encoder.finish()
        }
        Form::OpenMetrics => {
            let mut encoder = openmetrics::Encoder::new(out);
            series.for_each_series(|series| encoder.series(series))?;
            encoder.finish()
        }
    }
}
