//! OpenMetrics 1.0.
//!
//! Samples of one time have no timestamps. For a history, [`line()`] writes samples with theirs, and [`Encoder::family`] puts those of a
//! family together.
//!
//! A counter's samples must end with `_total` there; the documented names do not, so those families are of unknown type. A counter's
//! time of creation is not known to us and not written.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::{Output, escape, open_sample, sample};
use crate::exposition::Exposition;
use crate::family::{Family, Kind, Series};

/// What an HTTP answer with this text says of itself.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes series as they come; the series of a family one after the other.
#[derive(Debug)]
pub struct Encoder<W> {
    output: Output<W>,
    /// The name of the samples that are being written.
    samples: String,
    /// MetricNames of families so far: no two may have the same, also without their samples' suffix.
    families: HashSet<String>,
}

impl<W: Write> Encoder<W> {
    /// Writes to this writer, in large pieces.
    pub fn new(out: W) -> Self {
        Self {
            output: Output::new(out),
            samples: String::new(),
            families: HashSet::new(),
        }
    }

    /// Writes a series, before it the metadata of its family if that is a new one.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn series(&mut self, series: &Series<'_>) -> io::Result<()> {
        let family = series.family;
        if self.samples != family.name {
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

    /// Writes a family whose samples were written by [`line()`].
    ///
    /// # Errors
    ///
    /// Those of the reader and of the writer.
    pub fn family(&mut self, family: &Family, mut lines: impl Read) -> io::Result<()> {
        self.begin(family);
        self.output.out.write_all(&self.output.buffer)?;
        self.output.buffer.clear();
        io::copy(&mut lines, &mut self.output.out)?;
        Ok(())
    }

    fn begin(&mut self, family: &Family) {
        self.samples.clone_from(&family.name);
        let full = (family.name.as_str(), "unknown");
        let (name, kind) = match family.kind {
            Kind::Gauge => (family.name.as_str(), "gauge"),
            Kind::Counter => (family.name.strip_suffix("_total")).map_or(full, |n| (n, "counter")),
            Kind::Info => (family.name.strip_suffix("_info")).map_or(full, |n| (n, "info")),
        };
        let (name, kind) = if self.families.contains(name) {
            full
        } else {
            (name, kind)
        };
        self.families.insert(name.to_owned());
        let into = &mut self.output.buffer;
        let mut comment = |word: &str, text: &str| {
            for part in ["# ", word, " ", name, " "] {
                into.extend_from_slice(part.as_bytes());
            }
            escape(text, into);
            into.push(b'\n');
        };
        comment("TYPE", kind);
        let has_unit = !family.unit.is_empty()
            && (name.strip_suffix(family.unit)).is_some_and(|rest| rest.ends_with('_'));
        if has_unit {
            comment("UNIT", family.unit);
        }
        comment("HELP", &family.help);
    }

    /// Writes the end, without which a reader refuses the whole. The writer comes back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.buffer.extend_from_slice(b"# EOF\n");
        self.output.finish()
    }
}

/// Appends a series' sample of a UTC second.
pub fn line(series: &Series<'_>, second: i64, into: &mut Vec<u8>) {
    open_sample(&series.family.name, series.labels, series.value, into);
    // Writing to memory does not fail.
    writeln!(into, " {second}").ok();
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
