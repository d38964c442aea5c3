//! Remote write 1.0: requests of `prometheus.WriteRequest`, in protobuf and Snappy's block format.
//!
//! A request is made once and sent, and sent again, byte for byte. It holds each series at most once: a receiver that has taken a
//! request takes the same bytes again without harm, while one with two samples of a series is refused as a whole.
//!
//! ```text
//! WriteRequest { repeated TimeSeries timeseries = 1 }
//! TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2 }
//! Label        { string name = 1; string value = 2 }
//! Sample       { double value = 1; int64 timestamp = 2 }
//! ```

use std::collections::HashSet;
use std::fmt;

use twox_hash::XxHash3_128;

use crate::error::{Error, Result};
use crate::family::Series;

/// Headers of every request.
pub const HEADERS: [(&str, &str); 3] = [
    ("Content-Type", "application/x-protobuf"),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];

/// Samples of a request unless another number is chosen, as in Prometheus itself.
pub const SAMPLES: usize = 2_000;

/// Bytes of a request before it is compressed. Receivers take 32 MB.
const LARGEST: usize = 8 * 1024 * 1024;

/// The value that ends a series: a signalling not-a-number of its own.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Tells a series from all others by its name and labels. The same in every run and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u128);

/// A request as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The compressed body.
    pub body: Vec<u8>,
    /// Samples in it, stale markers among them.
    pub samples: usize,
    /// When they were measured: UTC milliseconds.
    pub timestamp_ms: i64,
}

/// Cuts series into requests. All samples have one timestamp, the collector's.
pub struct Requests {
    timestamp_ms: i64,
    most_samples: usize,
    /// The request under construction, not compressed.
    body: Vec<u8>,
    samples: usize,
    /// The series that have a sample of this timestamp.
    known: HashSet<SeriesId>,
    /// One series, while it is put together.
    series: Vec<u8>,
    compressor: snap::raw::Encoder,
}

impl fmt::Debug for Requests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Requests")
            .field("timestamp_ms", &self.timestamp_ms)
            .field("samples", &self.samples)
            .finish_non_exhaustive()
    }
}

impl Requests {
    /// No series yet. `timestamp_ms` is in UTC; a request holds at most `most_samples`.
    pub fn new(timestamp_ms: i64, most_samples: usize) -> Self {
        Self {
            timestamp_ms,
            most_samples: most_samples.max(1),
            body: Vec::new(),
            samples: 0,
            known: HashSet::new(),
            series: Vec::new(),
            compressor: snap::raw::Encoder::new(),
        }
    }

    /// Adds a sample, with labels that every series gets unless it has them. A request comes back when it is full.
    ///
    /// # Errors
    ///
    /// If a request cannot be compressed.
    pub fn add(
        &mut self,
        series: &Series<'_>,
        external: &[(&str, &str)],
    ) -> Result<Option<Request>> {
        self.push(series, external, series.value)
    }

    /// Adds the mark that ends a series.
    ///
    /// # Errors
    ///
    /// If a request cannot be compressed.
    pub fn add_stale(
        &mut self,
        series: &Series<'_>,
        external: &[(&str, &str)],
    ) -> Result<Option<Request>> {
        self.push(series, external, f64::from_bits(STALE))
    }

    fn push(
        &mut self,
        series: &Series<'_>,
        external: &[(&str, &str)],
        value: f64,
    ) -> Result<Option<Request>> {
        self.series.clear();
        encode_labels(series, external, &mut self.series);
        if !self
            .known
            .insert(SeriesId(XxHash3_128::oneshot(&self.series)))
        {
            return Ok(None);
        }
        let mut sample = [0u8; 20];
        let length = encode_sample(value, self.timestamp_ms, &mut sample);
        self.series.push(field(2));
        varint(length as u64, &mut self.series);
        self.series.extend_from_slice(&sample[..length]);
        self.body.push(field(1));
        varint(self.series.len() as u64, &mut self.body);
        self.body.extend_from_slice(&self.series);
        self.samples += 1;
        if self.samples >= self.most_samples || self.body.len() >= LARGEST {
            return self.cut();
        }
        Ok(None)
    }

    /// The last request, if there is something in it.
    ///
    /// # Errors
    ///
    /// If it cannot be compressed.
    pub fn finish(mut self) -> Result<Option<Request>> {
        self.cut()
    }

    fn cut(&mut self) -> Result<Option<Request>> {
        if self.samples == 0 {
            return Ok(None);
        }
        let body = self
            .compressor
            .compress_vec(&self.body)
            .map_err(Error::Compress)?;
        let samples = std::mem::take(&mut self.samples);
        self.body.clear();
        Ok(Some(Request {
            body,
            samples,
            timestamp_ms: self.timestamp_ms,
        }))
    }
}

/// Which series it is: to tell which are gone since the last run.
pub fn id(series: &Series<'_>, external: &[(&str, &str)]) -> SeriesId {
    let mut labels = Vec::new();
    encode_labels(series, external, &mut labels);
    SeriesId(XxHash3_128::oneshot(&labels))
}

/// All labels, sorted by name, the family's name among them; none is empty and none is there twice.
fn encode_labels(series: &Series<'_>, external: &[(&str, &str)], into: &mut Vec<u8>) {
    let mut labels: Vec<(&str, &str)> = Vec::with_capacity(series.labels.len() + 4);
    labels.push(("__name__", &series.family.name));
    labels.extend_from_slice(series.labels);
    labels.extend_from_slice(external);
    // Stable: of two with one name, the series' own stays.
    labels.sort_by_key(|(name, _)| *name);
    labels.dedup_by_key(|(name, _)| *name);
    for (name, value) in labels.into_iter().filter(|(_, value)| !value.is_empty()) {
        let length = text_length(name) + text_length(value);
        into.push(field(1));
        varint(length as u64, into);
        for (number, text) in [(1, name), (2, value)] {
            into.push(field(number));
            varint(text.len() as u64, into);
            into.extend_from_slice(text.as_bytes());
        }
    }
}

/// A field's key: its number, and that its length comes next.
const fn field(number: u8) -> u8 {
    number << 3 | 2
}

/// Bytes of a text's field.
fn text_length(text: &str) -> usize {
    1 + varint_length(text.len() as u64) + text.len()
}

fn varint_length(number: u64) -> usize {
    (70 - (number | 1).leading_zeros() as usize) / 7
}

fn varint(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Value and timestamp; one that is zero is left out, as protobuf wants it. Returns how many bytes they take.
fn encode_sample(value: f64, timestamp_ms: i64, into: &mut [u8; 20]) -> usize {
    let mut at = 0;
    let mut push = |byte: u8| {
        into[at] = byte;
        at += 1;
    };
    if value.to_bits() != 0 {
        push(1 << 3 | 1);
        value.to_le_bytes().into_iter().for_each(&mut push);
    }
    if timestamp_ms != 0 {
        push(2 << 3);
        let mut rest = timestamp_ms as u64;
        while rest >= 0x80 {
            push(rest as u8 | 0x80);
            rest >>= 7;
        }
        push(rest as u8);
    }
    at
}
