//! The log: starts `tracing` on standard error with the filter and the format of the settings.
//!
//! A line has the UTC time (RFC 3339), the level, the spans (run, device, RPC), the target, the message and the fields. A line is one
//! write, so that the lines of many devices do not mix, and progress bars are off the screen meanwhile. Control characters are shown
//! as escapes, and a line of text is cut where it gets too long. Libraries that use the `log` crate come through the same filter.
//! Secrets are in types that cannot print themselves; a test reads the log of every command at its highest level.

use std::io::{self, Write};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::LogFormat;
use crate::view::above_bars;

/// The letters of a line of text that are shown.
const LONGEST_LINE: usize = 2000;

/// Logs the events that pass the filter, from now on.
pub(super) fn start(filter: Targets, format: LogFormat) {
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .log_internal_errors(false)
        .with_writer(move || LineWriter { format });
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry.with(layer).try_init(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true).with_current_span(false);
            registry.with(layer).try_init()
        }
    };
    // There is one log a process, and nothing else starts it.
    started.ok();
}

/// Writes lines to standard error. The formatter hands over a line at a time.
struct LineWriter {
    format: LogFormat,
}

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let shown = shown(&String::from_utf8_lossy(line), self.format);
        // Nobody can be told of an error of standard error.
        above_bars(|| io::stderr().lock().write_all(shown.as_bytes())).ok();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line without anything that steers a terminal or ends the line early. JSON stays JSON, and is never cut.
fn shown(line: &str, format: LogFormat) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let longest = match format {
        LogFormat::Text => LONGEST_LINE,
        LogFormat::Json => usize::MAX,
    };
    let mut shown = String::with_capacity(line.len() + 1);
    let mut letters = line.chars();
    for letter in letters.by_ref().take(longest) {
        match format {
            _ if !letter.is_control() => shown.push(letter),
            LogFormat::Text => shown.extend(letter.escape_default()),
            LogFormat::Json => shown += &format!("\\u{:04x}", u32::from(letter)),
        }
    }
    if letters.next().is_some() {
        shown.push('…');
    }
    shown.push('\n');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_cannot_steer_the_terminal() {
        assert_eq!(
            shown("a\n\u{1b}[2Jb\n", LogFormat::Text),
            "a\\n\\u{1b}[2Jb\n"
        );
        let long = shown(&"x".repeat(10_000), LogFormat::Text);
        assert!(long.ends_with("x…\n") && long.chars().count() == LONGEST_LINE + 2);
    }

    #[test]
    fn a_json_line_stays_json() {
        let value = serde_json::json!({"message": "\u{9b}2J\u{7f}".repeat(5000)});
        let line = shown(&format!("{value}\n"), LogFormat::Json);
        assert!(!line.trim_end().contains(char::is_control));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            value
        );
    }
}
