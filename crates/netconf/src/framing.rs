//! Splits a byte stream into NETCONF messages and frames messages for sending (RFC 6242). Does no I/O.
//!
//! Bytes go in as they arrive, and whole messages come out. There are two framings. A session starts with the end-of-message
//! mark `]]>]]>`, and changes to chunks only if both sides announced `base:1.1`.
//!
//! The search for the mark resumes where the last one stopped, so each byte of a reply is scanned once, however small the reads
//! are. A message over the size limit is an error before memory is allocated for it. A peer that announces one framing and uses
//! the other is reported at once.
//!
//! The content is not read. Only the first byte is looked at, to tell the two framings apart.

use std::borrow::Cow;

use memchr::memmem;

use crate::text::excerpt;

/// The mark that ends each message under [`Framing::EndOfMessage`] (RFC 6242, section 4.3).
pub const END_OF_MESSAGE: &[u8] = b"]]>]]>";

/// Ends the chunks of one message (RFC 6242, section 4.2).
const END_OF_CHUNKS: &[u8] = b"\n##\n";

/// The largest chunk that is sent, in bytes: some peers refuse chunks that their receive buffer cannot hold.
const LARGEST_CHUNK_SENT: usize = 64 * 1024;

/// The longest chunk header, in bytes: `\n#`, ten digits (a chunk is at most 4 294 967 295 bytes) and `\n`.
const LONGEST_CHUNK_HEADER: usize = 13;

/// The most bytes that are kept of those skipped between two messages.
const LONGEST_SKIPPED: usize = 1024;

/// The bounds of a read buffer, in bytes: most replies are small and sessions are many, but a large reply should take few reads.
const SMALLEST_READ: usize = 4 * 1024;
const LARGEST_READ: usize = 64 * 1024;

/// How messages are delimited on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `]]>]]>` after each message: NETCONF 1.0, and every hello.
    EndOfMessage,
    /// Chunks preceded by their length: NETCONF 1.1.
    Chunked,
}

/// A framing error. The stream cannot be read further after it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The message is longer than the reader allows.
    #[error("the message is larger than the limit of {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The peer announced chunks, but a message begins like XML.
    #[error(
        "the peer announced base:1.1 but does not send chunks: found \"{found}\"; \
         offer it base:1.0 only"
    )]
    ChunksExpected {
        /// The first bytes of the message, escaped.
        found: String,
    },
    /// A message ended by `]]>]]>` was expected, but a chunk header came.
    #[error("expected a message ended by ]]>]]>, found a chunk header: \"{found}\"")]
    ChunksNotExpected {
        /// The first bytes of the message, escaped.
        found: String,
    },
    /// The bytes at the place of a chunk header are none.
    #[error(
        "expected a chunk header (\\n#LENGTH\\n) after {after_bytes} bytes of the message, \
         found \"{found}\""
    )]
    ChunkHeader {
        /// How many bytes of the message were read before.
        after_bytes: usize,
        /// The bytes found, escaped.
        found: String,
    },
}

/// Splits a byte stream into messages. Starts with [`Framing::EndOfMessage`], as every session does.
///
/// ```
/// use netconf::framing::Decoder;
///
/// let mut decoder = Decoder::new(1024);
/// decoder.push(b"<hello/>]]>");
/// assert_eq!(decoder.next_message(), Ok(None));
/// decoder.push(b"]]>\n<rpc-reply/>]]>]]>");
/// assert_eq!(decoder.next_message(), Ok(Some(b"<hello/>".to_vec())));
/// assert_eq!(decoder.next_message(), Ok(Some(b"<rpc-reply/>".to_vec())));
/// assert_eq!(decoder.next_message(), Ok(None));
/// ```
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    limit_bytes: usize,
    /// Bytes not yet returned. With the end-of-message framing, a message grows here and is returned without a copy.
    input: Vec<u8>,
    /// End-of-message framing: no mark begins before this index of `input`.
    scanned: usize,
    /// Chunked framing: the content of the chunks so far.
    message: Vec<u8>,
    chunk: ChunkState,
    /// Chunked framing: the start of the bytes skipped before the first chunk of the current message.
    skipped: Vec<u8>,
}

