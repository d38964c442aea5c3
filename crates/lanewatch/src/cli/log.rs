//! The log: what happens in detail, on standard error, for whoever asks with `--log` or `RUST_LOG`.
//!
//! Ours and that of the SSH library. A line is one write, so that the lines of many devices do not mix; it is cut where it gets too
//! long, and what could steer a terminal is shown, not sent. Times are seconds since the program began. Nothing that is logged may
//! hold a secret: our secrets are in types that cannot print themselves, and a test reads the log at its most talkative.

use std::io::Write as _;
use std::time::Instant;

use env_filter::Filter;
use log::{Log, Metadata, Record};

use crate::settings::LogFilter;

/// Letters of a line that are shown.
const LONGEST: usize = 2000;

struct Lines {
    filter: Filter,
    began: Instant,
}

/// Lets those lines through that the filter names, from now on.
pub(super) fn start(filter: &LogFilter) {
    let filter = filter.build();
    let level = filter.filter();
    let began = Instant::now();
    // There is one log a process, and nobody else sets it.
    if log::set_boxed_logger(Box::new(Lines { filter, began })).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.filter.matches(record) {
            let line = line(self.began.elapsed().as_secs_f64(), record);
            // Where nobody reads there is nobody to tell.
            std::io::stderr().lock().write_all(line.as_bytes()).ok();
        }
    }

    fn flush(&self) {}
}

fn line(seconds: f64, record: &Record<'_>) -> String {
    let said = record.args().to_string();
    let mut shown = String::new();
    let mut letters = said.chars();
    for letter in letters.by_ref().take(LONGEST) {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    if letters.next().is_some() {
        shown.push('…');
    }
    let (level, target) = (record.level(), record.target());
    format!("{seconds:9.3} {level:<5} {target}: {shown}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(message: &str) -> String {
        let mut builder = Record::builder();
        builder.level(log::Level::Warn).target("t");
        line(1.5, &builder.args(format_args!("{message}")).build())
    }

    #[test]
    fn a_line_is_one_line_and_cannot_steer_the_terminal() {
        assert_eq!(
            logged("a\n\u{1b}[2Jb"),
            "    1.500 WARN  t: a\\n\\u{1b}[2Jb\n"
        );
        let long = logged(&"x".repeat(10_000));
        assert!(long.ends_with("x…\n") && long.chars().count() < LONGEST + 50);
    }
}
