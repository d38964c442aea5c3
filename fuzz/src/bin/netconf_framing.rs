//! Any bytes in any pieces through both framings of NETCONF: no panic, no message and no memory over the limit, the same messages
//! however the bytes are cut (but for bytes before a chunk that is no header), and what came out goes through again unchanged.
//!
//! The first byte of an input says the framing (bit 0) and how many bytes of read sizes follow (bits 1 to 3); the next two are the
//! limit, big-endian; the rest after the read sizes is what the peer sends.
#![no_main]

use std::mem::discriminant;

use netconf::Framing;
use netconf::framing::{Decoder, FramingError, encode};

/// What a decoder may hold beyond its limit: a mark or a chunk header that is not complete yet, and a byte of white space.
const BEYOND_LIMIT: usize = 16;

type Outcome = (Vec<Vec<u8>>, Option<FramingError>);

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let [head, high, low, rest @ ..] = input else {
        return;
    };
    let framing = if head & 1 == 0 {
        Framing::EndOfMessage
    } else {
        Framing::Chunked
    };
    let limit = usize::from(u16::from_be_bytes([*high, *low]));
    let Some((sizes, sent)) = rest.split_at_checked(usize::from(head >> 1 & 7)) else {
        return;
    };

    let whole = decode(framing, limit, &[], sent);
    let cut = decode(framing, limit, sizes, sent);
    // Bytes before a chunk are skipped as far as they have come: whether a header follows them depends on the pieces.
    let is_early = |outcome: &Outcome| matches!(outcome.1, Some(FramingError::ChunkHeader { .. }));
    if is_early(&whole) || is_early(&cut) {
        let both = whole.0.iter().zip(&cut.0);
        both.for_each(|(whole, cut)| assert_eq!(whole, cut, "read as {sizes:?}"));
    } else {
        assert_eq!(whole.0, cut.0, "read as {sizes:?}");
        assert_eq!(
            whole.1.as_ref().map(discriminant),
            cut.1.as_ref().map(discriminant),
            "read as {sizes:?}: {:?} and {:?}",
            whole.1,
            cut.1
        );
    }

    for message in &whole.0 {
        assert!(!message.is_empty() && message.len() <= limit);
        let again: Vec<u8> = encode(message, framing)
            .flat_map(|piece| piece.into_owned())
            .collect();
        let (messages, error) = decode(framing, limit, sizes, &again);
        assert_eq!(
            (messages.as_slice(), error),
            ([message.clone()].as_slice(), None)
        );
    }
});

/// The messages in `sent`, which arrives in pieces of these sizes in turn (each a byte longer than it says, so that none is empty).
fn decode(framing: Framing, limit: usize, sizes: &[u8], mut sent: &[u8]) -> Outcome {
    let mut decoder = Decoder::new(limit);
    decoder.set_framing(framing);
    let mut sizes = sizes.iter().cycle();
    let mut messages = Vec::new();
    while !sent.is_empty() {
        let size = sizes
            .next()
            .map_or(sent.len(), |size| usize::from(*size) + 1);
        let (now, later) = sent.split_at(size.min(sent.len()));
        sent = later;
        decoder.push(now);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(
            decoder.pending_bytes() <= limit + BEYOND_LIMIT,
            "{} bytes are held, the limit is {limit}",
            decoder.pending_bytes()
        );
    }
    (messages, None)
}
