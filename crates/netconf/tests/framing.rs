//! Framing under every cut: what goes in comes out, and nothing that goes in does harm.

use std::borrow::Cow;

use netconf::framing::{Decoder, END_OF_MESSAGE, Framing, encode};
use proptest::prelude::*;

fn decoder(framing: Framing, limit_bytes: usize) -> Decoder {
    let mut decoder = Decoder::new(limit_bytes);
    decoder.set_framing(framing);
    decoder
}

fn framed(message: &[u8], framing: Framing) -> Vec<u8> {
    encode(message, framing).flat_map(Cow::into_owned).collect()
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(
        prop_oneof![Just(b']'), Just(b'>'), Just(b'\n'), Just(b'#'), any::<u8>()],
        0..300,
    );
    body.prop_map(|body| [b"<", body.as_slice(), b"/>"].concat())
        .prop_filter("the mark cannot be carried", |message| {
            !message.windows(6).any(|window| window == END_OF_MESSAGE)
        })
}

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![Just(Framing::EndOfMessage), Just(Framing::Chunked)]
}

proptest! {
    #[test]
    fn messages_come_back_the_same_however_they_are_cut(
        messages in prop::collection::vec(message(), 1..5),
        framing in framing(),
        reads in prop::collection::vec(1usize..40, 1..50),
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| framed(m, framing)).collect();
        let mut decoder = decoder(framing, 1000);
        let mut seen = Vec::new();
        let mut rest = stream.as_slice();
        for size in reads.iter().cycle() {
            let (read, later) = rest.split_at((*size).min(rest.len()));
            decoder.push(read);
            while let Some(message) = decoder.next_message().unwrap() {
                seen.push(message);
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(seen, messages);
        prop_assert_eq!(decoder.pending_bytes(), 0);
    }

    #[test]
    fn a_chunked_message_may_be_cut_into_any_chunks(
        message in message(),
        sizes in prop::collection::vec(1usize..50, 1..20),
    ) {
        let mut stream = Vec::new();
        let mut rest = message.as_slice();
        for size in sizes.iter().cycle() {
            let (chunk, later) = rest.split_at((*size).min(rest.len()));
            stream.extend_from_slice(format!("\n#{}\n", chunk.len()).as_bytes());
            stream.extend_from_slice(chunk);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        stream.extend_from_slice(b"\n##\n");
        let mut decoder = decoder(Framing::Chunked, 1000);
        decoder.push(&stream);
        prop_assert_eq!(decoder.next_message(), Ok(Some(message)));
    }

    #[test]
    fn arbitrary_bytes_neither_panic_nor_exceed_the_limit(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'#'), Just(b']'), Just(b'>'), b'0'..=b'9', any::<u8>()], 0..2000),
        framing in framing(),
        read in 1usize..200,
    ) {
        let mut decoder = decoder(framing, 100);
        for read in bytes.chunks(read) {
            decoder.push(read);
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => prop_assert!(message.len() <= 100),
                    Ok(None) => break,
                    Err(_) => return Ok(()),
                }
            }
            // The limit, one read, and an end mark begun.
            prop_assert!(decoder.pending_bytes() <= 100 + 200 + 20);
        }
    }
}