/// The position of the next byte in a chunked message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChunkState {
    /// Before the first header, where white space is skipped.
    Start,
    /// At a header or at the end of the chunks.
    Header,
    /// Inside a chunk that lacks `missing` bytes.
    Data { missing: usize },
}

impl Decoder {
    /// A decoder that refuses messages of more than `limit_bytes` bytes.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            framing: Framing::EndOfMessage,
            limit_bytes,
            input: Vec::new(),
            scanned: 0,
            message: Vec::new(),
            chunk: ChunkState::Start,
            skipped: Vec::new(),
        }
    }

    /// The framing in force.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Changes the framing, also for bytes that were pushed and not returned yet.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
        self.scanned = 0;
        self.chunk = ChunkState::Start;
    }

    /// Refuses messages of more than `limit_bytes` bytes from here on.
    pub fn set_limit(&mut self, limit_bytes: usize) {
        self.limit_bytes = limit_bytes;
    }

    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// A buffer with room for one read; the caller appends to it.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        let as_much_again = self.input.len().clamp(SMALLEST_READ, LARGEST_READ);
        self.input.reserve(as_much_again);
        &mut self.input
    }

    /// How many bytes of an unfinished message are held.
    pub fn pending_bytes(&self) -> usize {
        self.message.len() + self.input.len()
    }

    /// Takes what is held of an unfinished message: the content of its chunks, then the bytes that were not read.
    pub(crate) fn take_pending(&mut self) -> Vec<u8> {
        let mut pending = std::mem::take(&mut self.message);
        pending.append(&mut self.input);
        pending
    }

    /// The first bytes of an unfinished message.
    pub fn pending_head(&self) -> &[u8] {
        if self.message.is_empty() {
            &self.input
        } else {
            &self.message
        }
    }

    /// The next whole message, or `None` until more bytes are there.
    ///
    /// White space before a message belongs to no message and is dropped, and so are empty messages: peers put line
    /// ends after the mark. Before a chunk header, NUL and BEL are skipped too, and other bytes if the header has arrived
    /// with them, see [`take_skipped`](Self::take_skipped).
    ///
    /// # Errors
    ///
    /// See [`FramingError`]. The decoder is of no use after one.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        match self.framing {
            Framing::EndOfMessage => self.next_marked(),
            Framing::Chunked => self.next_chunked(),
        }
    }

    fn next_marked(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        loop {
            if self.scanned == 0 {
                self.drop_leading_white_space();
            }
            self.refuse_chunk_header()?;
            let from = self.scanned;
            let Some(at) = memmem::find(self.input.get(from..).unwrap_or_default(), END_OF_MESSAGE)
            else {
                // The last five bytes may be the beginning of a mark, so the next search includes them.
                self.scanned = (self.input.len()).saturating_sub(END_OF_MESSAGE.len() - 1);
                return if self.scanned > self.limit_bytes {
                    Err(self.too_large())
                } else {
                    Ok(None)
                };
            };
            let length = from + at;
            if length > self.limit_bytes {
                return Err(self.too_large());
            }
            let rest = self.input.split_off(length + END_OF_MESSAGE.len());
            let mut message = std::mem::replace(&mut self.input, rest);
            self.scanned = 0;
            message.truncate(length);
            if !message.is_empty() {
                return Ok(Some(message));
            }
        }
    }

    fn next_chunked(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        let mut used = 0;
        let result = self.read_chunks(&mut used);
        self.input.drain(..used);
        if self.input.is_empty() && self.message.is_empty() {
            // A session may be idle for long between messages, and there may be thousands of sessions.
            self.input = Vec::new();
        }
        result
    }

    /// Reads chunks from the start of `input` and adds the number of consumed bytes to `used`.
    fn read_chunks(&mut self, used: &mut usize) -> Result<Option<Vec<u8>>, FramingError> {
        loop {
            let rest = self.input.get(*used..).unwrap_or_default();
            match self.chunk {
                ChunkState::Start => {
                    let is_filler = |b: &u8| b.is_ascii_whitespace() || matches!(b, 0 | 7);
                    let Some(at) = rest.iter().position(|b| !is_filler(b)) else {
                        // The last line end may be the one that begins a header.
                        *used += rest.len().saturating_sub(1);
                        return Ok(None);
                    };
                    let before = at.checked_sub(1).and_then(|before| rest.get(before));
                    let begin = match rest.get(at) {
                        Some(b'#') if before == Some(&b'\n') => at - 1,
                        Some(b'<') => {
                            let found = excerpt(rest.get(at..).unwrap_or_default());
                            return Err(FramingError::ChunksExpected { found });
                        }
                        _ => match find_chunk_header(rest) {
                            Some(begin) => begin,
                            None => return Err(self.bad_header(rest)),
                        },
                    };
                    let skipped = rest.get(..begin).unwrap_or_default().trim_ascii();
                    let skipped = skipped.get(..LONGEST_SKIPPED).unwrap_or(skipped);
                    self.skipped = skipped.to_vec();
                    *used += begin;
                    self.chunk = ChunkState::Header;
                }
                ChunkState::Header => match read_chunk_header(rest) {
                    ChunkHeader::Incomplete => return Ok(None),
                    ChunkHeader::Chunk { header, length } => {
                        if length > self.limit_bytes.saturating_sub(self.message.len()) {
                            return Err(self.too_large());
                        }
                        *used += header;
                        self.chunk = ChunkState::Data { missing: length };
                    }
                    ChunkHeader::End if !self.message.is_empty() => {
                        *used += END_OF_CHUNKS.len();
                        self.chunk = ChunkState::Start;
                        return Ok(Some(std::mem::take(&mut self.message)));
                    }
                    ChunkHeader::End | ChunkHeader::Bad => return Err(self.bad_header(rest)),
                },
                ChunkState::Data { missing } => {
                    let here = rest.get(..missing).unwrap_or(rest);
                    self.message.extend_from_slice(here);
                    *used += here.len();
                    if here.len() < missing {
                        let missing = missing - here.len();
                        self.chunk = ChunkState::Data { missing };
                        return Ok(None);
                    }
                    self.chunk = ChunkState::Header;
                }
            }
        }
    }

    fn drop_leading_white_space(&mut self) {
        let blank = self.input.iter().take_while(|b| b.is_ascii_whitespace());
        let blank = blank.count();
        if blank > 0 {
            self.input.drain(..blank);
        }
    }

    /// XML cannot begin with a chunk header: it comes from a peer that changed the framing alone. A line of text that begins
    /// with `#` is not one.
    fn refuse_chunk_header(&self) -> Result<(), FramingError> {
        let is_header = self.input.strip_prefix(b"#").is_some_and(|rest| {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits > 0 && rest.get(digits) == Some(&b'\n')
        });
        if is_header {
            let found = excerpt(&self.input);
            return Err(FramingError::ChunksNotExpected { found });
        }
        Ok(())
    }

    /// Takes the bytes skipped before the first chunk of the last message, at most 1 KiB of them. Almost always empty. With
    /// end-of-message framing such bytes are a part of the message.
    pub fn take_skipped(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.skipped)
    }

    fn too_large(&self) -> FramingError {
        FramingError::TooLarge {
            limit_bytes: self.limit_bytes,
        }
    }

    fn bad_header(&self, rest: &[u8]) -> FramingError {
        FramingError::ChunkHeader {
            after_bytes: self.message.len(),
            found: excerpt(rest),
        }
    }
}

