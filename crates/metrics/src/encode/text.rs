//! The text exposition format, version 0.0.4.
//!
//! Samples carry no timestamps: the text file collector and the Pushgateway refuse them, and a scraped series with a timestamp does
//! not go stale.

use std::io::{self, BufRead, Write};

use super::{Output, sample};
use crate::exposition::Exposition;
use crate::family::{Family, Series};
use crate::previous::Families;

/// What an HTTP answer with this text says of itself.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes series as they come; the series of a family one after the other.
#[derive(Debug)]
pub struct Encoder<W> {
    output: Output<W>,
    /// The family whose comments have been written last.
    family: String,
}

impl<W: Write> Encoder<W> {
    /// Writes to this writer, in large pieces.
    pub fn new(out: W) -> Self {
        Self {
            output: Output::new(out),
            family: String::new(),
        }
    }

    /// Writes a series, before it the comments of its family if that is a new one.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn series(&mut self, series: &Series<'_>) -> io::Result<()> {
        let family = series.family;
        if self.family != family.name {
            self.begin(family);
        }
        sample(
            &family.name,
            series.labels,
            series.value,
            &mut self.output.buffer,
        );
        self.output.flush_if_full()
    }

    fn begin(&mut self, family: &Family) {
        self.family.clone_from(&family.name);
        let into = &mut self.output.buffer;
        into.extend_from_slice(b"# HELP ");
        into.extend_from_slice(family.name.as_bytes());
        into.push(b' ');
        for byte in family.help.bytes() {
            match byte {
                b'\\' => into.extend_from_slice(b"\\\\"),
                b'\n' => into.extend_from_slice(b"\\n"),
                byte => into.push(byte),
            }
        }
        into.extend_from_slice(b"\n# TYPE ");
        into.extend_from_slice(family.name.as_bytes());
        into.push(b' ');
        into.extend_from_slice(family.kind.as_str().as_bytes());
        into.push(b'\n');
    }

    /// Writes what is left. The writer comes back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        self.output.finish()
    }

    /// Copies the lines of devices that are kept, of all families that come before `name`, or that have this name.
    fn copy<R: BufRead>(
        &mut self,
        previous: &mut Families<R>,
        exposition: &Exposition,
        is_due: impl Fn(&str) -> bool,
    ) -> io::Result<()> {
        while previous.name().is_some_and(&is_due) {
            previous.take(|comments, line, text| {
                let is_kept = line
                    .device()
                    .is_some_and(|device| exposition.kept().contains(&device));
                if !is_kept {
                    return Ok(());
                }
                if self.family != line.family {
                    // A text that is not sorted is none of ours: a family must not come in two pieces.
                    if line.family < self.family.as_str() {
                        return Ok(());
                    }
                    line.family.clone_into(&mut self.family);
                    self.output.buffer.extend_from_slice(comments.as_bytes());
                }
                self.output.buffer.extend_from_slice(text.as_bytes());
                self.output.buffer.push(b'\n');
                self.output.flush_if_full()
            })?;
        }
        Ok(())
    }
}

/// Writes all series.
///
/// # Errors
///
/// Those of the writer.
pub fn write<W: Write>(exposition: &Exposition, out: W) -> io::Result<W> {
    let mut encoder = Encoder::new(out);
    exposition.for_each_series(|series| encoder.series(series))?;
    encoder.finish()
}

/// Writes all series, and those of the devices of [`Exposition::keep`] as an earlier text has them. Neither is in memory as a whole.
///
/// # Errors
///
/// Those of the reader and of the writer.
pub fn write_over<W: Write>(
    exposition: &Exposition,
    previous: impl BufRead,
    out: W,
) -> io::Result<W> {
    let mut encoder = Encoder::new(out);
    let mut previous = Families::new(previous)?;
    let mut family = String::new();
    exposition.for_each_series(|series| {
        if family != series.family.name {
            encoder.copy(&mut previous, exposition, |name| name <= family.as_str())?;
            family.clone_from(&series.family.name);
            encoder.copy(&mut previous, exposition, |name| name < family.as_str())?;
        }
        encoder.series(series)
    })?;
    encoder.copy(&mut previous, exposition, |_| true)?;
    encoder.finish()
}
