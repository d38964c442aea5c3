//! The text of an earlier run, as far as a later one needs it: its lines, family by family, in bounded memory.

use std::io::{self, BufRead};

/// The longest line that is taken for one of ours.
const LONGEST_LINE: usize = 64 * 1024;

/// A sample's line, cut into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample<'t> {
    pub(crate) family: &'t str,
    /// What stands between the braces.
    labels: &'t str,
    pub(crate) value: &'t str,
}

impl<'t> Sample<'t> {
    /// A line of the text as we write it. None: a comment, or no line of ours.
    pub(crate) fn of(line: &'t str) -> Option<Self> {
        let (family, rest) = line.split_once('{')?;
        let (labels, value) = rest.rsplit_once("} ")?;
        (!family.starts_with('#')).then_some(Self {
            family,
            labels,
            value,
        })
    }

    /// Whose it is: the device is the first label of all our series.
    pub(crate) fn device(&self) -> Option<String> {
        let (name, value, _) = first_label(self.labels)?;
        (name == "device").then_some(value)
    }

    /// The value of a label.
    pub(crate) fn label(&self, wanted: &str) -> Option<String> {
        let mut labels = self.labels;
        loop {
            let (name, value, rest) = first_label(labels)?;
            if name == wanted {
                return Some(value);
            }
            labels = rest;
        }
    }
}

/// A label's name and value, and what stands behind it.
fn first_label(labels: &str) -> Option<(&str, String, &str)> {
    let (name, text) = labels.split_once("=\"")?;
    let mut value = String::new();
    let mut letters = text.chars();
    loop {
        match letters.next()? {
            '"' => break,
            '\\' => match letters.next()? {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            letter => value.push(letter),
        }
    }
    let rest = letters.as_str();
    Some((name, value, rest.strip_prefix(',').unwrap_or(rest)))
}

/// Hands over each line without its end. Lines that are too long or no UTF-8 are none of ours and are passed over.
pub(crate) fn each_line(
    mut text: impl BufRead,
    mut visit: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut lines = Lines::default();
    while let Some(line) = lines.next(&mut text)? {
        visit(line)?;
    }
    Ok(())
}

/// Reads lines into one buffer.
#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line that may be one of ours.
    fn next(&mut self, text: &mut impl BufRead) -> io::Result<Option<&str>> {
        loop {
            self.buffer.clear();
            let limit = LONGEST_LINE as u64 + 1;
            if io::Read::take(&mut *text, limit).read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            if self.buffer.last() == Some(&b'\n') {
                self.buffer.pop();
            } else if self.buffer.len() > LONGEST_LINE {
                self.buffer.clear();
                text.skip_until(b'\n')?;
            }
            if std::str::from_utf8(&self.buffer).is_ok() && !self.buffer.is_empty() {
                break;
            }
        }
        Ok(std::str::from_utf8(&self.buffer).ok())
    }
}

/// The families of an earlier text, to be merged into a new one: both are sorted by name.
#[derive(Debug)]
pub(crate) struct Families<R> {
    text: R,
    lines: Lines,
    /// The family that comes next, with the comments that stand before its first sample.
    next: Option<String>,
    comments: String,
    /// Its first line, which has been read already.
    line: String,
}

impl<R: BufRead> Families<R> {
    pub(crate) fn new(text: R) -> io::Result<Self> {
        let mut families = Self {
            text,
            lines: Lines::default(),
            next: None,
            comments: String::new(),
            line: String::new(),
        };
        families.advance()?;
        Ok(families)
    }

    /// The name of the next family; none at the end.
    pub(crate) fn name(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Hands over the lines of the next family: first its comments in one piece, then each sample.
    pub(crate) fn take(
        &mut self,
        mut visit: impl FnMut(&str, Sample<'_>, &str) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(name) = self.next.take() else {
            return Ok(());
        };
        let comments = std::mem::take(&mut self.comments);
        let mut line = std::mem::take(&mut self.line);
        loop {
            if let Some(sample) = Sample::of(&line) {
                visit(&comments, sample, &line)?;
            }
            if !self.advance()? {
                return Ok(());
            }
            if self.next.as_deref() != Some(name.as_str()) || !self.comments.is_empty() {
                return Ok(());
            }
            std::mem::swap(&mut line, &mut self.line);
        }
    }

    /// Reads up to the next sample.
    fn advance(&mut self) -> io::Result<bool> {
        self.comments.clear();
        while let Some(line) = self.lines.next(&mut self.text)? {
            if line.starts_with('#') {
                // Two lines are what we write.
                if self.comments.len() < LONGEST_LINE {
                    self.comments.push_str(line);
                    self.comments.push('\n');
                }
            } else if let Some(sample) = Sample::of(line) {
                sample.family.clone_into(self.next.get_or_insert_default());
                self.line.clear();
                self.line.push_str(line);
                return Ok(true);
            }
        }
        self.next = None;
        Ok(false)
    }
}