/// The position of the first chunk header in `bytes`.
fn find_chunk_header(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"\n#").find(|begin| {
        let here = bytes.get(*begin..).unwrap_or_default();
        matches!(read_chunk_header(here), ChunkHeader::Chunk { .. })
    })
}

enum ChunkHeader {
    Incomplete,
    Chunk { header: usize, length: usize },
    End,
    Bad,
}

/// Reads `\n#LENGTH\n` or `\n##\n` at the beginning of `bytes`.
fn read_chunk_header(bytes: &[u8]) -> ChunkHeader {
    let head = bytes.get(..LONGEST_CHUNK_HEADER).unwrap_or(bytes);
    match head {
        [] | [b'\n'] | [b'\n', b'#'] | [b'\n', b'#', b'#'] => return ChunkHeader::Incomplete,
        [b'\n', b'#', b'#', b'\n', ..] => return ChunkHeader::End,
        [b'\n', b'#', b'1'..=b'9', ..] => {}
        _ => return ChunkHeader::Bad,
    }
    let digits = head.get(2..).unwrap_or_default();
    let Some(count) = digits.iter().position(|b| !b.is_ascii_digit()) else {
        return if head.len() < LONGEST_CHUNK_HEADER {
            ChunkHeader::Incomplete
        } else {
            ChunkHeader::Bad
        };
    };
    if digits.get(count) != Some(&b'\n') {
        return ChunkHeader::Bad;
    }
    let length = digits.iter().take(count).try_fold(0u32, |length, digit| {
        length.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    });
    match length.and_then(|length| usize::try_from(length).ok()) {
        Some(length) => ChunkHeader::Chunk {
            header: count + 3,
            length,
        },
        None => ChunkHeader::Bad,
    }
}

