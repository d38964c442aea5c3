//! Series as bytes: the text format, OpenMetrics, and remote write.

pub mod openmetrics;
pub mod remote_write;
pub mod text;

use std::io::{self, Write};

/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 32 * 1024;

/// Bytes on their way to a writer.
#[derive(Debug)]
struct Output<W> {
    out: W,
    buffer: Vec<u8>,
}

impl<W: Write> Output<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            buffer: Vec::with_capacity(CHUNK + CHUNK / 4),
        }
    }

    /// Hands on what there is, if that is much.
    fn flush_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() >= CHUNK {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Appends a sample's line: name, labels and value.
fn sample(name: &str, labels: &[(&str, &str)], value: f64, into: &mut Vec<u8>) {
    open_sample(name, labels, value, into);
    into.push(b'\n');
}

/// The line without its end.
fn open_sample(name: &str, labels: &[(&str, &str)], value: f64, into: &mut Vec<u8>) {
    into.extend_from_slice(name.as_bytes());
    for (at, (label, text)) in labels.iter().enumerate() {
        into.push(if at == 0 { b'{' } else { b',' });
        into.extend_from_slice(label.as_bytes());
        into.extend_from_slice(b"=\"");
        escape(text, into);
        into.push(b'"');
    }
    if !labels.is_empty() {
        into.push(b'}');
    }
    into.push(b' ');
    crate::number::write(value, into);
}

/// Appends a label's value with backslashes, quotes and line feeds escaped.
fn escape(text: &str, into: &mut Vec<u8>) {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'"' | b'\n');
    // Without a jump out of the loop, so that many bytes are compared at once.
    let any = text
        .as_bytes()
        .iter()
        .fold(false, |any, byte| any | is_special(byte));
    if !any {
        into.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\\' => into.extend_from_slice(b"\\\\"),
            b'"' => into.extend_from_slice(b"\\\""),
            b'\n' => into.extend_from_slice(b"\\n"),
            byte => into.push(byte),
        }
    }
}
