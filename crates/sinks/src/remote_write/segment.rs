//! A segment of the spool: whole requests, one behind the other, each with its length and a checksum.
//!
//! ```text
//! segment = magic, record, record, …
//! record  = length: u32, samples: u32, timestamp_ms: i64, checksum: u64, body   (little endian)
//! ```

use std::io::{self, ErrorKind, Read};

use twox_hash::XxHash3_128;

/// What a segment begins with; the last byte is the version of the format.
pub(super) const MAGIC: [u8; 8] = *b"LWSPOOL1";
/// Bytes before a record's body.
const HEAD: usize = 24;
/// Where the checksum is within them. It covers what stands before it and the body.
const CHECKSUM_AT: usize = 16;
/// No request is longer: a length beyond this is damage.
const LONGEST_BODY: u32 = 32 * 1024 * 1024;

/// A request of the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What is sent.
    pub body: Vec<u8>,
    /// Samples in it.
    pub samples: u32,
    /// When they were measured: UTC milliseconds.
    pub timestamp_ms: i64,
}

impl Record {
    /// Bytes that it takes in a segment.
    pub(super) fn stored_bytes(&self) -> u64 {
        (HEAD + self.body.len()) as u64
    }

    /// The record as it is stored. None: the body is too long for any receiver.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let length = u32::try_from(self.body.len()).ok();
        let length = length.filter(|length| *length <= LONGEST_BODY)?;
        let mut bytes = Vec::with_capacity(HEAD + self.body.len());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.samples.to_le_bytes());
        bytes.extend_from_slice(&self.timestamp_ms.to_le_bytes());
        let checksum = checksum(&bytes, &self.body);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&self.body);
        Some(bytes)
    }

    /// Reads the next record. None: what follows is no whole record.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; HEAD];
        if !filled(from, &mut head)? {
            return Ok(None);
        }
        let (fields, stored) = head.split_at(CHECKSUM_AT);
        let (length, rest) = fields.split_at(4);
        let (samples, timestamp_ms) = rest.split_at(4);
        let length = u32::from_le_bytes(array(length));
        if length > LONGEST_BODY {
            return Ok(None);
        }
        let mut body = Vec::new();
        from.take(u64::from(length)).read_to_end(&mut body)?;
        if body.len() as u64 != u64::from(length)
            || checksum(fields, &body) != u64::from_le_bytes(array(stored))
        {
            return Ok(None);
        }
        Ok(Some(Self {
            body,
            samples: u32::from_le_bytes(array(samples)),
            timestamp_ms: i64::from_le_bytes(array(timestamp_ms)),
        }))
    }
}

/// How far a segment is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Bytes up to the end of the last whole record; 0 if even the beginning is none of a segment's.
    pub whole_bytes: u64,
}

/// Reads a segment and hands over each whole record with the offset at which it begins.
///
/// # Errors
///
/// Those of the reader. Damage is no error: it ends the segment.
pub fn scan(mut from: impl Read, mut visit: impl FnMut(u64, Record)) -> io::Result<Scanned> {
    let mut magic = [0; MAGIC.len()];
    if !filled(&mut from, &mut magic)? || magic != MAGIC {
        return Ok(Scanned::default());
    }
    let mut at = MAGIC.len() as u64;
    while let Some(record) = Record::read(&mut from)? {
        let begins = at;
        at += record.stored_bytes();
        visit(begins, record);
    }
    Ok(Scanned { whole_bytes: at })
}

fn checksum(fields: &[u8], body: &[u8]) -> u64 {
    // The body's checksum depends on the fields by its seed.
    let seed = XxHash3_128::oneshot(fields) as u64;
    XxHash3_128::oneshot_with_seed(seed, body) as u64
}

/// Fills the buffer. False: the end came first.
fn filled(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The bytes as an array; missing ones are zero.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    for (into, byte) in array.iter_mut().zip(bytes) {
        *into = *byte;
    }
    array
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(records: &[Record]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for record in records {
            bytes.extend(record.encode().unwrap());
        }
        bytes
    }

    fn read(bytes: &[u8]) -> (Vec<Record>, u64) {
        let mut records = Vec::new();
        let scanned = scan(bytes, |_, record| records.push(record)).unwrap();
        (records, scanned.whole_bytes)
    }

    fn records() -> impl Strategy<Value = Vec<Record>> {
        let record = (
            proptest::collection::vec(any::<u8>(), 0..60),
            any::<u32>(),
            any::<i64>(),
        );
        let record = record.prop_map(|(body, samples, timestamp_ms)| Record {
            body,
            samples,
            timestamp_ms,
        });
        proptest::collection::vec(record, 0..6)
    }

    proptest! {
        #[test]
        fn a_segment_that_is_cut_anywhere_gives_its_whole_records_and_no_more(records in records(), cut in any::<prop::sample::Index>()) {
            let bytes = segment(&records);
            let cut = cut.index(bytes.len() + 1);
            let (found, whole) = read(&bytes[..cut]);
            let mut end = MAGIC.len();
            let expected = records.iter().take_while(|record| {
                end += record.stored_bytes() as usize;
                end <= cut
            });
            prop_assert_eq!(&found, &expected.cloned().collect::<Vec<_>>());
            let length = if cut < MAGIC.len() { 0 } else { segment(&found).len() };
            prop_assert_eq!(whole, length as u64);
        }

        #[test]
        fn a_flipped_bit_ends_the_segment_before_its_record(records in records(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = segment(&records);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let (found, whole) = read(&bytes);
            prop_assert!(whole <= at as u64);
            prop_assert_eq!(&found[..], &records[..found.len()]);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let with_magic = [&MAGIC[..], &bytes].concat();
            prop_assert!(read(&with_magic).1 <= with_magic.len() as u64);
        }
    }
}