/// The pieces that put `message` on the wire, in order. The message itself is borrowed, not copied.
///
/// The caller must make sure that a message for [`Framing::EndOfMessage`] does not hold the mark, and that a
/// chunked one is not empty: neither framing can carry those.
pub fn encode(message: &[u8], framing: Framing) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let (chunk_size, end) = match framing {
        Framing::EndOfMessage => (message.len().max(1), END_OF_MESSAGE),
        Framing::Chunked => (LARGEST_CHUNK_SENT, END_OF_CHUNKS),
    };
    message
        .chunks(chunk_size)
        .flat_map(move |chunk| {
            let header = match framing {
                Framing::EndOfMessage => Vec::new(),
                Framing::Chunked => format!("\n#{}\n", chunk.len()).into_bytes(),
            };
            [Cow::Owned(header), Cow::Borrowed(chunk)]
        })
        .filter(|piece| !piece.is_empty())
        .chain(std::iter::once(Cow::Borrowed(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(framing: Framing, limit_bytes: usize) -> Decoder {
        let mut decoder = Decoder::new(limit_bytes);
        decoder.set_framing(framing);
        decoder
    }

    fn framed(message: &[u8], framing: Framing) -> Vec<u8> {
        encode(message, framing).flat_map(Cow::into_owned).collect()
    }

    fn all(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Vec<u8>>, FramingError> {
        decoder.push(bytes);
        let mut messages = Vec::new();
        while let Some(message) = decoder.next_message()? {
            messages.push(message);
        }
        Ok(messages)
    }

    #[test]
    fn white_space_and_line_ends_between_messages_belong_to_none() {
        let marked = b"\r\n <a/>\n]]>]]>\n\n]]>]]>  <b/>]]>]]>\n";
        let messages = all(&mut decoder(Framing::EndOfMessage, 99), marked);
        assert_eq!(messages, Ok(vec![b"<a/>\n".to_vec(), b"<b/>".to_vec()]));
        let chunked = b"\r\n\n#2\n<a\n#2\n/>\n##\n \n\n#4\n<b/>\n##\n\n";
        let messages = all(&mut decoder(Framing::Chunked, 99), chunked);
        assert_eq!(messages, Ok(vec![b"<a/>".to_vec(), b"<b/>".to_vec()]));
    }

    #[test]
    fn a_message_at_the_limit_passes_and_one_byte_more_does_not() {
        for framing in [Framing::EndOfMessage, Framing::Chunked] {
            let mut at = decoder(framing, 4);
            assert_eq!(
                all(&mut at, &framed(b"<a/>", framing)).map(|m| m.len()),
                Ok(1)
            );
            let mut over = decoder(framing, 3);
            assert_eq!(
                all(&mut over, &framed(b"<a/>", framing)),
                Err(FramingError::TooLarge { limit_bytes: 3 })
            );
        }
    }

    #[test]
    fn the_limit_holds_before_the_end_of_the_message_is_seen() {
        let mut marked = decoder(Framing::EndOfMessage, 1000);
        marked.push(&[b'x'; 1006]);
        assert!(matches!(
            marked.next_message(),
            Err(FramingError::TooLarge { .. })
        ));
        // Four gigabytes announced, thirteen bytes sent.
        let mut chunked = decoder(Framing::Chunked, 1000);
        chunked.push(b"\n#4294967295\n");
        assert!(matches!(
            chunked.next_message(),
            Err(FramingError::TooLarge { .. })
        ));
        assert!(chunked.message.capacity() < 1000);
    }

    #[test]
    fn a_peer_that_speaks_the_other_framing_is_named() {
        let mut chunked = decoder(Framing::Chunked, 1000);
        let error = all(&mut chunked, b"\n<rpc-reply/>]]>]]>").unwrap_err();
        assert!(matches!(error, FramingError::ChunksExpected { .. }));
        let text = error.to_string();
        assert!(
            text.contains("<rpc-reply/>") && text.contains("base:1.0 only"),
            "{text}"
        );
        let mut marked = decoder(Framing::EndOfMessage, 1000);
        let error = all(&mut marked, b"\n#12\n<rpc-reply/>\n##\n").unwrap_err();
        assert!(matches!(error, FramingError::ChunksNotExpected { .. }));
    }

    #[test]
    fn what_is_no_chunk_header_is_shown_with_its_place() {
        for bad in [
            "\n#0\n",
            "\n#04\n",
            "\n#x\n",
            "\n#4294967296\n",
            "\n#12345678901",
            "\n##\n",
            "abc",
        ] {
            let error = all(&mut decoder(Framing::Chunked, usize::MAX), bad.as_bytes());
            let is_header = matches!(error, Err(FramingError::ChunkHeader { after_bytes: 0, .. }));
            assert!(is_header, "{bad:?} gave {error:?}");
        }
        let error = all(&mut decoder(Framing::Chunked, 99), b"\n#3\nabcd\n##\n").unwrap_err();
        let found = r"d\n##\n".to_owned();
        assert_eq!(
            error,
            FramingError::ChunkHeader {
                after_bytes: 3,
                found
            }
        );
    }

    #[test]
    fn bytes_before_the_first_chunk_are_skipped_and_reported() {
        let sent = b"\n#4\n<a/>\n##\n\x07\n#4\n<b/>\n##\ngoing down #1\r\n\n#4\n<c/>\n##\n";
        let mut decoder = decoder(Framing::Chunked, 99);
        decoder.push(sent);
        let mut found = Vec::new();
        while let Some(message) = decoder.next_message().unwrap() {
            let skipped = String::from_utf8(decoder.take_skipped()).unwrap();
            found.push((String::from_utf8(message).unwrap(), skipped));
        }
        let expected = [("<a/>", ""), ("<b/>", "\x07"), ("<c/>", "going down #1")];
        let expected = expected.map(|(message, skipped)| (message.to_owned(), skipped.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_banner_of_hashes_is_no_chunk_header() {
        for banner in ["### lab ###\n", "#1 in the lab\n", "##\n", "#\n"] {
            let sent = format!("{banner}<hello/>]]>]]>");
            for size in [1, 3, 100] {
                let mut decoder = decoder(Framing::EndOfMessage, 99);
                let mut messages = Vec::new();
                for part in sent.as_bytes().chunks(size) {
                    messages.extend(all(&mut decoder, part).unwrap());
                }
                let message = format!("{banner}<hello/>").into_bytes();
                assert_eq!(messages, [message], "{banner:?} in reads of {size}");
            }
        }
    }

    #[test]
    fn a_large_reply_in_small_reads_is_scanned_once() {
        // Without a resumed scan, 2 MB in reads of 16 bytes would be 131 072 scans of 1 MB on average: minutes.
        let reply = vec![b']'; 2 << 20];
        let mut decoder = decoder(Framing::EndOfMessage, 4 << 20);
        let started = std::time::Instant::now();
        for read in framed(&reply, Framing::EndOfMessage).chunks(16) {
            decoder.push(read);
            if let Some(message) = decoder.next_message().unwrap() {
                assert_eq!(message.len(), reply.len());
            }
        }
        assert_eq!(decoder.pending_bytes(), 0);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}
